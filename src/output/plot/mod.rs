//! Pictures: line charts as SVG and PNG.
//!
//! A [`Chart`] describes a picture in terms of the data; the rest of the folder draws it. [`by_year`] makes the chart of
//! an answer. A chart knows nothing of n-grams, so it can show any other numbers too. A picture holds no date and no
//! path: the same chart gives the same bytes.

mod axis;
mod by_year;
mod canvas;
mod chart;
mod draw;
mod end_labels;
mod error;
mod image_format;
mod palette;
mod picture;
mod png;
mod saved_answer;
mod size;
mod svg;
mod text;

pub use by_year::by_year;
pub use chart::{Axis, AxisScale, Chart, DataPoint, DataSeries, NumberFormat};
pub use error::PlotError;
pub use image_format::ImageFormat;
pub use palette::MAX_SERIES;
pub use picture::Picture;
pub use saved_answer::{SavedAnswer, SavedAnswerError};
pub use size::Size;
