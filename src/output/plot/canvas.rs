//! The canvas of a picture: its size and its units.
//!
//! Backends of `plotters` place everything on whole units. A unit of the canvas is a tenth of a pixel, which keeps slopes
//! smooth. The SVG document scales it back.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::axis::ScaledAxis;

/// Units of a pixel of the layout.
pub(super) const PIXEL: i32 = 10;

/// Height of axis labels and of the names of lines, in pixels.
pub(super) const TEXT_SIZE: f64 = 14.;
/// Distance by which vertically centred text has to be lowered: the SVG backend centres lower-case letters, which are
/// lower than numbers and names.
pub(super) const CENTRING: i32 = 13;

/// The area of the whole picture.
pub(super) type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// The area of the lines.
pub(super) type Plot<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<ScaledAxis, ScaledAxis>>;
