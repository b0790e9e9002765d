//! The wire: a fixed header, then a payload in bincode.
//!
//! This is the only file that names bincode, so that a byte-compatible successor can take its
//! place in a day; `golden_bytes` below pins the layout. Nothing here trusts the other side: the
//! magic, the version, the kind and the length are checked before a byte is allocated.

use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::sync::Arc;

use rustix::buffer::spare_capacity;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// First bytes of every frame.
pub const MAGIC: [u8; 4] = *b"NGPF";
/// Version of the frame layout and of the messages in it.
pub const VERSION: u8 = 1;
/// Bytes of a header.
pub const HEADER: usize = 28;
/// Largest payload, in bytes, that either side sends or accepts: 1 GiB.
///
/// A counting chunk is at most 64 MiB; the cap only has to stop a damaged length from turning
/// into an allocation.
pub const MAX_PAYLOAD: u32 = 1 << 30;

/// Bytes of a read that small frames share. A payload with more than this still to come is read
/// straight into its place, so that its bytes are not copied twice.
const SCRATCH: usize = 8 << 10;

/// Most room that is reserved for bytes that were only announced: all of a payload as large as they
/// commonly are. Tests are content with less.
const RESERVE: usize = if cfg!(test) { 64 << 10 } else { 64 << 20 };

/// What a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Parent to worker, once: how to live.
    Setup = 1,
    /// Worker to parent, once: I am ready and these are the tasks I know.
    Hello = 2,
    /// Worker to parent, instead of a hello: why I cannot start.
    Refused = 3,
    /// Parent to worker: one input.
    Task = 4,
    /// Parent to worker: several inputs that travel together.
    Batch = 5,
    /// Worker to parent: I have begun this task.
    Begin = 6,
    /// Worker to parent: the task's output.
    Done = 7,
    /// Worker to parent: the task returned an error.
    Failed = 8,
    /// Worker to parent: the task panicked; I live on.
    Panicked = 9,
    /// Worker to parent: the task is under way; how far.
    Progress = 10,
}

impl Kind {
    /// Whether workers say it; if so, the payload is protected by a sum.
    fn is_from_worker(self) -> bool {
        !matches!(self, Kind::Setup | Kind::Task | Kind::Batch)
    }

    fn from_byte(byte: u8) -> Option<Self> {
        use Kind::*;
        [Setup, Hello, Refused, Task, Batch, Begin, Done, Failed, Panicked, Progress]
            .into_iter()
            .find(|&kind| kind as u8 == byte)
    }
}

/// The fixed part of a frame.
///
/// Layout, little endian: magic 4, version 1, kind 1, entry 2, task 8, attempt 4, payload length 4,
/// CRC-32 of the payload 4. The sum is kept for frames from a worker: what a misbehaving worker may
/// have written in the middle of a result must not be counted. Frames to a worker carry 0 there,
/// for the parent has one writer, and the bytes of a whole corpus go that way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the frame says.
    pub kind: Kind,
    /// Index of the task's code in the worker's own list (see [`Kind::Hello`]); 0 otherwise.
    pub entry: u16,
    /// Task id, half of the lease's name.
    pub task: u64,
    /// Attempt number from 1, the other half; the worker is named by the pipe it speaks on.
    pub attempt: u32,
    /// Bytes of the payload that follows.
    pub length: u32,
    /// CRC-32 of the payload in frames from a worker, 0 in frames to one.
    pub sum: u32,
}

impl Header {
    /// A header for a frame that names no task.
    pub fn plain(kind: Kind) -> Self {
        Header { kind, entry: 0, task: 0, attempt: 0, length: 0, sum: 0 }
    }

    /// The bytes that go onto the wire.
    pub fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4] = VERSION;
        bytes[5] = self.kind as u8;
        bytes[6..8].copy_from_slice(&self.entry.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.task.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.attempt.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.length.to_le_bytes());
        bytes[24..].copy_from_slice(&self.sum.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; HEADER]) -> Result<Self, FrameError> {
        let [m0, m1, m2, m3, version, kind, e0, e1, rest @ ..] = *bytes;
        let [t0, t1, t2, t3, t4, t5, t6, t7, a0, a1, a2, a3, l0, l1, l2, l3, sum @ ..] = rest;
        if [m0, m1, m2, m3] != MAGIC {
            return Err(FrameError::Magic { found: [m0, m1, m2, m3] });
        }
        if version != VERSION {
            return Err(FrameError::Version { found: version });
        }
        let kind = Kind::from_byte(kind).ok_or(FrameError::Kind { found: kind })?;
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        if length > MAX_PAYLOAD {
            return Err(FrameError::Length { found: length });
        }
        Ok(Header {
            kind,
            entry: u16::from_le_bytes([e0, e1]),
            task: u64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
            attempt: u32::from_le_bytes([a0, a1, a2, a3]),
            length,
            sum: u32::from_le_bytes(sum),
        })
    }
}

