//! From sums to an answer: what the numbers become, which rows there are, and in what order.

use std::mem::take;

use super::answer::{Answer, Column, Kind, Numbers, Order, Part, Place, Sort};
use super::board::Board;
use super::error::CountError;
use super::packed::Packed;
use super::partial::LineTally;
use super::plan::{Measure, Plan};
use super::ranks::{self, Ranked};
use super::scale::{NoTotal, Scale};
use super::series::{PackedSeries, Series, Span};
use super::table::{Names, Table};

/// All sums of a count.
pub(super) struct Counted {
    pub names: Names,
    pub sums: Tallies,
}

/// Sums of n-grams by their positions.
pub(super) enum Tallies {
    /// As many of each as there are measures.
    Totals(Vec<u64>),
    /// As many of each year.
    ByYear { spans: Vec<Span>, bytes: Vec<u8> },
}

impl Counted {
    pub(super) fn totals(table: Table) -> Self {
        let (names, sums) = table.into_parts();
        Self { names, sums: Tallies::Totals(sums) }
    }

    pub(super) fn by_year(series: Series) -> Self {
        let PackedSeries { names, spans, bytes } = series.into_packed();
        Self { names, sums: Tallies::ByYear { spans, bytes } }
    }

    /// The sums of an n-gram year by year, `width` of each; none in a count that does not keep years apart.
    pub(super) fn years(&self, slot: u32, width: usize) -> Packed<'_> {
        match &self.sums {
            Tallies::Totals(_) => Packed::default(),
            Tallies::ByYear { spans, bytes } => Packed::new(&bytes[spans[slot as usize].range()], width),
        }
    }

    /// The first measure of an n-gram over all its years.
    fn first_total(&self, slot: u32, width: usize) -> u128 {
        match &self.sums {
            Tallies::Totals(sums) => sums[slot as usize * width].into(),
            Tallies::ByYear { .. } => self.years(slot, width).map(|(_, sums)| u128::from(sums[0])).sum(),
        }
    }

    /// The first and the last year of all n-grams.
    fn seen_years(&self, width: usize) -> Option<(u32, u32)> {
        let years = (0..self.names.len() as u32).flat_map(|slot| self.years(slot, width));
        years
            .map(|(year, _)| (year, year))
            .reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))
    }
}

/// The answer from sums; `asked` are the words that were asked for, by their positions.
pub(super) fn finish(
    counted: Counted,
    asked: Option<Vec<u32>>,
    lines: LineTally,
    plan: &Plan,
    order: &Order,
) -> Result<Answer, CountError> {
    let natural = match (&asked, order.top) {
        (_, Some(_)) => Some(Sort::Matches),
        (Some(_), None) => None,
        (None, None) if order.by_year => Some(Sort::Ngram),
        (None, None) => Some(Sort::Matches),
    };
    let sort = order.sort.or(natural);
    let width = plan.measures.count();
    let scale = Scale::new(plan, order, || counted.seen_years(width))?;
    let rules = Rules { asked: asked.as_deref(), order, sort, scale, width };
    let part = rules.part(counted).map_err(|missing| missing.error(plan))?;
    let rows = part.rows().min(order.top.unwrap_or(usize::MAX));
    Ok(Answer { columns: columns(plan, order), part, rows, lines })
}

/// What an answer is made by.
struct Rules<'a> {
    asked: Option<&'a [u32]>,
    order: &'a Order,
    sort: Option<Sort>,
    scale: Option<Scale<'a>>,
    width: usize,
}

