//! Entry point of the fuzzer in `fuzz/`.

use super::codec::{decode, decode_with_bulk};
use super::{FrameDecoder, FrameError, decode_batch};

/// Decodes a stream that arrives in pieces of `cut` bytes. Returns the number of frames and the first
/// error. Payloads are decoded as messages from a worker.
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
                    let _ = decode_batch(&frame.payload);
                }
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, decoder.end().err())
}
