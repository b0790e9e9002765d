//! Lines of a file.

use memchr::memchr;

/// The lines of `bytes`, without their ends.
///
/// A line ends at a line feed and at nothing else: U+0085, U+2028 and a lone carriage return are ordinary text. One
/// carriage return right before the end is dropped, also where the last line has no line feed. Text that ends in a
/// line feed has no empty line after it.
///
/// ```
/// let found: Vec<&[u8]> = ngramcount::record::lines(b"one\r\ntwo\n\nlast\r").collect();
/// assert_eq!(found, [&b"one"[..], b"two", b"", b"last"]);
/// ```
pub fn lines(bytes: &[u8]) -> Lines<'_> {
    Lines { rest: bytes }
}

/// Byte order mark of UTF-8, which some editors and spreadsheets write at the beginning of a file.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// `bytes`, the beginning of a file, without its byte order mark if it has one.
///
/// ```
/// assert_eq!(ngramcount::record::strip_byte_order_mark(b"\xef\xbb\xbfa\t1999"), b"a\t1999");
/// ```
pub fn strip_byte_order_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// The iterator that [`lines`] returns.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, taken) = first_line(self.rest);
        self.rest = &self.rest[taken..];
        Some(line)
    }
}

/// The first line of `bytes` without its end, and how many bytes it takes with its end.
pub(super) fn first_line(bytes: &[u8]) -> (&[u8], usize) {
    let (line, taken) = match memchr(b'\n', bytes) {
        Some(end) => (&bytes[..end], end + 1),
        None => (bytes, bytes.len()),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_feed_ends_a_line_and_one_carriage_return_goes_with_it() {
        let cases: [(&str, &[&str]); 8] = [
            ("", &[]),
            ("\n", &[""]),
            ("a", &["a"]),
            ("a\r", &["a"]),
            ("a\r\r\nb\n", &["a\r", "b"]),
            ("a\rb\n\nc", &["a\rb", "", "c"]),
            ("a\u{85}b\u{2028}c\n", &["a\u{85}b\u{2028}c"]),
            (" a \x0b\x0c\n", &[" a \x0b\x0c"]),
        ];
        for (text, expected) in cases {
            let expected: Vec<&[u8]> = expected.iter().map(|line| line.as_bytes()).collect();
            assert_eq!(lines(text.as_bytes()).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }
}
