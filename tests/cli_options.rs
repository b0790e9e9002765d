//! Options that select, transform and normalize counts, and the combinations that are refused.

mod common;

use std::fs;

use common::{EXECUTORS, Q_SAMPLE, Scratch, data, ngramcount, ngramcount_reading};

const TAGGED: &str = "watch\t1999\t9\t3\nWatch\t2000\t4\t2\nwatch_NOUN\t1999\t6\t2\nwatch_NOUN\t2001\t1\t1\n\
                      watch_VERB\t1999\t3\t1\nwalk_VERB\t2000\t5\t5\n_VERB_\t1999\t99\t9\n";

#[track_caller]
fn ask(input: &str, args: &[&str]) -> String {
    let answers = EXECUTORS.iter().map(|executor| {
        let args = [args, &["--executor", executor, "--chunk", "2"]].concat();
        ngramcount_reading(input.as_bytes(), &args).noting_absent(&args).text().to_owned()
    });
    let answers: Vec<_> = answers.collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    answers[0].clone()
}

#[test]
fn n_grams_are_selected_by_prefix_pattern_and_year() {
    assert_eq!(ask(TAGGED, &["--prefix", "wa"]), "watch\t9\nwatch_NOUN\t7\nwalk_VERB\t5\nwatch_VERB\t3\n");
    assert_eq!(ask(TAGGED, &["--regex", "^w.*_V"]), "walk_VERB\t5\nwatch_VERB\t3\n");
    assert_eq!(ask(TAGGED, &["--years", "2000..", "--prefix", "w"]), "walk_VERB\t5\nwatch_NOUN\t1\n");
    assert_eq!(ask(TAGGED, &["--years", "2001"]), "watch_NOUN\t1\n");
    assert_eq!(
        ask(TAGGED, &["--years", "..1999", "--word", "watch", "--word", "Watch"]),
        "watch\t9\nWatch\t0\n"
    );
    assert_eq!(ask(TAGGED, &["--word", "watch", "--word", "xylem", "--prefix", "x"]), "watch\t0\nxylem\t0\n");
}

#[test]
fn variants_in_case_and_tags_are_added_up() {
    assert_eq!(
        ask(TAGGED, &["--ignore-case", "--regex", "^WATCH"]),
        "watch\t13\nwatch_NOUN\t7\nwatch_VERB\t3\n"
    );
    assert_eq!(ask(TAGGED, &["--ignore-case", "--word", "WATCH", "--prefix", "WA"]), "WATCH\t13\n");
    assert_eq!(ask(TAGGED, &["--pos", "tagged", "--strip-pos"]), "watch\t10\nwalk\t5\n");
    assert_eq!(ask(TAGGED, &["--pos", "VERB", "--strip-pos", "--word", "watch"]), "watch\t3\n");
    assert_eq!(ask(TAGGED, &["--pos", "untagged"]), "watch\t9\nWatch\t4\n");
    assert_eq!(ask("ΟΔΟΣ\t1\nοδος\t2\nοδοσ\t4\n", &["--ignore-case"]), "οδοσ\t7\n");
}

#[test]
fn each_selected_word_has_its_row_as_typed_when_case_is_ignored() {
    let words = ["--ignore-case", "--word", "Watch", "--word", "no", "--word", "WATCH", "--word", "Watch"];
    let with = |more: &[&str]| ask(TAGGED, &[&words[..], more].concat());
    assert_eq!(with(&[]), "Watch\t13\nno\t0\nWATCH\t13\nWatch\t13\n");
    assert_eq!(with(&["--sort", "matches"]), "Watch\t13\nWATCH\t13\nWatch\t13\nno\t0\n");
    assert_eq!(with(&["--output-format", "csv", "--top", "2"]), "ngram,matches\nWatch,13\nWATCH,13\n");
    assert_eq!(
        ask("ΟΔΟΣ\t1\nοδος\t2\n", &["--ignore-case", "--word", "Οδος", "--word", "ΟΔΟΣ"]),
        "Οδος\t3\nΟΔΟΣ\t3\n"
    );
    let years = ["--by-year", "--ignore-case", "--word", "Watch", "--word", "WATCH"];
    assert_eq!(ask(TAGGED, &years), "Watch\t1999\t9\nWatch\t2000\t4\nWATCH\t1999\t9\nWATCH\t2000\t4\n");
}

