//! Windows, dictionaries and old formats: what a file may ask for, and what it may not.

use ngramcount::input::{InputError, PackedFault, Packing};

use crate::common::{Scratch, ngramcount};
use crate::pack::read;

/// A frame of zstd, by RFC 8878: a window of 2^(10 + exponent) bytes, and one block that is stored as it is.
fn frame_with_window(exponent: u8, text: &[u8]) -> Vec<u8> {
    let block = (text.len() as u32) << 3 | 1;
    [b"\x28\xb5\x2f\xfd\0", &[exponent << 3][..], &block.to_le_bytes()[..3], text].concat()
}

fn fault(stored: &[u8]) -> PackedFault {
    match read(stored) {
        Err(InputError::Packed { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_window_of_zstd_long_31_is_allowed_and_a_larger_one_is_named() {
    assert_eq!(read(&frame_with_window(21, b"the fish\n")).unwrap(), b"the fish\n");
    let found = fault(&frame_with_window(22, b"the fish\n"));
    let limit = 2 << 30;
    assert_eq!(found, PackedFault::Window { packing: Packing::Zstd, bytes: Some(4 << 30), limit });
    assert_eq!(
        found.to_string(),
        "its zstd window of 4.0 GiB is larger than the 2.0 GiB of memory that it may take"
    );
}

#[test]
fn a_window_is_kept_within_the_memory_of_the_count() {
    let scratch = Scratch::new();
    let file = scratch.file("long.zst", frame_with_window(17, b"the fish\n"));
    for feed in ["pipe", "split"] {
        let count = |memory: &str| ngramcount(args![file, "-w", "fish", "--memory", memory, "--feed", feed]);
        assert_eq!(count("200MiB").quietly().text(), "fish\t1\n");
        let run = count("100MiB");
        let said = format!(
            "ngramcount: {}: its zstd window of 128.0 MiB is larger than the 100.0 MiB of memory that it may take",
            file.display()
        );
        assert!(run.code == Some(1) && run.stderr.starts_with(&said), "{}", run.stderr);
        assert!(feed == "split" || run.stderr.ends_with("; --memory allows more\n"));
    }
}

#[test]
fn a_frame_with_a_dictionary_is_refused_with_its_number() {
    let mut frame = b"\x28\xb5\x2f\xfd\x01\x58\x2a".to_vec();
    frame.extend([9 << 3 | 1, 0, 0]);
    frame.extend(b"the fish\n");
    let found = fault(&frame);
    assert_eq!(found, PackedFault::Dictionary { packing: Packing::Zstd, id: 42 });
    assert_eq!(
        found.to_string(),
        "it was packed with the zstd dictionary 42, and dictionaries are not supported"
    );
}

#[test]
fn the_legacy_format_of_lz4_is_refused_by_name() {
    let found = fault(b"\x02\x21\x4c\x18\x05\0\0\0\x40fish");
    assert!(matches!(found, PackedFault::Unsupported { packing: Packing::Lz4, .. }));
    assert!(found.to_string().contains("the legacy one"), "{found}");
}

#[test]
fn a_packed_file_other_than_gzip_has_no_index_and_that_is_said() {
    let scratch = Scratch::new();
    let file = scratch.file("a.zst", crate::pack::zstd(b"the\t1999\t1\t1\n"));
    let run = ngramcount(args!["index", file]);
    let said = format!(
        "ngramcount: {}: cannot have an index: that is for gzip files and plain files, in UTF-8 or bytes\n",
        file.display()
    );
    assert_eq!((run.code, &*run.stderr), (Some(1), &*said));
    for feed in ["pipe", "split"] {
        let run = ngramcount(args![file, "--write-index", "--feed", feed]);
        let note =
            format!("{} has got no index: only gzip files and plain files in UTF-8 can", file.display());
        assert_eq!(run.noting(&[&note]).text(), "the\t1\n");
    }
    assert_eq!(scratch.names(), ["a.zst"]);
}
