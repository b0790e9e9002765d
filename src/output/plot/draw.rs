//! Drawing of a chart: axes, grid and lines by `plotters`, under a headline, with a name at the end of each line.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::ScaledAxis;
use super::canvas::{CENTRING, Canvas, PIXEL, Plot, TEXT_SIZE};
use super::chart::{Chart, DataPoint, DataSeries};
use super::end_labels::EndLabels;
use super::error::PlotError;
use super::palette::{MAX_SERIES, Stroke};
use super::text::{register_fonts, shortened, text_style, text_width};

/// Height of the headline, in pixels.
const TITLE_SIZE: f64 = 21.;

const INK: RGBColor = RGBColor(0x1a, 0x1a, 0x1a);
const LIGHT_INK: RGBColor = RGBColor(0x59, 0x59, 0x59);
const GRID: RGBColor = RGBColor(0xe2, 0xe2, 0xe2);
const BASELINE: RGBColor = RGBColor(0x80, 0x80, 0x80);

// Lengths, in units of the canvas.
const MARGIN: i32 = 24 * PIXEL;
const TITLE_TOP: i32 = 22 * PIXEL;
const Y_TITLE_TOP: i32 = 54 * PIXEL;
const PLOT_TOP: i32 = 88 * PIXEL;
const X_LABEL_HEIGHT: i32 = 50 * PIXEL;
const X_TITLE_BOTTOM: i32 = 16 * PIXEL;
const TICK: i32 = 5 * PIXEL;
const MARKER_RADIUS: i32 = 35;
const ERROR_BAR_CAP: u32 = 80;
const DASH: i32 = 50;
const DASH_GAP: i32 = 45;

/// Draws `chart` on `canvas`.
pub(super) fn draw(chart: &Chart, canvas: &Canvas<'_>) -> Result<(), PlotError> {
    match chart.series.len() {
        0 => return Err(PlotError::Empty),
        1..=MAX_SERIES => {}
        too_many => return Err(PlotError::TooMany(too_many)),
    }
    let points = || chart.series.iter().flat_map(|series| &series.points);
    let x = ScaledAxis::new(&chart.x, points().map(|point| point.x), 8)?;
    let y = ScaledAxis::new(&chart.y, points().flat_map(y_values), 6)?;
    register_fonts();
    canvas.fill(&WHITE).map_err(PlotError::drawing)?;

    let title = text_style(TITLE_SIZE, FontStyle::Bold, INK, HPos::Left, VPos::Top);
    let text = text_style(TEXT_SIZE, FontStyle::Normal, LIGHT_INK, HPos::Left, VPos::Top);
    let width = canvas.dim_in_pixel().0 as i32 - 2 * MARGIN;
    let headline = shortened(canvas, &chart.title, &title, width);
    canvas.draw_text(&headline, &title, (MARGIN, TITLE_TOP)).map_err(PlotError::drawing)?;
    // The title of the y axis is horizontal, which is easier to read.
    let y_title = shortened(canvas, &chart.y.title, &text, width);
    canvas.draw_text(&y_title, &text, (MARGIN, Y_TITLE_TOP)).map_err(PlotError::drawing)?;

    let end_labels = EndLabels::new(chart, canvas);
    let y_label_width = y.labels().map(|label| text_width(canvas, label, &text)).max().unwrap_or(0);
    let mut plot = ChartBuilder::on(canvas)
        .margin_top(PLOT_TOP)
        .margin_right(MARGIN + end_labels.width())
        .margin_bottom(X_TITLE_BOTTOM)
        .set_label_area_size(LabelAreaPosition::Left, MARGIN + y_label_width + 2 * TICK)
        .set_label_area_size(LabelAreaPosition::Bottom, X_LABEL_HEIGHT)
        .build_cartesian_2d(x, y)
        .map_err(PlotError::drawing)?;
    draw_axes(chart, &mut plot, &text)?;
    for (index, series) in chart.series.iter().enumerate() {
        let width = if chart.series.len() > 4 { 18 } else { 22 };
        draw_series(&mut plot, series, Stroke::of(index), width)?;
    }
    end_labels.draw(chart, canvas, &plot)
}

/// All values of a point on the y axis.
fn y_values(point: &DataPoint) -> impl Iterator<Item = f64> {
    let error = point.error.into_iter().flat_map(|(low, high)| [low, high]);
    std::iter::once(point.y).chain(error)
}

/// Draws a grid line for each tick of the y axis, and the x axis as a line with ticks.
fn draw_axes(chart: &Chart, plot: &mut Plot<'_, '_>, text: &TextStyle<'_>) -> Result<(), PlotError> {
    plot.configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .bold_line_style(GRID.stroke_width(10))
        .axis_style(TRANSPARENT)
        .set_all_tick_mark_size(TICK)
        .y_label_style(text.clone())
        .y_label_offset(CENTRING)
        .draw()
        .map_err(PlotError::drawing)?;
    plot.configure_mesh()
        .disable_mesh()
        .disable_y_axis()
        .axis_style(BASELINE.stroke_width(12))
        .set_all_tick_mark_size(TICK)
        .x_label_style(text.clone())
        .x_desc(&chart.x.title)
        .draw()
        .map_err(PlotError::drawing)
}

fn draw_series(
    plot: &mut Plot<'_, '_>,
    series: &DataSeries,
    stroke: Stroke,
    width: u32,
) -> Result<(), PlotError> {
    let style = stroke.colour.stroke_width(width);
    let points = || series.points.iter().map(|point| (point.x, point.y));
    let error_bars = series.points.iter().filter_map(|point| {
        let (low, high) = point.error?;
        let style = stroke.colour.stroke_width(14);
        Some(ErrorBar::new_vertical(point.x, low, point.y, high, style, ERROR_BAR_CAP))
    });
    plot.draw_series(error_bars).map_err(PlotError::drawing)?;
    if stroke.dashed {
        plot.draw_series(DashedLineSeries::new(points(), DASH, DASH_GAP, style))
            .map_err(PlotError::drawing)?;
    } else {
        plot.draw_series(LineSeries::new(points(), style)).map_err(PlotError::drawing)?;
    }
    if series.markers {
        let markers = points().map(|point| Circle::new(point, MARKER_RADIUS, stroke.colour.filled()));
        plot.draw_series(markers).map_err(PlotError::drawing)?;
    }
    Ok(())
}
