//! Formats of picture files.

use std::path::Path;

use super::chart::Chart;
use super::error::PlotError;
use super::picture::Picture;
use super::size::Size;
use super::{png, svg};

/// A format of picture files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// Vector graphics.
    Svg,
    /// Pixels.
    Png,
}

impl ImageFormat {
    /// The format that the extension of a file name stands for.
    pub fn from_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_ascii_lowercase().as_encoded_bytes() {
            b"svg" => Some(Self::Svg),
            b"png" => Some(Self::Png),
            _ => None,
        }
    }

    /// The content of a file with a picture of `chart`.
    ///
    /// # Errors
    /// The chart has no series or more than [`MAX_SERIES`](super::MAX_SERIES), or a number that has no place on its axis.
    pub fn render(self, chart: &Chart) -> Result<Picture, PlotError> {
        match self {
            Self::Svg => {
                let svg = svg::document(chart, chart.size.unwrap_or(Size::USUAL))?;
                Ok(Picture { bytes: svg.into_bytes(), missing: Vec::new() })
            }
            // Twice the pixels are enough for print at 16 cm, and for high-density screens.
            Self::Png => png::rasterize(&svg::document(chart, chart.size.unwrap_or(Size::USUAL.times(2)))?),
        }
    }
}
