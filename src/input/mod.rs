//! Input: files, pipes and standard input, plain, gzip or zip, cut into [`Chunk`]s of whole lines.
//!
//! The module owns opening, unpacking, cutting, and the provenance of each chunk ([`Origin`]). `source` opens a
//! named input, `codec` unpacks it, `chunk` cuts it into whole lines, and `split` divides the input among workers that read it
//! themselves. The module knows that a line ends at LF. It never parses or changes a line. The format of a file comes from
//! a [`Sniffer`] that the caller supplies.

mod chunk;
mod codec;
mod error;
mod progress;
mod sniff;
mod source;
mod split;

pub use chunk::{Buffer, Chunk, Chunks, Limits, Origin, ReadAhead, read_ahead};
pub use error::{GzipFault, InputError, ZipFault};
pub use progress::{CancelToken, Control, Progress, ReadCounts};
pub use sniff::{Sniffed, Sniffer};
pub use source::Source;
pub use split::{Split, plan_splits};