#[test]
fn a_word_that_occurs_in_another_case_is_not_reported_as_missing() {
    for (ngram, word) in [("Congress", "congreſs"), ("congreſs", "CONGRESS"), ("οδοσ", "ΟΔΟς")] {
        let options = ["--ignore-case", "--by-year", "--word", word];
        let run = ngramcount_reading(format!("{ngram}\t1999\t2\t1\n").as_bytes(), options);
        assert_eq!(run.quietly().text(), format!("{word}\t1999\t2\n"));
    }
}

#[test]
fn each_measure_has_a_column_in_the_order_of_the_option() {
    let words = ["--word", "watch_NOUN", "--word", "no"];
    assert_eq!(
        ask(TAGGED, &[&words[..], &["--count", "lines,volumes,matches"]].concat()),
        "watch_NOUN\t2\t3\t7\nno\t0\t0\t0\n"
    );
    let v3 = "a\t1999,1,1\t2000,2,1\na\t2001,4,1\nb\t1999,9,9\n";
    assert_eq!(ask(v3, &["--count", "matches,lines,volumes"]), "b\t9\t1\t9\na\t7\t2\t3\n");
    assert_eq!(ask(v3, &["--count", "matches,lines", "--years", "2000.."]), "a\t6\t2\n");
    assert_eq!(ask("a b a\nb\n", &["--count", "lines,matches"]), "b\t2\t2\na\t1\t2\n");
    assert_eq!(ask("a\t5\t2\na\t1\t1\n", &["--count", "volumes,matches,lines"]), "a\t3\t6\t2\n");
}

#[test]
fn by_year_gives_one_row_for_each_year() {
    let noun = "watch_NOUN\t1999\t6\nwatch_NOUN\t2001\t1\n";
    let run = ngramcount_reading(TAGGED.as_bytes(), ["--by-year", "--word", "watch_NOUN", "--word", "no"]);
    assert_eq!((run.code, run.text()), (Some(0), noun));
    assert_eq!(run.stderr, "ngramcount: note: `no` does not occur\n");
    assert_eq!(
        ask(TAGGED, &["--by-year", "--count", "matches,volumes", "--years", "2000.."]),
        "Watch\t2000\t4\t2\nwalk_VERB\t2000\t5\t5\nwatch_NOUN\t2001\t1\t1\n"
    );
    assert_eq!(ask(TAGGED, &["--by-year", "--top", "2"]), "_VERB_\t1999\t99\nwatch\t1999\t9\n");
    assert_eq!(
        ask(TAGGED, &["--by-year", "--min-count", "7", "--sort", "matches", "--prefix", "watch"]),
        "watch\t1999\t9\nwatch_NOUN\t1999\t6\nwatch_NOUN\t2001\t1\n"
    );
    let mixed = "a\t2001\t1\t1\nb\t2000\t1\t1\na\t1999\t2\t1\na\t2001\t4\t1\n";
    assert_eq!(ask(mixed, &["--by-year"]), "a\t1999\t2\na\t2001\t5\nb\t2000\t1\n");
    let v3 = "a\t2001,1,1\t1999,2,1\t2001,4,1\nb\t2000,1,1\n";
    assert_eq!(
        ask(v3, &["--by-year", "--count", "matches,lines"]),
        "a\t1999\t2\t1\na\t2001\t5\t2\nb\t2000\t1\t1\n"
    );
}

#[test]
fn an_answer_by_year_with_volumes_can_be_counted_again() {
    let rows = ask(TAGGED, &["--by-year", "--count", "matches,volumes"]);
    assert_eq!(ask(&rows, &["--count", "matches,volumes"]), ask(TAGGED, &["--count", "matches,volumes"]));
    let sums = ask(TAGGED, &[]);
    assert_eq!(ask(&(sums.clone() + &sums), &["--word", "watch"]), "watch\t18\n");
}

