//! Reader of a remote file, with a position like that of a local one.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use super::cache::CacheWriter;
use super::fault::RemoteFault;
use super::file::RemoteFile;
use super::stream::{Plan, SMALLEST_STEP, Stream};
use crate::input::Control;

/// A remote file that is read. What it gives is of one state of the file, or an error.
pub(in crate::input) struct RemoteReader {
    file: Arc<RemoteFile>,
    control: Control,
    position: u64,
    stream: Option<Stream>,
    /// A copy of what is read, as long as that is all from the beginning.
    copy: Option<CacheWriter>,
}

impl RemoteReader {
    /// Reads from the beginning.
    pub(in crate::input) fn open(file: RemoteFile, control: &Control) -> io::Result<Self> {
        let copy = (!file.is_looked_at).then(|| CacheWriter::create(&file)).transpose()?.flatten();
        let mut reader = RemoteReader { copy, ..Self::at(file, 0, control) };
        if !reader.file.is_looked_at {
            reader.start(reader.file.head.len() as u64, u64::MAX, u64::MAX)?;
        }
        Ok(reader)
    }

    /// Reads from `start`. Up to `needed` all is fetched at once, and what is behind it only when it is read.
    pub(in crate::input) fn open_range(
        file: RemoteFile,
        start: u64,
        needed: u64,
        control: &Control,
    ) -> io::Result<Self> {
        let mut reader = Self::at(file, start, control);
        // What lies in the head is there already.
        let from = start.max(reader.file.head.len() as u64);
        if from < needed || !reader.file.has_ranges {
            let step = needed.saturating_sub(from).max(SMALLEST_STEP);
            reader.start(from, needed, step)?;
        }
        Ok(reader)
    }

    fn at(file: RemoteFile, position: u64, control: &Control) -> Self {
        RemoteReader { file: Arc::new(file), control: control.clone(), position, stream: None, copy: None }
    }

    /// Size in bytes, if the server tells it.
    pub(in crate::input) fn size(&self) -> Option<u64> {
        self.file.size
    }

    /// A reader of the same file with a position of its own, at its beginning.
    pub(in crate::input) fn fresh(&self) -> Self {
        RemoteReader {
            file: Arc::clone(&self.file),
            control: self.control.clone(),
            position: 0,
            stream: None,
            copy: None,
        }
    }

    fn end(&self) -> u64 {
        self.file.size.unwrap_or(u64::MAX)
    }

    fn start(&mut self, start: u64, needed: u64, step: u64) -> io::Result<()> {
        let end = self.end();
        let plan = Plan { start, needed: needed.min(end), end, step };
        // A file without ranges comes whole, or not at all.
        let plan = if self.file.has_ranges { plan } else { Plan { start: 0, ..plan } };
        self.stream = Some(Stream::start(Arc::clone(&self.file), plan, &self.control)?);
        Ok(())
    }
}

impl Read for RemoteReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let head = self.file.head.get(self.position as usize..).unwrap_or_default();
        let count = if !head.is_empty() {
            (&*head).read(into)?
        } else if self.position >= self.end() {
            0
        } else {
            if self.stream.is_none() {
                let step =
                    if self.position <= self.file.head.len() as u64 { u64::MAX } else { SMALLEST_STEP };
                self.start(self.position, u64::MAX, step)?;
            }
            self.stream.as_mut().map_or(Ok(0), |stream| stream.read(into))?
        };
        if let Some(copy) = &mut self.copy {
            copy.write(&into[..count])?;
        }
        self.position += count as u64;
        if (count == 0 || self.position == self.end())
            && let Some(copy) = self.copy.take()
        {
            copy.keep()?;
        }
        Ok(count)
    }
}

impl Seek for RemoteReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.file.size.and_then(|size| size.checked_add_signed(by)),
        };
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        if target != self.position {
            if !self.file.has_ranges && target > 0 {
                return Err(io::Error::other(RemoteFault::NoRanges));
            }
            (self.position, self.stream, self.copy) = (target, None, None);
        }
        Ok(target)
    }
}
