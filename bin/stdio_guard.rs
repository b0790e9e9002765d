//! Guard for a standard input or output that was closed before the program started (`>&-`).
//!
//! Rust's start-up code replaces a closed descriptor by `/dev/null`, and an answer written there is lost without an error.
//! Later code cannot tell that replacement from a `/dev/null` that the parent chose: Python's `subprocess.DEVNULL`, for
//! one, is opened for reading and writing too. So this check runs before Rust's start-up code.

#![expect(
    unsafe_code,
    reason = "a function that runs before main is placed in a section that the loader calls"
)]

use std::mem::forget;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::fcntl_getfd;
use rustix::stdio::{stdin, stdout};

/// Replaces a closed descriptor by one that fails at the first read (stdin) or the first write (stdout).
///
/// `open` returns the lowest free descriptor, which is the one that was just found closed.
extern "C" fn replace_closed_stdio() {
    if fcntl_getfd(stdin()).is_err() {
        forget(open(c"/dev/null", OFlags::WRONLY, Mode::empty()));
    }
    if fcntl_getfd(stdout()).is_err() {
        forget(open(c"/dev/null", OFlags::RDONLY, Mode::empty()));
    }
}

#[used]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
// SAFETY: the loader calls each function that this section lists once, while the process has a single thread. This one is
// a C function without arguments; it makes system calls and needs nothing that the standard library sets up at start.
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static BEFORE_MAIN: extern "C" fn() = replace_closed_stdio;
