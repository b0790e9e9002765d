//! Gzip: members, padding, and what is neither.

use std::io::Read;

use bstr::BStr;
use flate2::bufread::GzDecoder;
use ngramcount::input::InputError;

use super::input;

/// A file is unpacked to what flate2 makes of its members one by one, or refused; what does not begin as gzip is as it is.
pub fn check(bytes: &[u8]) {
    // Other formats begin so.
    if bytes.first().is_some_and(|first| b"P\x02\x04\x28B\xfd".contains(first)) {
        return;
    }
    match (input::read(bytes), unpacked(bytes)) {
        (Ok(found), Some(expected)) => assert_eq!(BStr::new(&found), BStr::new(&expected)),
        (Err(InputError::Packed { .. } | InputError::LineTooLong { .. }), None) => {}
        (found, expected) => panic!("{found:?} in place of {expected:?}"),
    }
}

/// `None` if the bytes are not to be accepted.
fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.first() != Some(&0x1f) || bytes.get(1).is_some_and(|&byte| byte != 0x8b) {
        return Some(bytes.to_vec());
    }
    let (mut rest, mut unpacked) = (bytes, Vec::new());
    while rest.iter().any(|&byte| byte != 0) {
        let mut member = GzDecoder::new(rest);
        member.read_to_end(&mut unpacked).ok()?;
        rest = member.into_inner();
    }
    Some(unpacked)
}
