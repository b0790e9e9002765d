//! From sums to an answer: what the numbers become, which rows there are, and in what order.

use std::cmp::Ordering;
use std::mem::take;
use std::ops::RangeInclusive;

use super::answer::{Answer, Column, Kind, Numbers, Order, Place, Sort};
use super::error::CountError;
use super::filter::Years;
use super::partial::LineTally;
use super::plan::{Measure, Plan};
use super::series::{Parts, Series, Span};
use super::table::{Names, Table};
use crate::record::totals::{Total, Totals};

/// All sums of a count.
pub(super) struct Counted {
    names: Names,
    /// In a count by years, which years an n-gram has.
    spans: Option<Vec<Span>>,
    years: Vec<u32>,
    sums: Vec<u64>,
}

impl Counted {
    pub(super) fn totals(table: Table) -> Self {
        let (names, sums) = table.into_parts();
        Self { names, spans: None, years: Vec::new(), sums }
    }

    pub(super) fn by_year(series: Series) -> Self {
        let Parts { names, spans, years, sums } = series.into_parts();
        Self { names, spans: Some(spans), years, sums }
    }

    /// Where the rows of an n-gram are.
    fn span(&self, slot: u32) -> Span {
        match &self.spans {
            Some(spans) => spans[slot as usize],
            None => Span { start: slot as usize, len: 1 },
        }
    }

    /// The first measure of an n-gram over all its years.
    fn first_total(&self, slot: u32, width: usize) -> u128 {
        let Span { start, len } = self.span(slot);
        (start..start + len).map(|at| u128::from(self.sums[at * width])).sum()
    }

    /// The first and the last year of all n-grams.
    fn seen_years(&self) -> Option<(u32, u32)> {
        let spans = self.spans.iter().flatten().filter(|span| span.len > 0);
        let ends = spans.map(|span| (self.years[span.start], self.years[span.start + span.len - 1]));
        ends.reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))
    }
}

pub(super) fn finish(
    mut counted: Counted,
    asked: Option<Vec<u32>>,
    lines: LineTally,
    plan: &Plan,
    order: &Order,
) -> Result<Answer, CountError> {
    let width = plan.measures.count();
    let natural = match (&asked, order.top) {
        (_, Some(_)) => Some(Sort::Matches),
        (Some(_), None) => None,
        (None, None) if order.by_year => Some(Sort::Ngram),
        (None, None) => Some(Sort::Matches),
    };
    let sort = order.sort.or(natural);
    let mut slots = asked.unwrap_or_else(|| (0..).take(counted.names.ends.len()).collect());
    if sort == Some(Sort::Ngram) {
        // The n-grams are sorted and not their rows, of which there may be hundreds to each and whose years ascend.
        slots.sort_unstable_by_key(|&slot| counted.names.get(slot));
    }
    if let Some(min_count) = order.min_count {
        slots.retain(|&slot| counted.first_total(slot, width) >= min_count.into());
    }
    let scale = Scale::new(plan, order, &counted)?;
    let (names, places, years, numbers) = match scale {
        None => {
            let (years, sums) = (take(&mut counted.years), take(&mut counted.sums));
            let mut board = Board::new(&counted.names, sort, order.top, width, years, sums);
            for slot in slots {
                let Span { start, len } = counted.span(slot);
                for at in start..start + len {
                    board.place(slot, at);
                }
                if board.is_full() {
                    break;
                }
            }
            let (places, years, numbers) = board.finish();
            (counted.names, places, years, Numbers::Integers(numbers))
        }
        Some(mut scale) => {
            let mut board = Board::new(&counted.names, sort, order.top, width, Vec::new(), Vec::new());
            for slot in slots {
                scale.rows(&counted, slot)?;
                for (row, values) in scale.values.chunks_exact(width).enumerate() {
                    board.push(slot, scale.years.get(row).copied(), values);
                }
                if board.is_full() {
                    break;
                }
            }
            let (places, years, numbers) = board.finish();
            (counted.names, places, years, Numbers::Reals(numbers))
        }
    };
    let mut answer = Answer { columns: columns(plan, order), names, places, years, numbers, width, lines };
    if order.top.is_some() {
        answer.shrink();
    }
    Ok(answer)
}

