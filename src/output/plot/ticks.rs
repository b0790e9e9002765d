//! Where an axis has numbers, and how they are written.

use super::chart::{Axis, Numbers, Scale};

/// How much of the outermost step may be empty.
const EMPTY: f64 = 0.5;

/// An axis with its ends and its numbers. Positions are numbers of the data, or their logarithms on a log axis.
#[derive(Debug, PartialEq)]
pub(super) struct Ticks {
    /// The position of the lower end.
    pub low: f64,
    /// The position of the upper end.
    pub high: f64,
    /// Positions and numbers, in ascending order.
    pub marks: Vec<(f64, String)>,
}

impl Ticks {
    /// Ticks for data between `low` and `high`, about `wanted` of them.
    pub(super) fn of(axis: &Axis, low: f64, high: f64, wanted: usize) -> Self {
        match axis.scale {
            Scale::Linear => linear(low, high, axis.numbers, wanted),
            Scale::FromZero => rounded(low.min(0.), high.max(0.), axis.numbers, wanted),
            Scale::Log => logarithmic(low, high),
        }
    }
}

/// Spans the data and no more.
fn linear(low: f64, high: f64, numbers: Numbers, wanted: usize) -> Ticks {
    // A single point still needs an axis to stand on.
    let (low, high) = if low == high { (low - 1., high + 1.) } else { (low, high) };
    let step = step(low, high, numbers, wanted);
    Ticks { low, high, marks: labelled(multiples(low, high, step), step, numbers) }
}

/// Spans the data, and more up to the next number if that is not far.
fn rounded(low: f64, high: f64, numbers: Numbers, wanted: usize) -> Ticks {
    let high = if low == high { low + 1. } else { high };
    let step = step(low, high, numbers, wanted);
    let outwards = |end: f64| {
        let next = (end / step - 1e-9).ceil() * step;
        // A step that is mostly empty would press the lines flat.
        if next - end > EMPTY * step { end } else { next }
    };
    let (low, high) = (-outwards(-low), outwards(high));
    Ticks { low, high, marks: labelled(multiples(low, high, step), step, numbers) }
}

/// Powers of ten; with twos and fives between them where the data span less than three.
fn logarithmic(low: f64, high: f64) -> Ticks {
    let (low, high) = if low == high { (low / 2., high * 2.) } else { (low, high) };
    let digits: &[f64] = if (high / low).log10() < 3. { &[1., 2., 5.] } else { &[1.] };
    let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
    let values = decades.flat_map(|decade| digits.iter().map(move |digit| digit * 10f64.powi(decade)));
    let near = 1e-9 * low;
    let marks = values
        .filter(|value| (low - near..=high + near).contains(value))
        .map(|value| (value.log10(), quantity(value, value, value)))
        .collect();
    Ticks { low: low.log10(), high: high.log10(), marks }
}

/// The step of 1, 2 or 5 times a power of ten that gives about as many ticks as wanted.
fn step(low: f64, high: f64, numbers: Numbers, wanted: usize) -> f64 {
    let rough = (high - low) / wanted as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1., 2., 5., 10.].map(|digit| digit * power).into_iter().find(|&step| step >= rough * 0.999);
    let step = step.unwrap_or(10. * power);
    if numbers == Numbers::Years { step.max(1.) } else { step }
}

fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    // Counting in whole steps: a sum of steps would drift.
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|index| index as f64 * step).collect()
}

fn labelled(values: Vec<f64>, step: f64, numbers: Numbers) -> Vec<(f64, String)> {
    let largest = values.iter().fold(0f64, |largest, value| largest.max(value.abs()));
    let label = |value: f64| match numbers {
        Numbers::Years => format!("{value:.0}"),
        Numbers::Quantities => quantity(value, step, largest),
        Numbers::Percent if value == 0. => "0%".to_owned(),
        Numbers::Percent => format!("{}%", grouped(value * 100., decimals(step * 100.))),
    };
    values.into_iter().map(|value| (value, label(value))).collect()
}

