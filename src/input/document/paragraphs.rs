//! Paragraphs as documents.

use super::converter::Converter;
use crate::input::error::ReadError;
use crate::record::document::escape;

/// Each sequence of lines that are not blank is a document. A line of white space is blank.
#[derive(Default)]
pub(super) struct Paragraphs {
    /// A paragraph has begun and not ended.
    is_inside: bool,
    /// There is text in the current line.
    has_text: bool,
    /// The white space with which the current line begins, until there is text in it.
    blanks: Vec<u8>,
}

impl Converter for Paragraphs {
    fn convert(&mut self, bytes: &[u8], whole: bool, into: &mut Vec<u8>) -> Result<usize, ReadError> {
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            if !self.has_text && line.iter().all(u8::is_ascii_whitespace) {
                self.blanks.extend_from_slice(line);
            } else {
                escape(&self.blanks, into);
                escape(line, into);
                self.blanks.clear();
                (self.is_inside, self.has_text) = (true, true);
            }
            if line.ends_with(b"\n") {
                if !self.has_text && self.is_inside {
                    self.end(into);
                }
                self.blanks.clear();
                self.has_text = false;
            }
        }
        if whole {
            if self.is_inside {
                self.end(into);
            }
            self.blanks.clear();
            self.has_text = false;
        }
        Ok(bytes.len())
    }
}

impl Paragraphs {
    fn end(&mut self, into: &mut Vec<u8>) {
        into.push(b'\n');
        self.is_inside = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documents of a text that comes in pieces of so many bytes.
    fn documents(text: &str, piece: usize) -> String {
        let (mut paragraphs, mut into, mut done) = (Paragraphs::default(), Vec::new(), 0);
        for end in (0..text.len()).step_by(piece).chain([text.len()]) {
            done += paragraphs.convert(&text.as_bytes()[done..end], false, &mut into).unwrap();
        }
        paragraphs.convert(&text.as_bytes()[done..], true, &mut into).unwrap();
        String::from_utf8(into).unwrap()
    }

    #[test]
    fn blank_lines_end_a_paragraph_wherever_the_text_is_cut() {
        for (text, expected) in [
            ("", ""),
            ("\n \r\n\n", ""),
            ("a", "a\n"),
            ("a\nb\n\nc\n", "a\\nb\\n\nc\\n\n"),
            ("\n\na\r\n \t\r\n\n  b\\\n", "a\r\\n\n  b\\\\\\n\n"),
            ("a\n\n\n", "a\\n\n"),
        ] {
            for piece in 1..=text.len().max(1) {
                assert_eq!(documents(text, piece), expected, "{text:?} in pieces of {piece}");
            }
        }
    }
}