impl Rules<'_> {
    /// The rows.
    fn part(&self, mut counted: Counted) -> Result<Part, NoTotal> {
        let Self { order, sort, width, .. } = *self;
        let listed = self.listed(&counted);
        let slots = (0..listed.as_ref().map_or(counted.names.len(), Vec::len))
            .map(|index| listed.as_ref().map_or(index as u32, |slots| slots[index]));
        let (places, years, numbers) = match (self.scale.clone(), &mut counted.sums) {
            (None, Tallies::Totals(sums)) => {
                let mut board = Board::new(&counted.names, sort, order.top, width, take(sums));
                for slot in slots {
                    board.place(slot, slot as usize);
                    if board.is_full() {
                        break;
                    }
                }
                let (places, years, numbers) = board.finish();
                (places, years, Numbers::Integers(numbers))
            }
            // Rows that are sorted by their n-grams stay packed.
            (None, Tallies::ByYear { spans, bytes }) if sort != Some(Sort::Matches) => {
                let place = |slot| Place { slot, at: slot };
                let packed = Numbers::Packed { spans: take(spans), bytes: take(bytes) };
                (slots.map(place).collect(), Vec::new(), packed)
            }
            (None, Tallies::ByYear { .. }) => {
                let mut board = Board::new(&counted.names, sort, order.top, width, Vec::new());
                for slot in slots {
                    for (year, sums) in counted.years(slot, width) {
                        board.push(slot, Some(year), &sums[..width]);
                    }
                }
                let (places, years, numbers) = board.finish();
                (places, years, Numbers::Integers(numbers))
            }
            (Some(mut scale), _) => {
                let mut board = Board::new(&counted.names, sort, order.top, width, Vec::new());
                let mut missing = None;
                for slot in slots {
                    if let Err(here) = scale.rows(&counted, slot) {
                        missing = missing.into_iter().chain([here]).min();
                    }
                    if missing.is_some() || board.is_full() {
                        continue;
                    }
                    for (row, values) in scale.values.chunks_exact(width).enumerate() {
                        board.push(slot, scale.years.get(row).copied(), values);
                    }
                }
                if let Some(missing) = missing {
                    return Err(missing);
                }
                let (places, years, numbers) = board.finish();
                (places, years, Numbers::Reals(numbers))
            }
        };
        let mut part = Part { names: counted.names, places, years, numbers, width };
        if let Some(top) = order.top {
            part.shrink(top);
        }
        Ok(part)
    }

    /// The n-grams that have rows, in the order in which these are made; `None` for all of them as they came.
    fn listed(&self, counted: &Counted) -> Option<Vec<u32>> {
        let all = || (0..).take(counted.names.len());
        let min_count = self.order.min_count;
        let mut slots = match (self.asked, self.sort) {
            // The n-grams are sorted and not their rows, of which there may be hundreds to each and whose years ascend.
            (asked, Some(Sort::Ngram)) => {
                let by_name = |slot| Ranked::by_name(Place { slot, at: slot }, &counted.names);
                let mut ranked: Vec<_> = match asked {
                    Some(asked) => asked.iter().copied().map(by_name).collect(),
                    None => all().map(by_name).collect(),
                };
                ranks::sort_by_name(&mut ranked, &counted.names);
                ranked.into_iter().map(|row| row.place.slot).collect()
            }
            (Some(asked), _) => asked.to_vec(),
            (None, _) if min_count.is_some() => all().collect(),
            (None, _) => return None,
        };
        if let Some(min_count) = min_count {
            slots.retain(|&slot| counted.first_total(slot, self.width) >= min_count.into());
        }
        Some(slots)
    }
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

impl Part {
    /// Lets go of all but the first `top` rows.
    fn shrink(&mut self, top: usize) {
        let width = self.width;
        let mut names = Names::default();
        if let Numbers::Packed { spans, bytes } = &mut self.numbers {
            let mut rows = 0;
            let (mut kept, mut kept_bytes) = (Vec::new(), Vec::new());
            self.places.retain_mut(|place| {
                let range = spans[place.at as usize].range();
                let wanted = rows < top;
                if wanted {
                    rows += Packed::new(&bytes[range.clone()], width).count_rows().unwrap_or(0);
                    place.at = kept.len() as u32;
                    kept.push(Span { start: kept_bytes.len(), len: range.len() as u32 });
                    kept_bytes.extend_from_slice(&bytes[range]);
                }
                wanted
            });
            (*spans, *bytes) = (kept, kept_bytes);
        }
        for place in &mut self.places {
            let slot = names.len() as u32;
            names.push(self.names.get(place.slot));
            place.slot = slot;
        }
        self.names = names;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::filter::Years;
    use crate::count::packed::Packer;
    use crate::count::{Filter, Measures, Row, Value};
    use crate::record::totals::{Total, Totals};

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
        let rows = [
            ("a", 1999, [1, 1]),
            ("a", 2000, [2, 1]),
            ("a", 2001, [3, 1]),
            ("a", 2003, [8, 4]),
            ("b", 2001, [5, 5]),
        ];
        for (ngram, year, sums) in rows {
            let mut bytes = Vec::new();
            Packer::default().push(&mut bytes, year, sums[0], sums[1..].iter().copied());
            series.add(ngram.as_bytes(), &bytes).unwrap();
        }
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
