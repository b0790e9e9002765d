//! Files of sorted rows: written by reduce tasks, read block by block.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::append_file::AppendFile;
use super::error::SpillError;
use super::store::SpillTarget;
use crate::count::{Answer, CHECKSUM, CountError, RowBlocks, RowLayout, RowPart, seal_block};

/// Bytes after which a block is complete. The reader has one block of each part in memory.
const BLOCK_BYTES: usize = 16 << 10;

/// Appends the rows of an answer to a file, in their order.
pub(super) fn write_rows(
    answer: &Answer,
    by_number: bool,
    target: &SpillTarget,
) -> Result<(RowPart, RowLayout), SpillError> {
    let store = answer.store().map_err(|_| CountError::Damaged("its rows are in a file already"))?;
    let mut file = AppendFile::open(target)?;
    let mut part = RowPart {
        file: target.number(),
        rows: answer.len() as u64,
        has_separator: answer.may_contain_separator(),
        is_utf8: answer.has_only_utf8(),
        ..RowPart::default()
    };
    let mut block = vec![0; CHECKSUM];
    let mut lengths = Vec::new();
    for row in 0..store.rows.len() {
        store.encode_row(row, &mut block);
        if block.len() >= BLOCK_BYTES || row + 1 == store.rows.len() {
            seal_block(&mut block);
            file.push(&block)?;
            lengths.push(block.len() as u32);
            block.truncate(CHECKSUM);
        }
    }
    part.blocks = file.finish()?.into_iter().zip(lengths).collect();
    Ok((part, store.layout(by_number)))
}

/// The open files of a store, by their numbers.
#[derive(Debug)]
pub(super) struct OpenFiles(pub Vec<File>);

impl RowBlocks for OpenFiles {
    fn read(&self, file: u32, offset: u64, block: &mut [u8]) -> io::Result<()> {
        let file = self.0.get(file as usize).ok_or(io::ErrorKind::NotFound)?;
        file.read_exact_at(block, offset)
    }
}
