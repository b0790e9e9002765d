//! Where things go on the paper.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::chart::{Axis, Chart, Point, Series};
use super::error::PlotError;
use super::font;
use super::names::Names;
use super::palette::{MAX_SERIES, Stroke};
use super::pen::{Anchor, HEIGHT, Letters, Paper, Pen, WIDTH, drawing, units};
use super::ticks::Ticks;

const INK: RGBColor = RGBColor(0x1a, 0x1a, 0x1a);
const SOFT_INK: RGBColor = RGBColor(0x59, 0x59, 0x59);
const GRID: RGBColor = RGBColor(0xe2, 0xe2, 0xe2);
const BASELINE: RGBColor = RGBColor(0x80, 0x80, 0x80);

// All lengths are pixels.
const EDGE: f64 = 24.;
const TITLE: f64 = 21.;
pub(super) const TEXT: f64 = 14.;
/// Feet of the headline and of the title of the y axis, and the uppermost grid line, from the upper edge.
const HEADS: [f64; 3] = [38., 65., 88.];
/// The baseline, and the feet of its numbers and of its title, from the lower edge.
const FEET: [f64; 3] = [66., 45., 20.];
const TICK: f64 = 5.;
const DOT: f64 = 3.5;
const CAP: f64 = 8.;
const DASH: (f64, f64) = (5., 4.5);

pub(super) type Plot<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// The rectangle of the lines.
pub(super) struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

/// Draws `chart` on `paper`.
pub(super) fn draw(chart: &Chart, paper: &Paper<'_>) -> Result<(), PlotError> {
    match chart.series.len() {
        0 => return Err(PlotError::Empty),
        1..=MAX_SERIES => {}
        too_many => return Err(PlotError::TooMany(too_many)),
    }
    font::register();
    let points = || chart.series.iter().flat_map(|series| &series.points);
    let x = ticks(&chart.x, points().map(|point| point.x), 8)?;
    let y = ticks(&chart.y, points().flat_map(heights), 6)?;

    let pen = Pen::new(paper);
    let names = Names::of(chart, &pen);
    let numbers = y.marks.iter().map(|(_, label)| pen.width(label, TEXT)).fold(0., f64::max);
    let frame = Frame {
        left: EDGE + numbers + 10.,
        right: WIDTH - EDGE - names.width(),
        top: HEADS[2],
        bottom: HEIGHT - FEET[0],
    };
    pen.clear()?;
    let mut plot = ChartBuilder::on(paper)
        .margin_left(units(frame.left))
        .margin_right(units(WIDTH - frame.right))
        .margin_top(units(frame.top))
        .margin_bottom(units(HEIGHT - frame.bottom))
        .build_cartesian_2d(x.low..x.high, y.low..y.high)
        .map_err(drawing)?;

    heads(chart, &pen)?;
    grid(&pen, &frame, &plot, &y)?;
    foot(chart, &pen, &frame, &plot, &x)?;
    for (index, series) in chart.series.iter().enumerate() {
        line(chart, &mut plot, series, Stroke::of(index))?;
    }
    names.write(chart, &pen, &frame, &plot)
}

/// All heights that a point takes.
fn heights(point: &Point) -> impl Iterator<Item = f64> {
    let error = point.error.into_iter().flat_map(|(low, high)| [low, high]);
    std::iter::once(point.y).chain(error)
}

fn ticks(axis: &Axis, values: impl Iterator<Item = f64>, wanted: usize) -> Result<Ticks, PlotError> {
    let mut ends: Option<(f64, f64)> = None;
    for value in values {
        if !axis.scale.position(value).is_finite() {
            return Err(PlotError::OffTheAxis(value));
        }
        let (low, high) = ends.unwrap_or((value, value));
        ends = Some((low.min(value), high.max(value)));
    }
    let (low, high) = ends.ok_or(PlotError::Empty)?;
    Ok(Ticks::of(axis, low, high, wanted))
}

