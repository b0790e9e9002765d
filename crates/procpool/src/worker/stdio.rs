//! Stdio redirection: keeps stray prints of tasks out of the stream of frames.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Moves the pipes of the pool from descriptors 0 and 1 to private close-on-exec descriptors. Afterwards
/// stdin is empty, and stdout is the same as stderr.
pub(super) fn redirect_stdio() -> io::Result<(OwnedFd, OwnedFd)> {
    let private = |fd: BorrowedFd<'_>| rustix::io::fcntl_dupfd_cloexec(fd, 3);
    let input = private(io::stdin().as_fd())?;
    let output = private(io::stdout().as_fd())?;
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok((input, output))
}
