//! Names of the lines, each at the end of its line. They replace a legend, where a reader has to look up a colour.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{CENTRING, Canvas, PIXEL, Plot, TEXT_SIZE};
use super::chart::Chart;
use super::error::PlotError;
use super::palette::Stroke;
use super::text::{shortened, text_style, text_width};

/// Length of the line from the end of a line to its name.
const LEADER: i32 = 24 * PIXEL;
/// Smallest distance between the centres of two names.
const SPACING: f64 = 185.;
/// Width above which a name is shortened, at most this part of the picture.
const MAX_WIDTH: i32 = 260 * PIXEL;
const MAX_PART: i32 = 3;

/// The names, as they are drawn.
pub(super) struct EndLabels {
    names: Vec<(String, TextStyle<'static>)>,
    width: i32,
}

impl EndLabels {
    /// The names of the lines of `chart`; none if the only line is named by the headline.
    pub(super) fn new(chart: &Chart, canvas: &Canvas<'_>) -> Self {
        if chart.series.len() == 1 && chart.series[0].name == chart.title {
            return Self { names: Vec::new(), width: 0 };
        }
        let max_width = MAX_WIDTH.min(canvas.dim_in_pixel().0 as i32 / MAX_PART);
        let names = chart.series.iter().enumerate().map(|(index, series)| {
            let colour = Stroke::of(index).text_colour();
            let style = text_style(TEXT_SIZE, FontStyle::Normal, colour, HPos::Left, VPos::Center);
            (shortened(canvas, &series.name, &style, max_width), style)
        });
        let names: Vec<_> = names.collect();
        let widest = names.iter().map(|(name, style)| text_width(canvas, name, style)).max().unwrap_or(0);
        Self { names, width: widest + LEADER }
    }

    /// Width that they need, right of the plot.
    pub(super) fn width(&self) -> i32 {
        self.width
    }

    /// Draws each name, with a leader from the end of its line.
    pub(super) fn draw(
        &self,
        chart: &Chart,
        canvas: &Canvas<'_>,
        plot: &Plot<'_, '_>,
    ) -> Result<(), PlotError> {
        let (_, rows) = plot.plotting_area().get_pixel_range();
        let ends = chart.series.iter().map(|series| {
            series.points.last().map_or((0, rows.end), |point| plot.backend_coord(&(point.x, point.y)))
        });
        let ends: Vec<_> = ends.collect();
        // The right end of the axis, or the middle of it where the chart has a single year.
        let right = ends.iter().map(|end| end.0).max().unwrap_or(0);
        let heights: Vec<_> = ends.iter().map(|end| f64::from(end.1)).collect();
        let heights = spread(&heights, SPACING, rows.start.into(), rows.end.into());
        for (index, (((name, style), end), height)) in self.names.iter().zip(ends).zip(heights).enumerate() {
            let height = height.round() as i32;
            let leader = vec![
                end,
                (right + LEADER / 5, end.1),
                (right + LEADER * 3 / 5, height),
                (right + LEADER * 4 / 5, height),
            ];
            let leader = PathElement::new(leader, Stroke::of(index).colour.stroke_width(10));
            canvas.draw(&leader).map_err(PlotError::drawing)?;
            canvas.draw_text(name, style, (right + LEADER, height + CENTRING)).map_err(PlotError::drawing)?;
        }
        Ok(())
    }
}

/// Moves labels apart so that neighbours are at least `spacing` apart, between `top` and `bottom` as far as they fit.
///
/// The order stays, and the sum of the squared moves is least. Labels that touch form a block around the mean of the
/// heights that they want, as in the pool-adjacent-violators algorithm for isotonic regression.
fn spread(wanted: &[f64], spacing: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<_> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));

    // Without the spacing between them labels may touch but not cross. A block is a mean and a number of labels.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (index, &label) in order.iter().enumerate() {
        let mut block = (wanted[label] - index as f64 * spacing, 1);
        while let Some(&(mean, size)) = blocks.last()
            && mean >= block.0
        {
            blocks.pop();
            let merged = size + block.1;
            block = ((mean * size as f64 + block.0 * block.1 as f64) / merged as f64, merged);
        }
        blocks.push(block);
    }

    let last = bottom - wanted.len().saturating_sub(1) as f64 * spacing;
    let means = blocks.iter().flat_map(|&(mean, size)| std::iter::repeat_n(mean, size));
    let mut heights = vec![0.; wanted.len()];
    for (index, (label, mean)) in order.into_iter().zip(means).enumerate() {
        heights[label] = mean.min(last).max(top) + index as f64 * spacing;
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn labels_that_do_not_touch_keep_their_height() {
        assert_eq!(spread(&[50., 10., 30.], 20., 0., 100.), [50., 10., 30.]);
        assert_eq!(spread(&[], 20., 0., 100.), [0.; 0]);
    }

    #[test]
    fn labels_that_touch_move_apart_around_their_mean() {
        assert_eq!(spread(&[50., 52.], 20., 0., 100.), [41., 61.]);
        assert_eq!(spread(&[50., 50., 50.], 10., 0., 100.), [40., 50., 60.]);
        // Without the spacing they want 50, 32 and 32, whose mean is 38.
        assert_eq!(spread(&[50., 52., 72.], 20., 0., 100.), [38., 58., 78.]);
    }

    #[test]
    fn labels_stay_between_top_and_bottom() {
        assert_eq!(spread(&[99., 100.], 20., 0., 100.), [80., 100.]);
        assert_eq!(spread(&[0., 1.], 20., 0., 100.), [0., 20.]);
    }
}
