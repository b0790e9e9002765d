//! Text on a drawing: the font, its style, the width of a text, and shortening.

use dejavu::sans_condensed;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use unicode_width::UnicodeWidthChar;

use super::canvas::{Canvas, PIXEL};

/// The font that an SVG asks for. Viewers without the first take the next; all have about the same width.
const FAMILY: &str = "'DejaVu Sans Condensed', Arial, Helvetica, 'Liberation Sans', sans-serif";

/// The factor by which `plotters` makes text smaller than the size that it is given.
const SHRINKING: f64 = 1.24;

/// The font of all pictures but their headlines. It is built in, so that a picture is the same on a machine without
/// fonts.
pub(super) fn regular_font() -> &'static [u8] {
    sans_condensed::regular()
}

/// The font of headlines.
pub(super) fn bold_font() -> &'static [u8] {
    sans_condensed::bold()
}

/// Lets `plotters` measure text in the fonts. It is cheap and may be repeated.
pub(super) fn register_fonts() {
    // It fails only for bytes that are not a font.
    let _ = register_font(FAMILY, FontStyle::Normal, regular_font());
    let _ = register_font(FAMILY, FontStyle::Bold, bold_font());
}

/// The style of a text with a height of `size` pixels; `h_pos` and `v_pos` say which point of it is placed.
pub(super) fn text_style(
    size: f64,
    weight: FontStyle,
    colour: RGBColor,
    h_pos: HPos,
    v_pos: VPos,
) -> TextStyle<'static> {
    let font = (FAMILY, size * f64::from(PIXEL) * SHRINKING, weight);
    TextStyle { color: colour.to_backend_color(), ..TextStyle::from(font).pos(Pos::new(h_pos, v_pos)) }
}

/// The width of `text`, in units of the canvas.
pub(super) fn text_width(canvas: &Canvas<'_>, text: &str, style: &TextStyle<'_>) -> i32 {
    // The built-in font has no wide letters, such as Chinese ones. In any font that has them they are square.
    let (wide, narrow): (String, String) = text.chars().partition(|c| c.width() == Some(2));
    let square = style.font.get_size() / SHRINKING;
    // It fails only for a font that is not registered.
    let narrow = canvas.estimate_text_size(&narrow, style).map_or(0, |(width, _)| width as i32);
    narrow + (wide.chars().count() as f64 * square).ceil() as i32
}

/// `text`, with its end replaced by an ellipsis if it is wider than `max_width`.
pub(super) fn shortened(canvas: &Canvas<'_>, text: &str, style: &TextStyle<'_>, max_width: i32) -> String {
    if text_width(canvas, text, style) <= max_width {
        return text.to_owned();
    }
    let mut start = text.to_owned();
    while start.pop().is_some() {
        let short = format!("{}…", start.trim_end());
        if text_width(canvas, &short, style) <= max_width {
            return short;
        }
    }
    start
}
