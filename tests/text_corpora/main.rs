//! Text as people have it: JSON lines, WET files and documents of several lines, and the rules by which it is divided.
//!
//! Expected numbers come from scikit-learn, `uniseg` and `unicodedata`, or from the few lines of the oracle in this folder.

#[path = "../common/mod.rs"]
mod common;

mod corpora;
mod faults;
mod files;
mod published;

use std::path::Path;

use common::{Run, ngramcount};

/// Counts a file with these options.
fn count(file: &Path, options: &[&str]) -> Run {
    ngramcount(options.iter().map(AsRef::as_ref).chain([file.as_os_str()]))
}
