//! Tests of the wire format: golden bytes, damage, any cut of the stream.

use std::io;

use proptest::prelude::*;

use super::codec::*;
use super::constants::*;
use super::*;

fn done(task: u64, attempt: u32) -> Header {
    Header { kind: FrameKind::Done, entry: 3, task, attempt, length: 0, checksum: 0 }
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
    // The checksum is from `python3 -c 'import zlib; print(hex(zlib.crc32(bytes(...))))'`.
    let frame = OutgoingFrame::new(done(7, 2), Payload::of(&(300u32, "ab", [9u8, 8])).unwrap()).unwrap();
    let expected = [
        b"PPFR".as_slice(),
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
        decode_all(&bytes, HEADER_LEN).unwrap_err()
    };
    assert!(matches!(damaged(0, b'X'), FrameError::Magic { .. }));
    assert_eq!(damaged(4, 9), FrameError::Version { found: 9 });
    assert_eq!(damaged(5, 0), FrameError::Kind { found: 0 });
    assert_eq!(damaged(20, 1), FrameError::Truncated);
    assert_eq!(damaged(24, 1), FrameError::Checksum);
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
            OutgoingFrame::new(done(task, 1), payload).unwrap().write_all(&writer).unwrap();
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
            let payload = Payload::from_encoded(payload.clone());
            wire.extend(OutgoingFrame::new(done(task as u64, 1), payload).unwrap().to_vec());
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
            bytes[5] = 1 + bytes[5] % 11;
        }
        let whole = fuzz_frames(&bytes, usize::MAX);
        prop_assert_eq!(fuzz_frames(&bytes, cut), whole);
        let _ = decode::<(String, Vec<u64>, Option<u32>)>(&bytes);
        let _ = decode_with_bulk::<(u64, String)>(&bytes);
    }
}
