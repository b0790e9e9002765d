//! The API for Rust programs, against published answers and small oracles.

use std::collections::HashMap;
use std::fs;

use ngramcount::count::{BadLines, Format, Measure, Measures, Mismatch, Pattern, Pos, Sort, Tokens};
use ngramcount::exec::{ExecutorKind, Supervision};
use ngramcount::input::Control;
use ngramcount::{Counter, CounterError, Isolation, QuestionError};

const SAMPLE: &str = "data/googlebooks-eng-all-1gram-20120701-a.sample.gz";
const Q: &str = "data/googlebooks-eng-all-1gram-20120701-q.selected.crlf.gz";

#[test]
fn every_n_gram_of_a_published_answer_has_its_number() {
    let counts = Counter::new().count_files([SAMPLE]).unwrap();
    let expected =
        fs::read_to_string("data/googlebooks-eng-all-1gram-20120701-a.sample.expected.tsv").unwrap();
    let expected: Vec<(&str, u64)> = expected
        .lines()
        .map(|line| line.split_once('\t').map(|(ngram, matches)| (ngram, matches.parse().unwrap())).unwrap())
        .collect();
    assert_eq!(counts.len(), expected.len());
    for ((ngram, matches), row) in expected.iter().zip(counts.iter()) {
        assert_eq!(row.to_string(), format!("{ngram}\t{matches}"));
    }
    assert_eq!(counts.get("Aardvark"), Some(15));
    assert_eq!(counts.get("no such word"), None);
    let map = counts.into_map();
    assert_eq!(
        map,
        expected.iter().map(|(ngram, n)| (ngram.as_bytes().to_vec(), *n)).collect::<HashMap<_, _>>()
    );
}

