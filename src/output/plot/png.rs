//! PNG files, rasterized from the SVG document.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, ID, Source};
use resvg::usvg::{FontResolver, Options, Tree};

use super::error::PlotError;
use super::picture::Picture;
use super::text::{bold_font, regular_font};

/// The letters that no font has.
type Letters = Arc<Mutex<BTreeSet<char>>>;

/// The PNG file of `svg`.
pub(super) fn rasterize(svg: &str) -> Result<Picture, PlotError> {
    let missing = Letters::default();
    let tree = Tree::from_str(svg, &options(&missing)).map_err(PlotError::drawing)?;
    let size = tree.size().to_int_size();
    let mut pixels =
        Pixmap::new(size.width(), size.height()).ok_or_else(|| PlotError::drawing("too large"))?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    let bytes = pixels.encode_png().map_err(PlotError::drawing)?;
    let missing = missing.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Picture { bytes, missing: missing.iter().copied().collect() })
}

/// Options with the built-in fonts. The fonts of the machine are loaded only for a letter that those lack, such as a
/// Chinese one.
fn options(missing: &Letters) -> Options<'static> {
    let mut fonts = Database::new();
    let mut load =
        |bytes: &'static [u8]| fonts.load_font_source(Source::Binary(Arc::new(bytes))).first().copied();
    let (regular, bold): (Option<ID>, Option<ID>) = (load(regular_font()), load(bold_font()));
    let built_in = fonts.len();
    let fallback = FontResolver::default_fallback_selector();
    let missing = Arc::clone(missing);
    Options {
        fontdb: Arc::new(fonts),
        font_resolver: FontResolver {
            select_font: Box::new(move |font, _| if font.weight() >= 600 { bold } else { regular }),
            select_fallback: Box::new(move |c, tried, fonts| {
                if fonts.len() == built_in {
                    Arc::make_mut(fonts).load_system_fonts();
                }
                let found = fallback(c, tried, fonts);
                if found.is_none() {
                    missing.lock().unwrap_or_else(PoisonError::into_inner).insert(c);
                }
                found
            }),
        },
        ..Options::default()
    }
}
