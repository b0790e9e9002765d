//! Reads the table of contents of a run from its blocks, after the process that wrote it has gone.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::block::{HEADER, is_intact};
use super::run::{BlockEntry, Run};
use crate::count::{Plan, YearRows, common_prefix, varint};

/// The run in these parts of a file; `None` if anything of it is missing or damaged.
pub(super) fn scan_run(path: &Path, number: u32, extents: &[(u64, u64)], plan: &Plan) -> Option<Run> {
    let file = File::open(path).ok()?;
    let mut run = Run { file: number, ..Run::default() };
    let mut last = Vec::new();
    let mut block = Vec::new();
    for &(offset, len) in extents {
        let end = offset.checked_add(len)?;
        let mut at = offset;
        while at < end {
            let mut header = [0; 4];
            file.read_exact_at(&mut header, at).ok()?;
            let len = HEADER as u64 + u64::from(u32::from_le_bytes(header));
            if at + len > end {
                return None;
            }
            block.resize(len as usize, 0);
            file.read_exact_at(&mut block, at).ok()?;
            if !is_intact(&block) {
                return None;
            }
            let entry = scan_block(&block[HEADER..], plan, &mut last, &mut run)?;
            run.blocks.push(BlockEntry { offset: at, len: len as u32, ..entry });
            at += len;
        }
    }
    Some(run)
}

/// The entry of a block. `last` is the last n-gram of the block before, and then of this one.
fn scan_block(mut rest: &[u8], plan: &Plan, last: &mut Vec<u8>, run: &mut Run) -> Option<BlockEntry> {
    let width = plan.measures.count();
    let mut entry = BlockEntry::default();
    let before = last.clone();
    last.clear();
    while !rest.is_empty() {
        let shared = varint::decode(&mut rest)? as usize;
        let len = varint::decode(&mut rest)? as usize;
        let (suffix, behind) = rest.split_at_checked(len)?;
        if shared > last.len() {
            return None;
        }
        last.truncate(shared);
        last.extend_from_slice(suffix);
        rest = behind;
        if entry.ngrams == 0 && !run.blocks.is_empty() {
            entry.low = last[..last.len().min(common_prefix(&before, last) + 1)].to_vec();
        }
        let size = if plan.by_year {
            let len = varint::decode(&mut rest)? as usize;
            let (rows, behind) = rest.split_at_checked(len)?;
            rest = behind;
            for (year, _) in YearRows::new(rows, width) {
                let (first, last) = run.years.unwrap_or((year, year));
                run.years = Some((first.min(year), last.max(year)));
            }
            len
        } else {
            for _ in 0..width {
                varint::decode(&mut rest)?;
            }
            8 * width
        };
        entry.ngrams += 1;
        entry.decoded += (last.len() + size) as u64;
    }
    Some(entry)
}
