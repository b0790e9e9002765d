//! Counts with less memory than their answers need: the same bytes, nothing left on disk, and a full disk is told as such.

mod answers;
mod budget;
#[path = "../common/mod.rs"]
mod common;
mod full_disk;
mod leftovers;
mod ways;
