//! Lists of names: one path or URL a line, or each with a NUL behind it.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;

use memchr::memchr;

use crate::input::error::ReadError;
use crate::input::source::RawReader;
use crate::input::{Control, HttpRules, InputError, Source};
use crate::record::strip_byte_order_mark;

/// Bytes of the longest name: more than any system takes for a path.
const LONGEST_NAME: usize = 64 << 10;

/// The sources that a list names, in its order. In a list with a NUL byte each name ends at one, and may hold line ends.
pub(super) fn read(list: &Source, control: &Control) -> Result<Vec<Source>, InputError> {
    let control = control.uncounted();
    let checked = list.clone().check(&HttpRules::default(), 0, &control)?;
    let mut bytes = Vec::new();
    let read = RawReader::open(&checked, control)?.read_to_end(&mut bytes);
    read.map_err(|error| ReadError::from(error).at(list, 0))?;
    let mut sources = Vec::new();
    for (number, name) in names(&bytes).enumerate() {
        if name.len() > LONGEST_NAME {
            return Err(InputError::NoName { file: list.clone(), line: number as u64 + 1 });
        }
        if !name.is_empty() {
            sources.push(Source::file(OsStr::from_bytes(name)));
        }
    }
    if sources.is_empty() { Err(InputError::EmptyList { file: list.clone() }) } else { Ok(sources) }
}

fn names(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let has_nuls = memchr(0, list).is_some();
    let (list, separator) = if has_nuls { (list, 0) } else { (strip_byte_order_mark(list), b'\n') };
    list.split(move |&byte| byte == separator)
        .map(move |name| if has_nuls { name } else { name.strip_suffix(b"\r").unwrap_or(name) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_with_a_nul_is_separated_by_nuls() {
        let all = |list: &'static [u8]| names(list).filter(|name| !name.is_empty()).collect::<Vec<_>>();
        assert_eq!(all(b"a\nb c\n"), [&b"a"[..], b"b c"]);
        assert_eq!(all(b"\xef\xbb\xbfa\r\n\r\nb"), [b"a", b"b"]);
        assert_eq!(all(b"a\nb\0c\r\0"), [&b"a\nb"[..], b"c\r"]);
        assert_eq!(all(b"\n\n"), [] as [&[u8]; 0]);
    }
}
