//! Files of sorted rows: written by reduce tasks, read through a memory map.

use std::fs::File;
use std::io;

use memmap2::{Mmap, MmapOptions, UncheckedAdvice};

use super::append_file::AppendFile;
use super::error::SpillError;
use super::store::SpillTarget;
use crate::count::{Answer, CHECKSUM, CountError, RowBytes, RowLayout, RowPart, seal_block};

/// Bytes after which a block is complete.
const BLOCK_BYTES: usize = 256 << 10;

/// Appends the rows of an answer to a file, in their order.
pub(super) fn write_rows(
    answer: &Answer,
    by_number: bool,
    target: &SpillTarget,
) -> Result<(RowPart, RowLayout), SpillError> {
    let store = answer.store().ok_or(CountError::Damaged("its rows are in a file already"))?;
    let mut file = AppendFile::open(target)?;
    let mut part = RowPart {
        file: target.number(),
        rows: answer.len() as u64,
        has_separator: answer.may_contain_separator(),
        ..RowPart::default()
    };
    let mut block = vec![0; CHECKSUM];
    let mut buffered = 0;
    for row in 0..store.rows.len() {
        store.encode_row(row, &mut block);
        let is_last = row + 1 == store.rows.len();
        if block.len() < BLOCK_BYTES && !is_last {
            continue;
        }
        seal_block(&mut block);
        let (offset, is_due) = file.push(&block);
        part.blocks.push((offset, block.len() as u32));
        buffered += 1;
        block.truncate(CHECKSUM);
        if is_due || is_last {
            let begin = file.append()?.offset;
            let first = part.blocks.len() - buffered;
            part.blocks[first..].iter_mut().for_each(|(offset, _)| *offset += begin);
            buffered = 0;
        }
    }
    Ok((part, store.layout(by_number)))
}

/// Memory map of a file of rows.
#[derive(Debug)]
pub(super) struct MappedRows {
    /// None of an empty file, which cannot be mapped.
    map: Option<Mmap>,
}

impl MappedRows {
    #[allow(unsafe_code)]
    pub fn open(file: &File) -> io::Result<Self> {
        let bytes = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        if bytes == 0 {
            return Ok(Self { map: None });
        }
        // SAFETY: the bytes of a map must not change or go away while they are borrowed. The file has no name and belongs to this
        // count alone: workers only append to it, behind the bytes that are mapped here, and they have ended their tasks. Each
        // block has a checksum, which is compared before the block is read.
        let map = unsafe { MmapOptions::new().len(bytes).map(file) }?;
        Ok(Self { map: Some(map) })
    }
}

impl RowBytes for MappedRows {
    fn bytes(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }

    #[allow(unsafe_code)]
    fn release(&self, offset: u64, len: u64) {
        let (Some(map), Ok(offset), Ok(len)) = (&self.map, usize::try_from(offset), usize::try_from(len))
        else {
            return;
        };
        // SAFETY: the map is of a file, so that pages which are let go of are read again from the file, with the same bytes, by
        // whoever still has a reference to them.
        let released = unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, offset, len) };
        // It only saves memory.
        let _ = released;
    }
}
