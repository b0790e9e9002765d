//! The names of the lines, at their ends: nobody has to look for a colour in a legend.

use super::chart::Chart;
use super::draw::{Frame, Plot, TEXT, place};
use super::error::PlotError;
use super::labels::spread;
use super::palette::Stroke;
use super::pen::{Anchor, Letters, Pen};

/// From the end of a line to its name.
const LEADER: f64 = 24.;
/// From one name to the next.
const GAP: f64 = 18.5;
/// What names may take of the width before they are cut.
const ROOM: f64 = 260.;

/// The names, as they are written.
pub(super) struct Names {
    names: Vec<String>,
    width: f64,
}

impl Names {
    /// None for a single line: the headline names it.
    pub(super) fn of(chart: &Chart, pen: &Pen<'_, '_>) -> Self {
        if chart.series.len() == 1 && chart.series[0].name == chart.title {
            return Self { names: Vec::new(), width: 0. };
        }
        let names: Vec<_> = chart.series.iter().map(|series| pen.cut(&series.name, TEXT, ROOM)).collect();
        let widest = names.iter().map(|name| pen.width(name, TEXT)).fold(0., f64::max);
        Self { names, width: widest + LEADER }
    }

    /// What they take of the width, right of the lines.
    pub(super) fn width(&self) -> f64 {
        self.width
    }

    /// Writes them, each joined to the end of its line.
    pub(super) fn write(
        &self,
        chart: &Chart,
        pen: &Pen<'_, '_>,
        frame: &Frame,
        plot: &Plot<'_, '_>,
    ) -> Result<(), PlotError> {
        let ends: Vec<_> = chart
            .series
            .iter()
            .take(self.names.len())
            .map(|series| {
                series.points.last().map_or((frame.right, frame.bottom), |point| {
                    place(plot, chart.x.scale.position(point.x), chart.y.scale.position(point.y))
                })
            })
            .collect();
        // The end of the axis, but for a single year, which stands in the middle of its own.
        let right = ends.iter().map(|end| end.0).fold(frame.left, f64::max);
        let wanted: Vec<_> = ends.iter().map(|end| end.1).collect();
        let heights = spread(&wanted, GAP, frame.top, frame.bottom);
        for (index, ((name, end), height)) in self.names.iter().zip(ends).zip(heights).enumerate() {
            let stroke = Stroke::of(index);
            let bends = [
                end,
                (right + LEADER * 0.2, end.1),
                (right + LEADER * 0.6, height),
                (right + LEADER * 0.8, height),
            ];
            pen.rule(&bends, stroke.colour, 1.)?;
            let letters =
                Letters { size: TEXT, colour: stroke.letters(), bold: false, anchor: Anchor::Start };
            pen.write(name, (right + LEADER, height + 0.35 * TEXT), letters)?;
        }
        Ok(())
    }
}
