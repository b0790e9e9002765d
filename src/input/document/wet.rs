//! Records of WET files as documents.
//!
//! WARC (ISO 28500) is a sequence of records: a line with the version, lines of named fields, an empty line, as many bytes as the
//! field `Content-Length` says, and two empty lines. In a WET file the records of type `conversion` hold the text of a web page
//! each; <https://commoncrawl.org/get-started> describes the files.

use memchr::{memchr, memmem};

use super::converter::Converter;
use crate::input::WetFault;
use crate::input::error::ReadError;
use crate::record::document::escape;

/// Each record of type `conversion` is a document. Other records are passed over.
#[derive(Default)]
pub(super) struct WetRecords {
    state: State,
    records: u64,
    conversions: u64,
}

#[derive(Clone, Copy, Default)]
enum State {
    /// Before the version, or at the end of the file.
    #[default]
    Head,
    /// In the contents of a record, of which so many bytes are left.
    Body { left: u64, is_text: bool },
    /// Before the two empty lines.
    Tail,
}

/// Bytes of the fields of a record. Those of Common Crawl take less than 3 KB.
const HEAD_BYTES: usize = 1 << 20;
const RECORD_END: &[u8] = b"\r\n\r\n";

impl Converter for WetRecords {
    fn convert(&mut self, bytes: &[u8], whole: bool, into: &mut Vec<u8>) -> Result<usize, ReadError> {
        let mut done = 0;
        loop {
            let rest = &bytes[done..];
            match self.state {
                State::Head if rest.is_empty() => break,
                State::Head => {
                    let Some(end) = memmem::find(rest, RECORD_END) else {
                        if whole || rest.len() > HEAD_BYTES {
                            return Err(self.fault_of_head(rest));
                        }
                        break;
                    };
                    self.records += 1;
                    let Head { length, is_text } = head(&rest[..end], self.records)?;
                    self.conversions += u64::from(is_text);
                    self.state = State::Body { left: length, is_text };
                    done += end + RECORD_END.len();
                }
                State::Body { left: 0, is_text } => {
                    if is_text {
                        into.push(b'\n');
                    }
                    self.state = State::Tail;
                }
                State::Body { .. } if rest.is_empty() => break,
                State::Body { left, is_text } => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    if is_text {
                        escape(&rest[..here], into);
                    }
                    self.state = State::Body { left: left - here as u64, is_text };
                    done += here;
                }
                State::Tail if rest.starts_with(RECORD_END) => {
                    self.state = State::Head;
                    done += RECORD_END.len();
                }
                State::Tail if RECORD_END.starts_with(rest) && !whole => break,
                State::Tail if RECORD_END.starts_with(rest) => return Err(self.cut_off()),
                State::Tail => return Err(WetFault::Length { record: self.records }.into()),
            }
        }
        if whole {
            self.check_end()?;
        }
        Ok(done)
    }
}

impl WetRecords {
    fn check_end(&self) -> Result<(), ReadError> {
        match self.state {
            State::Head if self.conversions == 0 => Err(WetFault::NoText { records: self.records }.into()),
            State::Head => Ok(()),
            State::Body { .. } | State::Tail => Err(self.cut_off()),
        }
    }

    fn cut_off(&self) -> ReadError {
        WetFault::CutOff { record: self.records }.into()
    }

    /// The fault of fields that have no end.
    fn fault_of_head(&self, start: &[u8]) -> ReadError {
        let record = self.records + 1;
        match begins_record(start) {
            true => WetFault::CutOff { record }.into(),
            false => WetFault::Version { record }.into(),
        }
    }
}

/// What the fields of a record say.
struct Head {
    length: u64,
    is_text: bool,
}

fn begins_record(head: &[u8]) -> bool {
    head.starts_with(b"WARC/1.") || b"WARC/1.".starts_with(head)
}

fn head(head: &[u8], record: u64) -> Result<Head, WetFault> {
    if !begins_record(head) {
        return Err(WetFault::Version { record });
    }
    let field = |wanted: &str| {
        head.split(|&byte| byte == b'\n').skip(1).find_map(|line| {
            let colon = memchr(b':', line)?;
            line[..colon].eq_ignore_ascii_case(wanted.as_bytes()).then(|| line[colon + 1..].trim_ascii())
        })
    };
    let length = field("content-length").and_then(|length| std::str::from_utf8(length).ok()?.parse().ok());
    Ok(Head {
        length: length.ok_or(WetFault::NoLength { record })?,
        is_text: field("warc-type").is_some_and(|kind| kind.eq_ignore_ascii_case(b"conversion")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: &str, text: &str) -> String {
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\ncontent-length:  {}\r\nX: y\r\n\r\n{text}\r\n\r\n",
            text.len()
        )
    }

    /// The documents of a file that comes in pieces of so many bytes.
    fn documents(file: &[u8], piece: usize) -> Result<String, String> {
        let (mut records, mut into, mut done) = (WetRecords::default(), Vec::new(), 0);
        let text = |error| match error {
            ReadError::Wet(fault) => fault.to_string(),
            other => panic!("{other:?}"),
        };
        for end in (0..file.len()).step_by(piece) {
            done += records.convert(&file[done..end], false, &mut into).map_err(text)?;
        }
        records.convert(&file[done..], true, &mut into).map_err(text)?;
        Ok(String::from_utf8(into).unwrap())
    }

    #[test]
    fn the_texts_of_conversion_records_are_documents_wherever_the_file_is_cut() {
        let page = "one\r\n\r\nWARC/1.0 two\n";
        let file =
            [record("warcinfo", "a: b\r\n"), record("conversion", page), record("conversion", "")].concat();
        for piece in 1..=file.len() {
            let expected = "one\r\\n\r\\nWARC/1.0 two\\n\n\n";
            assert_eq!(documents(file.as_bytes(), piece), Ok(expected.into()), "{piece}");
        }
    }

    #[test]
    fn a_damaged_record_is_named() {
        let info = record("warcinfo", "ab");
        let file = info.clone() + &record("conversion", "cd");
        for end in info.len() + 1..file.len() {
            let cut = documents(&file.as_bytes()[..end], end);
            assert_eq!(cut, Err("truncated: record 2 ends in the middle".into()), "{end}");
        }
        for (file, fault) in [
            (info.clone(), "none of its 1 records is of the type conversion, which holds the text of a page"),
            (file.replace("cd", "cde"), "damaged: record 2 is longer than its Content-Length says"),
            (file.clone() + "\n", "damaged: record 3 does not begin with WARC/1.0 or WARC/1.1"),
            (file.replace(":  2", ": x"), "damaged: record 1 has no Content-Length"),
        ] {
            assert_eq!(documents(file.as_bytes(), file.len()), Err(fault.into()), "{file:?}");
        }
    }
}
