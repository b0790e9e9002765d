//! Faults of remote files.

/// Why a remote file cannot be read. The texts hold no URL: whoever reports one names the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteFault {
    /// The name is no URL of a file.
    #[error("not the URL of a file: {0}")]
    Url(&'static str),
    /// The server has no such file.
    #[error("no such file on the server (HTTP status {0})")]
    NotFound(u16),
    /// The server refuses access.
    #[error("the server refuses access (HTTP status {0})")]
    Refused(u16),
    /// The bucket is not public.
    #[error(
        "the bucket gives nothing to the public (HTTP status {0}); private buckets are not supported, but an https URL that \
         is signed for this file is"
    )]
    PrivateBucket(u16),
    /// The server gives another answer than a file.
    #[error("the server answers with HTTP status {0}")]
    Status(u16),
    /// No connection comes about.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// There is a connection, but no secure one.
    #[error("no secure connection: {0}")]
    Insecure(String),
    /// All attempts failed.
    #[error("{cause}{}", in_a_row(*.attempts))]
    GaveUp {
        /// Why the last one failed.
        cause: String,
        /// How many there were.
        attempts: u32,
    },
    /// It broke off and cannot be resumed.
    #[error("{0}, and the server can only send the whole file again, as it offers no ranges")]
    Broken(String),
    /// The file is no longer what it was when it was asked for first.
    #[error("was altered on the server while it was read")]
    Changed,
    /// The bytes are not those that were asked for.
    #[error("the server sent other bytes than asked for: {got} in place of {asked}")]
    WrongRange {
        /// The range of bytes in the request.
        asked: String,
        /// The range of bytes in the answer.
        got: String,
    },
    /// The server sends more or fewer bytes than it announces.
    #[error("the server announces {announced} bytes and sends {sent}")]
    WrongLength {
        /// The length by the header.
        announced: u64,
        /// The length by its range, or of what came.
        sent: u64,
    },
    /// The whole file came where a part was asked for.
    #[error("the server sent the whole file, though it gave a range of it before")]
    WholeFile,
    /// The file cannot be read from any place on.
    #[error("the server offers no ranges, without which this file cannot be read")]
    NoRanges,
    /// The end of the file cannot be told from the end of a broken connection.
    #[error(
        "the server does not tell how long the file is, so that nothing would show that its end is missing"
    )]
    NoLength,
    /// Redirected too often.
    #[error("redirected more than {0} times")]
    Redirects(u32),
    /// Redirected to a place that is not followed.
    #[error("redirected {0}, which is not followed")]
    Redirect(&'static str),
    /// No thread can be started that would fetch it.
    #[error("no thread can be started to fetch it: {0}")]
    NoThread(String),
    /// The thread that fetches it panicked: a bug, of which it wrote a message.
    #[error("it was not fetched to its end, because of a bug in this program")]
    Panicked,
    /// The cache cannot be written.
    #[error("the cache cannot be used: {0}")]
    Cache(String),
}

fn in_a_row(attempts: u32) -> String {
    if attempts > 1 { format!("; {attempts} attempts in a row failed") } else { String::new() }
}
