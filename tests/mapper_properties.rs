//! Counting does not depend on where the input is cut or in what order the pieces come back.

use std::collections::BTreeMap;

use ngramcount::count::{
    Answer, AnswerOptions, BadLines, Format, Mapper, MismatchFinder, Plan, Reducer, Row, Selection, Tokens,
    Value,
};
use proptest::prelude::*;

/// Rows, some of them bad, and what they hold by the simplest means: (n-gram, matches) for a good one.
fn input() -> impl Strategy<Value = Vec<(String, Option<(String, u64)>)>> {
    let good = ("[ab]{1,2}|[a-c]{17}", 1500..2020_u32, 0..1000_u64, 1..9_u64).prop_map(
        |(ngram, year, matches, volumes)| {
            (format!("{ngram}\t{year}\t{matches}\t{volumes}\n"), Some((ngram, matches)))
        },
    );
    let bad = prop::sample::select(vec!["\n", "a\t1\t1\n", "a\tx\t1\t1\n", "\t1\t1\t1\n", "a\t1\t-1\t1\n"])
        .prop_map(|line| (line.to_owned(), None));
    prop::collection::vec(prop_oneof![20 => good, 1 => bad], 0..60)
}

/// Counts the lines in chunks of the given lengths (the last one repeated), merged from the last to the first if
/// `backwards`.
fn count(lines: &[String], lengths: &[usize], backwards: bool, selection: &Selection) -> Answer {
    let mut plan = Plan::default();
    plan.selection = selection.clone();
    plan.bad_lines = BadLines::Skip;
    let mapper = Mapper::new(&plan);
    let mut partials = Vec::new();
    let (mut rest, mut lengths) = (lines, lengths.iter().copied().chain(std::iter::repeat(3)));
    while let Some(length) = lengths.next().filter(|_| !rest.is_empty()) {
        let (chunk, behind) = rest.split_at(length.min(rest.len()));
        partials.push(mapper.map(Format::V2, chunk.concat().as_bytes()).unwrap());
        rest = behind;
    }
    if backwards {
        partials.reverse();
    }
    let mut reducer = Reducer::new(&plan);
    for partial in &partials {
        reducer.merge(partial).unwrap();
    }
    reducer.finish(&AnswerOptions::default()).unwrap()
}

fn rows(answer: &Answer) -> Vec<(String, u64)> {
    let matches = |row: Row<'_>| match row.values.get(0) {
        Some(Value::Integer(matches)) => matches,
        other => panic!("{other:?}"),
    };
    answer.rows().map(|row| (String::from_utf8(row.ngram.to_vec()).unwrap(), matches(row))).collect()
}

proptest! {
    #[test]
    fn no_n_gram_that_a_text_has_is_said_to_be_impossible(
        text in "[a-cA1-3_'.:,;\"\\- \u{e9}\u{301}\u{200d}\u{2019}\u{433}\u{5d0}\u{30a2}\u{4e2d}\u{1f600}\u{93e}\r\t]{0,24}",
        blanks: bool,
        ignore_case: bool,
    ) {
        let mut plan = Plan::default();
        (plan.text.shortest, plan.text.longest) = (1, 3);
        plan.text.tokens = if blanks { Tokens::Blanks } else { Tokens::Words };
        plan.filter.ignore_case = ignore_case;
        let finder = MismatchFinder::new(&plan, true);
        let partial = Mapper::new(&plan).map(Format::Text, text.as_bytes()).unwrap();
        for (ngram, _) in partial.iter().unwrap() {
            prop_assert_eq!(finder.find(ngram), None);
        }
    }

    #[test]
    fn any_cutting_at_line_ends_and_any_order_of_merging_gives_the_hand_made_count(
        input in input(),
        lengths in prop::collection::vec(1..12_usize, 0..20),
        backwards: bool,
    ) {
        let (lines, meanings): (Vec<_>, Vec<_>) = input.into_iter().unzip();
        let mut expected = BTreeMap::<String, u64>::new();
        for (ngram, matches) in meanings.iter().flatten() {
            *expected.entry(ngram.clone()).or_default() += matches;
        }
        let bad = meanings.iter().filter(|meaning| meaning.is_none()).count() as u64;

        let all = count(&lines, &lengths, backwards, &Selection::All);
        prop_assert_eq!(&rows(&all).into_iter().collect::<BTreeMap<_, _>>(), &expected);
        prop_assert_eq!(all.len(), expected.len());
        prop_assert_eq!((all.lines().read, all.lines().bad), (lines.len() as u64, bad));
        prop_assert!(all.lines().is_balanced());
        prop_assert!(rows(&all).is_sorted_by_key(|(ngram, matches)| (std::cmp::Reverse(*matches), ngram.clone())));

        let words = ["b", "never", "a", "b"];
        let selection = Selection::Words(words.iter().map(|word| word.as_bytes().to_vec()).collect());
        let asked = count(&lines, &lengths, backwards, &selection);
        let expected = words.map(|word| (word.to_owned(), expected.get(word).copied().unwrap_or(0)));
        prop_assert_eq!(rows(&asked), expected);
        prop_assert!(asked.lines().is_balanced());
        prop_assert_eq!((asked.lines().read, asked.lines().bad), (lines.len() as u64, bad));
    }
}
