//! SVG documents.

use plotters::prelude::{IntoDrawingArea, SVGBackend};

use super::canvas::{HEIGHT, PIXEL, WIDTH};
use super::chart::Chart;
use super::draw::draw;
use super::error::PlotError;

/// The document that shows `chart`.
pub(super) fn document(chart: &Chart) -> Result<String, PlotError> {
    let chart = &printable(chart);
    let mut drawn = String::new();
    {
        let size = (WIDTH as u32, HEIGHT as u32);
        let root = SVGBackend::with_string(&mut drawn, size).into_drawing_area();
        draw(chart, &root)?;
        root.present().map_err(PlotError::drawing)?;
    }
    // The first line is the opening tag. This one scales the drawing to pixels, rounds its corners (a peak would end in a
    // spike otherwise) and describes it for screen readers.
    let body = drawn.split_once('\n').map_or("", |(_, body)| body);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" stroke-linejoin=\"round\" stroke-linecap=\"round\">\n\
         <title>{}</title>\n<desc>{}</desc>\n{body}",
        WIDTH / PIXEL,
        HEIGHT / PIXEL,
        escaped(&chart.title),
        escaped(&description(chart)),
    ))
}

fn description(chart: &Chart) -> String {
    let names: Vec<_> = chart.series.iter().map(|series| series.name.as_str()).collect();
    format!("{}: {}", chart.y.title, names.join(", "))
}

/// A copy of the chart with escapes in place of characters that are invisible or not allowed in XML.
fn printable(chart: &Chart) -> Chart {
    let mut chart = chart.clone();
    let names = chart.series.iter_mut().map(|series| &mut series.name);
    for text in [&mut chart.title, &mut chart.x.title, &mut chart.y.title].into_iter().chain(names) {
        if text.contains(is_unprintable) {
            let shown = text
                .chars()
                .map(|c| if is_unprintable(c) { c.escape_default().to_string() } else { c.into() });
            *text = shown.collect();
        }
    }
    chart
}

fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
