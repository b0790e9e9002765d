//! DEFLATE decoder of zlib-rs, with what flate2 does not offer: it can stop at the end of a block, and start in the middle of a
//! stream.

use std::ffi::CStr;
use std::mem::size_of;

use libz_rs_sys::{
    Z_BLOCK, Z_BUF_ERROR, Z_NO_FLUSH, Z_OK, Z_STREAM_END, inflate, inflateEnd, inflateGetDictionary,
    inflateInit2_, inflatePrime, inflateReset2, inflateSetDictionary, z_stream, zlibVersion,
};

use crate::input::{PackedFault, Packing};

/// Bytes that a DEFLATE stream can refer back to (RFC 1951, 2).
pub(in crate::input) const WINDOW_BYTES: usize = 32 << 10;

/// What surrounds the compressed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrapper {
    /// Header and trailer of gzip, which are checked.
    Gzip,
    /// Nothing.
    None,
}

impl Wrapper {
    /// The parameter `windowBits` of zlib: 15 bits, plus 16 for gzip, negative for none.
    fn window_bits(self) -> i32 {
        match self {
            Wrapper::Gzip => 31,
            Wrapper::None => -15,
        }
    }
}

/// A DEFLATE decoder.
pub(super) struct Inflate(Box<z_stream>);

// SAFETY: the stream owns its state and refers to no other memory between two calls; nothing in it belongs to a thread.
unsafe impl Send for Inflate {}

/// What one call of [`Inflate::run`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) consumed: usize,
    pub(super) written: usize,
    pub(super) end: StepEnd,
}

/// Where a call of [`Inflate::run`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepEnd {
    /// Anywhere: the input or the room for output is used up.
    Anywhere,
    /// Before the first block or between two. The last so many of the consumed bits are not used yet.
    Block { unused_bits: u32 },
    /// Behind the last block, and behind the trailer if there is one.
    Stream,
    /// Before data that are wrong. What was written before them is right, as far as that is known.
    Fault(PackedFault),
}

impl Inflate {
    pub(super) fn new(wrapper: Wrapper) -> Self {
        let mut stream = Box::new(z_stream::default());
        // SAFETY: the stream is valid and has the default allocator; version and size are those of this library.
        let code = unsafe {
            inflateInit2_(&mut *stream, wrapper.window_bits(), zlibVersion(), size_of::<z_stream>() as i32)
        };
        assert_eq!(code, Z_OK, "zlib refuses only wrong parameters; without memory its allocator aborts");
        Inflate(stream)
    }

    /// Starts a new stream.
    pub(super) fn reset(&mut self, wrapper: Wrapper) {
        // SAFETY: the stream was initialised by `new`.
        let code = unsafe { inflateReset2(&mut *self.0, wrapper.window_bits()) };
        debug_assert_eq!(code, Z_OK);
    }

    /// Starts in the middle of a stream, between two blocks: with the last `bits` bits of `byte`, and the bytes that were
    /// unpacked before.
    pub(super) fn reset_to_block(&mut self, bits: u32, byte: u8, window: &[u8]) -> Result<(), PackedFault> {
        self.reset(Wrapper::None);
        let primed = match bits {
            0 => Z_OK,
            // SAFETY: the stream was initialised by `new`.
            _ => unsafe { inflatePrime(&mut *self.0, bits as i32, i32::from(byte >> (8 - bits))) },
        };
        let window_set = match window {
            [] => Z_OK,
            // SAFETY: the stream was initialised, and the pointer and length are those of a slice.
            window => unsafe { inflateSetDictionary(&mut *self.0, window.as_ptr(), window.len() as u32) },
        };
        if (primed, window_set) == (Z_OK, Z_OK) { Ok(()) } else { Err(PackedFault::Data(Packing::Gzip)) }
    }

    /// Unpacks from `input` into `output`, neither of which is empty. With `stop_at_block` it ends at the next end of a
    /// block at the latest.
    pub(super) fn run(&mut self, input: &[u8], output: &mut [u8], stop_at_block: bool) -> Step {
        let input_len = u32::try_from(input.len()).unwrap_or(u32::MAX);
        let output_len = u32::try_from(output.len()).unwrap_or(u32::MAX);
        (self.0.next_in, self.0.avail_in) = (input.as_ptr(), input_len);
        (self.0.next_out, self.0.avail_out) = (output.as_mut_ptr(), output_len);
        let flush = if stop_at_block { Z_BLOCK } else { Z_NO_FLUSH };
        // SAFETY: the stream was initialised, and its pointers and lengths are those of two slices that live through the
        // call. Neither pointer is used after it.
        let code = unsafe { inflate(&mut *self.0, flush) };
        let at_block = self.0.data_type & 128 != 0 && self.0.data_type & 64 == 0;
        let end = match code {
            Z_STREAM_END => StepEnd::Stream,
            Z_OK | Z_BUF_ERROR if at_block => {
                StepEnd::Block { unused_bits: (self.0.data_type & 63).unsigned_abs() }
            }
            Z_OK | Z_BUF_ERROR => StepEnd::Anywhere,
            _ => StepEnd::Fault(self.fault()),
        };
        let consumed = (input_len - self.0.avail_in) as usize;
        Step { consumed, written: (output_len - self.0.avail_out) as usize, end }
    }

    /// The last bytes that were unpacked, at most [`WINDOW_BYTES`].
    pub(super) fn window(&self) -> Vec<u8> {
        let mut window = vec![0; WINDOW_BYTES];
        let mut length = 0;
        // SAFETY: the stream was initialised, and the buffer has room for the largest window.
        let code = unsafe { inflateGetDictionary(&*self.0, window.as_mut_ptr(), &mut length) };
        debug_assert_eq!(code, Z_OK);
        window.truncate(length as usize);
        window
    }

    /// The fault behind the message of zlib, which has no error codes of its own.
    fn fault(&self) -> PackedFault {
        if self.0.msg.is_null() {
            return PackedFault::Data(Packing::Gzip);
        }
        // SAFETY: zlib's messages are constant strings that end in a zero.
        match unsafe { CStr::from_ptr(self.0.msg) }.to_bytes() {
            b"incorrect data check" | b"incorrect length check" => PackedFault::Checksum(Packing::Gzip),
            b"incorrect header check"
            | b"unknown compression method"
            | b"unknown header flags set"
            | b"header crc mismatch"
            | b"invalid window size" => PackedFault::Header(Packing::Gzip),
            _ => PackedFault::Data(Packing::Gzip),
        }
    }
}

impl Drop for Inflate {
    fn drop(&mut self) {
        // SAFETY: the stream was initialised by `new` and is not used again.
        unsafe { inflateEnd(&mut *self.0) };
    }
}
