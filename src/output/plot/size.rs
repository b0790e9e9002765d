//! Sizes of pictures.

use std::fmt;

/// The size of a picture in pixels.
///
/// ```
/// use ngramcount::output::plot::Size;
///
/// assert_eq!(Size::new(1200, 600).map(|size| size.to_string()).as_deref(), Some("1200x600"));
/// assert_eq!(Size::new(12, 6), None); // no room for the axes
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    width: u32,
    height: u32,
}

impl Size {
    /// The size of an SVG that nothing is said about.
    pub(super) const USUAL: Self = Self { width: 960, height: 540 };
    /// The smallest size, in which the axes and the names of all lines have room.
    pub const LEAST: Self = Self { width: 480, height: 400 };
    /// The largest size. Its pixels take 256 MB.
    pub const LARGEST: Self = Self { width: 8000, height: 8000 };

    /// This size, if it is between [`LEAST`](Self::LEAST) and [`LARGEST`](Self::LARGEST) in both directions.
    pub fn new(width: u32, height: u32) -> Option<Self> {
        let fits = (Self::LEAST.width..=Self::LARGEST.width).contains(&width)
            && (Self::LEAST.height..=Self::LARGEST.height).contains(&height);
        fits.then_some(Self { width, height })
    }

    /// The width in pixels.
    pub fn width(self) -> u32 {
        self.width
    }

    /// The height in pixels.
    pub fn height(self) -> u32 {
        self.height
    }

    /// The size with `factor` times the width and the height.
    pub(super) fn times(self, factor: u32) -> Self {
        Self { width: self.width * factor, height: self.height * factor }
    }

    /// Pixels of the picture for each unit of its layout. A larger picture has larger text, and not only more room: a screen
    /// or a page shows it smaller. A smaller one keeps the text readable.
    pub(super) fn scale(self) -> f64 {
        let width = f64::from(self.width) / f64::from(Self::USUAL.width);
        let height = f64::from(self.height) / f64::from(Self::USUAL.height);
        width.min(height).max(1.)
    }
}

/// `WIDTHxHEIGHT`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}
