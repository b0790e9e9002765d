//! The drawing as an SVG document.

use plotters::prelude::{IntoDrawingArea, SVGBackend};

use super::chart::Chart;
use super::draw::draw;
use super::error::PlotError;
use super::pen::{HEIGHT, SCALE, WIDTH};

/// The whole document.
pub(super) fn document(chart: &Chart) -> Result<String, PlotError> {
    let chart = &printable(chart);
    let mut drawn = String::new();
    {
        let size = ((WIDTH * SCALE) as u32, (HEIGHT * SCALE) as u32);
        let root = SVGBackend::with_string(&mut drawn, size).into_drawing_area();
        draw(chart, &root)?;
        root.present().map_err(|error| PlotError::Drawing(error.to_string()))?;
    }
    // The first line is the opening tag. Ours shrinks the drawing to its size, rounds its corners (a peak would end in
    // a spike otherwise) and names it for those who cannot see it.
    let body = drawn.split_once('\n').map_or("", |(_, body)| body);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {} {}\" role=\"img\" stroke-linejoin=\"round\" stroke-linecap=\"round\">\n\
         <title>{}</title>\n<desc>{}</desc>\n{body}",
        WIDTH * SCALE,
        HEIGHT * SCALE,
        escaped(&chart.title),
        escaped(&description(chart)),
    ))
}

fn description(chart: &Chart) -> String {
    let names: Vec<_> = chart.series.iter().map(|series| series.name.as_str()).collect();
    format!("{}: {}", chart.y.title, names.join(", "))
}

/// The chart with escapes in the place of characters that XML cannot hold or nobody can see.
fn printable(chart: &Chart) -> Chart {
    let mut chart = chart.clone();
    let names = chart.series.iter_mut().map(|series| &mut series.name);
    for text in [&mut chart.title, &mut chart.x.title, &mut chart.y.title].into_iter().chain(names) {
        if text.contains(hidden) {
            let shown =
                text.chars().map(|c| if hidden(c) { c.escape_default().to_string() } else { c.into() });
            *text = shown.collect();
        }
    }
    chart
}

fn hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
