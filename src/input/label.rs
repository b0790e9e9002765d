//! What a file's chunks are labelled with.

/// What a [`Labeller`] makes of the beginning of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// The file is to be read.
    Label {
        /// What all its chunks are labelled with.
        label: u8,
        /// Bytes at its beginning, among those that were shown, that are no part of any chunk: a byte order mark, or a
        /// line of headings, which keeps its number.
        skip: usize,
    },
    /// More of the file must be seen first.
    More,
    /// The file is not to be read; why not.
    Refuse(String),
}

/// Is shown the first bytes of each file, unpacked, and then more of them until it decides. The flag says that there is
/// no more to be seen, and that [`Look::More`] is no answer.
///
/// What a label means is the labeller's business. It is decided here, before the file is cut, because a chunk by itself
/// may be too small or too late to tell, and because every chunk of a file must have the same one.
pub type Labeller = Box<dyn FnMut(&[u8], bool) -> Look + Send>;

/// A labeller is shown no more than this, or a file of blank lines would be held in memory to its end.
/// A line of the largest size that is allowed is seen whole.
pub(super) const LOOK_BYTES: usize = 17 << 20;
