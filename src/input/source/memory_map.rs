//! Memory maps of plain files, for workers only: a file that is truncated under a map kills the process that reads
//! there with SIGBUS, and the pool survives a killed worker.

use std::fs::File;
use std::io;

use memmap2::{Advice, Mmap, MmapOptions};

/// Maps the first `bytes` of a file. Only for processes that may be killed: see the module's documentation.
pub(in crate::input) fn map(file: &File, bytes: u64) -> io::Result<Mmap> {
    let bytes = usize::try_from(bytes).map_err(io::Error::other)?;
    // SAFETY: the bytes of a map must not change while they are borrowed, and another process may
    // write to the file. The lines are parsed from plain bytes with bounds checks at every step, no
    // reference to them outlives the task, and no check is relied upon after the bytes are read
    // again as text; changed bytes therefore give another count or a bad line, as they would if they
    // had been read at that moment. A truncated file raises SIGBUS, which ends this worker; the
    // supervisor then feeds the split from the parent, which reads and does not map.
    let map = unsafe { MmapOptions::new().len(bytes).map(file) }?;
    // The advice is a hint; the map works without it.
    let _ = map.advise(Advice::Sequential);
    Ok(map)
}
