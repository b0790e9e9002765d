//! Files as memory, for workers alone: a file that is truncated under a map ends the process that
//! reads there, and a worker is a process that may end.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::{Advice, Mmap};

/// The contents of a file. Only for processes that may be killed; see the module's own words.
pub(super) fn map(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: the bytes of a map must not change while they are borrowed, and another process may
    // write to the file. The lines are parsed from plain bytes with bounds checks at every step, no
    // reference to them outlives the task, and no check is relied upon after the bytes are read
    // again as text; changed bytes therefore give another count or a bad line, as they would if they
    // had been read at that moment. A truncated file raises SIGBUS, which ends this worker; the
    // supervisor then feeds the share from the parent, which reads and does not map.
    let map = unsafe { Mmap::map(&file) }?;
    // Advice is a wish; without it the pages come all the same.
    let _ = map.advise(Advice::Sequential);
    Ok(map)
}
