//! Partial sums: as lines, from step to step, and as messages, from a worker.

use std::collections::BTreeMap;

use ngramcount::count::{Answer, AnswerOptions, CountError, Partial, Plan, Reducer, Value};
use ngramcount::input::{Control, Source};
use ngramcount::output::write_partial;
use ngramcount::partials::{PartialsError, PartialsReader, combine, reduce, reduce_sorted};
use ngramcount::record::lines;
use ngramcount::record::partials::PartialsLayout;
use ngramcount::spill::MemoryRules;

use super::input;

/// Sums by n-gram and year; the year is 0 in a count over all years.
type Sums = BTreeMap<(Vec<u8>, u32), Vec<u64>>;

/// All steps give the sums that a reader of one line after the other gives, or refuse the lines.
pub fn check_lines(bytes: &[u8], by_year: bool) {
    if input::may_be_packed(bytes) {
        return;
    }
    let file = input::file(bytes);
    let open = |path: &std::path::Path| {
        PartialsReader::open(vec![Source::from(path)], by_year, &Control::new()).unwrap()
    };
    let expected = expected(bytes, by_year);

    let mut spilling = MemoryRules::default();
    spilling.spill_bytes = Some(64);
    for memory in [MemoryRules::default(), spilling] {
        match (reduce(&mut open(file.path()), &memory), &expected) {
            (Ok(answer), Some(expected)) => assert_eq!(sums_of_answer(&answer), *expected),
            (Err(PartialsError::BadLine { .. } | PartialsError::Overflow { .. }), None) => {}
            (found, expected) => panic!("{found:?} in place of {expected:?}"),
        }
    }

    let (mut combined, mut sorted) = (Vec::new(), Vec::new());
    let outcome = combine(&mut open(file.path()), 1 << 20, &mut |partial, plan| {
        write_partial(partial, plan, &mut combined).map(drop)
    });
    assert_eq!(outcome.is_ok(), expected.is_some(), "{outcome:?}");
    let in_order = reduce_sorted(&mut open(file.path()), &mut |partial, plan| {
        write_partial(partial, plan, &mut sorted).map(drop)
    });
    let unsorted = matches!(in_order, Err(PartialsError::Unsorted { .. }));
    assert!(unsorted || in_order.is_ok() == expected.is_some(), "{in_order:?}");

    if let Some(expected) = expected {
        assert_eq!(self::expected(&combined, by_year).as_ref(), Some(&expected));
        if !unsorted {
            assert_eq!(self::expected(&sorted, by_year), Some(expected));
        }
    }
}

/// `None` if a line is bad or a sum is too large.
fn expected(bytes: &[u8], by_year: bool) -> Option<Sums> {
    let (mut layout, mut sums) = (PartialsLayout::new(by_year), Sums::new());
    for line in lines(bytes) {
        let mut row = Vec::new();
        let (ngram, year) = layout.parse(line, &mut row).ok()?;
        let all = sums.entry((ngram.to_vec(), year)).or_insert_with(|| vec![0; row.len()]);
        for (sum, amount) in all.iter_mut().zip(row) {
            *sum = sum.checked_add(amount)?;
        }
    }
    Some(sums)
}

fn sums_of_answer(answer: &Answer) -> Sums {
    let rows = answer.rows().map(|row| {
        let sums = row.values.iter().map(|value| match value {
            Value::Integer(sum) => sum,
            Value::Real(_) => unreachable!("sums are whole numbers"),
        });
        ((row.ngram.to_vec(), row.year.unwrap_or(0)), sums.collect())
    });
    rows.collect()
}

/// A message that a worker may send is merged or refused.
pub fn check_message(bytes: &[u8], by_year: bool) {
    let config = bincode::config::standard().with_limit::<{ 1 << 20 }>();
    let Ok((partial, _)) = bincode::serde::decode_from_slice::<Partial, _>(bytes, config) else { return };
    let mut plan = Plan::default();
    plan.by_year = by_year;
    let mut reducer = Reducer::new(&plan);
    match reducer.merge(&partial) {
        Ok(()) => {
            let rows = partial.visit(by_year, 1, |_, _, _| Ok::<_, CountError>(()));
            assert_eq!(rows, Ok(()));
            let mut order = AnswerOptions::default();
            order.by_year = by_year;
            let answer = reducer.finish(&order).unwrap();
            assert!(by_year || answer.len() <= partial.len());
        }
        Err(CountError::Damaged(_) | CountError::Overflow { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}
