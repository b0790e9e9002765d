//! Lines and letters on the paper, measured in pixels.
//!
//! Backends of `plotters` place everything on whole units. A unit here is a tenth of a pixel, so that slopes stay
//! smooth; `svg` shrinks the whole by the same factor.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::error::PlotError;
use super::font;

/// The size of a picture.
pub(super) const WIDTH: f64 = 960.;
/// The size of a picture.
pub(super) const HEIGHT: f64 = 540.;
/// Units of a pixel.
pub(super) const SCALE: f64 = 10.;

/// `plotters` makes letters smaller than it is told by this.
const SHRINKS: f64 = 1.24;
/// From the foot of a line to what the SVG backend takes for its top, in heights of the font.
const TOP: f64 = 0.76;

pub(super) type Paper<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws on paper.
pub(super) struct Pen<'a, 'b> {
    paper: &'a Paper<'b>,
}

/// How letters look.
#[derive(Clone, Copy)]
pub(super) struct Letters {
    pub size: f64,
    pub colour: RGBColor,
    pub bold: bool,
    pub anchor: Anchor,
}

/// Which end of a text is where it is put.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Pixels as units.
pub(super) fn units(pixels: f64) -> i32 {
    (pixels * SCALE).round() as i32
}

/// A failure of the library.
pub(super) fn drawing(error: impl std::fmt::Display) -> PlotError {
    PlotError::Drawing(error.to_string())
}

impl<'a, 'b> Pen<'a, 'b> {
    pub(super) fn new(paper: &'a Paper<'b>) -> Self {
        Self { paper }
    }

    /// Makes the paper white.
    pub(super) fn clear(&self) -> Result<(), PlotError> {
        self.paper.fill(&WHITE).map_err(drawing)
    }

    /// A line through `points`.
    pub(super) fn rule(&self, points: &[(f64, f64)], colour: RGBColor, width: f64) -> Result<(), PlotError> {
        let points: Vec<_> = points.iter().map(|&(x, y)| (units(x), units(y))).collect();
        let style = colour.stroke_width(units(width) as u32);
        self.paper.draw(&PathElement::new(points, style)).map_err(drawing)
    }

    /// `text` with its foot at the height of `at`.
    pub(super) fn write(&self, text: &str, at: (f64, f64), letters: Letters) -> Result<(), PlotError> {
        let style = if letters.bold { FontStyle::Bold } else { FontStyle::Normal };
        let across = match letters.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let font = (font::FAMILY, letters.size * SCALE * SHRINKS, style);
        let style = TextStyle::from(font).color(&letters.colour).pos(Pos::new(across, VPos::Top));
        let top = at.1 - TOP * letters.size;
        self.paper.draw(&Text::new(text, (units(at.0), units(top)), style)).map_err(drawing)
    }

    /// The width of `text`, in letters of the usual weight.
    pub(super) fn width(&self, text: &str, size: f64) -> f64 {
        let style = TextStyle::from((font::FAMILY, size * SCALE * SHRINKS));
        match self.paper.estimate_text_size(text, &style) {
            Ok((width, _)) => f64::from(width) / SCALE,
            // Only a font that is not registered has no widths.
            Err(_) => size * 0.6 * text.chars().count() as f64,
        }
    }

    /// `text`, cut short if it is wider than `room`.
    pub(super) fn cut(&self, text: &str, size: f64, room: f64) -> String {
        if self.width(text, size) <= room {
            return text.to_owned();
        }
        let mut short: String = text.to_owned();
        while short.pop().is_some() {
            let cut = format!("{}…", short.trim_end());
            if self.width(&cut, size) <= room {
                return cut;
            }
        }
        short
    }
}
