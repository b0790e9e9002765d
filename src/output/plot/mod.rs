//! Pictures: a [`Chart`] says what is to be seen, in the words of the data; the rest of the folder draws it.
//!
//! [`by_year`] makes the chart of an answer. A chart knows nothing of n-grams, so any other lines of numbers over
//! numbers can be drawn with it. A picture holds no date and no path: the same chart gives the same bytes.

mod by_year;
mod chart;
mod draw;
mod error;
mod font;
mod labels;
mod names;
mod palette;
mod pen;
mod picture;
mod png;
mod svg;
mod ticks;

pub use by_year::by_year;
pub use chart::{Axis, Chart, Numbers, Point, Scale, Series};
pub use error::PlotError;
pub use palette::MAX_SERIES;
pub use picture::Picture;
