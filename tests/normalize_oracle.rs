//! Relative frequencies and smoothing against their definitions, computed naively from the same real files.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;

use common::{Q_SAMPLE, data};
use flate2::read::MultiGzDecoder;
use ngramcount::count::{AnswerOptions, Format, Mapper, Measure, Measures, Plan, Reducer, Value, Years};
use ngramcount::record::totals;

const TOTALS: &str = "googlebooks_eng_all_totalcounts_20120701.csv";

/// The numbers of an answer by n-gram and year; the year is 0 in an answer over all years.
type Numbers = BTreeMap<(String, u32), [f64; 2]>;

/// The rows of the sample.
fn sample() -> String {
    let mut text = String::new();
    let file = File::open(data(&format!("{Q_SAMPLE}.crlf.gz"))).unwrap();
    MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

/// Matches and volumes of each n-gram and year, by splitting lines.
fn sums(sample: &str) -> BTreeMap<(String, u32), [f64; 2]> {
    let row = |line: &str| {
        let fields: Vec<_> = line.trim_end().split('\t').collect();
        let number = |field: usize| fields[field].parse::<f64>().unwrap();
        ((fields[0].to_owned(), fields[1].parse().unwrap()), [number(2), number(3)])
    };
    sample.lines().map(row).collect()
}

/// Matches and volumes of the corpus in each year, by splitting lines.
fn corpus() -> BTreeMap<u32, [f64; 2]> {
    let year = |line: &str| {
        let fields: Vec<f64> = line.split(',').map(|field| field.trim().parse().unwrap()).collect();
        (fields[0] as u32, [fields[1], fields[3]])
    };
    fs::read_to_string(data(TOTALS)).unwrap().lines().map(year).collect()
}

/// The answer of the program, relative to the totals of the corpus if `relative`.
fn answer(sample: &str, years: Years, relative: bool, by_year: bool, smoothing: Option<u32>) -> Numbers {
    let mut plan = Plan::default();
    plan.by_year = true;
    plan.measures = Measures::new(vec![Measure::Matches, Measure::Volumes]).unwrap();
    plan.filter.years = years;
    let mut order = AnswerOptions::default();
    (order.by_year, order.smoothing) = (by_year, smoothing);
    order.relative_to = relative.then(|| totals::parse(&fs::read(data(TOTALS)).unwrap()).unwrap());
    let mut reducer = Reducer::new(&plan);
    reducer.merge(&Mapper::new(&plan).map(Format::V2, sample.as_bytes()).unwrap()).unwrap();
    let answer = reducer.finish(&order).unwrap();
    let real = |value: Option<Value>| match value {
        Some(Value::Real(real)) => real,
        other => panic!("{other:?}"),
    };
    let rows = answer.rows().map(|row| {
        let ngram = String::from_utf8(row.ngram.to_vec()).unwrap();
        ((ngram, row.year.unwrap_or(0)), [0, 1].map(|index| real(row.values.get(index))))
    });
    rows.collect()
}

#[track_caller]
fn assert_close(found: &Numbers, expected: &Numbers) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (key, expected) in expected {
        for (found, expected) in found[key].iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{key:?}: {found} {expected}");
        }
    }
}

/// Means over `radius` years on both sides, or fewer at the ends, of years in which an absent n-gram counts as 0.
fn smoothed(numbers: &Numbers, years: Years, radius: u32) -> Numbers {
    let ngrams: BTreeSet<_> = numbers.keys().map(|(ngram, _)| ngram).collect();
    let mut means = Numbers::new();
    for ngram in ngrams {
        for year in years.range() {
            let window = year.saturating_sub(radius).max(years.first)..=(year + radius).min(years.last);
            let count = window.clone().count() as f64;
            let number =
                |year, index: usize| numbers.get(&(ngram.clone(), year)).map_or(0.0, |row| row[index]);
            let mean = |index| window.clone().map(|year| number(year, index)).sum::<f64>() / count;
            means.insert((ngram.clone(), year), [mean(0), mean(1)]);
        }
    }
    means
}

/// The sums of `years`, each divided by the totals of its year.
fn relative(sums: &Numbers, years: Years) -> Numbers {
    let corpus = corpus();
    let divided = |(key, row): (&(String, u32), &[f64; 2])| {
        let total = corpus[&key.1];
        (key.clone(), [row[0] / total[0], row[1] / total[1]])
    };
    sums.iter().filter(|((_, year), _)| years.contains(*year)).map(divided).collect()
}

#[test]
fn a_relative_frequency_by_year_is_the_sum_by_the_total_of_the_year() {
    let sample = sample();
    let found = answer(&sample, Years::ALL, true, true, None);
    assert_close(&found, &relative(&sums(&sample), Years::ALL));
    // Published figures: 139 of 8,049,773 words of 1736 are `quantity`, 1.7267e-5 with the last digit cut off.
    let published = found[&("quantity".to_owned(), 1736)][0];
    assert!((published - 1.7267e-5).abs() < 1e-9, "{published}");
}

#[test]
fn a_relative_frequency_over_years_is_the_sum_by_the_totals_of_all_the_years() {
    let sample = sample();
    let years = Years { first: 1850, last: 1920 };
    let corpus = corpus();
    let mut expected = Numbers::new();
    for ((ngram, year), row) in sums(&sample) {
        if years.contains(year) {
            let sum = expected.entry((ngram, 0)).or_default();
            *sum = [sum[0] + row[0], sum[1] + row[1]];
        }
    }
    let total = |index: usize| corpus.range(1850..=1920).map(|(_, total)| total[index]).sum::<f64>();
    for sum in expected.values_mut() {
        *sum = [sum[0] / total(0), sum[1] / total(1)];
    }
    assert_close(&answer(&sample, years, true, false, None), &expected);
}

#[test]
fn smoothing_is_the_mean_over_the_years_around() {
    let sample = sample();
    let sums = sums(&sample);
    for (first, last, radius) in [(1700, 1760, 3), (1950, 2008, 1), (1990, 2008, 0), (1990, 2000, 50)] {
        let years = Years { first, last };
        let inside: Numbers = sums
            .iter()
            .filter(|((_, year), _)| years.contains(*year))
            .map(|(key, row)| (key.clone(), *row))
            .collect();
        let found = answer(&sample, years, false, true, Some(radius));
        assert_close(&found, &smoothed(&inside, years, radius));
        let found = answer(&sample, years, true, true, Some(radius));
        assert_close(&found, &smoothed(&relative(&sums, years), years, radius));
    }
    // By hand: `quantity` has 581, 122, 139, 255 and 1686 matches in the years from 1734 to 1738.
    let by_hand = answer(&sample, Years { first: 1734, last: 1738 }, false, true, Some(2));
    let mean = |year| by_hand[&("quantity".to_owned(), year)][0];
    assert_eq!((mean(1736), mean(1734)), (2783.0 / 5.0, 842.0 / 3.0));
}
