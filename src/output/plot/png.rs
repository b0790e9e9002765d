//! The SVG document as dots.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, ID, Source};
use resvg::usvg::{FontResolver, Options, Tree};

use super::error::PlotError;
use super::font;

/// Dots for each unit of the SVG: fit for print at 16 cm, and for screens with small dots.
const DENSITY: f32 = 2.;

/// The PNG file of `svg`.
pub(super) fn raster(svg: &str) -> Result<Vec<u8>, PlotError> {
    let options = options();
    let tree = Tree::from_str(svg, &options).map_err(drawing)?;
    let size = tree.size().to_int_size().scale_by(DENSITY).ok_or_else(|| drawing("no size"))?;
    let mut dots = Pixmap::new(size.width(), size.height()).ok_or_else(|| drawing("too large"))?;
    resvg::render(&tree, Transform::from_scale(DENSITY, DENSITY), &mut dots.as_mut());
    dots.encode_png().map_err(drawing)
}

fn drawing(error: impl ToString) -> PlotError {
    PlotError::Drawing(error.to_string())
}

/// Our font first, always; the fonts of the machine only for a letter that ours lacks, as in Chinese.
fn options() -> Options<'static> {
    let mut fonts = Database::new();
    let mut load =
        |bytes: &'static [u8]| fonts.load_font_source(Source::Binary(Arc::new(bytes))).first().copied();
    let (regular, bold): (Option<ID>, Option<ID>) = (load(font::regular()), load(font::bold()));
    let ours = fonts.len();
    let others = FontResolver::default_fallback_selector();
    Options {
        fontdb: Arc::new(fonts),
        font_resolver: FontResolver {
            select_font: Box::new(move |font, _| if font.weight() >= 600 { bold } else { regular }),
            select_fallback: Box::new(move |c, tried, fonts| {
                if fonts.len() == ours {
                    Arc::make_mut(fonts).load_system_fonts();
                }
                others(c, tried, fonts)
            }),
        },
        ..Options::default()
    }
}
