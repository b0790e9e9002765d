//! It makes no difference to an answer in what order partial counts are merged, or whether some were combined before.

use ngramcount::count::{
    Answer, AnswerOptions, BadLines, Combiner, CountError, Format, Mapper, Measure, Measures, Partial, Plan,
    Reducer, Sort,
};
use ngramcount::record::totals::{Total, Totals};
use proptest::prelude::*;

/// Chunks of rows, of which some n-grams are in several.
fn chunks() -> impl Strategy<Value = Vec<String>> {
    let row = ("[ab]{1,3}|[a-e] [a-e]|x{9}[ab]{0,9}", 1990..1996_u32, 0..4_u64, 0..4_u64)
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
    (measures, any::<bool>()).prop_map(|(measures, by_year)| {
        let mut plan = Plan::default();
        plan.measures = Measures::new(measures).unwrap();
        plan.by_year = by_year;
        plan.bad_lines = BadLines::Skip;
        plan
    })
}

fn order() -> impl Strategy<Value = AnswerOptions> {
    let sort = prop::sample::select(vec![None, Some(Sort::Matches), Some(Sort::Ngram)]);
    let top = prop_oneof![Just(None), (0..12_usize).prop_map(Some)];
    let min_count = prop_oneof![Just(None), (0..6_u64).prop_map(Some)];
    // Some totals lack the last year, so that some relative frequencies are errors.
    let totals = |last| (1990..last).map(|year| (year, Total { matches: 7, volumes: 5, pages: 1 })).collect();
    let relative_to =
        prop_oneof![3 => Just(None), 1 => (1995..1997_u32).prop_map(move |last| Some(totals(last)))];
    let smoothing = prop_oneof![Just(None), (0..3_u32).prop_map(Some)];
    (sort, top, min_count, relative_to, smoothing).prop_map(
        |(sort, top, min_count, relative_to, smoothing): (_, _, _, Option<Totals>, _)| {
            let mut order = AnswerOptions::default();
            (order.sort, order.top, order.min_count) = (sort, top, min_count);
            (order.relative_to, order.smoothing) = (relative_to, smoothing);
            order
        },
    )
}

fn mapped(plan: &Plan, chunks: &[String]) -> Vec<Partial> {
    let mapper = Mapper::new(plan);
    chunks.iter().map(|chunk| mapper.map(Format::V2, chunk.as_bytes()).unwrap()).collect()
}

/// The partial counts after a combiner with `limit` bytes of memory, with the lines of the first ones.
fn combined(plan: &Plan, partials: &[Partial], limit: usize) -> Vec<Partial> {
    let mut combiner = Combiner::new(plan, limit);
    let mut combined: Vec<_> =
        partials.iter().filter_map(|partial| combiner.merge(partial).unwrap()).collect();
    combined.push(combiner.finish());
    combined.extend(partials.iter().map(|partial| Partial::of_lines(partial.lines)));
    combined
}

fn reduce<'a>(
    plan: &Plan,
    partials: impl IntoIterator<Item = &'a Partial>,
    order: &AnswerOptions,
) -> Result<String, CountError> {
    let mut reducer = Reducer::new(plan);
    for partial in partials {
        reducer.merge(partial).unwrap();
    }
    shown(reducer.finish(order))
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
    fn an_answer_does_not_depend_on_the_order_of_merging_or_on_combining(
        chunks in chunks(),
        plan in plan(),
        mut order in order(),
        limit in 0..2000_usize,
    ) {
        order.by_year = plan.by_year;
        if !plan.by_year {
            (order.relative_to, order.smoothing) = (None, None);
        }
        let partials = mapped(&plan, &chunks);
        let expected = reduce(&plan, &partials, &order);
        prop_assert_eq!(&reduce(&plan, partials.iter().rev(), &order), &expected);
        prop_assert_eq!(&reduce(&plan, &combined(&plan, &partials, limit), &order), &expected);
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
    let partials = mapped(&plan, &chunks);
    let (mut by_ngram, mut top) = (AnswerOptions::default(), AnswerOptions::default());
    by_ngram.sort = Some(Sort::Ngram);
    top.top = Some(10_001);
    let orders = [AnswerOptions::default(), by_ngram, top];
    for order in orders {
        let expected = reduce(&plan, &partials, &order);
        assert!(reduce(&plan, partials.iter().rev(), &order) == expected, "{order:?}");
        assert!(reduce(&plan, &combined(&plan, &partials, 100_000), &order) == expected, "{order:?}");
    }
}
