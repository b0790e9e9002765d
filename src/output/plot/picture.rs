//! The kinds of picture files.

use std::path::Path;

use super::chart::Chart;
use super::error::PlotError;
use super::{png, svg};

/// A kind of picture file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// Lines and letters; sharp at any size.
    Svg,
    /// Dots, two for each of the SVG's in both directions.
    Png,
}

impl Picture {
    /// The kind that the ending of a file's name asks for.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_ascii_lowercase().as_encoded_bytes() {
            b"svg" => Some(Self::Svg),
            b"png" => Some(Self::Png),
            _ => None,
        }
    }

    /// The whole file.
    ///
    /// # Errors
    /// When the chart has no series or too many, or a number that has no place on its axis.
    pub fn draw(self, chart: &Chart) -> Result<Vec<u8>, PlotError> {
        let svg = svg::document(chart)?;
        match self {
            Self::Svg => Ok(svg.into_bytes()),
            Self::Png => png::raster(&svg),
        }
    }
}
