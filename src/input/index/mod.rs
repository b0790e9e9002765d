//! Indexes: places in a packed file where unpacking can begin, and the n-grams that lie between them.
//!
//! An index lets several workers unpack one gzip file, and lets a look-up leave out most of it. `layout` turns it into bytes
//! and back, `span_builder` and `recorder` build it while a file is read, `lookup` finds and uses it, and `span_reader` reads
//! what it points to. An index is believed only as far as checksums confirm it: without it, or with a damaged one, the same
//! file gives the same answer, later. `docs/index.md` describes the file.

mod built;
mod error;
mod fault;
mod file_index;
mod filter;
mod identity;
mod layout;
mod lookup;
mod path;
mod recorder;
mod rules;
mod span_builder;
mod span_reader;
mod span_run;
mod tables;

pub use built::{BuiltIndex, BuiltIndexes};
pub use fault::IndexFault;
pub use identity::InputIdentity;
pub(super) use lookup::{IndexedFile, find};
pub use lookup::{KeyTest, LineNeeds, SkippedLines, SpanCounts};
pub(super) use path::is_index;
pub use path::{index_of, index_path};
pub(super) use recorder::{IndexRecorder, RecorderQueue, Recording};
pub use rules::{DEFAULT_SPACING, IndexMode, IndexRules, MAX_SPACING};
pub(super) use span_reader::{RunDecoder, SpanReader};
pub(super) use span_run::SpanRun;
