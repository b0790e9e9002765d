//! Gzip member decoder over ISA-L, Intel's library: about four fifths of the time of zlib-rs.
//!
//! This code drives the decoder's state itself, to give the guarantees of [`ZlibMember`]. The reader that comes with the
//! bindings (`isal-rs`) calls a truncated file corrupt, and holds a pointer into itself that is wrong once it is moved.

use std::io::BufRead;
use std::ptr;

use isal_sys::igzip_lib::{
    ISAL_GZIP_NO_HDR_VER, ISAL_INCORRECT_CHECKSUM, inflate_state, isal_block_state_ISAL_BLOCK_FINISH,
    isal_inflate, isal_inflate_init,
};

use super::zlib::ZlibMember;
use crate::input::error::ReadError;
use crate::input::source::RawReader;
use crate::input::{PackedFault, Packing};

/// One member of a gzip file, and the file behind it.
pub(super) struct IsalMember(MemberState);

enum MemberState {
    /// Where a member begins, and after it a header that makes no sense.
    Header(Box<ZlibMember>),
    Body(DeflateBody),
}

impl IsalMember {
    /// Reads the header. What is wrong with it shows at the first [`read`](Self::read).
    pub(super) fn new(raw: RawReader) -> Self {
        // ISA-L can read a header too, but not one that comes in pieces: it forgets which of the optional fields
        // are still to come. It also passes over the reserved flags.
        let header = ZlibMember::new(raw);
        IsalMember(if header.has_header() {
            MemberState::Body(DeflateBody::new(header.into_raw()))
        } else {
            MemberState::Header(Box::new(header))
        })
    }

    /// 0 means that the member has ended and its checksum was right.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        match &mut self.0 {
            MemberState::Header(header) => header.read(into),
            MemberState::Body(body) => body.read(into),
        }
    }

    /// What follows, once the member has ended.
    pub(super) fn into_raw(self) -> RawReader {
        match self.0 {
            MemberState::Header(header) => header.into_raw(),
            MemberState::Body(body) => body.raw,
        }
    }
}

/// The packed data of a member, with the checksum and the length behind them.
struct DeflateBody {
    raw: RawReader,
    inflate: Inflate,
    /// Fault behind the bytes that the last read gave.
    fault: Option<PackedFault>,
}

impl DeflateBody {
    fn new(raw: RawReader) -> Self {
        DeflateBody { raw, inflate: Inflate::new(), fault: None }
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        while self.fault.is_none() && !self.inflate.is_finished() {
            let input = self.raw.fill_buf()?;
            let was_empty = input.is_empty();
            let step = self.inflate.step(input, into);
            self.raw.consume(step.consumed);
            self.fault = step.fault;
            if step.written > 0 {
                return Ok(step.written);
            }
            if step.consumed == 0 && self.fault.is_none() && !self.inflate.is_finished() {
                // Nothing came of it, and nothing will. With input left that should not be possible; the bindings'
                // reader guards against it too.
                self.fault = Some(if was_empty {
                    PackedFault::Truncated(Packing::Gzip)
                } else {
                    PackedFault::Data(Packing::Gzip)
                });
            }
        }
        self.fault.map_or(Ok(0), |fault| Err(fault.into()))
    }
}

/// The state of the decoder, about 85 KiB.
///
/// Its pointers to input and output are null between two steps.
struct Inflate(Box<inflate_state>);

// SAFETY: what keeps the structure to one thread is its raw pointers, and those are null when it could be sent. The
// decoder has no state but this structure, none that belongs to a thread.
unsafe impl Send for Inflate {}

/// What one call of the decoder did.
struct InflateStep {
    consumed: usize,
    written: usize,
    fault: Option<PackedFault>,
}

impl Inflate {
    /// For deflate data with a gzip trailer, which is checked.
    fn new() -> Self {
        // SAFETY: the structure is plain C, of integers, arrays and raw pointers; all zeros are a value of it.
        let mut state = unsafe { Box::<inflate_state>::new_zeroed().assume_init() };
        // SAFETY: the pointer is to a whole, writable structure, and the function only sets fields of it.
        unsafe { isal_inflate_init(&raw mut *state) };
        state.crc_flag = ISAL_GZIP_NO_HDR_VER;
        Inflate(state)
    }