#[test]
fn relative_frequencies_and_means_are_real_numbers() {
    let scratch = Scratch::new();
    let totals = scratch.file("totals", " \t1999,10,1,1\t2000,20,1,1\t2001,40,1,1\t");
    let totals = totals.to_str().unwrap();
    let rows = "a\t1999\t1\t1\na\t2001\t8\t1\n";
    assert_eq!(ask(rows, &["--relative-to", totals, "--by-year"]), "a\t1999\t0.1\na\t2001\t0.2\n");
    assert_eq!(
        ask(rows, &["--relative-to", totals, "--years", "1999..2000"]),
        format!("a\t{}\n", 1.0 / 30.0)
    );
    assert_eq!(ask(rows, &["--relative-to", totals, "--word", "no"]), "no\t0\n");
    let smooth = ["--by-year", "--smoothing", "1"];
    assert_eq!(ask(rows, &smooth), "a\t1999\t0.5\na\t2000\t3\na\t2001\t4\n");
    let share = [&smooth[..], &["--relative-to", totals]].concat();
    assert_eq!(
        ask(rows, &share),
        format!("a\t1999\t0.05\na\t2000\t{}\na\t2001\t0.1\n", (0.1 + 0.0 + 0.2) / 3.0)
    );
    assert_eq!(
        ask(&format!("{rows}b\t2001\t8\t1\n"), &[&share[..], &["--top", "1"]].concat()),
        format!("a\t1999\t0.05\na\t2000\t{}\na\t2001\t0.1\n", (0.1 + 0.0 + 0.2) / 3.0)
    );
}

