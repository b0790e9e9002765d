//! SVG documents.

use plotters::prelude::{IntoDrawingArea, SVGBackend};

use super::canvas::PIXEL;
use super::chart::Chart;
use super::draw::draw;
use super::error::PlotError;
use super::size::Size;
use crate::output::printable::printable;

/// The document that shows `chart` in this size.
pub(super) fn document(chart: &Chart, size: Size) -> Result<String, PlotError> {
    let chart = &printable_chart(chart);
    let units = |pixels: u32| (f64::from(pixels) / size.scale() * f64::from(PIXEL)).round() as u32;
    let (width, height) = (units(size.width()), units(size.height()));
    let mut drawn = String::new();
    {
        let root = SVGBackend::with_string(&mut drawn, (width, height)).into_drawing_area();
        draw(chart, &root)?;
        root.present().map_err(PlotError::drawing)?;
    }
    // The first line is the opening tag. This one scales the drawing to pixels, rounds its corners (a peak would end in a
    // spike otherwise) and describes it for screen readers.
    let body = drawn.split_once('\n').map_or("", |(_, body)| body);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" stroke-linejoin=\"round\" stroke-linecap=\"round\">\n\
         <title>{}</title>\n<desc>{}</desc>\n{body}",
        size.width(),
        size.height(),
        escaped(&chart.title),
        escaped(&description(chart)),
    ))
}

fn description(chart: &Chart) -> String {
    let names: Vec<_> = chart.series.iter().map(|series| series.name.as_str()).collect();
    format!("{}: {}", chart.y.title, names.join(", "))
}

/// A copy of the chart with escapes in place of characters that are invisible or not allowed in XML.
fn printable_chart(chart: &Chart) -> Chart {
    let mut chart = chart.clone();
    let names = chart.series.iter_mut().map(|series| &mut series.name);
    for text in [&mut chart.title, &mut chart.x.title, &mut chart.y.title].into_iter().chain(names) {
        *text = printable(text).into_owned();
    }
    chart
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