#[test]
fn top_rows_are_the_most_frequent_ones_in_every_order() {
    let of = |counter: Counter| {
        let counts = counter.count_files([SAMPLE]).unwrap();
        counts.top(3).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let expected = ["at_ADP\t1471657", "an_DET\t1198271", "another_DET\t1176123"];
    assert_eq!(of(Counter::new()), expected);
    assert_eq!(of(Counter::new().sort(Sort::Ngram)), expected);
    assert_eq!(of(Counter::new().words(["an_DET", "Aardvark", "at_ADP", "another_DET"])), expected);
}

#[test]
fn years_are_added_up_once_for_a_word_that_is_selected_twice() {
    let once = Counter::new().words(["quick"]).by_year(true).count_files([Q]).unwrap();
    let twice = Counter::new().words(["quick", "quick"]).by_year(true).count_files([Q]).unwrap();
    // The sum of the word over all years is published with the sample.
    assert_eq!((once.get("quick"), twice.get("quick")), (Some(14_767_881), Some(14_767_881)));
    assert_eq!(twice.len(), 2 * once.len());
}

#[test]
fn selected_words_keep_their_spelling_when_case_is_ignored() {
    let counts = Counter::new().words(["QUEEN", "Queen"]).ignore_case(true).count_files([Q]).unwrap();
    let rows: Vec<_> = counts.iter().map(|row| row.to_string()).collect();
    // The published sums of all spellings, added up by hand.
    assert_eq!(rows, ["QUEEN\t27331561", "Queen\t27331561"]);
}

#[test]
fn all_executors_and_both_measures_agree() {
    let counter = Counter::new().measures(Measures::new(vec![Measure::Matches, Measure::Volumes]).unwrap());
    let rows = |kind| {
        let counts = counter.clone().executor(kind).count_files([Q]).unwrap();
        counts.iter().map(|row| row.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(rows(ExecutorKind::Threads), rows(ExecutorKind::Sequential));
}

#[test]
fn a_question_whose_parts_do_not_fit_together_is_refused_before_a_file_is_opened() {
    let refused = |counter: Counter| match counter.count_files(["no such file"]) {
        Err(CounterError::Question(error)) => error,
        other => panic!("{other:?}"),
    };
    let cases = [
        (Counter::new().ngrams(0..=1), QuestionError::Lengths { shortest: 0, longest: 1 }),
        (Counter::new().ngrams(1..=101), QuestionError::Lengths { shortest: 1, longest: 101 }),
        (Counter::new().words([""]), QuestionError::NotAnNgram { ngram: vec![] }),
        (Counter::new().words(["a\tb"]), QuestionError::NotAnNgram { ngram: b"a\tb".to_vec() }),
        (Counter::new().years(1900..1900), QuestionError::Years { first: 1900, last: 1899 }),
        (
            Counter::new().words(["of the", "fish"]).pos(Pos::Untagged).prefix("x"),
            QuestionError::NeverMatches { ngram: b"of the".to_vec(), why: Mismatch::Prefix },
        ),
        (
            Counter::new().words(["of the"]).format(Format::Text),
            QuestionError::NeverMatches { ngram: b"of the".to_vec(), why: Mismatch::Length(2) },
        ),
        (Counter::new().strip_pos(true), QuestionError::CountsTwice),
        (Counter::new().pos(Pos::Untagged).strip_pos(true), QuestionError::NoTagsToStrip),
        (Counter::new().smoothing(3), QuestionError::SmoothingWithoutYears),
        (Counter::new().by_year(true).smoothing(3).years(1..=20_000), QuestionError::TooManyYears),
    ];
    for (counter, expected) in cases {
        assert_eq!(refused(counter), expected);
    }
}

#[test]
fn worker_processes_need_serve_if_worker_and_the_error_says_so() {
    let error = Counter::new().isolation(Isolation::Processes).count_files([SAMPLE]).unwrap_err();
    assert!(error.to_string().contains("serve_if_worker"), "{error}");
}

#[test]
fn a_test_counts_in_worker_processes_of_a_program_that_it_names() {
    let mut rules = Supervision::default();
    rules.program = Some(env!("CARGO_BIN_EXE_ngramcount").into());
    let counts = Counter::new().isolation(Isolation::Processes).supervision(rules).count_files([Q]).unwrap();
    assert_eq!(counts.get("queen"), Some(8_280_105));
}

#[test]
fn one_control_serves_one_count_after_another() {
    let counter = Counter::new().control(Control::new());
    let lines = || counter.count_files([Q]).unwrap().stats().input.lines;
    assert_eq!((lines(), lines()), (18_203, 18_203));
}

#[test]
fn a_cancelled_count_ends_with_an_error() {
    let control = Control::new();
    control.cancel.cancel();
    let error = Counter::new().control(control).count_files([SAMPLE]).unwrap_err();
    assert!(matches!(error, CounterError::Job(_)), "{error}");
}

#[test]
fn text_rules_filters_and_bad_lines_reach_the_count() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    fs::write(&text, "b, a-b a\n").unwrap();
    let rows = |counter: Counter| {
        let counts = counter.sort(Sort::Ngram).count_files([&text]).unwrap();
        counts.iter().map(|row| row.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(rows(Counter::new().tokens(Tokens::Blanks)), ["a\t1", "a-b\t1", "b,\t1"]);
    assert_eq!(rows(Counter::new().regex(Pattern::new("^b").unwrap())), ["b\t2"]);
    assert_eq!(rows(Counter::new().prefix("a").min_count(2)), ["a\t2"]);
    let table = folder.path().join("table");
    fs::write(&table, "a\t1999\t1\t1\nb\n").unwrap();
    let counts = Counter::new().bad_lines(BadLines::Skip).count_files([&table]).unwrap();
    assert_eq!((counts.len(), counts.bad_lines().len(), counts.stats().lines.bad), (1, 1, 1));
}

#[test]
#[should_panic(expected = "not counts")]
fn relative_frequencies_are_not_given_out_as_counts() {
    let totals = fs::read("data/googlebooks_eng_all_totalcounts_20120701.csv").unwrap();
    let totals = ngramcount::record::totals::parse(&totals).unwrap();
    let counts = Counter::new().words(["quick"]).relative_to(totals).count_files([Q]).unwrap();
    counts.get("quick");
}
