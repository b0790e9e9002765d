//! Encodings of the characters of a file.

use std::fmt;
use std::str::FromStr;

use encoding_rs::{REPLACEMENT, UTF_8};
use serde::{Deserialize, Serialize};

use super::UnknownName;

/// How the characters of a file are encoded.
///
/// ```
/// use ngramcount::record::Encoding;
///
/// let named: Encoding = "latin1".parse()?;
/// assert_eq!(named.to_string(), "windows-1252"); // by the WHATWG standard
/// assert_eq!("utf-8".parse(), Ok(Encoding::Auto));
/// assert!("latin-one".parse::<Encoding>().is_err());
/// # Ok::<(), ngramcount::record::UnknownName>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, or UTF-16 in a file that begins with its byte order mark.
    #[default]
    Auto,
    /// None: the bytes are taken as they are.
    Bytes,
    /// This one, except in a file that begins with the byte order mark of UTF-8 or UTF-16.
    Named(NamedEncoding),
}

/// An encoding other than UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedEncoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// The encoding from which a file that begins with `start` must be converted to UTF-8; `None` if it is read unchanged.
    pub(crate) fn to_convert(self, start: &[u8]) -> Option<&'static encoding_rs::Encoding> {
        let named = match self {
            Self::Bytes => return None,
            Self::Auto => None,
            Self::Named(NamedEncoding(encoding)) => Some(encoding),
        };
        let marked = encoding_rs::Encoding::for_bom(start).map(|(encoding, _)| encoding);
        marked.or(named).filter(|&encoding| encoding != UTF_8)
    }
}

/// A label of the WHATWG standard, in any case, or `auto` or `bytes`.
impl FromStr for Encoding {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "auto" => return Ok(Self::Auto),
            "bytes" => return Ok(Self::Bytes),
            _ => {}
        }
        match encoding_rs::Encoding::for_label(name.as_bytes()) {
            Some(encoding) if encoding == UTF_8 => Ok(Self::Auto),
            // Not an encoding: the standard gives this name to those that a browser refuses.
            Some(encoding) if encoding != REPLACEMENT => Ok(Self::Named(NamedEncoding(encoding))),
            _ => Err(UnknownName { kind: "encoding", name: name.to_owned() }),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Bytes => "bytes",
            Self::Named(NamedEncoding(encoding)) => encoding.name(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_believed_before_a_name() {
        let koi8: Encoding = "KOI8-R".parse().unwrap();
        let cases: [(Encoding, &[u8], Option<&str>); 9] = [
            (Encoding::Auto, b"plain", None),
            (Encoding::Auto, b"\xef\xbb\xbfa", None),
            (Encoding::Auto, b"\xff\xfea\0", Some("UTF-16LE")),
            (Encoding::Auto, b"\xfe\xff\0a", Some("UTF-16BE")),
            (Encoding::Bytes, b"\xff\xfea\0", None),
            (koi8, b"plain", Some("KOI8-R")),
            (koi8, b"", Some("KOI8-R")),
            (koi8, b"\xef\xbb\xbfa", None),
            (koi8, b"\xff\xfea\0", Some("UTF-16LE")),
        ];
        for (encoding, start, expected) in cases {
            let found = encoding.to_convert(start).map(encoding_rs::Encoding::name);
            assert_eq!(found, expected, "{encoding} {start:?}");
        }
    }

    #[test]
    fn what_is_no_encoding_has_no_name() {
        for name in ["", "latin", "replacement", "iso-2022-kr", "Auto"] {
            assert_eq!(
                name.parse::<Encoding>().unwrap_err().to_string(),
                format!("unknown encoding `{name}`")
            );
        }
    }
}
