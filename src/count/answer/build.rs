//! Builds an answer from the final sums: selects the rows, computes their numbers, and sorts them.

use std::mem::take;
use std::sync::Arc;

use super::final_sums::{FinalSums, SumValues};
use super::normalize::Normalizer;
use super::options::{AnswerOptions, Sort};
use super::row::{Column, ColumnType};
use super::row_file::RowFiles;
use super::row_store::{RowRef, RowStore, RowValues};
use super::rows::{Answer, RowSource};
use super::slots::{each_slot, first_slots, select_slots};
use super::top_k::TopK;
use crate::count::error::CountError;
use crate::count::partial::{LineTally, Partial};
use crate::count::plan::{Measure, Plan};

/// The answer from final sums. `query` are the slots of the selected words, if words are selected.
///
/// # Errors
/// As [`Reducer::finish`](crate::count::Reducer::finish).
pub(crate) fn build_answer(
    sums: FinalSums,
    query: Option<Vec<u32>>,
    lines: LineTally,
    plan: &Plan,
    order: &AnswerOptions,
) -> Result<Answer, CountError> {
    let default_sort = match (&query, order.top) {
        (_, Some(_)) => Some(Sort::Matches),
        (Some(_), None) => None,
        (None, None) if order.by_year => Some(Sort::Ngram),
        (None, None) => Some(Sort::Matches),
    };
    let sort = order.sort.or(default_sort);
    let normalizer = Normalizer::new(plan, order, || sums.year_range())?;
    let absent = query.as_deref().map_or_else(Vec::new, |query| sums.absent(query));
    let mut slots = select_slots(&sums, query.as_deref(), sort, order.min_count);
    let (mut row_sort, mut top_rows) = (sort, order.top);
    if let (true, Some(top)) = (order.by_year, order.top) {
        // All rows of the first n-grams, in the order of these n-grams unless rows are to be sorted.
        slots = Some(first_slots(&sums, slots, sort, top)?);
        (row_sort, top_rows) = (order.sort, None);
    }
    let mut store = match normalizer {
        None => plain_rows(sums, slots, row_sort, top_rows)?,
        Some(normalizer) => normalized_rows(sums, slots, row_sort, top_rows, normalizer)?,
    };
    if order.top.is_some() {
        store.truncate(top_rows.unwrap_or(usize::MAX));
    }
    let len = store.count_rows().min(top_rows.unwrap_or(usize::MAX));
    Ok(Answer::new(columns(plan, order), RowSource::Memory(store), len, lines, absent))
}

/// The answer from sorted rows in files.
pub(crate) fn answer_in_files(
    files: RowFiles,
    lines: LineTally,
    plan: &Plan,
    order: &AnswerOptions,
) -> Answer {
    let rows = files.parts.iter().map(|part| part.rows).sum::<u64>();
    let len = usize::try_from(rows).unwrap_or(usize::MAX).min(order.top.unwrap_or(usize::MAX));
    Answer::new(columns(plan, order), RowSource::Files(Arc::new(files)), len, lines, Vec::new())
}

/// Whether the rows of all n-grams are sorted by their first number, in an answer without selected words.
pub(crate) fn is_sorted_by_number(order: &AnswerOptions) -> bool {
    match order.sort {
        Some(sort) => sort == Sort::Matches,
        None => order.top.is_some() || !order.by_year,
    }
}

/// The sums of the n-grams that have rows in an answer with a `top`.
///
/// # Errors
/// [`CountError::TooManyRows`].
pub(crate) fn first_ngrams(sums: &FinalSums, order: &AnswerOptions) -> Result<Partial, CountError> {
    let sort = Some(order.sort.unwrap_or(Sort::Matches));
    let slots = select_slots(sums, None, sort, order.min_count);
    let slots = first_slots(sums, slots, sort, order.top.unwrap_or(usize::MAX))?;
    let mut first = Partial::default();
    slots.iter().for_each(|&slot| first.push_sums(sums.keys.get(slot), sums.sums(slot)));
    Ok(first)
}