/// `value` with as many decimals as `step` has, in the unit that fits `largest`: plain below a million, then with the
/// prefixes of the SI.
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

/// Decimals that a multiple of `step` needs.
fn decimals(step: f64) -> usize {
    // 0.2 has one decimal, and the logarithm of 0.1 must not be a hair below -1.
    (-(step.log10() + 1e-9).floor()).clamp(0., 15.) as usize
}

/// With a comma between thousands.
fn grouped(value: f64, decimals: usize) -> String {
    let plain = format!("{value:.decimals$}");
    let whole = plain.find('.').unwrap_or(plain.len());
    let mut text = String::with_capacity(plain.len() + 4);
    for (at, digit) in plain.char_indices() {
        let behind = whole.saturating_sub(at);
        if at > 0 && behind > 0 && behind % 3 == 0 && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(scale: Scale, numbers: Numbers, low: f64, high: f64) -> String {
        let axis = Axis { title: String::new(), scale, numbers };
        let ticks = Ticks::of(&axis, low, high, 5);
        assert!(ticks.marks.iter().all(|(at, _)| (ticks.low - 1e-9..=ticks.high + 1e-9).contains(at)));
        let labels: Vec<_> = ticks.marks.into_iter().map(|(_, label)| label.replace('\u{a0}', " ")).collect();
        labels.join(" | ")
    }

    #[test]
    fn numbers_are_round_and_written_as_people_write_them() {
        use Numbers::{Percent, Quantities, Years};
        use Scale::{FromZero, Linear, Log};
        let cases = [
            (Linear, Years, 1899., 2008., "1900 | 1950 | 2000"),
            (Linear, Years, 1505., 2008., "1600 | 1800 | 2000"),
            (Linear, Years, 1999., 2001., "1999 | 2000 | 2001"),
            (Linear, Years, 1984., 1984., "1983 | 1984 | 1985"),
            (FromZero, Quantities, 0., 3., "0 | 1 | 2 | 3"),
            (FromZero, Quantities, -3., 1., "-3 | -2 | -1 | 0 | 1"),
            (FromZero, Quantities, 0., 0., "0 | 0.2 | 0.4 | 0.6 | 0.8 | 1.0"),
            (FromZero, Quantities, 7., 950., "0 | 200 | 400 | 600 | 800 | 1,000"),
            (FromZero, Quantities, 0., 270_000., "0 | 100,000 | 200,000 | 300,000"),
            (FromZero, Quantities, 0., 2.4e6, "0 | 0.5 M | 1.0 M | 1.5 M | 2.0 M | 2.5 M"),
            (FromZero, Quantities, 0., 470_825_580., "0 | 100 M | 200 M | 300 M | 400 M | 500 M"),
            (FromZero, Quantities, 0., 5_733_114_685., "0 | 2 G | 4 G | 6 G"),
            (FromZero, Quantities, 0.5, 1.7, "0 | 0.5 | 1.0 | 1.5"),
            (FromZero, Percent, 0., 1.7267e-5, "0% | 0.0005% | 0.0010% | 0.0015%"),
            (FromZero, Percent, 0., 0.06, "0% | 2% | 4% | 6%"),
            (Log, Quantities, 10., 2e6, "10 | 100 | 1,000 | 10,000 | 100,000 | 1 M"),
            (Log, Quantities, 0.9, 50., "1 | 2 | 5 | 10 | 20 | 50"),
            (Log, Quantities, 0.05, 0.5, "0.05 | 0.1 | 0.2 | 0.5"),
            (Log, Quantities, 1000., 1000., "500 | 1,000 | 2,000"),
        ];
        for (scale, numbers, low, high, expected) in cases {
            assert_eq!(marks(scale, numbers, low, high), expected);
        }
    }

    #[test]
    fn thousands_are_kept_apart() {
        let cases = [(0., 0, "0"), (999., 0, "999"), (1000., 0, "1,000"), (-123456.5, 1, "-123,456.5")];
        for (value, decimals, expected) in cases {
            assert_eq!(grouped(value, decimals), expected);
        }
    }
}
