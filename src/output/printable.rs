//! Text for a person to read: escapes in place of characters that are invisible or that a terminal or XML does not take.

use std::borrow::Cow;

use bstr::ByteSlice;

/// `text` with an escape in place of each unprintable character.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(is_unprintable) { escaped(text).collect::<String>().into() } else { text.into() }
}

/// The bytes as text, with escapes also in place of what is not UTF-8.
pub(super) fn printable_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = bytes.to_str() {
        return printable(text);
    }
    let parts = bytes.utf8_chunks().map(|part| {
        let invalid = part.invalid().iter().map(|byte| format!("\\x{byte:02x}"));
        escaped(part.valid()).chain(invalid).collect::<String>()
    });
    parts.collect::<String>().into()
}

fn escaped(text: &str) -> impl Iterator<Item = String> {
    text.chars().map(|c| if is_unprintable(c) { c.escape_default().to_string() } else { c.into() })
}

fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}