fn columns(plan: &Plan, order: &Order) -> Vec<Column> {
    let share = order.relative_to.is_some();
    let kind = if share || order.smoothing.is_some() { Kind::Real } else { Kind::Integer };
    let mut columns = vec![Column { name: "ngram", kind: Kind::Text }];
    if order.by_year {
        columns.push(Column { name: "year", kind: Kind::Integer });
    }
    let name = |measure: Measure| if share { measure.share_name() } else { measure.name() };
    columns.extend(plan.measures.iter().map(|measure| Column { name: name(measure), kind }));
    columns
}

impl Answer {
    /// Lets go of all but the rows.
    fn shrink(&mut self) {
        let mut names = Names::default();
        for place in &mut self.places {
            let slot = names.ends.len() as u32;
            names.push(self.names.get(place.slot));
            place.slot = slot;
        }
        self.names = names;
    }
}

/// Most years over which means are taken, each of them a row for every n-gram. A single mistyped year would
/// otherwise make billions of them.
pub const SMOOTHED_YEARS: u32 = 10_000;

/// Turns the sums of an n-gram into shares or means.
struct Scale<'a> {
    plan: &'a Plan,
    order: &'a Order,
    /// With smoothing, the years that every n-gram has.
    range: Option<RangeInclusive<u32>>,
    /// Of a share over all years: what is divided by, a number for each measure.
    whole: Vec<u128>,
    /// The rows of the n-gram at hand.
    years: Vec<u32>,
    values: Vec<f64>,
}

impl<'a> Scale<'a> {
    /// `None` if the sums stay what they are.
    fn new(plan: &'a Plan, order: &'a Order, counted: &Counted) -> Result<Option<Self>, CountError> {
        if order.relative_to.is_none() && order.smoothing.is_none() {
            return Ok(None);
        }
        let years = plan.filter.years;
        let range = order.smoothing.map(|_| {
            let (first, last) = counted.seen_years().unwrap_or((1, 0));
            let first = if years.first == Years::ALL.first { first } else { years.first };
            let last = if years.last == Years::ALL.last { last } else { years.last };
            first..=last
        });
        if let Some(range) =
            range.as_ref().filter(|range| range.end().saturating_sub(*range.start()) >= SMOOTHED_YEARS)
        {
            return Err(CountError::ManyYears { first: *range.start(), last: *range.end() });
        }
        let whole = order.relative_to.as_ref().map_or_else(Vec::new, |totals| {
            let whole =
                |measure| totals.range(years.range()).map(|(_, total)| u128::from(of(measure, total))).sum();
            plan.measures.iter().map(whole).collect()
        });
        Ok(Some(Self { plan, order, range, whole, years: Vec::new(), values: Vec::new() }))
    }

