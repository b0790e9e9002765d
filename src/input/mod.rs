//! Input: files, remote files, pipes and standard input, plain, packed (gzip, zstd, bzip2, xz, lz4) or in a zip archive, cut into [`Chunk`]s of whole lines.
//!
//! The module owns opening, unpacking, cutting, and the provenance of each chunk ([`Origin`]). `listing` finds
//! the files of folders, `source` opens a named input, `codec` unpacks it, `index` says where unpacking can begin, `chunk` cuts it into whole lines, and `split` divides
//! the input among workers that read it themselves. The module knows that a line ends at LF. Text in another encoding is converted
//! to UTF-8 before it is cut, and `document` brings documents of several lines to one line each; apart from that the module never
//! parses or changes a line. The format of a file comes from a [`Sniffer`] that the caller supplies.

mod chunk;
mod codec;
mod corpora;
mod document;
mod error;
mod index;
mod listing;
mod note;
mod packing;
mod parallel;
mod progress;
mod read_rules;
mod sniff;
mod source;
mod split;
mod window_limit;

pub use chunk::{
    Buffer, Chunk, ChunkBytes, ChunkStream, Chunks, Limits, Origin, Place, ReadAhead, read_ahead,
};
pub(crate) use codec::is_packed;
pub use corpora::Corpus;
pub use error::{FileChange, InputError, ParquetFault, WetFault, ZipFault};
pub use index::{
    BuiltIndex, BuiltIndexes, DEFAULT_SPACING, IndexFault, IndexMode, IndexRules, InputIdentity, KeyTest,
    LineNeeds, MAX_SPACING, SkippedLines, SpanCounts, index_of, index_path,
};
pub use listing::{FileList, GlobError, Globs, list_files};
pub use note::{Note, Notes};
pub use packing::{PackedFault, Packing};
pub use progress::{CancelToken, Control, Progress, ReadCounts, TrafficCounts};
pub use read_rules::ReadRules;
pub use sniff::{Sniffed, Sniffer};
pub use source::{HttpRules, RemoteFault, RemoteUrl, Source};
pub use split::{Split, SplitPlan, plan_splits};
pub use window_limit::WindowLimit;