    /// Whether all was unpacked and handed out, and the trailer was read.
    fn is_finished(&self) -> bool {
        self.0.block_state == isal_block_state_ISAL_BLOCK_FINISH
    }

    /// Unpacks until `input` is used up, `into` is full, the member ends, or something is wrong.
    fn step(&mut self, input: &[u8], into: &mut [u8]) -> InflateStep {
        let state = &mut *self.0;
        let avail_in = u32::try_from(input.len()).unwrap_or(u32::MAX);
        let avail_out = u32::try_from(into.len()).unwrap_or(u32::MAX);
        state.next_in = input.as_ptr().cast_mut();
        state.avail_in = avail_in;
        state.next_out = into.as_mut_ptr();
        state.avail_out = avail_out;
        // SAFETY: the state was initialised by `isal_inflate_init` and since then changed by `isal_inflate` alone, but
        // for the four fields set here. They span no more than `input`, which is read and not written to in spite of
        // the pointer's type, and `into`; both outlive the call. The decoder copies into the state the bytes of either that it
        // needs after the call.
        let code = unsafe { isal_inflate(&raw mut *state) };
        state.next_in = ptr::null_mut();
        state.next_out = ptr::null_mut();
        let fault = match code {
            ISAL_INCORRECT_CHECKSUM => Some(PackedFault::Checksum(Packing::Gzip)),
            // Its fast loop jumps out without putting its pointers right: the counts it leaves behind may be below
            // zero, and the last bytes may never have been written. So of this step nothing is used.
            code if code < 0 => {
                return InflateStep {
                    consumed: 0,
                    written: 0,
                    fault: Some(PackedFault::Data(Packing::Gzip)),
                };
            }
            _ => None,
        };
        InflateStep {
            consumed: (avail_in - state.avail_in) as usize,
            written: (avail_out - state.avail_out) as usize,
            fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;
    use crate::input::{Control, Source};

    /// The unpacked bytes of a member, or its fault.
    macro_rules! unpack {
        ($decoder:ty, $stored:expr, $step:expr) => {{
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), $stored).unwrap();
            let raw =
                RawReader::open(&Source::from(file.path()).check_file().unwrap(), Control::new()).unwrap();
            let mut member = <$decoder>::new(raw);
            let mut unpacked = Vec::new();
            let mut into = vec![0; $step];
            loop {
                match member.read(&mut into) {
                    Ok(0) => break Ok(unpacked),
                    Ok(count) => unpacked.extend_from_slice(&into[..count]),
                    Err(ReadError::Packed(fault)) => break Err(fault),
                    Err(other) => panic!("{other:?}"),
                }
            }
        }};
    }

    fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Lines, noise, and long repeats, in any order, up to a few windows of 32 KiB.
    fn content() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            (1..4000_u32, 0..500_u32).prop_map(|(from, count)| (from..from + count)
                .flat_map(|n| format!("n-gram\t{n}\t{}\n", n * n % 977).into_bytes())
                .collect()),
            prop::collection::vec(any::<u8>(), 0..3000),
            (any::<u8>(), 0..70_000_usize).prop_map(|(byte, count)| vec![byte; count]),
        ];
        prop::collection::vec(piece, 0..8).prop_map(|pieces: Vec<Vec<u8>>| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn both_decoders_unpack_alike(bytes in content(), level in 0..10_u32, step in 1..300_000_usize) {
            prop_assert!(unpack!(IsalMember, gzip(&bytes, level), step).as_deref() == Ok(&bytes[..]));
        }

        #[test]
        fn both_decoders_refuse_alike(
            bytes in content(),
            level in 0..10_u32,
            step in 1..100_000_usize,
            harm in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut stored = gzip(&bytes, level);
            for (at, byte) in &harm {
                // Behind the magic bytes, which the caller of a decoder checks.
                let at = 2 + at.index(stored.len() - 2);
                stored[at] = *byte;
            }
            if let Some(cut) = cut {
                stored.truncate(2 + cut.index(stored.len() - 2));
            }
            let ours = unpack!(IsalMember, &stored, step);
            let theirs = unpack!(ZlibMember, &stored, step);
            if harm.is_empty() {
                prop_assert_eq!(ours, theirs);
            } else {
                // Which of several faults shows first is theirs to say.
                prop_assert_eq!(ours.ok(), theirs.ok());
            }
        }
    }
}
