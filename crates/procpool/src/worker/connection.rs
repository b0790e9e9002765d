//! Connection of a worker to its parent: two private descriptors and the frames on them.

use std::io;
use std::os::fd::OwnedFd;

use super::fault_injector::{FaultInjector, inject};
use crate::chaos::{Fault, Point};
use crate::wire::{Frame, FrameDecoder, FrameError, FrameKind, Header, MAX_PIECE, OutgoingFrame, Payload};

/// Error of the worker itself. It ends the worker, and the parent reads it on the worker's stderr.
#[derive(Debug, thiserror::Error)]
pub(super) enum WorkerError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// The worker's side of the pipes.
pub(super) struct Connection {
    decoder: FrameDecoder,
    input: OwnedFd,
    /// Only the end of the process closes it, so that end of file means the end of the worker. A panic
    /// that unwinds through here must not look like a worker that closed its pipe and lived on.
    output: &'static OwnedFd,
}

impl Connection {
    pub fn new(input: OwnedFd, output: OwnedFd) -> Self {
        Connection { decoder: FrameDecoder::default(), input, output: Box::leak(Box::new(output)) }
    }

    pub fn output(&self) -> &'static OwnedFd {
        self.output
    }

    /// The next frame; `None` when the parent has closed the pipe. `on_header` is called as soon as the
    /// header has arrived, before the payload is read.
    pub fn receive(
        &mut self,
        mut on_header: impl FnMut(&mut Self, Header) -> Result<(), WorkerError>,
    ) -> Result<Option<Frame>, WorkerError> {
        let mut header_is_new = true;
        loop {
            let frame = self.decoder.next_frame()?;
            let header =
                frame.as_ref().map(|frame| &frame.header).or(self.decoder.incomplete_header()).copied();
            if let Some(header) = header.filter(|_| header_is_new) {
                header_is_new = false;
                on_header(self, header)?;
            }
            if frame.is_some() {
                return Ok(frame);
            }
            match self.decoder.read_from(&self.input) {
                Ok(0) => return Ok(self.decoder.end().map(|()| None)?),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Reports that a task has begun, before its input is read. If reading the input kills the worker,
    /// the parent must blame that task.
    pub fn begin(&mut self, header: Header, injector: &FaultInjector) -> Result<(), WorkerError> {
        if !matches!(header.kind, FrameKind::Task | FrameKind::Batch) {
            return Err(FrameError::unexpected(header.kind).into());
        }
        self.send(header.reply(FrameKind::Begin), Payload::default())?;
        if let Some(fault) = injector.due(Point::Reading, header.task, header.attempt) {
            inject(fault, &mut |bytes| self.write_raw(bytes));
        }
        Ok(())
    }

    pub fn send(&mut self, header: Header, payload: Payload) -> Result<(), WorkerError> {
        Ok(OutgoingFrame::new(header, payload)?.write_all(self.output)?)
    }

    /// Reports why the worker cannot start.
    pub fn refuse(&mut self, reason: &str) -> Result<(), WorkerError> {
        self.send(Header::without_task(FrameKind::Refused), Payload::of(&reason)?)
    }

    /// Sends a result, a large one in pieces, with a fault in the middle of it if one is due.
    pub fn answer(
        &mut self,
        header: Header,
        mut payload: Payload,
        fault: Option<Fault>,
    ) -> Result<(), WorkerError> {
        if payload.len() > MAX_PIECE {
            for piece in payload.pieces(MAX_PIECE) {
                self.send(header.reply(FrameKind::Piece), piece)?;
            }
            payload = Payload::default();
        }
        let Some(fault) = fault else { return self.send(header, payload) };
        let bytes = OutgoingFrame::new(header, payload)?.to_vec();
        let (first, second) = bytes.split_at(bytes.len() / 2);
        self.write_raw(first);
        inject(fault, &mut |bytes| self.write_raw(bytes));
        self.write_raw(second);
        Ok(())
    }

    /// Writes raw bytes into the stream of frames, for injected faults.
    pub fn write_raw(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match rustix::io::write(self.output, bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }
}
