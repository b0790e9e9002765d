//! PNG files, rasterized from the SVG document.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, ID, Source};
use resvg::usvg::{FontResolver, Options, Tree};

use super::error::PlotError;
use super::text::{bold_font, regular_font};

/// Pixels for each unit of the SVG: enough for print at 16 cm, and for high-density screens.
const DENSITY: f32 = 2.;

/// The PNG file of `svg`.
pub(super) fn rasterize(svg: &str) -> Result<Vec<u8>, PlotError> {
    let options = options();
    let tree = Tree::from_str(svg, &options).map_err(PlotError::drawing)?;
    let size = tree.size().to_int_size().scale_by(DENSITY).ok_or_else(|| PlotError::drawing("no size"))?;
    let mut pixels =
        Pixmap::new(size.width(), size.height()).ok_or_else(|| PlotError::drawing("too large"))?;
    resvg::render(&tree, Transform::from_scale(DENSITY, DENSITY), &mut pixels.as_mut());
    pixels.encode_png().map_err(PlotError::drawing)
}

/// Options with the built-in fonts. The fonts of the machine are loaded only for a letter that those lack, such as a
/// Chinese one.
fn options() -> Options<'static> {
    let mut fonts = Database::new();
    let mut load =
        |bytes: &'static [u8]| fonts.load_font_source(Source::Binary(Arc::new(bytes))).first().copied();
    let (regular, bold): (Option<ID>, Option<ID>) = (load(regular_font()), load(bold_font()));
    let built_in = fonts.len();
    let fallback = FontResolver::default_fallback_selector();
    Options {
        fontdb: Arc::new(fonts),
        font_resolver: FontResolver {
            select_font: Box::new(move |font, _| if font.weight() >= 600 { bold } else { regular }),
            select_fallback: Box::new(move |c, tried, fonts| {
                if fonts.len() == built_in {
                    Arc::make_mut(fonts).load_system_fonts();
                }
                fallback(c, tried, fonts)
            }),
        },
        ..Options::default()
    }
}
