//! File that several processes append to at the same time.

use std::fs::File;
use std::io::{Seek, Write};

use super::error::SpillError;
use super::store::SpillTarget;

/// Bytes that are written at once. A system call for each block takes the lock of the file as often.
const WRITE_BYTES: usize = 1 << 20;

/// Collects blocks and appends them to a [`SpillTarget`]. Each append is in one piece, whoever else appends.
pub(super) struct AppendFile<'t> {
    target: &'t SpillTarget,
    file: File,
    buffer: Vec<u8>,
    /// The offset of each block; of those in the buffer, there.
    offsets: Vec<u64>,
    /// Blocks that are appended.
    appended: usize,
}

impl<'t> AppendFile<'t> {
    pub fn open(target: &'t SpillTarget) -> Result<Self, SpillError> {
        report_file_size_limit();
        Ok(Self {
            file: target.open_to_append()?,
            target,
            buffer: Vec::new(),
            offsets: Vec::new(),
            appended: 0,
        })
    }

    /// Takes a block.
    pub fn push(&mut self, block: &[u8]) -> Result<(), SpillError> {
        self.offsets.push(self.buffer.len() as u64);
        self.buffer.extend_from_slice(block);
        if self.buffer.len() >= WRITE_BYTES { self.append() } else { Ok(()) }
    }

    /// Appends what is left, and gives the offset of each block.
    pub fn finish(mut self) -> Result<Vec<u64>, SpillError> {
        if !self.buffer.is_empty() {
            self.append()?;
        }
        Ok(self.offsets)
    }

    fn append(&mut self) -> Result<(), SpillError> {
        loop {
            self.target.check_room(self.buffer.len() as u64)?;
            let written = match self.file.write(&self.buffer) {
                Ok(written) => written,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.target.write_error(error)),
            };
            // With O_APPEND the position is behind what this process wrote last.
            let end = self.file.stream_position().map_err(|error| self.target.write_error(error))?;
            // After a part another process may have appended: all is written again, and the part is of no use. On a full disk
            // the next attempt fails.
            if written == self.buffer.len() {
                let begin = end - written as u64;
                self.offsets[self.appended..].iter_mut().for_each(|offset| *offset += begin);
                self.appended = self.offsets.len();
                self.buffer.clear();
                return Ok(());
            }
        }
    }
}

/// Has a write beyond the limit of file sizes (`ulimit -f`) fail with an error. Without a handler the signal ends the process.
fn report_file_size_limit() {
    static HANDLED: std::sync::Once = std::sync::Once::new();
    HANDLED.call_once(|| {
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
    });
}
