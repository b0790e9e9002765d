//! Input: files, remote files, pipes and standard input, plain, packed (gzip, zstd, bzip2, xz, lz4) or in a zip archive, cut into [`Chunk`]s of whole lines.
//!
//! The module owns opening, unpacking, cutting, and the provenance of each chunk ([`Origin`]). `source` opens a
//! named input, `codec` unpacks it, `index` says where unpacking can begin, `chunk` cuts it into whole lines, and `split` divides
//! the input among workers that read it themselves. The module knows that a line ends at LF. Text in another encoding is converted
//! to UTF-8 before it is cut; apart from that the module never parses or changes a line. The format of a file comes from
//! a [`Sniffer`] that the caller supplies.

mod chunk;
mod codec;
mod corpora;
mod error;
mod index;
mod note;
mod packing;
mod parallel;
mod progress;
mod sniff;
mod source;
mod split;
mod window_limit;

pub use chunk::{
    Buffer, Chunk, ChunkBytes, ChunkStream, Chunks, Limits, Origin, Place, ReadAhead, read_ahead,
};
pub(crate) use codec::is_packed;
pub use corpora::Corpus;
pub use error::{FileChange, InputError, ZipFault};
pub use index::{
    BuiltIndex, BuiltIndexes, DEFAULT_SPACING, IndexFault, IndexMode, IndexRules, InputIdentity, KeyTest,
    LineNeeds, MAX_SPACING, SkippedLines, SpanCounts, index_of, index_path,
};
pub use note::{Note, Notes};
pub use packing::{PackedFault, Packing};
pub use progress::{CancelToken, Control, Progress, ReadCounts, TrafficCounts};
pub use sniff::{Sniffed, Sniffer};
pub use source::{HttpRules, RemoteFault, RemoteUrl, Source};
pub use split::{Split, SplitPlan, plan_splits};
pub use window_limit::WindowLimit;