#[test]
fn a_fault_in_the_totals_is_reported_with_file_and_line() {
    let scratch = Scratch::new();
    let row = |text: &str| format!("{text}\n1999,10,1,1\n");
    for (totals, what) in [
        (Some(row("2000,10,1")), "line 1: `2000,10,1` is not year,matches,pages,volumes"),
        (Some(row("1998,10,1,1\r\n1998,1,1,1")), "line 2: the year 1998 occurs twice"),
        (Some(row("1998,1,x,1")), "line 1: page count `x` is not a number"),
        (Some(row("1998,1,1,1")), "`a` occurs in 2002, for which the totals have no matches"),
        (Some(row("2002,0,1,1")), "`a` occurs in 2002, for which the totals have no matches"),
        (Some("\n".to_owned()), "line 1: there is no year,matches,pages,volumes in it"),
        (None, "No such file or directory (os error 2)"),
    ] {
        let path = scratch.path("totals");
        match totals {
            Some(totals) => fs::write(&path, totals).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        for executor in EXECUTORS {
            let args = args!["--relative-to", path, "--executor", executor];
            let run = ngramcount_reading(b"a\t2002\t1\t1\n", args);
            assert_eq!(run.stderr, format!("ngramcount: --relative-to {}: {what}\n", path.display()));
            assert_eq!((run.code, run.text()), (Some(1), ""));
        }
    }
    let (file, totals) = (scratch.file("in", "a\t2002\t1\t1\n"), scratch.file("totals", row("1998,1,1,1")));
    let run = ngramcount(args!["sweep", file, "--chunks", "auto", "--", "--relative-to", totals]);
    let what = "`a` occurs in 2002, for which the totals have no matches";
    assert_eq!(run.stderr, format!("ngramcount: --relative-to {}: {what}\n", totals.display()));
    let folder = scratch.path("");
    let run = ngramcount_reading(b"a\t2002\t1\t1\n", args!["--relative-to", folder]);
    assert_eq!(
        run.stderr,
        format!("ngramcount: --relative-to {}: Is a directory (os error 21)\n", folder.display())
    );
}

#[test]
fn answers_equal_published_figures() {
    let q = data(&format!("{Q_SAMPLE}.crlf.gz"));
    let expected = fs::read_to_string(data(&format!("{Q_SAMPLE}.expected.tsv"))).unwrap();
    let column = |text: &str, column: usize| -> u64 {
        text.lines().map(|line| line.split('\t').nth(column).unwrap().parse::<u64>().unwrap()).sum()
    };
    let all = ngramcount(args![q, "--count", "matches,volumes"]).quietly();
    assert_eq!((column(all.text(), 1), column(all.text(), 2)), (655_561_813, 78_612_699));
    let one_year = ngramcount(args![q, "--years", "2008"]).quietly();
    assert_eq!(column(one_year.text(), 1), 27_633_266);
    let by_year = ngramcount(args![q, "--by-year"]).quietly();
    assert_eq!((by_year.text().lines().count(), column(by_year.text(), 2)), (18_203, column(&expected, 1)));

    let totals = data("googlebooks_eng_all_totalcounts_20120701.csv");
    let share =
        ngramcount(args![q, "--word", "quantity", "--years", "1736", "--relative-to", totals]).quietly();
    let share: f64 = share.text().trim().strip_prefix("quantity\t").unwrap().parse().unwrap();
    assert!((share - 139.0 / 8_049_773.0).abs() < 1e-12 && (share - 1.7267e-5).abs() < 1e-9, "{share}");

    let tiny = data("googlebooks-eng-all-1gram-20090715-tiny.tsv");
    let tiny = ngramcount(args![tiny, "--count", "matches,pages,volumes"]).quietly();
    assert_eq!(tiny.text(), "doctor\t1214191\t812170\t130007\ndobbs\t42\t38\t27\n");

    let poem = ngramcount(args![data("poem.txt"), "--tokens", "blanks"]).quietly();
    assert_eq!(poem.text(), fs::read_to_string(data("poem.expected.tsv")).unwrap());
    for executor in EXECUTORS {
        let kjv = ngramcount(args![
            data("kjv.txt.gz"),
            "--tokens",
            "blanks",
            "--executor",
            executor,
            "--chunk",
            "7000"
        ])
        .quietly();
        let words = kjv.text();
        assert_eq!((words.lines().count(), column(words, 1)), (28_856, 789_634));
        assert!(
            ["the\t62051", "and\t38572", "Jesus\t775"].iter().all(|row| words.contains(&format!("{row}\n")))
        );
    }
}

#[test]
fn a_hundred_thousand_words_can_be_selected() {
    let scratch = Scratch::new();
    let words: String = (0..100_000).map(|n| format!("word{n}\n")).collect();
    let words = scratch.file("words", words);
    let run = ngramcount_reading(
        b"word99999\t1999\t3\t1\nother\t1999\t1\t1\n",
        args!["--words-file", words, "--min-count", "1"],
    );
    assert_eq!((run.code, run.text()), (Some(0), "word99999\t3\n"));
}

#[test]
fn text_is_cut_into_words_and_n_grams() {
    let text = "To be, or not to be.\nThat is the question: it's 9,000!\n";
    assert_eq!(
        ask(text, &["--word", "be", "--word", "it's", "--word", "9,000", "--word", "question"]),
        "be\t2\nit's\t1\n9,000\t1\nquestion\t1\n"
    );
    assert_eq!(ask(text, &["-n", "2", "--ignore-case", "--top", "1"]), "to be\t2\n");
    assert_eq!(ask(text, &["--n", "1..2", "--regex", " be$"]), "To be\t1\nto be\t1\n");
    assert_eq!(ask(text, &["-n2", "--prefix", "be"]), "be or\t1\n", "an n-gram ends with its line");
    assert_eq!(ask(text, &["--tokens", "blanks", "--prefix", "be"]), "be,\t1\nbe.\t1\n");
    assert_eq!(ask(text, &["--tokens", "regex=[0-9]+"]), "000\t1\n9\t1\n");
}

#[test]
fn the_format_is_detected_by_content_unless_it_is_named() {
    assert_eq!(ask("a\t5\n", &["--format", "text"]), "5\t1\na\t1\n");
    let scratch = Scratch::new();
    let stats = scratch.path("stats.json");
    let files = [
        scratch.file("v1", "a\t1999\t1\t1\t1\n"),
        scratch.file("v2", "\n\na\t1999\t10\t1\n"),
        scratch.file("v3", "a\t1999,100,1\n"),
        scratch.file("counts", "a\t1000\n"),
        scratch.file("text", "a\n"),
        scratch.file("empty", ""),
    ];
    let run = ngramcount(args![
        files[0],
        files[1],
        files[2],
        files[3],
        files[4],
        files[5],
        "--bad-lines",
        "skip",
        "--stats-json",
        stats,
        "--stats"
    ]);
    assert_eq!((run.code, run.text()), (Some(3), "a\t1112\n"));
    assert!(run.stderr.contains("6 files, v1, v2, v3, counts, text, "), "{}", run.stderr);
    let stats: serde_json::Value = serde_json::from_slice(&fs::read(stats).unwrap()).unwrap();
    assert_eq!(stats["input"]["formats"], serde_json::json!(["v1", "v2", "v3", "counts", "text"]));
}

#[test]
fn contradictory_options_are_refused_with_a_reason() {
    let cases: &[(&[&str], &str)] = &[
        (
            &["--strip-pos"],
            "--strip-pos over all rows would count every word twice, since `watch` already is the sum of `watch_NOUN` and `watch_VERB`; add --pos tagged, or a list of tags",
        ),
        (&["--strip-pos", "--pos", "untagged"], "--strip-pos: with --pos untagged there is no tag to remove"),
        (&["--count", "matches,matches"], "--count: a measure is named twice"),
        (
            &["--count", "lines", "--relative-to", "x"],
            "--relative-to: the totals of a corpus have no number of lines or documents",
        ),
        (
            &["--by-year", "--smoothing", "3", "--years", "1..99999"],
            "--smoothing: --years spans more than 10000 years, and each would be a row",
        ),
        (&["--smoothing", "3"], "the following required arguments were not provided: --by-year"),
        (&["--by-year", "--format", "text"], "text files have no years"),
        (&["--years", "1999", "--format", "counts"], "counts files have no years"),
        (&["-n", "2", "--format", "v2"], "v2 files have no text that is to be cut into n-grams"),
        (
            &["--years", "2000..1999"],
            "invalid value '2000..1999' for '--years <YEARS>': the first year comes after the last",
        ),
        (&["--regex", "("], "invalid value '(' for '--regex <R>': unclosed group"),
        (
            &["--pos", "nuon"],
            "invalid value 'nuon' for '--pos <TAGS>': expected all, untagged, tagged, or tags with commas between them: NOUN VERB ADJ ADV PRON DET ADP NUM CONJ PRT X .",
        ),
        (
            &["--n", "0"],
            "invalid value '0' for '--n <N>': expected a number from 1 to 100, or a range as 1..3",
        ),
        (
            &["--tokens", "letters"],
            "invalid value 'letters' for '--tokens <HOW>': expected words, blanks or regex=R",
        ),
    ];
    for (args, what) in cases {
        let run = ngramcount(*args);
        assert_eq!((run.stderr, run.code), (format!("ngramcount: {what}\n"), Some(2)));
    }
}

#[test]
fn a_file_that_lacks_what_is_counted_is_named() {
    for (input, args, what) in [
        ("some text\n", &["--by-year"][..], "its first lines are text, and text files have no years"),
        ("a\t1\n", &["--years", "1999"], "its first lines are counts, and counts files have no years"),
        (
            "a\t1999,1,1\n",
            &["--n", "2"],
            "its first lines are v3, and v3 files have no text that is to be cut into n-grams",
        ),
        ("a b\n", &["--count", "volumes"], "its first lines are text, and text files have no volumes"),
    ] {
        for executor in EXECUTORS {
            let run = ngramcount_reading(input.as_bytes(), [args, &["--executor", executor]].concat());
            assert_eq!(run.stderr, format!("ngramcount: standard input: {what}\n"));
            assert_eq!((run.code, run.text()), (Some(1), ""));
        }
    }
    let run = ngramcount_reading(b"a\t1\t1\na\t1\n", ["--count", "volumes"]);
    assert_eq!(run.stderr, "ngramcount: standard input: line 2: expected 3 tab-separated fields, found 2\n");
}

#[test]
fn completions_and_the_man_page_are_written() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = ngramcount_plain(&["--completions", shell]);
        assert!(run.contains("--relative-to") || run.contains("relative-to"), "{shell}");
    }
    let page = ngramcount_plain(&["--man"]);
    assert!(page.starts_with(".ie") || page.contains(".TH ngramcount"), "{page}");
    assert!(page.contains("smoothing"));
    // The page is complete: it refers to no page of a subcommand.
    assert!(page.contains(".SH \"NGRAMCOUNT SWEEP\"") && page.contains("\\-\\-chunks"), "{page}");
    assert!(!page.contains("(1)") && page.matches(".TH ").count() == 1, "{page}");
    for step in ["MAP", "COMBINE", "REDUCE"] {
        assert!(page.contains(&format!(".SH \"NGRAMCOUNT {step}\"\n")), "{step}");
    }
}

/// Stdout of the program with exactly these arguments.
fn ngramcount_plain(args: &[&str]) -> String {
    let output = common::program().args(args).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