/// The headline and, lying, since it is easier to read so, the title of the y axis.
fn heads(chart: &Chart, pen: &Pen<'_, '_>) -> Result<(), PlotError> {
    let headline = Letters { size: TITLE, colour: INK, bold: true, anchor: Anchor::Start };
    pen.write(&pen.cut(&chart.title, TITLE, WIDTH - 2. * EDGE), (EDGE, HEADS[0]), headline)?;
    let letters = Letters { size: TEXT, colour: SOFT_INK, bold: false, anchor: Anchor::Start };
    pen.write(&chart.y.title, (EDGE, HEADS[1]), letters)
}

fn grid(pen: &Pen<'_, '_>, frame: &Frame, plot: &Plot<'_, '_>, y: &Ticks) -> Result<(), PlotError> {
    let letters = Letters { size: TEXT, colour: SOFT_INK, bold: false, anchor: Anchor::End };
    for (position, label) in &y.marks {
        let height = place(plot, 0., *position).1;
        pen.rule(&[(frame.left, height), (frame.right, height)], GRID, 1.)?;
        pen.write(label, (frame.left - 10., height + 0.35 * TEXT), letters)?;
    }
    Ok(())
}

fn foot(
    chart: &Chart,
    pen: &Pen<'_, '_>,
    frame: &Frame,
    plot: &Plot<'_, '_>,
    x: &Ticks,
) -> Result<(), PlotError> {
    pen.rule(&[(frame.left, frame.bottom), (frame.right, frame.bottom)], BASELINE, 1.2)?;
    let letters = Letters { size: TEXT, colour: SOFT_INK, bold: false, anchor: Anchor::Middle };
    for (position, label) in &x.marks {
        let across = place(plot, *position, 0.).0;
        pen.rule(&[(across, frame.bottom), (across, frame.bottom + TICK)], BASELINE, 1.2)?;
        pen.write(label, (across, HEIGHT - FEET[1]), letters)?;
    }
    let middle = f64::midpoint(frame.left, frame.right);
    pen.write(&chart.x.title, (middle, HEIGHT - FEET[2]), letters)
}

/// Where a position of the axes is on the paper, in pixels.
pub(super) fn place(plot: &Plot<'_, '_>, x: f64, y: f64) -> (f64, f64) {
    let (across, down) = plot.backend_coord(&(x, y));
    (f64::from(across) / f64::from(units(1.)), f64::from(down) / f64::from(units(1.)))
}

fn line(chart: &Chart, plot: &mut Plot<'_, '_>, series: &Series, stroke: Stroke) -> Result<(), PlotError> {
    let (x, y) = (chart.x.scale, chart.y.scale);
    let width = if chart.series.len() > 4 { 1.8 } else { 2.2 };
    let style = stroke.colour.stroke_width(units(width) as u32);
    let points: Vec<_> =
        series.points.iter().map(|point| (x.position(point.x), y.position(point.y))).collect();

    let bars = series.points.iter().filter_map(|point| {
        let (low, high) = point.error?;
        let [low, middle, high] = [low, point.y, high].map(|value| y.position(value));
        let style = stroke.colour.stroke_width(units(1.4) as u32);
        Some(ErrorBar::new_vertical(x.position(point.x), low, middle, high, style, units(CAP) as u32))
    });
    plot.draw_series(bars).map_err(drawing)?;
    if stroke.dashed {
        let (dash, gap) = (units(DASH.0), units(DASH.1));
        plot.draw_series(DashedLineSeries::new(points.clone(), dash, gap, style)).map_err(drawing)?;
    } else {
        plot.draw_series(LineSeries::new(points.clone(), style)).map_err(drawing)?;
    }
    if series.dots {
        let dots = points.iter().map(|&point| Circle::new(point, units(DOT), stroke.colour.filled()));
        plot.draw_series(dots).map_err(drawing)?;
    }
    Ok(())
}
