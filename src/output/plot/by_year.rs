//! The chart of an answer by years: one line for each n-gram, as in the Google Ngram Viewer.

use std::collections::{BTreeMap, HashMap};

use super::chart::{Axis, AxisScale, Chart, DataPoint, DataSeries, NumberFormat};
use super::error::PlotError;
use super::palette::MAX_SERIES;
use crate::count::{Column, Value};
use crate::output::{Table, ngram_error::utf8};

/// Longest headline that lists the n-grams, in characters. Above it the headline gives their number.
const MAX_TITLE_CHARS: usize = 60;

/// The suffix of the name of a column of relative frequencies.
const SHARE_SUFFIX: &str = "_share";

/// The chart of an answer by years: a line for each n-gram, from the first year of any n-gram to the last.
///
/// A year without a row is 0, since the files of Google leave out years without matches. `smoothing` is that of the answer,
/// which the picture states.
///
/// # Errors
/// The answer is not by years, has several measures, no row, more than [`MAX_SERIES`] n-grams, or an n-gram that is not
/// UTF-8.
pub fn by_year(answer: &impl Table, smoothing: Option<u32>) -> Result<Chart, PlotError> {
    let measure = measure(answer.columns())?;
    let ngrams = values_by_year(answer)?;
    let years = || ngrams.iter().flat_map(|(_, values)| values.keys().copied());
    let (Some(first), Some(last)) = (years().min(), years().max()) else {
        return Err(PlotError::Empty);
    };
    let series = ngrams.iter().map(|(ngram, values)| DataSeries {
        name: (*ngram).to_owned(),
        points: without_gaps(values, first, last),
        markers: first == last,
    });
    let series: Vec<_> = series.collect();
    let (y_title, numbers) = match measure.strip_suffix(SHARE_SUFFIX) {
        Some(counted) => (format!("Share of all {counted} in each year"), NumberFormat::Percent),
        None => (format!("{} per year", capitalised(measure)), NumberFormat::Quantities),
    };
    let y_title = match smoothing {
        None | Some(0) => y_title,
        Some(1) => format!("{y_title}, mean over 1 year either side"),
        Some(years) => format!("{y_title}, mean over {years} years either side"),
    };
    Ok(Chart {
        title: title(&series),
        size: None,
        x: Axis { title: "Year".to_owned(), scale: AxisScale::Linear, numbers: NumberFormat::Years },
        y: Axis { title: y_title, scale: AxisScale::FromZero, numbers },
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

type ValueByYear = BTreeMap<u32, f64>;

/// The n-grams in the order of their first rows, each with its values.
fn values_by_year(answer: &impl Table) -> Result<Vec<(&str, ValueByYear)>, PlotError> {
    let mut ngrams: Vec<(&str, ValueByYear)> = Vec::new();
    let mut indexes = HashMap::new();
    for row in answer.rows() {
        let next = indexes.len();
        let index = *indexes.entry(row.ngram).or_insert(next);
        if index >= MAX_SERIES {
            // From here on only the number of n-grams is needed, for the error.
            continue;
        }
        if index == ngrams.len() {
            ngrams.push((utf8(row.ngram, "a picture")?, ValueByYear::new()));
        }
        if let (Some(year), Some(value)) = (row.year, row.values.get(0)) {
            let value = match value {
                Value::Integer(number) => number as f64,
                Value::Real(number) => number,
            };
            ngrams[index].1.insert(year, value);
        }
    }
    if indexes.len() > MAX_SERIES { Err(PlotError::TooMany(indexes.len())) } else { Ok(ngrams) }
}

/// The points from `first` to `last`, with 0 for each year that `values` lacks. A gap of any length takes two points.
fn without_gaps(values: &ValueByYear, first: u32, last: u32) -> Vec<DataPoint> {
    let mut points = Vec::new();
    // Fills the years from `from` to the year before `to`.
    let zeros = |points: &mut Vec<DataPoint>, from: u64, to: u64| {
        if from < to {
            points.push(DataPoint::new(from as f64, 0.));
        }
        if from + 1 < to {
            points.push(DataPoint::new((to - 1) as f64, 0.));
        }
    };
    let mut next = u64::from(first);
    for (&year, &value) in values {
        zeros(&mut points, next, year.into());
        points.push(DataPoint::new(year.into(), value));
        next = u64::from(year) + 1;
    }
    zeros(&mut points, next, u64::from(last) + 1);
    points
}

/// The n-grams, or their number if the list would be too long.
fn title(series: &[DataSeries]) -> String {
    let names: Vec<_> = series.iter().map(|series| series.name.as_str()).collect();
    let all = names.join(", ");
    if all.chars().count() <= MAX_TITLE_CHARS || names.len() == 1 {
        all
    } else {
        format!("{} n-grams", names.len())
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
