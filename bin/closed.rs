//! Standard input and output that were closed by whoever started the program (`>&-`).
//!
//! Rust's start-up code opens `/dev/null` in their places, where an answer is lost without a word. After that nobody can
//! tell them from a `/dev/null` that somebody wanted: parents as usual as Python's `subprocess.DEVNULL` open it for
//! reading and writing too. So a look is taken before that code runs.

#![expect(
    unsafe_code,
    reason = "a function that runs before main has to be placed in a section of the loader"
)]

use std::mem::forget;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::fcntl_getfd;
use rustix::stdio::{stdin, stdout};

/// Puts a descriptor in the place of a closed one that fails as that would: at the first read, or the first write.
///
/// A file that is opened takes the lowest number that is free, so the place is the one that was just found free.
extern "C" fn keep_closed() {
    if fcntl_getfd(stdin()).is_err() {
        forget(open(c"/dev/null", OFlags::WRONLY, Mode::empty()));
    }
    if fcntl_getfd(stdout()).is_err() {
        forget(open(c"/dev/null", OFlags::RDONLY, Mode::empty()));
    }
}

#[used]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
// SAFETY: the loader calls each function that this section lists once, on the only thread there is. This one is a C
// function without arguments that makes system calls and needs nothing of the standard library's start-up.
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static BEFORE_MAIN: extern "C" fn() = keep_closed;
