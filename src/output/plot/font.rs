//! The one font of all pictures, so that they look the same on a machine that has none.

use dejavu::sans_condensed;
use plotters::style::{FontStyle, register_font};

/// What an SVG asks for: viewers that lack the first take the next, all of about the same width.
pub(super) const FAMILY: &str = "'DejaVu Sans Condensed', Arial, Helvetica, 'Liberation Sans', sans-serif";

/// The letters of text.
pub(super) fn regular() -> &'static [u8] {
    sans_condensed::regular()
}

/// The letters of headlines.
pub(super) fn bold() -> &'static [u8] {
    sans_condensed::bold()
}

/// Lets `plotters` measure text with it. Cheap; may be done again.
pub(super) fn register() {
    // It fails for bytes that are no font, and these are one.
    let _ = register_font(FAMILY, FontStyle::Normal, regular());
    let _ = register_font(FAMILY, FontStyle::Bold, bold());
}
