//! Wire format between a parent and its workers: frames of a fixed header and a payload in bincode.
//!
//! The module owns the layout of bytes on the pipes and every check of them. It trusts neither side: magic,
//! version, kind and length are checked before memory is allocated. It never opens a pipe and never
//! decides what a frame means.

mod batch;
mod codec;
mod constants;
mod decoder;
mod error;
mod fuzz;
mod header;
mod outgoing;
mod payload;
mod startup;

#[cfg(test)]
mod tests;

pub use codec::decode_with_bulk;
pub use error::FrameError;
pub use fuzz::fuzz_frames;
pub use payload::{Bulk, Payload};

pub(crate) use batch::{PayloadHalves, batch_len, decode_batch, encode_batch, split_batch};
pub(crate) use codec::{decode, encode};
pub(crate) use constants::{MAX_PAYLOAD, MAX_PIECE, MAX_RESULT};
pub(crate) use decoder::{Frame, FrameDecoder};
pub(crate) use header::{FrameKind, Header};
pub(crate) use outgoing::OutgoingFrame;
pub(crate) use startup::{Setup, WORKER_MARKER, is_worker};