    /// Leaves the rows of an n-gram in `years` and `values`.
    fn rows(&mut self, counted: &Counted, slot: u32) -> Result<(), CountError> {
        let width = self.plan.measures.count();
        let Span { start, len } = counted.span(slot);
        let years = &counted.years[start..start + len];
        let sums = &counted.sums[start * width..(start + len) * width];
        self.years.clear();
        self.values.clear();
        if let Some(totals) = &self.order.relative_to {
            self.check_totals(totals, years, sums, counted.names.get(slot))?;
        }
        if !self.order.by_year {
            for (index, &whole) in self.whole.iter().enumerate() {
                let sum: u128 = sums.iter().skip(index).step_by(width).map(|&sum| u128::from(sum)).sum();
                self.values.push(if sum == 0 { 0.0 } else { sum as f64 / whole as f64 });
            }
            return Ok(());
        }
        let value = |row: usize, index: usize, measure| {
            let sum = sums[row * width + index];
            match &self.order.relative_to {
                _ if sum == 0 => 0.0,
                Some(totals) => {
                    sum as f64 / totals.get(&years[row]).map_or(0.0, |total| of(measure, total) as f64)
                }
                None => sum as f64,
            }
        };
        match &self.range {
            None => {
                self.years.extend_from_slice(years);
                for row in 0..len {
                    self.values.extend(
                        self.plan
                            .measures
                            .iter()
                            .enumerate()
                            .map(|(index, measure)| value(row, index, measure)),
                    );
                }
            }
            Some(range) => {
                self.years.extend(range.clone());
                let span = self.years.len();
                self.values.resize(span * width, 0.0);
                let mut dense = vec![0.0; span];
                for (index, measure) in self.plan.measures.iter().enumerate() {
                    dense.fill(0.0);
                    for (row, year) in years.iter().enumerate().filter(|(_, year)| range.contains(year)) {
                        dense[(year - range.start()) as usize] = value(row, index, measure);
                    }
                    let reach = self.order.smoothing.unwrap_or(0) as usize;
                    for at in 0..span {
                        self.values[at * width + index] = mean(&dense, at, reach);
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether there is something to divide by wherever something is to be divided.
    fn check_totals(
        &self,
        totals: &Totals,
        years: &[u32],
        sums: &[u64],
        ngram: &[u8],
    ) -> Result<(), CountError> {
        let width = self.plan.measures.count();
        for (&year, sums) in years.iter().zip(sums.chunks_exact(width)) {
            for (measure, &sum) in self.plan.measures.iter().zip(sums) {
                if sum > 0 && totals.get(&year).is_none_or(|total| of(measure, total) == 0) {
                    return Err(CountError::NoTotal { ngram: ngram.to_vec(), year, measure });
                }
            }
        }
        Ok(())
    }
}

/// The mean of the value at `at` and of `reach` on both sides, of fewer at the ends: the smoothing of the Ngram Viewer
/// (<https://books.google.com/ngrams/info>).
fn mean(values: &[f64], at: usize, reach: usize) -> f64 {
    let window =
        &values[at.saturating_sub(reach)..values.len().min(at.saturating_add(reach).saturating_add(1))];
    window.iter().sum::<f64>() / window.len() as f64
}

fn of(measure: Measure, total: &Total) -> u64 {
    match measure {
        Measure::Matches => total.matches,
        Measure::Volumes => total.volumes,
        Measure::Pages => total.pages,
        Measure::Lines => 0,
    }
}

/// A number that rows are sorted by.
trait Number: Copy {
    fn compare(self, other: Self) -> Ordering;
}

impl Number for u64 {
    fn compare(self, other: Self) -> Ordering {
        self.cmp(&other)
    }
}

impl Number for f64 {
    fn compare(self, other: Self) -> Ordering {
        self.total_cmp(&other)
    }
}

/// Rows on their way into the answer. Where only the first few are wanted it never holds more than twice as many: ten rows
/// of a million need one pass over the million, not its order.
struct Board<'n, N> {
    names: &'n Names,
    /// Whether the largest number comes first. Otherwise rows stay in the order in which they come.
    by_number: bool,
    top: usize,
    width: usize,
    places: Vec<Place>,
    years: Vec<u32>,
    numbers: Vec<N>,
}

/// With fewer rows than this nothing is gained by putting some of them away.
const ROOM: usize = 1024;

impl<'n, N: Number> Board<'n, N> {
    fn new(
        names: &'n Names,
        sort: Option<Sort>,
        top: Option<usize>,
        width: usize,
        years: Vec<u32>,
        numbers: Vec<N>,
    ) -> Self {
        let by_number = sort == Some(Sort::Matches);
        Self { names, by_number, top: top.unwrap_or(usize::MAX), width, places: Vec::new(), years, numbers }
    }

    /// Whether no further row can be among the first ones.
    fn is_full(&self) -> bool {
        !self.by_number && self.places.len() >= self.top
    }

    /// A row whose year and numbers are on the board already.
    fn place(&mut self, slot: u32, at: usize) {
        let at = u32::try_from(at).expect("fewer than 2^32 rows");
        self.places.push(Place { slot, at });
        if self.places.len() >= ROOM.max(self.top.saturating_mul(2)) {
            self.keep();
        }
    }

    /// A row with its numbers.
    fn push(&mut self, slot: u32, year: Option<u32>, numbers: &[N]) {
        let at = self.numbers.len() / self.width;
        self.years.extend(year);
        self.numbers.extend_from_slice(numbers);
        self.place(slot, at);
        // The numbers of rows that were put away go too.
        if self.numbers.len() / self.width > 2 * self.places.len().max(ROOM) {
            self.gather();
        }
    }

    fn compare(&self, a: &Place, b: &Place) -> Ordering {
        let number = |place: &Place| self.numbers[place.at as usize * self.width];
        let ngrams = || self.names.get(a.slot).cmp(self.names.get(b.slot));
        let years = || self.years.get(a.at as usize).cmp(&self.years.get(b.at as usize));
        number(b).compare(number(a)).then_with(ngrams).then_with(years)
    }

    /// Keeps the first rows of the order.
    fn keep(&mut self) {
        let mut places = take(&mut self.places);
        if self.top < places.len() {
            if self.by_number {
                places.select_nth_unstable_by(self.top, |a, b| self.compare(a, b));
            }
            places.truncate(self.top);
        }
        self.places = places;
    }

    /// Moves the years and numbers of the rows together, in their order.
    fn gather(&mut self) {
        let mut years = Vec::with_capacity(if self.years.is_empty() { 0 } else { self.places.len() });
        let mut numbers = Vec::with_capacity(self.places.len() * self.width);
        for (index, place) in self.places.iter_mut().enumerate() {
            let at = place.at as usize;
            years.extend(self.years.get(at));
            numbers.extend_from_slice(&self.numbers[at * self.width..(at + 1) * self.width]);
            place.at = index as u32;
        }
        self.years = years;
        self.numbers = numbers;
    }

    /// The rows in their order. No two are equal but those of a word that was asked for twice, so an unstable sort
    /// gives one answer.
    fn finish(mut self) -> (Vec<Place>, Vec<u32>, Vec<N>) {
        self.keep();
        let mut places = take(&mut self.places);
        if self.by_number {
            places.sort_unstable_by(|a, b| self.compare(a, b));
        }
        self.places = places;
        if self.top < usize::MAX {
            self.gather();
        }
        (self.places, self.years, self.numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::{Filter, Measures, Row, Value};

    const COUNTS: [(&str, u64); 5] = [("b", 7), ("é", 7), ("B", 7), ("a", 100), ("z", 0)];

    fn rows(asked: Option<&[&str]>, order: Order) -> Vec<String> {
        let mut table = Table::new();
        for (ngram, matches) in COUNTS {
            table.add(ngram.as_bytes(), matches).unwrap();
        }
        let asked = asked.map(|words| words.iter().map(|word| table.slot(word.as_bytes())).collect());
        shown(&finish(Counted::totals(table), asked, LineTally::default(), &Plan::default(), &order).unwrap())
    }

    /// Each row as `ngram[@year]=number[,number]`.
    fn shown(answer: &Answer) -> Vec<String> {
        assert_eq!(answer.len(), answer.rows().count());
        let row = |row: Row<'_>| {
            let year = row.year.map_or(String::new(), |year| format!("@{year}"));
            let values: Vec<_> = row
                .values
                .iter()
                .map(|value| match value {
                    Value::Integer(value) => value.to_string(),
                    Value::Real(value) => value.to_string(),
                })
                .collect();
            format!("{}{year}={}", bstr::BStr::new(row.ngram), values.join(","))
        };
        answer.rows().map(row).collect()
    }

    fn order(sort: Option<Sort>, top: Option<usize>, min_count: Option<u64>) -> Order {
        Order { sort, top, min_count, ..Order::default() }
    }

    #[test]
    fn everything_is_sorted_by_matches_and_then_by_bytes_unless_asked_otherwise() {
        let by_matches = ["a=100", "B=7", "b=7", "é=7", "z=0"];
        assert_eq!(rows(None, Order::default()), by_matches);
        assert_eq!(rows(None, order(Some(Sort::Matches), None, None)), by_matches);
        let by_ngram = ["B=7", "a=100", "b=7", "z=0", "é=7"];
        assert_eq!(rows(None, order(Some(Sort::Ngram), None, None)), by_ngram);
    }

    #[test]
    fn top_keeps_the_first_rows_of_the_order() {
        let sorted =
            [Sort::Matches, Sort::Ngram].map(|sort| (sort, rows(None, order(Some(sort), None, None))));
        for (sort, all) in sorted {
            for top in 0..=7 {
                assert_eq!(
                    rows(None, order(Some(sort), Some(top), None)),
                    all[..top.min(5)],
                    "{sort:?} {top}"
                );
            }
        }
    }

    #[test]
    fn a_smallest_count_leaves_out_rarer_ngrams() {
        assert_eq!(rows(None, order(None, None, Some(7))), ["a=100", "B=7", "b=7", "é=7"]);
        assert_eq!(rows(None, order(None, Some(2), Some(8))), ["a=100"]);
        assert_eq!(rows(Some(&["z", "b"]), order(None, None, Some(1))), ["b=7"]);
    }

    #[test]
    fn words_stay_in_the_order_in_which_they_were_asked_for() {
        let words = ["z", "a", "absent", "b", "a"];
        assert_eq!(rows(Some(&words), Order::default()), ["z=0", "a=100", "absent=0", "b=7", "a=100"]);
    }

    #[test]
    fn words_are_sorted_where_an_order_or_the_first_few_are_asked_for() {
        let words = ["z", "a", "absent", "b", "a"];
        let by_matches = ["a=100", "a=100", "b=7", "absent=0", "z=0"];
        assert_eq!(rows(Some(&words), order(Some(Sort::Matches), None, None)), by_matches);
        assert_eq!(rows(Some(&words), order(None, Some(3), None)), by_matches[..3]);
        let by_ngram = ["a=100", "a=100", "absent=0", "b=7", "z=0"];
        assert_eq!(rows(Some(&words), order(Some(Sort::Ngram), None, None)), by_ngram);
    }

    /// `a` in 1999 to 2001 and 2003, `b` in 2001; matches and volumes.
    fn by_year(order: &Order, years: Years) -> Result<Vec<String>, CountError> {
        let measures = Measures::new(vec![Measure::Matches, Measure::Volumes]).unwrap();
        let plan = Plan {
            measures,
            by_year: true,
            filter: Filter { years, ..Filter::default() },
            ..Plan::default()
        };
        let mut series = Series::with_width(2);
        series.add(b"a", &[1999, 2000, 2001, 2003], &[1, 1, 2, 1, 3, 1, 8, 4]).unwrap();
        series.add(b"b", &[2001], &[5, 5]).unwrap();
        finish(Counted::by_year(series), None, LineTally::default(), &plan, order)
            .map(|answer| shown(&answer))
    }

    #[test]
    fn each_year_is_a_row_and_the_smallest_count_is_about_all_years() {
        let order = Order { by_year: true, ..Order::default() };
        let all = ["a@1999=1,1", "a@2000=2,1", "a@2001=3,1", "a@2003=8,4", "b@2001=5,5"];
        assert_eq!(by_year(&order, Years::ALL).unwrap(), all);
        let at_least = |min_count| Order { min_count: Some(min_count), ..order.clone() };
        assert_eq!(by_year(&at_least(14), Years::ALL).unwrap(), all[..4]);
        assert_eq!(by_year(&at_least(15), Years::ALL).unwrap(), [""; 0]);
        let top = Order { top: Some(3), ..order };
        assert_eq!(by_year(&top, Years::ALL).unwrap(), ["a@2003=8,4", "b@2001=5,5", "a@2001=3,1"]);
    }

    #[test]
    fn the_mean_is_over_fewer_years_at_the_ends_and_a_missing_year_is_zero() {
        let order = Order { by_year: true, smoothing: Some(1), ..Order::default() };
        // 1 2 3 0 8 and 0 0 5 0 0
        let a = ["a@1999=1.5,1", "a@2000=2,1", "a@2001=1.6666666666666667,0.6666666666666666"];
        assert_eq!(by_year(&order, Years::ALL).unwrap()[..3], a);
        let means = by_year(&order, Years::ALL).unwrap();
        assert_eq!(means.len(), 10);
        assert!(means[3].starts_with("a@2002=3.666") && means[4] == "a@2003=4,2", "{means:?}");
        assert_eq!(means[5], "b@1999=0,0");
        let wide = by_year(&order, Years { first: 1997, last: Years::ALL.last }).unwrap();
        assert_eq!((wide.len(), &*wide[1]), (14, "a@1998=0.3333333333333333,0.3333333333333333"));
        let flat = Order { smoothing: Some(u32::MAX), ..order };
        assert_eq!(by_year(&flat, Years::ALL).unwrap()[0], "a@1999=2.8,1.4");
    }

    #[test]
    fn shares_are_of_the_same_years() {
        let total = |matches| Total { matches, volumes: 10, pages: 0 };
        let totals = Totals::from([
            (1998, total(5)),
            (1999, total(10)),
            (2000, total(20)),
            (2001, total(30)),
            (2003, total(16)),
        ]);
        let order = Order { relative_to: Some(totals.clone()), ..Order::default() };
        let rows = by_year(&Order { by_year: true, ..order.clone() }, Years::ALL).unwrap();
        assert_eq!(rows[..2], ["a@1999=0.1,0.1", "a@2000=0.1,0.1"]);
        // Matches: 14 of 81 and 5 of 81; volumes: 7 of 50 and 5 of 50.
        let expected = [format!("a={},0.14", 14.0 / 81.0), format!("b={},0.1", 5.0 / 81.0)];
        assert_eq!(by_year(&order, Years::ALL).unwrap(), expected);
        let expected = [format!("a={},{}", 14.0 / 76.0, 7.0 / 40.0), format!("b={},0.125", 5.0 / 76.0)];
        assert_eq!(by_year(&order, Years { first: 1999, last: 2003 }).unwrap(), expected);

        let mut hole = totals;
        hole.remove(&2003);
        let order = Order { relative_to: Some(hole), ..order };
        let error = by_year(&order, Years::ALL).unwrap_err();
        assert_eq!(error.to_string(), "`a` occurs in 2003, for which the totals have no matches");
    }

    #[test]
    fn the_first_rows_of_many_are_those_of_the_whole_order() {
        let mut table = Table::new();
        for n in 0..10_000_u64 {
            table.add(n.to_string().as_bytes(), n * 7919 % 10_007).unwrap();
        }
        let rows = |order: &Order| {
            shown(
                &finish(Counted::totals(table.clone()), None, LineTally::default(), &Plan::default(), order)
                    .unwrap(),
            )
        };
        for sort in [Sort::Matches, Sort::Ngram] {
            let all = rows(&order(Some(sort), None, None));
            for top in [0, 1, 10, 511, 512, 5000, 10_000, 20_000] {
                assert_eq!(rows(&order(Some(sort), Some(top), None)), all[..top.min(10_000)], "{top}");
            }
        }
    }
}
