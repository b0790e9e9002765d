//! Reading bytes as the program reads a file of them.

use std::fs;
use std::num::NonZeroU64;

use ngramcount::input::{Chunks, Control, InputError, Limits, Source};

/// A file of these bytes.
pub fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    file
}

/// Whether bytes begin like a packed file, or one of another kind, or like a piece of one: no lines are read from those.
pub fn may_be_packed(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0x1f | 0x04 | 0xfd | b'P', ..]
            | [b'(', 0xb5, ..]
            | [0x02, b'!', b'L', 0x18, ..]
            | [_, 0x2a, 0x4d, 0x18, ..]
    ) || bytes.starts_with(b"BZh")
}

/// The unpacked bytes of a file of `bytes`, or its error. The sizes of the chunks make no difference.
pub fn read(bytes: &[u8]) -> Result<Vec<u8>, InputError> {
    let file = file(bytes);
    let read = |lines| -> Result<Vec<u8>, InputError> {
        let mut unpacked = Vec::new();
        for chunk in Chunks::open(vec![Source::from(file.path())], Limits::lines(lines), Control::new())? {
            let chunk = chunk?;
            assert_eq!(chunk.origin.offset, unpacked.len() as u64);
            unpacked.extend_from_slice(&chunk.bytes);
        }
        Ok(unpacked)
    };
    let (whole, by_lines) = (read(NonZeroU64::MAX), read(NonZeroU64::MIN));
    match (&whole, &by_lines) {
        (Ok(whole), Ok(by_lines)) => assert_eq!(whole, by_lines),
        (Err(whole), Err(by_lines)) => assert_eq!(whole.to_string(), by_lines.to_string()),
        _ => panic!("{whole:?} as a whole, {by_lines:?} line by line"),
    }
    if let Err(error) = &whole {
        assert!(error.to_string().starts_with(&format!("{}: ", file.path().display())), "{error}");
    }
    whole
}