/// Rows of the sums themselves.
fn plain_rows(
    mut sums: FinalSums,
    slots: Option<Vec<u32>>,
    sort: Option<Sort>,
    top: Option<usize>,
) -> Result<RowStore, CountError> {
    let width = sums.width;
    let slots = each_slot(&slots, sums.keys.len());
    let (rows, years, values) = match &mut sums.values {
        SumValues::AllYears(numbers) => {
            let mut top_k = TopK::new(&sums.keys, sort, top, width, take(numbers)).in_order(sums.in_order);
            for slot in slots {
                top_k.push_stored(slot, slot as usize)?;
                if top_k.is_full() {
                    break;
                }
            }
            let (rows, years, numbers) = top_k.finish();
            (rows, years, RowValues::Integers(numbers))
        }
        // Rows that are sorted by n-gram stay encoded.
        SumValues::ByYear(store) if sort != Some(Sort::Matches) => {
            let rows = slots.map(|slot| RowRef { slot, index: slot }).collect();
            (rows, Vec::new(), RowValues::ByYear(take(store)))
        }
        SumValues::ByYear(store) => {
            let mut top_k = TopK::new(&sums.keys, sort, top, width, Vec::new()).in_order(sums.in_order);
            for slot in slots {
                for (year, numbers) in store.rows(slot, width) {
                    top_k.push(slot, Some(year), &numbers[..width])?;
                }
            }
            let (rows, years, numbers) = top_k.finish();
            (rows, years, RowValues::Integers(numbers))
        }
    };
    Ok(RowStore { keys: sums.keys, rows, years, values, width })
}

/// Rows of relative frequencies or means.
fn normalized_rows(
    sums: FinalSums,
    slots: Option<Vec<u32>>,
    sort: Option<Sort>,
    top: Option<usize>,
    mut normalizer: Normalizer<'_>,
) -> Result<RowStore, CountError> {
    let width = sums.width;
    let mut top_k = TopK::new(&sums.keys, sort, top, width, Vec::new()).in_order(sums.in_order);
    // Of several missing totals the least is reported, so that the error does not depend on the order of the n-grams.
    let mut missing = None;
    for slot in each_slot(&slots, sums.keys.len()) {
        if let Err(error) = normalizer.compute(&sums, slot) {
            missing = missing.into_iter().chain([error]).min();
        }
        if missing.is_some() || top_k.is_full() {
            continue;
        }
        for (row, values) in normalizer.values.chunks_exact(width).enumerate() {
            top_k.push(slot, normalizer.years.get(row).copied(), values)?;
        }
    }
    if let Some(missing) = missing {
        return Err(normalizer.error(missing));
    }
    let (rows, years, numbers) = top_k.finish();
    Ok(RowStore { keys: sums.keys, rows, years, values: RowValues::Reals(numbers), width })
}

