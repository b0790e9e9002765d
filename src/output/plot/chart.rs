//! What is to be seen.

/// Lines over two axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The headline.
    pub title: String,
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
    /// The lines, in the order of their colours.
    pub series: Vec<Series>,
}

/// An axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// What it measures, with the unit.
    pub title: String,
    /// How distances on it are meant.
    pub scale: Scale,
    /// How the numbers along it are written.
    pub numbers: Numbers,
}

/// How distances on an axis are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences are equally far apart; the axis spans the data.
    Linear,
    /// The same, with 0 in sight.
    FromZero,
    /// Equal ratios are equally far apart; numbers must be above 0.
    Log,
}

impl Scale {
    /// Where a number is on the axis, up to a shift and a stretch; nowhere (infinite or NaN) if it has no place there.
    pub(super) fn position(self, number: f64) -> f64 {
        match self {
            Self::Linear | Self::FromZero => number,
            Self::Log => number.log10(),
        }
    }
}

/// How the numbers along an axis are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Whole years: 1999.
    Years,
    /// Anything that is counted or measured: 250,000 and 1.5 M.
    Quantities,
    /// Shares of 1, per cent: 0.25 is 25%.
    Percent,
}

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name, written at its end.
    pub name: String,
    /// From left to right.
    pub points: Vec<Point>,
    /// Whether each point is to be seen as a dot.
    pub dots: bool,
}

/// A point of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Where it is on the x axis.
    pub x: f64,
    /// Where it is on the y axis.
    pub y: f64,
    /// The ends of its error bar.
    pub error: Option<(f64, f64)>,
}

impl Point {
    /// A point without an error bar.
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y, error: None }
    }
}
