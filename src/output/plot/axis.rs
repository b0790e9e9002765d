//! Scaled axes: the range, the ticks and their labels, as a coordinate of `plotters`.

use std::ops::Range;

use plotters::coord::ranged1d::{BoldPoints, KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;

use super::chart::{Axis, AxisScale, NumberFormat};
use super::error::PlotError;

/// An axis with its range and its ticks.
#[derive(Debug, Clone)]
pub(super) struct ScaledAxis {
    scale: AxisScale,
    /// The range of the axis; of the logarithms if the axis is logarithmic.
    range: Range<f64>,
    /// The value and the label of each tick, in ascending order.
    ticks: Vec<(f64, String)>,
}

impl ScaledAxis {
    /// The axis that shows all of `values`, with about `max_ticks` ticks.
    pub(super) fn new(
        axis: &Axis,
        values: impl Iterator<Item = f64>,
        max_ticks: usize,
    ) -> Result<Self, PlotError> {
        let mut range: Option<(f64, f64)> = None;
        for value in values {
            if !position(axis.scale, value).is_finite() {
                return Err(PlotError::OffTheAxis(value));
            }
            let (low, high) = range.unwrap_or((value, value));
            range = Some((low.min(value), high.max(value)));
        }
        let (low, mut high) = widened(axis.scale, range.ok_or(PlotError::Empty)?);
        let mut values = match axis.scale {
            AxisScale::Log => log_ticks(low, high),
            AxisScale::Linear | AxisScale::FromZero => {
                RangedCoordf64::from(low..high).key_points(BoldPoints(max_ticks))
            }
        };
        if let (AxisScale::FromZero, [.., before, last]) = (axis.scale, &values[..]) {
            // The axis ends at the next tick, unless the step up to it would be mostly empty.
            let (step, next) = (last - before, 2. * last - before);
            if next > high && next - high <= step / 2. {
                values.push(next);
                high = next;
            }
        }
        Ok(Self {
            scale: axis.scale,
            range: position(axis.scale, low)..position(axis.scale, high),
            ticks: labelled(values, axis),
        })
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        self.ticks.iter().map(|(_, label)| label.as_str())
    }
}

impl Ranged for ScaledAxis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.range.clone()).map(&position(self.scale, *value), limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Light points would be grid lines between the ticks.
        let ticks = if hint.weight().allow_light_points() { &[] } else { &self.ticks[..] };
        ticks.iter().map(|(value, _)| *value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for ScaledAxis {
    fn format_ext(&self, value: &f64) -> String {
        let tick = self.ticks.iter().find(|(tick, _)| tick == value);
        tick.map_or_else(String::new, |(_, label)| label.clone())
    }
}

/// The position of a value on an axis, up to an offset and a factor; infinite or NaN if it has none.
fn position(scale: AxisScale, value: f64) -> f64 {
    match scale {
        AxisScale::Linear | AxisScale::FromZero => value,
        AxisScale::Log => value.log10(),
    }
}

/// The range of the axis for values in the range `low` to `high`. It is never empty.
fn widened(scale: AxisScale, (low, high): (f64, f64)) -> (f64, f64) {
    match scale {
        AxisScale::Linear if low == high => (low - 1., high + 1.),
        AxisScale::Log if low == high => (low / 2., high * 2.),
        AxisScale::Linear | AxisScale::Log => (low, high),
        AxisScale::FromZero if low == 0. && high == 0. => (0., 1.),
        AxisScale::FromZero => (low.min(0.), high.max(0.)),
    }
}

/// Powers of ten. If the range spans less than three, also twice and five times a power of ten: `LogCoord` of `plotters`
/// has powers of ten only, and a range without one would have no tick at all.
fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    let digits: &[f64] = if (high / low).log10() < 3. { &[1., 2., 5.] } else { &[1.] };
    let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
    let values = decades.flat_map(|decade| digits.iter().map(move |digit| digit * 10f64.powi(decade)));
    let tolerance = 1e-9 * low;
    values.filter(|value| (low - tolerance..=high + tolerance).contains(value)).collect()
}

fn labelled(mut values: Vec<f64>, axis: &Axis) -> Vec<(f64, String)> {
    if axis.numbers == NumberFormat::Years {
        values.retain(|year| year.fract() == 0.);
    }
    let largest = values.iter().fold(0f64, |largest, value| largest.max(value.abs()));
    let step = values.windows(2).map(|pair| pair[1] - pair[0]).next().unwrap_or(largest);
    let label = |value: f64| match axis.numbers {
        NumberFormat::Years => format!("{value:.0}"),
        NumberFormat::Quantities if axis.scale == AxisScale::Log => quantity(value, value, value),
        NumberFormat::Quantities => quantity(value, step, largest),
        NumberFormat::Percent if value == 0. => "0%".to_owned(),
        NumberFormat::Percent => format!("{}%", grouped(value * 100., decimals(step * 100.))),
    };
    values.into_iter().map(|value| (value, label(value))).collect()
}

/// `value` with the decimals of `step`, in the unit that fits `largest`: plain below a million, above it with an SI
/// prefix.
fn quantity(value: f64, step: f64, largest: f64) -> String {
    let (unit, prefix) = match largest {
        _ if value == 0. => return "0".to_owned(),
        largest if largest >= 1e12 => (1e12, "\u{a0}T"),
        largest if largest >= 1e9 => (1e9, "\u{a0}G"),
        largest if largest >= 1e6 => (1e6, "\u{a0}M"),
        _ => (1., ""),
    };
    grouped(value / unit, decimals(step / unit)) + prefix
}

/// The number of decimals that a multiple of `step` needs.
fn decimals(step: f64) -> usize {
    // 0.2 has one decimal. The tolerance is for 0.1, whose logarithm may be slightly below -1.
    (-(step.log10() + 1e-9).floor()).clamp(0., 15.) as usize
}

/// `value` with a comma between thousands.
fn grouped(value: f64, decimals: usize) -> String {
    let plain = format!("{value:.decimals$}");
    let integer_len = plain.find('.').unwrap_or(plain.len());
    let mut text = String::with_capacity(plain.len() + 4);
    for (index, digit) in plain.char_indices() {
        let digits_left = integer_len.saturating_sub(index);
        if index > 0 && digits_left > 0 && digits_left % 3 == 0 && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: AxisScale, numbers: NumberFormat, low: f64, high: f64) -> String {
        let axis = Axis { title: String::new(), scale, numbers };
        let axis = ScaledAxis::new(&axis, [low, high].into_iter(), 6).unwrap();
        let labels: Vec<_> = axis.labels().map(|label| label.replace('\u{a0}', " ")).collect();
        labels.join(" | ")
    }

    #[test]
    fn ticks_are_round_numbers_in_the_usual_notation() {
        use AxisScale::{FromZero, Linear, Log};
        use NumberFormat::{Percent, Quantities, Years};
        let cases = [
            (Linear, Years, 1899., 2008., "1900 | 1920 | 1940 | 1960 | 1980 | 2000"),
            (Linear, Years, 1505., 2008., "1600 | 1700 | 1800 | 1900 | 2000"),
            (Linear, Years, 1999., 2001., "1999 | 2000 | 2001"),
            (Linear, Years, 1984., 1984., "1983 | 1984 | 1985"),
            (FromZero, Quantities, 0., 3., "0 | 1 | 2 | 3"),
            (FromZero, Quantities, -3., 1., "-3 | -2 | -1 | 0 | 1"),
            (FromZero, Quantities, 0., 0., "0 | 0.2 | 0.4 | 0.6 | 0.8 | 1.0"),
            (FromZero, Quantities, 7., 950., "0 | 200 | 400 | 600 | 800 | 1,000"),
            (FromZero, Quantities, 0., 270_000., "0 | 50,000 | 100,000 | 150,000 | 200,000 | 250,000"),
            (FromZero, Quantities, 0., 2.4e6, "0 | 0.5 M | 1.0 M | 1.5 M | 2.0 M | 2.5 M"),
            (FromZero, Quantities, 0., 470_825_580., "0 | 100 M | 200 M | 300 M | 400 M | 500 M"),
            (FromZero, Quantities, 0., 5_733_114_685., "0 | 1 G | 2 G | 3 G | 4 G | 5 G | 6 G"),
            (FromZero, Quantities, 0.5, 1.7, "0 | 0.5 | 1.0 | 1.5"),
            (FromZero, Percent, 0., 1.7267e-5, "0% | 0.0005% | 0.0010% | 0.0015%"),
            (FromZero, Percent, 0., 0.06, "0% | 2% | 4% | 6%"),
            (Log, Quantities, 10., 2e6, "10 | 100 | 1,000 | 10,000 | 100,000 | 1 M"),
            (Log, Quantities, 0.9, 50., "1 | 2 | 5 | 10 | 20 | 50"),
            (Log, Quantities, 0.05, 0.5, "0.05 | 0.1 | 0.2 | 0.5"),
            (Log, Quantities, 1000., 1000., "500 | 1,000 | 2,000"),
        ];
        let found: Vec<_> =
            cases.iter().map(|&(scale, numbers, low, high, _)| labels(scale, numbers, low, high)).collect();
        assert_eq!(found, cases.map(|case| case.4));
    }

    #[test]
    fn thousands_are_separated() {
        let cases = [(0., 0, "0"), (999., 0, "999"), (1000., 0, "1,000"), (-123456.5, 1, "-123,456.5")];
        for (value, decimals, expected) in cases {
            assert_eq!(grouped(value, decimals), expected);
        }
    }
}
