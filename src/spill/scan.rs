//! Reads the table of contents of a run from its blocks, after the process that wrote it has gone.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::block::HEADER;
use super::cursor::Cursor;
use super::run::{BlockEntry, Run};
use super::store::SpillTarget;
use crate::count::Plan;

/// The run in these parts of a file; `None` if anything of it is missing or damaged.
pub(super) fn scan_run(target: &SpillTarget, extents: &[(u64, u64)], plan: &Plan) -> Option<Run> {
    let file = target.open_to_read().ok()?;
    let mut blocks = Vec::new();
    for &(offset, len) in extents {
        find_blocks(&file, offset, offset.checked_add(len)?, &mut blocks)?;
    }
    let width = plan.measures.count();
    let mut found = Run { file: target.number(), ..Run::default() };
    let run = Run { blocks: blocks.clone(), ..found.clone() };
    let mut cursor = Cursor::open(target, &file, run, &[], None, width, plan.by_year).ok()??;
    let mut shared = 0;
    for block in blocks {
        // The cursor is at the first n-gram of this block.
        let mut entry = BlockEntry { low: found.low_of_next_block(cursor.ngram(), shared), ..block };
        loop {
            entry.ngrams += 1;
            entry.decoded += (cursor.ngram().len() + cursor.sums().size()) as u64;
            found.add_years(cursor.sums(), width);
            let is_last = cursor.is_at_end_of_block();
            let has_next = cursor.advance().ok()?;
            if is_last || !has_next {
                break;
            }
        }
        shared = cursor.shared();
        found.blocks.push(entry);
    }
    Some(found)
}

/// The places of the blocks from one offset to another.
fn find_blocks(file: &File, mut offset: u64, end: u64, blocks: &mut Vec<BlockEntry>) -> Option<()> {
    while offset < end {
        let mut len = [0; 4];
        file.read_exact_at(&mut len, offset).ok()?;
        let len = u32::from_le_bytes(len).checked_add(HEADER as u32)?;
        blocks.push(BlockEntry { offset, len, ..BlockEntry::default() });
        offset += u64::from(len);
    }
    (offset == end).then_some(())
}