fn columns(plan: &Plan, order: &AnswerOptions) -> Vec<Column> {
    let is_relative = order.relative_to.is_some();
    let kind = if is_relative || order.smoothing.is_some() { ColumnType::Real } else { ColumnType::Integer };
    let mut columns = vec![Column { name: "ngram", kind: ColumnType::Text }];
    if order.by_year {
        columns.push(Column { name: "year", kind: ColumnType::Integer });
    }
    let name = |measure: Measure| if is_relative { measure.relative_name() } else { measure.name() };
    columns.extend(plan.measures.iter().map(|measure| Column { name: name(measure), kind }));
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::encoding::YearRowWriter;
    use crate::count::ngram_table::{NgramTable, NgramYearTable};
    use crate::count::plan::{Filter, Measures, Years};
    use crate::count::{Row, Value};
    use crate::record::totals::{Total, Totals};

    const COUNTS: [(&str, u64); 5] = [("b", 7), ("é", 7), ("B", 7), ("a", 100), ("z", 0)];

    fn rows(query: Option<&[&str]>, order: AnswerOptions) -> Vec<String> {
        let mut table = NgramTable::new();
        for (ngram, matches) in COUNTS {
            table.add(ngram.as_bytes(), matches).unwrap();
        }
        let query =
            query.map(|words| words.iter().map(|word| table.slot(word.as_bytes()).unwrap()).collect());
        shown(
            &build_answer(
                FinalSums::of_table(table, 1),
                query,
                LineTally::default(),
                &Plan::default(),
                &order,
            )
            .unwrap(),
        )
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

    fn order(sort: Option<Sort>, top: Option<usize>, min_count: Option<u64>) -> AnswerOptions {
        AnswerOptions { sort, top, min_count, ..AnswerOptions::default() }
    }

    #[test]
    fn rows_are_sorted_by_matches_and_then_by_bytes_by_default() {
        let by_matches = ["a=100", "B=7", "b=7", "é=7", "z=0"];
        assert_eq!(rows(None, AnswerOptions::default()), by_matches);
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
    fn a_min_count_leaves_out_rarer_ngrams() {
        assert_eq!(rows(None, order(None, None, Some(7))), ["a=100", "B=7", "b=7", "é=7"]);
        assert_eq!(rows(None, order(None, Some(2), Some(8))), ["a=100"]);
        assert_eq!(rows(Some(&["z", "b"]), order(None, None, Some(1))), ["b=7"]);
    }

    #[test]
    fn words_stay_in_the_order_of_the_query() {
        let words = ["z", "a", "absent", "b", "a"];
        assert_eq!(
            rows(Some(&words), AnswerOptions::default()),
            ["z=0", "a=100", "absent=0", "b=7", "a=100"]
        );
    }

    #[test]
    fn words_are_sorted_if_a_sort_or_a_top_is_given() {
        let words = ["z", "a", "absent", "b", "a"];
        let by_matches = ["a=100", "a=100", "b=7", "absent=0", "z=0"];
        assert_eq!(rows(Some(&words), order(Some(Sort::Matches), None, None)), by_matches);
        assert_eq!(rows(Some(&words), order(None, Some(3), None)), by_matches[..3]);
        let by_ngram = ["a=100", "a=100", "absent=0", "b=7", "z=0"];
        assert_eq!(rows(Some(&words), order(Some(Sort::Ngram), None, None)), by_ngram);
    }

    /// `a` in 1999 to 2001 and 2003, `b` in 2001; matches and volumes.
    fn by_year(order: &AnswerOptions, years: Years) -> Result<Vec<String>, CountError> {
        let measures = Measures::new(vec![Measure::Matches, Measure::Volumes]).unwrap();
        let plan = Plan {
            measures,
            by_year: true,
            filter: Filter { years, ..Filter::default() },
            ..Plan::default()
        };
        let mut table = NgramYearTable::with_width(2);
        let rows = [
            ("a", 1999, [1, 1]),
            ("a", 2000, [2, 1]),
            ("a", 2001, [3, 1]),
            ("a", 2003, [8, 4]),
            ("b", 2001, [5, 5]),
        ];
        for (ngram, year, sums) in rows {
            let mut bytes = Vec::new();
            YearRowWriter::default().push(&mut bytes, year, sums[0], sums[1..].iter().copied());
            table.add(ngram.as_bytes(), &bytes).unwrap();
        }
        build_answer(FinalSums::of_year_table(table, 2), None, LineTally::default(), &plan, order)
            .map(|answer| shown(&answer))
    }

    #[test]
    fn each_year_is_a_row_and_the_min_count_is_about_all_years() {
        let order = AnswerOptions { by_year: true, ..AnswerOptions::default() };
        let all = ["a@1999=1,1", "a@2000=2,1", "a@2001=3,1", "a@2003=8,4", "b@2001=5,5"];
        assert_eq!(by_year(&order, Years::ALL).unwrap(), all);
        let at_least = |min_count| AnswerOptions { min_count: Some(min_count), ..order.clone() };
        assert_eq!(by_year(&at_least(14), Years::ALL).unwrap(), all[..4]);
        assert_eq!(by_year(&at_least(15), Years::ALL).unwrap(), [""; 0]);
        let top = AnswerOptions { top: Some(3), ..order };
        assert_eq!(by_year(&top, Years::ALL).unwrap(), all);
    }

    #[test]
    fn top_keeps_all_years_of_the_most_frequent_ngrams() {
        let order = AnswerOptions { by_year: true, top: Some(1), ..AnswerOptions::default() };
        let a = ["a@1999=1,1", "a@2000=2,1", "a@2001=3,1", "a@2003=8,4"];
        assert_eq!(by_year(&order, Years::ALL).unwrap(), a);
        let sorted = |sort| AnswerOptions { sort: Some(sort), ..order.clone() };
        assert_eq!(by_year(&sorted(Sort::Ngram), Years::ALL).unwrap(), a);
        let by_matches = ["a@2003=8,4", "a@2001=3,1", "a@2000=2,1", "a@1999=1,1"];
        assert_eq!(by_year(&sorted(Sort::Matches), Years::ALL).unwrap(), by_matches);
        let none = AnswerOptions { top: Some(0), ..order.clone() };
        assert_eq!(by_year(&none, Years::ALL).unwrap(), [""; 0]);
        let smoothed = AnswerOptions { smoothing: Some(1), ..order };
        let years: Vec<_> = by_year(&smoothed, Years::ALL).unwrap();
        assert_eq!(years.len(), 5);
        assert!(years.iter().all(|row| row.starts_with("a@")), "{years:?}");
    }

    #[test]
    fn the_mean_is_over_fewer_years_at_the_ends_and_a_missing_year_is_zero() {
        let order = AnswerOptions { by_year: true, smoothing: Some(1), ..AnswerOptions::default() };
        // 1 2 3 0 8 and 0 0 5 0 0
        let a = ["a@1999=1.5,1", "a@2000=2,1", "a@2001=1.6666666666666667,0.6666666666666666"];
        assert_eq!(by_year(&order, Years::ALL).unwrap()[..3], a);
        let means = by_year(&order, Years::ALL).unwrap();
        assert_eq!(means.len(), 10);
        assert!(means[3].starts_with("a@2002=3.666") && means[4] == "a@2003=4,2", "{means:?}");
        assert_eq!(means[5], "b@1999=0,0");
        let wide = by_year(&order, Years { first: 1997, last: Years::ALL.last }).unwrap();
        assert_eq!((wide.len(), &*wide[1]), (14, "a@1998=0.3333333333333333,0.3333333333333333"));
        let flat = AnswerOptions { smoothing: Some(u32::MAX), ..order };
        assert_eq!(by_year(&flat, Years::ALL).unwrap()[0], "a@1999=2.8,1.4");
    }

    #[test]
    fn relative_frequencies_are_of_the_totals_of_the_same_years() {
        let total = |matches| Total { matches, volumes: 10, pages: 0 };
        let totals = Totals::from([
            (1998, total(5)),
            (1999, total(10)),
            (2000, total(20)),
            (2001, total(30)),
            (2003, total(16)),
        ]);
        let order = AnswerOptions { relative_to: Some(totals.clone()), ..AnswerOptions::default() };
        let rows = by_year(&AnswerOptions { by_year: true, ..order.clone() }, Years::ALL).unwrap();
        assert_eq!(rows[..2], ["a@1999=0.1,0.1", "a@2000=0.1,0.1"]);
        // Matches: 14 of 81 and 5 of 81; volumes: 7 of 50 and 5 of 50.
        let expected = [format!("a={},0.14", 14.0 / 81.0), format!("b={},0.1", 5.0 / 81.0)];
        assert_eq!(by_year(&order, Years::ALL).unwrap(), expected);
        let expected = [format!("a={},{}", 14.0 / 76.0, 7.0 / 40.0), format!("b={},0.125", 5.0 / 76.0)];
        assert_eq!(by_year(&order, Years { first: 1999, last: 2003 }).unwrap(), expected);

        let mut hole = totals;
        hole.remove(&2003);
        let order = AnswerOptions { relative_to: Some(hole), ..order };
        let error = by_year(&order, Years::ALL).unwrap_err();
        assert_eq!(error.to_string(), "`a` occurs in 2003, for which the totals have no matches");
    }

    #[test]
    fn the_first_rows_of_many_are_those_of_the_whole_order() {
        let mut table = NgramTable::new();
        for n in 0..10_000_u64 {
            table.add(n.to_string().as_bytes(), n * 7919 % 10_007).unwrap();
        }
        let rows = |order: &AnswerOptions| {
            shown(
                &build_answer(
                    FinalSums::of_table(table.clone(), 1),
                    None,
                    LineTally::default(),
                    &Plan::default(),
                    order,
                )
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