/// What is wrong with bytes that should have been a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The first four bytes are not the magic.
    #[error("a frame begins with {found:02x?}, not with the magic {MAGIC:02x?}")]
    Magic {
        /// What was there instead.
        found: [u8; 4],
    },
    /// The other side speaks another version.
    #[error("frame version {found}, expected {VERSION}")]
    Version {
        /// The version it speaks.
        found: u8,
    },
    /// No such kind of frame.
    #[error("unknown frame kind {found}")]
    Kind {
        /// The byte that was there.
        found: u8,
    },
    /// The payload would be longer than the cap of 1 GiB.
    #[error("a frame announces {found} bytes, more than the {MAX_PAYLOAD} allowed")]
    Length {
        /// The announced length in bytes.
        found: u32,
    },
    /// The payload is not the one that was sent.
    #[error("a payload does not match its check sum")]
    Sum,
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame")]
    Truncated,
    /// A payload does not decode as what the frame's kind says.
    #[error("a payload does not decode: {0}")]
    Payload(String),
    /// A frame that has no place here.
    #[error("a frame of kind {0:?} was not expected here")]
    Unexpected(Kind),
}

/// A whole frame as received.
#[derive(Debug)]
pub struct Frame {
    /// The fixed part.
    pub header: Header,
    /// The payload, in a buffer of its own.
    pub payload: Vec<u8>,
}

impl Frame {
    fn missing(&self) -> usize {
        self.header.length as usize - self.payload.len()
    }
}

/// Turns a stream of bytes into frames, however the reads cut it.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    /// Bytes that have arrived and belong to no frame yet.
    inbox: Vec<u8>,
    current: Option<Frame>,
}

impl FrameDecoder {
    /// Reads once from `fd`; the number of bytes that came, 0 at end of file.
    ///
    /// # Errors
    /// Those of `read(2)`, `WouldBlock` among them.
    pub fn read_from(&mut self, fd: impl AsFd) -> io::Result<usize> {
        match &mut self.current {
            // The bulk of a large payload goes straight to where it stays.
            Some(frame) if self.inbox.is_empty() && frame.missing() > SCRATCH => {
                if frame.payload.len() == frame.payload.capacity() {
                    frame.payload.reserve_exact(frame.missing().min(RESERVE));
                }
                let got = rustix::io::read(fd, spare_capacity(&mut frame.payload))?;
                // An allocator may have given more room than was asked for.
                let end = (frame.header.length as usize).min(frame.payload.len());
                self.inbox.extend(frame.payload.drain(end..));
                Ok(got)
            }
            _ => {
                let mut buffer = [0; SCRATCH];
                let got = rustix::io::read(fd, &mut buffer)?;
                self.push(&buffer[..got]);
                Ok(got)
            }
        }
    }

    /// Appends bytes that were read elsewhere.
    pub fn push(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
    }

    /// The next whole frame, or `None` until more bytes have come.
    ///
    /// # Errors
    /// A header that is not one; the stream cannot be trusted from there on.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.current.is_none() {
            let Some((header, _)) = self.inbox.split_first_chunk::<HEADER>() else {
                return Ok(None);
            };
            let header = Header::from_bytes(header)?;
            self.inbox.drain(..HEADER);
            // The room for the payload is made when it is read, so that a worker that has not enough
            // memory for it has said before what it is about to read.
            self.current = Some(Frame { header, payload: Vec::new() });
        }
        if let Some(frame) = &mut self.current {
            let arrived = frame.missing().min(self.inbox.len());
            frame.payload.extend(self.inbox.drain(..arrived));
        }
        match self.current.take_if(|frame| frame.missing() == 0) {
            Some(Frame { header, payload })
                if header.kind.is_from_worker() && crc32fast::hash(&payload) != header.sum =>
            {
                Err(FrameError::Sum)
            }
            frame => Ok(frame),
        }
    }

    /// The header of a frame whose payload is still on its way.
    pub fn arriving(&self) -> Option<&Header> {
        self.current.as_ref().map(|frame| &frame.header)
    }

    /// What an end of file means here.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] inside a frame.
    pub fn end(&self) -> Result<(), FrameError> {
        if self.inbox.is_empty() && self.current.is_none() { Ok(()) } else { Err(FrameError::Truncated) }
    }
}

