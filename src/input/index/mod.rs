//! Indexes: places in a packed file where unpacking can begin, and the n-grams that lie between them.
//!
//! An index lets several workers unpack one gzip file, and lets a look-up leave out most of it. `layout` turns it into bytes
//! and back, `span_builder` and `recorder` build it while a file is read, `lookup` finds and uses it, and `span_reader` reads
//! what it points to. An index is believed only as far as checksums confirm it: without it, or with a damaged one, the same
//! file gives the same answer, later. `docs/index.md` describes the file.

mod file_index;
mod filter;
mod identity;
mod layout;
mod lookup;
mod recorder;
mod span_builder;
mod span_reader;
mod span_run;
mod tables;

pub use file_index::index_path;
pub use layout::IndexFault;
pub use lookup::{
    DEFAULT_SPACING, FormatTest, IndexMode, IndexRules, KeyTest, LineNeeds, MAX_SPACING, SkippedLines,
    SpanCounts,
};
pub(super) use lookup::{IndexedFile, find};
pub use recorder::{BuiltIndex, BuiltIndexes};
pub(super) use recorder::{IndexRecorder, RecorderQueue, Recording};
pub(super) use span_reader::{RunDecoder, SpanReader};
pub(super) use span_run::SpanRun;
