//! A file as one document.

use super::converter::Converter;
use crate::input::error::ReadError;
use crate::record::document::escape;

/// The whole file is one document. An empty file has none.
#[derive(Default)]
pub(super) struct WholeFile {
    has_begun: bool,
}

impl Converter for WholeFile {
    fn convert(&mut self, bytes: &[u8], whole: bool, into: &mut Vec<u8>) -> Result<usize, ReadError> {
        escape(bytes, into);
        self.has_begun |= !bytes.is_empty();
        if whole && self.has_begun {
            into.push(b'\n');
            self.has_begun = false;
        }
        Ok(bytes.len())
    }
}
