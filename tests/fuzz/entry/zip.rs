//! Zip: the directory, and the data of the files.

use std::io::{Cursor, Read};

use ::zip::ZipArchive;
use bstr::BStr;

use super::input;

/// An archive is unpacked to what the zip crate makes of its files one by one, or refused.
pub fn check(bytes: &[u8]) {
    let found = input::read(bytes);
    if bytes.starts_with(b"PK\x03\x04")
        && let (Ok(found), Some(expected)) = (found, unpacked(bytes))
    {
        assert_eq!(BStr::new(&found), BStr::new(&expected));
    }
}

/// A damaged archive of `text` is unpacked to that text or refused. Without the magic bytes it is no archive.
pub fn check_damaged(text: &[u8], bytes: &[u8]) {
    check(bytes);
    if bytes.starts_with(b"PK\x03\x04")
        && let Ok(found) = input::read(bytes)
    {
        assert_eq!(BStr::new(&found), BStr::new(text));
    }
}

/// The files of an archive, each with a line end if another one follows; `None` if the crate refuses one.
fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut unpacked = Vec::new();
    for index in 0..archive.len() {
        if unpacked.last().is_some_and(|&byte| byte != b'\n') {
            unpacked.push(b'\n');
        }
        archive.by_index(index).ok()?.read_to_end(&mut unpacked).ok()?;
    }
    Some(unpacked)
}
