//! Large payload of a worker, which arrives in pieces.

use crate::failure::Failure;
use crate::wire::MAX_RESULT;

/// The pieces that have arrived, joined. One that is too large is not kept, only measured.
#[derive(Debug, Default)]
pub(super) struct Piecewise {
    joined: Vec<u8>,
    /// Bytes that have arrived.
    length: u64,
}

impl Piecewise {
    pub fn push(&mut self, piece: &[u8]) {
        self.push_up_to(piece, MAX_RESULT);
    }

    fn push_up_to(&mut self, piece: &[u8], limit: u64) {
        let complete = self.joined.len() as u64 == self.length;
        self.length += piece.len() as u64;
        if complete && self.length <= limit && self.joined.try_reserve(piece.len()).is_ok() {
            self.joined.extend_from_slice(piece);
        } else {
            self.joined = Vec::new();
        }
    }

    /// The whole payload, with its last piece. What arrives next belongs to another one.
    ///
    /// # Errors
    /// [`Failure::ResultTooLarge`] beyond [`MAX_RESULT`] or the memory that there is.
    pub fn finish(&mut self, last: Vec<u8>) -> Result<Vec<u8>, Failure> {
        if self.length == 0 {
            return Ok(last);
        }
        self.push(&last);
        let Piecewise { joined, length: bytes } = std::mem::take(self);
        if joined.len() as u64 == bytes { Ok(joined) } else { Err(Failure::ResultTooLarge { bytes }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_in_order_up_to_the_limit_and_each_payload_is_one_of_its_own() {
        let mut payload = Piecewise::default();
        assert_eq!(payload.finish(b"whole".into()).unwrap(), b"whole");
        payload.push_up_to(b"in ", 9);
        payload.push_up_to(b"pieces", 9);
        assert_eq!(payload.finish(Vec::new()).unwrap(), b"in pieces");
        payload.push_up_to(b"far ", 9);
        payload.push_up_to(b"too long", 9);
        payload.push_up_to(b"", 9);
        let refused = payload.finish(b"!".into());
        assert!(matches!(refused, Err(Failure::ResultTooLarge { bytes: 13 })), "{refused:?}");
        assert_eq!(payload.finish(b"whole".into()).unwrap(), b"whole");
    }
}
