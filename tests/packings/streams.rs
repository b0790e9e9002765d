//! Many streams in a row, and what may stand between and behind them.

use ngramcount::input::{InputError, PackedFault};
use proptest::prelude::*;

use crate::common::gzip;
use crate::pack::{PACKINGS, Pack, bzip2, lines, linked_lz4, lz4, read, skippable, xz, zstd};

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_streams_count_wherever_the_text_is_cut(
        texts in prop::collection::vec("[a-e\n]{0,40}", 1..6),
        times in 1..300_usize,
        skipped in prop::collection::vec(any::<u8>(), 0..20),
        padding in 0..3_usize,
    ) {
        let texts: Vec<Vec<u8>> = texts.iter().map(|text| text.repeat(times).into_bytes()).collect();
        let (zeros, frame) = (vec![0; 4 * padding], skippable(&skipped));
        let nothing = [];
        let packers: [(Pack, &[u8], &[u8]); 6] = [
            (gzip, &nothing, &zeros),
            (zstd, &frame, &frame),
            (bzip2, &nothing, &zeros),
            (xz, &zeros, &zeros),
            (lz4, &frame, &frame),
            (linked_lz4, &frame, &frame),
        ];
        for (pack, between, behind) in packers {
            let streams: Vec<_> = texts.iter().map(|text| pack(text)).collect();
            let file = [streams.join(between), behind.to_vec()].concat();
            prop_assert_eq!(&read(&file).unwrap(), &texts.concat());
        }
    }
}

#[test]
fn texts_larger_than_any_buffer_are_unpacked() {
    let text = lines(5, 600_000);
    assert!(text.len() > 5 << 20);
    let packers: [Pack; 6] = [gzip, zstd, bzip2, xz, lz4, linked_lz4];
    for (number, pack) in packers.iter().enumerate() {
        let file = [pack(&text), pack(b"and the last")].concat();
        assert!(read(&file).unwrap() == [&text[..], b"and the last"].concat(), "packer {number}");
    }
}

#[test]
fn stray_bytes_behind_the_last_stream_are_refused_and_zeros_as_the_program_of_the_format_does() {
    for (ending, name, pack) in PACKINGS {
        let packed = pack(b"the fish\n");
        let behind = |tail: &[u8]| match read(&[&packed[..], tail].concat()) {
            Ok(text) => {
                assert_eq!(text, b"the fish\n");
                None
            }
            Err(InputError::Packed { fault, line: 1, .. }) => Some(fault),
            Err(error) => panic!("{ending}: {error}"),
        };
        let trailing = format!("there is data after the end of the {name} stream that is not {name}");
        for tail in [&b"x"[..], b"\n", b"more text\n", &[b'x'; 300_000], b"\0x", b"\0\0\0\0x"] {
            assert_eq!(behind(tail).map(|fault| fault.to_string()), Some(trailing.clone()), "{ending}");
        }
        for zeros in [1, 4, 6, 512, 300_000] {
            let fits = match ending {
                "gz" | "bz2" => true,
                "xz" => zeros % 4 == 0,
                _ => false,
            };
            assert_eq!(behind(&vec![0; zeros]).is_none(), fits, "{ending}, {zeros}");
        }
        let start: Vec<u8> = pack(b"").into_iter().take(4).collect();
        assert!(matches!(behind(&start), Some(PackedFault::Truncated(_))), "{ending}");
    }
}