/// What a task's input or output looks like on its way: bincode bytes, the last of which may be a
/// large byte string that stays where it is.
///
/// `head` ends with the length of `bulk` where there is one, so that the two written one after the
/// other are one bincode value; a vectored write sends them without copying `bulk`.
#[derive(Clone, Default)]
pub struct Payload {
    pub(super) head: Vec<u8>,
    pub(super) bulk: Option<Arc<dyn Bulk>>,
}

/// A large byte string that a [`Payload`] refers to without copying it.
pub trait Bulk: AsRef<[u8]> + Send + Sync + 'static {}
impl<T: AsRef<[u8]> + Send + Sync + 'static> Bulk for T {}

impl Payload {
    /// `value` in bincode.
    ///
    /// # Errors
    /// What serde or bincode cannot express, such as a sequence of unknown length.
    pub fn of(value: &impl Serialize) -> Result<Self, FrameError> {
        Ok(Payload { head: encode(value)?, bulk: None })
    }

    /// The pair of `value` and a byte string, in bincode; the bytes are not copied.
    ///
    /// # Errors
    /// As [`Payload::of`].
    pub fn with_bulk(value: &impl Serialize, bulk: impl Bulk) -> Result<Self, FrameError> {
        let mut head = encode(value)?;
        head.extend(encode(&(bulk.as_ref().len() as u64))?);
        Ok(Payload { head, bulk: Some(Arc::new(bulk)) })
    }

    /// Bytes on the wire.
    pub fn len(&self) -> usize {
        self.head.len() + self.bulk().len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn bulk(&self) -> &[u8] {
        self.bulk.as_deref().map_or(&[], |bulk| bulk.as_ref())
    }

    fn sum(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.head);
        hasher.update(self.bulk());
        hasher.finalize()
    }

    /// All of it in one buffer; copies only a bulk.
    pub(super) fn into_vec(self) -> Vec<u8> {
        if self.bulk.is_none() { self.head } else { self.to_vec() }
    }

    /// Adds all of it to a buffer.
    pub(super) fn append_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.head);
        bytes.extend_from_slice(self.bulk());
    }

    /// All of it in one buffer, as the receiver sees it.
    pub fn to_vec(&self) -> Vec<u8> {
        [&self.head, self.bulk()].concat()
    }
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({} bytes)", self.len())
    }
}

/// A frame on its way out, and how much of it has left.
#[derive(Debug)]
pub struct Outgoing {
    header: [u8; HEADER],
    payload: Payload,
    written: usize,
}

impl Outgoing {
    /// A frame of `header` and `payload`; the header's length and sum are set here.
    ///
    /// # Errors
    /// A payload above [`MAX_PAYLOAD`].
    pub fn new(header: Header, payload: Payload) -> Result<Self, FrameError> {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        if length > MAX_PAYLOAD {
            return Err(FrameError::Length { found: length });
        }
        let sum = if header.kind.is_from_worker() { payload.sum() } else { 0 };
        Ok(Outgoing { header: Header { length, sum, ..header }.to_bytes(), payload, written: 0 })
    }

    /// Writes what one vectored write takes; `true` when the frame has left.
    ///
    /// # Errors
    /// Those of `writev(2)`, `WouldBlock` among them.
    pub fn write_to(&mut self, fd: impl AsFd) -> io::Result<bool> {
        let mut slices =
            [IoSlice::new(&self.header), IoSlice::new(&self.payload.head), IoSlice::new(self.payload.bulk())];
        let mut rest = &mut slices[..];
        IoSlice::advance_slices(&mut rest, self.written);
        self.written += rustix::io::writev(fd, rest)?;
        Ok(self.written == HEADER + self.payload.len())
    }

