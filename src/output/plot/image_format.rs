//! Formats of picture files.

use std::path::Path;

use super::chart::Chart;
use super::error::PlotError;
use super::{png, svg};

/// A format of picture files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// Vector graphics.
    Svg,
    /// Pixels: two for each unit of the SVG, in both directions.
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
    pub fn render(self, chart: &Chart) -> Result<Vec<u8>, PlotError> {
        let svg = svg::document(chart)?;
        match self {
            Self::Svg => Ok(svg.into_bytes()),
            Self::Png => png::rasterize(&svg),
        }
    }
}
