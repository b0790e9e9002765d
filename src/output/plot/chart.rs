//! The description of a picture: lines over two axes.

use super::size::Size;

/// Lines over two axes.
///
/// ```
/// use ngramcount::output::plot::{Axis, AxisScale, Chart, DataPoint, DataSeries, ImageFormat, NumberFormat};
///
/// let axis = |title: &str| Axis {
///     title: title.to_owned(),
///     scale: AxisScale::FromZero,
///     numbers: NumberFormat::Quantities,
/// };
/// let chart = Chart {
///     title: "Squares".to_owned(),
///     size: None,
///     x: axis("n"),
///     y: axis("n²"),
///     series: vec![DataSeries {
///         name: "Squares".to_owned(),
///         points: (0..5).map(f64::from).map(|n| DataPoint::new(n, n * n)).collect(),
///         markers: true,
///     }],
/// };
/// let svg = ImageFormat::Svg.render(&chart)?;
/// assert!(svg.bytes.starts_with(b"<svg "));
/// # Ok::<(), ngramcount::output::plot::PlotError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The headline.
    pub title: String,
    /// The size; 960x540 by default, and twice that as PNG.
    pub size: Option<Size>,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The lines, in the order of their colours.
    pub series: Vec<DataSeries>,
}

/// An axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// The quantity that it shows, with the unit.
    pub title: String,
    /// The scale.
    pub scale: AxisScale,
    /// The notation of the numbers along it.
    pub numbers: NumberFormat,
}

/// The scale of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AxisScale {
    /// Linear, from the least value to the largest.
    Linear,
    /// Linear, from 0 to the largest value, or from the least value to 0.
    FromZero,
    /// Logarithmic; all values must be above 0.
    Log,
}

/// The notation of the numbers along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFormat {
    /// Whole years: 1999.
    Years,
    /// Counts and measurements: 250,000 and 1.5 M.
    Quantities,
    /// Fractions of 1 in per cent: 0.25 is 25%.
    Percent,
}

/// The data of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSeries {
    /// The name at the end of the line.
    pub name: String,
    /// The points, from left to right.
    pub points: Vec<DataPoint>,
    /// Whether each point has a dot.
    pub markers: bool,
}

/// A point of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DataPoint {
    /// The value on the x axis.
    pub x: f64,
    /// The value on the y axis.
    pub y: f64,
    /// The lower and the upper end of the error bar.
    pub error: Option<(f64, f64)>,
}

impl DataPoint {
    /// A point without an error bar.
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y, error: None }
    }
}