    /// Writes the whole frame to a descriptor that blocks.
    ///
    /// # Errors
    /// Those of `writev(2)`.
    pub fn write_all(mut self, fd: impl AsFd) -> io::Result<()> {
        loop {
            match self.write_to(&fd) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The frame's bytes; for tests and for faults made on purpose.
    pub fn to_vec(&self) -> Vec<u8> {
        [&self.header[..], &self.payload.head, self.payload.bulk()].concat()
    }
}

/// `value` in bincode's standard configuration: little endian, integers of variable length.
pub(super) fn encode(value: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    bincode::serde::encode_to_vec(value, config()).map_err(|error| FrameError::Payload(error.to_string()))
}

/// [`encode`] onto the end of `bytes`: in a batch of small items every allocation counts.
pub(super) fn encode_behind(bytes: &mut Vec<u8>, value: &impl Serialize) -> Result<(), FrameError> {
    bincode::serde::encode_into_std_write(value, bytes, config())
        .map(drop)
        .map_err(|error| FrameError::Payload(error.to_string()))
}

/// A value from the front of `bytes`, and the bytes behind it.
pub(super) fn decode_prefix<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8]), FrameError> {
    let (value, used) = bincode::serde::decode_from_slice(bytes, config())
        .map_err(|error| FrameError::Payload(error.to_string()))?;
    Ok((value, &bytes[used..]))
}

/// The value that fills `bytes` exactly.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FrameError> {
    match decode_prefix(bytes)? {
        (value, []) => Ok(value),
        (_, rest) => Err(FrameError::Payload(format!("{} bytes are left over", rest.len()))),
    }
}

/// The counterpart of [`Payload::with_bulk`]: the value, and the byte string in the buffer in which
/// it came, as the range from the returned offset to the end.
///
/// # Errors
/// Bytes that are no such pair.
pub fn decode_with_bulk<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, usize), FrameError> {
    let (value, rest) = decode_prefix(bytes)?;
    let (length, bulk): (u64, &[u8]) = decode_prefix(rest)?;
    if length != bulk.len() as u64 {
        let found = bulk.len();
        return Err(FrameError::Payload(format!("a byte string of {length} bytes has {found}")));
    }
    Ok((value, bytes.len() - bulk.len()))
}

/// The limit keeps a damaged length inside a payload from becoming an allocation.
fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<{ MAX_PAYLOAD as usize }>()
}

