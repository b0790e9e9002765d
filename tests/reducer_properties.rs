//! It makes no difference to an answer how many threads merge.

use ngramcount::count::{
    Answer, BadLines, CountError, Format, Mapper, Measure, Measures, Order, Plan, Reducer, Sort, Unmerged,
};
use ngramcount::record::totals::{Total, Totals};
use proptest::prelude::*;

/// Chunks of rows, of which some n-grams are in several.
fn chunks() -> impl Strategy<Value = Vec<String>> {
    let row = (
        "[ab]{1,3}|[a-e] [a-e]|x{9}[ab]{0,9}",
        1990..1996_u32,
        0..4_u64,
        prop_oneof![9 => 0..4_u64, 1 => Just(u64::MAX / 3)],
    )
        .prop_map(|(ngram, year, matches, volumes)| format!("{ngram}\t{year}\t{matches}\t{volumes}\n"));
    let bad = Just("bad\n".to_owned());
    let chunk = prop::collection::vec(prop_oneof![30 => row, 1 => bad], 0..20);
    prop::collection::vec(chunk.prop_map(|rows| rows.concat()), 0..12)
}

fn plan() -> impl Strategy<Value = Plan> {
    let measures = prop::sample::select(vec![
        vec![Measure::Matches],
        vec![Measure::Volumes, Measure::Matches],
        vec![Measure::Lines, Measure::Volumes, Measure::Matches],
    ]);
    (measures, any::<bool>()).prop_map(|(measures, by_year)| Plan {
        measures: Measures::new(measures).unwrap(),
        by_year,
        bad_lines: BadLines::Skip,
        ..Plan::default()
    })
}

fn order() -> impl Strategy<Value = Order> {
    let sort = prop::sample::select(vec![None, Some(Sort::Matches), Some(Sort::Ngram)]);
    let top = prop_oneof![Just(None), (0..12_usize).prop_map(Some)];
    let min_count = prop_oneof![Just(None), (0..6_u64).prop_map(Some)];
    // The last year is missing from some, and so there are shares that cannot be told.
    let totals = |last| (1990..last).map(|year| (year, Total { matches: 7, volumes: 5, pages: 1 })).collect();
    let relative_to =
        prop_oneof![3 => Just(None), 1 => (1995..1997_u32).prop_map(move |last| Some(totals(last)))];
    let smoothing = prop_oneof![Just(None), (0..3_u32).prop_map(Some)];
    (sort, top, min_count, relative_to, smoothing).prop_map(
        |(sort, top, min_count, relative_to, smoothing): (_, _, _, Option<Totals>, _)| Order {
            sort,
            top,
            min_count,
            relative_to,
            smoothing,
            by_year: false,
        },
    )
}

/// The reducer after all that could be merged, and what ended the merging.
fn reduce(plan: &Plan, chunks: &[String], mut reducer: Reducer) -> (Reducer, Result<(), Unmerged>) {
    let mapper = Mapper::new(plan);
    for (number, chunk) in (0..).zip(chunks) {
        // What overflows within a chunk is not the reducer's.
        if let Ok(partial) = mapper.map(Format::V2, chunk.as_bytes())
            && reducer.merge(number, partial).is_err()
        {
            break;
        }
    }
    let settled = reducer.settle();
    (reducer, settled)
}

fn shown(answer: Result<Answer, CountError>) -> Result<String, CountError> {
    answer.map(|answer| {
        let rows: Vec<_> = answer.rows().collect();
        assert_eq!(rows.len(), answer.len());
        format!("{:?} {rows:?} {:?} {:?}", answer.columns(), answer.matches_total(), answer.lines())
    })
}

proptest! {
    #[test]
    fn an_answer_of_several_threads_is_that_of_one(
        chunks in chunks(),
        plan in plan(),
        mut order in order(),
        threads in 2..6_usize,
        many in 0..40_usize,
    ) {
        order.by_year = plan.by_year;
        if !plan.by_year {
            (order.relative_to, order.smoothing) = (None, None);
        }
        let (alone, ended) = reduce(&plan, &chunks, Reducer::new(&plan));
        let (shared, shared_ended) = reduce(&plan, &chunks, Reducer::new(&plan).sharing(threads, many));
        prop_assert_eq!(&shared_ended, &ended);
        if let Err(unmerged) = ended {
            prop_assert_eq!(shown(shared.finish(&order)), Err(unmerged.error));
        } else {
            prop_assert_eq!(shown(shared.finish(&order)), shown(alone.finish(&order)));
        }
    }
}

#[test]
fn tens_of_thousands_of_ngrams_are_the_same_too() {
    let plan = Plan::default();
    let chunks: Vec<String> = (0..40_000_u64)
        .collect::<Vec<_>>()
        .chunks(1000)
        .map(|chunk| chunk.iter().map(|n| format!("{:x} {n}\t2000\t{}\t1\n", n * n % 977, n % 7)).collect())
        .collect();
    let orders = [
        Order::default(),
        Order { sort: Some(Sort::Ngram), ..Order::default() },
        Order { top: Some(10_001), ..Order::default() },
    ];
    for order in orders {
        let (alone, _) = reduce(&plan, &chunks, Reducer::new(&plan));
        let expected = shown(alone.finish(&order));
        for threads in [2, 3, 7] {
            let (shared, _) = reduce(&plan, &chunks, Reducer::new(&plan).sharing(threads, 10_000));
            assert!(shown(shared.finish(&order)) == expected, "{threads} {order:?}");
        }
    }
}
