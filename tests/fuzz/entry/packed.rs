//! Zstd, bzip2, xz and lz4: files that are damaged.

use ngramcount::input::InputError;

use super::input;

/// The file is unpacked, refused with the name of what is wrong, or read as it is, whatever its bytes.
pub fn check(bytes: &[u8]) {
    match input::read(bytes) {
        Ok(_) | Err(InputError::Packed { .. } | InputError::Zip { .. } | InputError::LineTooLong { .. }) => {}
        Err(error) => panic!("{error:?}"),
    }
}

/// A file with checksums that is damaged in one place is not unpacked to another text.
pub fn check_damaged_once(text: &[u8], bytes: &[u8]) {
    if let Ok(found) = input::read(bytes) {
        assert!(found == text || found == bytes || bytes.is_empty(), "{found:?}");
    }
}