/// A door for the fuzzer in `fuzz/`: how many frames a stream has that comes in pieces of `cut` bytes,
/// and what is wrong with it. The payloads are decoded as what workers say.
#[doc(hidden)]
pub fn fuzz_frames(bytes: &[u8], cut: usize) -> (usize, Option<FrameError>) {
    let mut decoder = FrameDecoder::default();
    let mut frames = 0;
    for piece in bytes.chunks(cut.max(1)) {
        decoder.push(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => {
                    frames += 1;
                    let _ = decode::<Vec<String>>(&frame.payload);
                    let _ = decode_with_bulk::<(u64, String)>(&frame.payload);
                    let _ = super::task::batch::unpack(&frame.payload);
                }
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, decoder.end().err())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn done(task: u64, attempt: u32) -> Header {
        Header { kind: Kind::Done, entry: 3, task, attempt, length: 0, sum: 0 }
    }

    fn decode_all(bytes: &[u8], cut: usize) -> Result<Vec<Frame>, FrameError> {
        let mut decoder = FrameDecoder::default();
        let mut frames = Vec::new();
        for piece in bytes.chunks(cut.max(1)) {
            decoder.push(piece);
            while let Some(frame) = decoder.next_frame()? {
                frames.push(frame);
            }
        }
        decoder.end()?;
        Ok(frames)
    }

    #[test]
    fn golden_bytes() {
        // Worked out by hand from the layout and from bincode's specification: 300 is 0xfb and two
        // bytes, a short string is its length and its bytes.
        // The sum is from `python3 -c 'import zlib; print(hex(zlib.crc32(bytes(...))))'`.
        let frame = Outgoing::new(done(7, 2), Payload::of(&(300u32, "ab", [9u8, 8])).unwrap()).unwrap();
        let expected = [
            b"NGPF".as_slice(),
            &[1, 7],
            &[3, 0],
            &[7, 0, 0, 0, 0, 0, 0, 0],
            &[2, 0, 0, 0],
            &[8, 0, 0, 0],
            &0x6972b80b_u32.to_le_bytes(),
            &[0xfb, 0x2c, 0x01, 2, b'a', b'b', 9, 8],
        ];
        assert_eq!(frame.to_vec(), expected.concat());
    }

    #[test]
    fn a_bulk_byte_string_is_the_same_bytes_as_one_inside_the_value() {
        let bytes = vec![5u8; 1000];
        let apart = Payload::with_bulk(&(1u8, "x"), bytes.clone()).unwrap();
        let together = Payload::of(&(1u8, "x", serde_bytes::Bytes::new(&bytes))).unwrap();
        assert_eq!(apart.to_vec(), together.to_vec());
        let ((one, x), start): ((u8, String), usize) = decode_with_bulk(&apart.to_vec()).unwrap();
        assert_eq!((one, x.as_str(), &apart.to_vec()[start..]), (1, "x", &bytes[..]));
    }

    #[test]
    fn a_length_above_the_cap_is_refused_from_the_header_alone() {
        let mut header = done(1, 1).to_bytes();
        header[20..24].copy_from_slice(&(MAX_PAYLOAD + 1).to_le_bytes());
        let mut decoder = FrameDecoder::default();
        decoder.push(&header);
        assert_eq!(decoder.next_frame().unwrap_err(), FrameError::Length { found: MAX_PAYLOAD + 1 });
    }

    #[test]
    fn each_damage_has_its_own_error() {
        let good = done(1, 1).to_bytes();
        let damaged = |at: usize, byte: u8| {
            let mut bytes = good;
            bytes[at] = byte;
            decode_all(&bytes, HEADER).unwrap_err()
        };
        assert!(matches!(damaged(0, b'X'), FrameError::Magic { .. }));
        assert_eq!(damaged(4, 9), FrameError::Version { found: 9 });
        assert_eq!(damaged(5, 0), FrameError::Kind { found: 0 });
        assert_eq!(damaged(20, 1), FrameError::Truncated);
        assert_eq!(damaged(24, 1), FrameError::Sum);
        assert_eq!(decode_all(&good[..5], 5).unwrap_err(), FrameError::Truncated);
    }

    #[test]
    fn a_large_payload_is_read_straight_into_place() {
        let bulk: Vec<u8> = (0..300_000u32).map(|i| i as u8).collect();
        let (reader, writer) = io::pipe().unwrap();
        let sent = bulk.clone();
        let sender = std::thread::spawn(move || {
            for task in 0..3 {
                let payload = Payload::with_bulk(&(), sent.clone()).unwrap();
                Outgoing::new(done(task, 1), payload).unwrap().write_all(&writer).unwrap();
            }
        });
        let mut decoder = FrameDecoder::default();
        for task in 0..3 {
            let frame = loop {
                if let Some(frame) = decoder.next_frame().unwrap() {
                    break frame;
                }
                assert_ne!(decoder.read_from(&reader).unwrap(), 0);
            };
            let ((), start) = decode_with_bulk(&frame.payload).unwrap();
            assert_eq!(frame.header.task, task);
            assert!(frame.payload[start..] == bulk[..]);
        }
        sender.join().unwrap();
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in_however_they_are_cut(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8),
            cut in 1usize..80,
        ) {
            let mut wire = Vec::new();
            for (task, payload) in payloads.iter().enumerate() {
                let payload = Payload { head: payload.clone(), bulk: None };
                wire.extend(Outgoing::new(done(task as u64, 1), payload).unwrap().to_vec());
            }
            let frames = decode_all(&wire, cut).unwrap();
            prop_assert!(frames.iter().map(|frame| &frame.payload).eq(&payloads));
        }

        #[test]
        fn any_bytes_are_frames_or_an_error_but_never_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            keep_magic: bool,
            cut in 1usize..40,
        ) {
            let mut bytes = bytes;
            if keep_magic && bytes.len() > 6 {
                bytes[..4].copy_from_slice(&MAGIC);
                bytes[4] = VERSION;
                bytes[5] = 1 + bytes[5] % 9;
            }
            let whole = fuzz_frames(&bytes, usize::MAX);
            prop_assert_eq!(fuzz_frames(&bytes, cut), whole);
            let _ = decode::<(String, Vec<u64>, Option<u32>)>(&bytes);
            let _ = decode_with_bulk::<(u64, String)>(&bytes);
        }
    }
}
