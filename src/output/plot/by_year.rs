//! The chart of an answer by years, as the Google Ngram Viewer draws it.

use std::collections::{BTreeMap, HashMap};

use bstr::ByteSlice;

use super::chart::{Axis, Chart, Numbers, Point, Scale, Series};
use super::error::PlotError;
use super::palette::MAX_SERIES;
use crate::count::{Column, Value};
use crate::output::{NotText, Table};

/// Letters of a headline before it says how many n-grams there are instead of which.
const HEADLINE: usize = 60;

/// The ending of a column of shares.
const SHARE: &str = "_share";

/// A line for each n-gram, over the years from the first of any to the last of any. A year without a row is 0, since
/// the files of Google leave out years without matches.
///
/// # Errors
/// When the answer is not by years, has several measures, has no row, more n-grams than a picture can show or one that
/// is not UTF-8.
pub fn by_year(answer: &impl Table) -> Result<Chart, PlotError> {
    let measure = measure(answer.columns())?;
    let lines = lines(answer)?;
    let years = || lines.iter().flat_map(|(_, line)| line.keys().copied());
    let (Some(first), Some(last)) = (years().min(), years().max()) else {
        return Err(PlotError::Empty);
    };
    let series = lines.iter().map(|(ngram, line)| Series {
        name: (*ngram).to_owned(),
        points: without_gaps(line, first, last),
        dots: first == last,
    });
    let series: Vec<_> = series.collect();
    let (y_title, numbers) = match measure.strip_suffix(SHARE) {
        Some(counted) => (format!("Share of all {counted} in each year"), Numbers::Percent),
        None => (format!("{} per year", capitalised(measure)), Numbers::Quantities),
    };
    Ok(Chart {
        title: title(&series),
        x: Axis { title: "Year".to_owned(), scale: Scale::Linear, numbers: Numbers::Years },
        y: Axis { title: y_title, scale: Scale::FromZero, numbers },
        series,
    })
}

fn measure(columns: &[Column]) -> Result<&'static str, PlotError> {
    match columns {
        [_, year, measure] if year.name == "year" => Ok(measure.name),
        [_, year, measures @ ..] if year.name == "year" => Err(PlotError::SeveralMeasures(measures.len())),
        _ => Err(PlotError::NoYears),
    }
}

type Line = BTreeMap<u32, f64>;

/// The n-grams in the order in which they first appear, each with its numbers.
fn lines(answer: &impl Table) -> Result<Vec<(&str, Line)>, PlotError> {
    let mut lines: Vec<(&str, Line)> = Vec::new();
    let mut places = HashMap::new();
    for row in answer.rows() {
        let new = places.len();
        let place = *places.entry(row.ngram).or_insert(new);
        if place >= MAX_SERIES {
            // All that is still of interest is how many there are.
            continue;
        }
        if place == lines.len() {
            let ngram = row.ngram.to_str();
            let ngram = ngram.map_err(|_| NotText { ngram: row.ngram.into(), format: "a picture" })?;
            lines.push((ngram, Line::new()));
        }
        if let (Some(year), Some(value)) = (row.year, row.values.get(0)) {
            let value = match value {
                Value::Integer(number) => number as f64,
                Value::Real(number) => number,
            };
            lines[place].1.insert(year, value);
        }
    }
    if places.len() > MAX_SERIES { Err(PlotError::TooMany(places.len())) } else { Ok(lines) }
}

/// The points from `first` to `last`, with 0 where `line` has no year. A gap of any length takes two points.
fn without_gaps(line: &Line, first: u32, last: u32) -> Vec<Point> {
    let mut points = Vec::new();
    // From `from` until before `to`.
    let zeros = |points: &mut Vec<Point>, from: u64, to: u64| {
        if from < to {
            points.push(Point::new(from as f64, 0.));
        }
        if from + 1 < to {
            points.push(Point::new((to - 1) as f64, 0.));
        }
    };
    let mut next = u64::from(first);
    for (&year, &value) in line {
        zeros(&mut points, next, year.into());
        points.push(Point::new(year.into(), value));
        next = u64::from(year) + 1;
    }
    zeros(&mut points, next, u64::from(last) + 1);
    points
}

/// The n-grams, or how many they are.
fn title(series: &[Series]) -> String {
    let names: Vec<_> = series.iter().map(|series| series.name.as_str()).collect();
    let all = names.join(", ");
    if all.chars().count() <= HEADLINE || names.len() == 1 { all } else { format!("{} n-grams", names.len()) }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
