//! What other parsers of these formats got wrong, each with its right answer.

mod common;

use std::io::Write;

use common::{EXECUTORS, Scratch, gzip, ngramcount, ngramcount_reading};

/// The answer for `input`, which all executors must give, in chunks of one line and all at once.
#[track_caller]
fn answer(input: impl AsRef<[u8]>, extra: &[&str]) -> String {
    let mut answers = Vec::new();
    for executor in EXECUTORS {
        for chunk in ["1", "20000"] {
            let args = [&["--executor", executor, "--chunk", chunk], extra].concat();
            answers.push(ngramcount_reading(input.as_ref(), args).quietly().text().to_owned());
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

#[test]
fn the_first_row_of_the_first_n_gram_counts() {
    assert_eq!(answer("a\t1999\t1\t1\na\t2000\t2\t1\nb\t1999\t4\t1\n", &[]), "b\t4\na\t3\n");
    assert_eq!(answer("a\t1999,1,1\t2000,2,1\n", &[]), "a\t3\n");
    assert_eq!(answer("a b a\n", &[]), "a\t2\nb\t1\n");
}

#[test]
fn an_n_gram_with_blanks_is_one_field() {
    assert_eq!(answer("of the\t1999\t7\t5\n", &[]), "of the\t7\n");
    assert_eq!(answer("of the\t1999\t7\t6\t5\n", &["--count", "matches,pages,volumes"]), "of the\t7\t6\t5\n");
    assert_eq!(answer("of the\t1999,7,5\n", &[]), "of the\t7\n");
    assert_eq!(answer("of the\t7\t5\n", &[]), "of the\t7\n");
}

#[test]
fn counts_may_pass_32_bits() {
    let (large, sum) = ("5733114685", "11466229370");
    assert_eq!(answer(format!("a\t1999\t{large}\t1\na\t2000\t{large}\t1\n"), &[]), format!("a\t{sum}\n"));
    assert_eq!(answer(format!("_NOUN_\t1999,{large},1\t2000,{large},1\n"), &[]), format!("_NOUN_\t{sum}\n"));
    assert_eq!(answer(format!("a\t{large}\na\t{large}\n"), &[]), format!("a\t{sum}\n"));
}

#[test]
fn all_tuples_of_a_v3_line_count_and_only_tabs_divide_them() {
    assert_eq!(
        answer("9,000\t1999,4,3\t2000,5,5\t2001,1,1\n", &["--count", "matches,volumes"]),
        "9,000\t10\t9\n"
    );
    assert_eq!(answer("1999,4,3\t2000,5,5\n", &[]), "1999,4,3\t5\n");
}

#[test]
fn pages_are_not_volumes() {
    let v1 = "doctor\t2007\t545525\t366136\t57313\n";
    assert_eq!(answer(v1, &["--count", "volumes"]), "doctor\t57313\n");
    assert_eq!(answer(v1, &["--count", "pages"]), "doctor\t366136\n");
    for (input, format) in
        [("a\t1999\t1\t1\n", "v2"), ("a\t1999,1,1\n", "v3"), ("a b\n", "text"), ("a\t1\n", "counts")]
    {
        let run = ngramcount_reading(input.as_bytes(), ["--count", "pages"]);
        let what = format!("its first lines are {format}, and {format} files have no pages");
        assert_eq!(run.stderr, format!("ngramcount: standard input: {what}\n"));
        assert_eq!(run.code, Some(1));
        let run = ngramcount_reading(input.as_bytes(), ["--count", "pages", "--format", format]);
        assert_eq!((run.code, run.stderr), (Some(2), format!("ngramcount: {format} files have no pages\n")));
    }
}

#[test]
fn null_and_na_and_quotes_are_words_and_blanks_are_kept() {
    let words = ["null", "NA", "NaN", "None", "", "\"", "\\", "'", "#", " a", "a ", " "];
    let words = words.iter().filter(|word| !word.is_empty());
    let input: String = words.clone().map(|word| format!("{word}\t1999\t1\t1\n")).collect();
    let found = answer(&input, &["--sort", "ngram"]);
    let mut expected: Vec<String> = words.map(|word| format!("{word}\t1\n")).collect();
    expected.sort();
    assert_eq!(found, expected.concat());
}

#[test]
fn only_a_line_feed_ends_a_line() {
    let word = "x\u{85}y\u{2028}z\u{b}\u{c}\u{1c}";
    assert_eq!(answer(format!("{word}\t1999\t1\t1\n"), &[]), format!("{word}\t1\n"));
    assert_eq!(answer(format!("{word}\t1999,1,1\n"), &[]), format!("{word}\t1\n"));
    assert_eq!(answer("a\t1999\t1\t1\r\na\t2000\t1\t1", &[]), "a\t2\n");
    assert_eq!(answer("a\t1999,1,1\r\nb\t1999,1,1\r", &[]), "a\t1\nb\t1\n");
    assert_eq!(answer("a\u{2028}b\n", &["--n", "2", "--tokens", "blanks"]), "a b\t1\n");
}

#[test]
fn a_number_that_does_not_parse_is_always_an_error() {
    for (good, bad, what) in [
        ("a\t1999\t1\t1\n", "a\t1999\tx\t1\n", "match count `x` is not a number"),
        ("a\t1999\t1\t1\t1\n", "a\t1999\t1\t\t1\n", "page count `` is not a number"),
        ("a\t1999,1,1\n", "a\t1999,1,1\t2000,1.5,1\n", "match count `1.5` is not a number"),
        ("a\t1999,1,1\n", "a\t1999,1,1\t2000,1\n", "`2000,1` is not year,matches,volumes"),
        ("a\t1999,1,1\n", "a\n", "no year,matches,volumes behind the n-gram"),
        ("a\t1\n", "a\t-1\n", "match count `-1` is not a number"),
        (
            "a\t1\n",
            "a\t18446744073709551616\n",
            "match count `18446744073709551616` is larger than 18446744073709551615",
        ),
        // A file that changes its format midway.
        ("a\t1999\t1\t1\n", "a\t1999\t1\t1\t1\n", "expected 4 tab-separated fields, found 5"),
        ("a\t1999\t1\t1\t1\n", "a\t1999\t1\t1\n", "expected 5 tab-separated fields, found 4"),
        ("a\t1999\t1\t1\n", "a\t1999,1,1\n", "expected 4 tab-separated fields, found 2"),
        ("a\t1999,1,1\n", "a\t1999\t1\t1\n", "`1999` is not year,matches,volumes"),
        ("a\t1\n", "a\t1999\t1\t1\n", "expected 2 or 3 tab-separated fields, found 4"),
        ("a\t1999\t1\t1\n", "some text\n", "expected 4 tab-separated fields, found 1"),
    ] {
        let input = format!("{}{bad}{good}", good.repeat(9));
        for executor in EXECUTORS {
            for chunk in ["1", "3", "20000"] {
                let args = ["--executor", executor, "--chunk", chunk];
                let run = ngramcount_reading(input.as_bytes(), args);
                assert_eq!(run.stderr, format!("ngramcount: standard input: line 10: {what}\n"), "{input}");
                assert_eq!((run.code, run.text()), (Some(1), ""));
                let run =
                    ngramcount_reading(input.as_bytes(), [&args[..], &["--bad-lines", "skip"]].concat());
                assert_eq!((run.code, run.text()), (Some(3), "a\t10\n"));
            }
        }
    }
}

#[test]
fn words_with_an_underscore_are_not_dropped() {
    let words = [
        "HKEY_LOCAL_MACHINE",
        "_NOUN_",
        "____VERB",
        "_____X",
        "__PRT",
        "_._._.__X",
        ",_.",
        "=>",
        "watch_NOUN",
    ];
    let input: String = words.iter().map(|word| format!("{word}\t1999\t1\t1\n")).collect();
    let all = |extra: &[&str]| -> Vec<String> {
        answer(&input, extra).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
    };
    assert_eq!(all(&[]).len(), words.len());
    assert_eq!(all(&["--pos", "untagged"]), ["=>", "HKEY_LOCAL_MACHINE"]);
    assert_eq!(all(&["--pos", "tagged"]), [",_.", "_._._.__X", "__PRT", "____VERB", "_____X", "watch_NOUN"]);
    assert_eq!(all(&["--pos", "VERB,X"]), ["_._._.__X", "____VERB", "_____X"]);
    assert_eq!(all(&["--pos", "NOUN", "--strip-pos"]), ["watch"]);
}

#[test]
fn all_gzip_members_and_all_files_of_a_zip_archive_count() {
    let lines = "a\t1999\t1\t1\n";
    assert_eq!(answer([gzip(lines.as_bytes()), gzip(lines.as_bytes())].concat(), &[]), "a\t2\n");
    let scratch = Scratch::new();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["a.csv", "b.csv"] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(b"dobbs\t2007\t20\t18\t15\ndobbs\t2008\t22\t20\t12").unwrap();
    }
    let path =
        scratch.file("googlebooks-eng-all-1gram-20090715-0.csv.zip", archive.finish().unwrap().into_inner());
    for executor in EXECUTORS {
        let run = ngramcount(args![path, "--executor", executor, "--count", "matches,pages,volumes"]);
        assert_eq!(run.quietly().text(), "dobbs\t84\t76\t54\n");
    }
}

#[test]
fn what_remains_after_the_last_full_chunk_counts() {
    for (line, per_line) in [
        ("a\t1999\t1\t1\n", 1),
        ("a\t1999\t1\t1\t1\n", 1),
        ("a\t1999,1,1\t2000,1,1\n", 2),
        ("a a\n", 2),
        ("a\t1\n", 1),
    ] {
        for lines in [1, 6, 7, 8, 20] {
            let run = ngramcount_reading(line.repeat(lines).as_bytes(), ["--chunk", "7"]);
            assert_eq!(run.quietly().text(), format!("a\t{}\n", per_line * lines));
        }
    }
}

#[test]
fn a_sum_of_one_measure_that_overflows_is_named() {
    let max = u64::MAX;
    for (input, extra, what) in [
        (format!("a\t1\t1\t{max}\na\t2\t1\t1\n"), ["--count", "volumes"], "volumes"),
        (format!("a\t1\t1\t{max}\t1\na\t2\t1\t1\t1\n"), ["--count", "matches,pages"], "pages"),
        (format!("a\t1,{max},1\t2,1,1\n"), ["--count", "matches"], "matches"),
        (format!("a\t{max}\na\t1\n"), ["--count", "matches"], "matches"),
        (format!("A\t1\t{max}\t1\na\t1\t1\t1\n"), ["--by-year", "--ignore-case"], "matches"),
    ] {
        for executor in EXECUTORS {
            for chunk in ["1", "20000"] {
                let args = [&["--executor", executor, "--chunk", chunk], &extra[..]].concat();
                let run = ngramcount_reading(input.as_bytes(), args);
                assert_eq!(run.stderr, format!("ngramcount: the {what} of `a` add up to more than {max}\n"));
                assert_eq!(run.code, Some(1));
            }
        }
    }
    // Each year by itself has room enough.
    let apart = ngramcount_reading(format!("a\t1\t{max}\t1\na\t2\t1\t1\n").as_bytes(), ["--by-year"]);
    assert_eq!(apart.quietly().text(), format!("a\t1\t{max}\na\t2\t1\n"));
}

#[test]
fn totals_are_no_input() {
    for name in ["googlebooks-eng-20200217_totalcounts_1.txt", "googlebooks_eng_all_totalcounts_20120701.csv"]
    {
        let path = common::data(name);
        let run = ngramcount(args![path]);
        let what = "these are the totals of a corpus, there is no n-gram in them";
        assert_eq!((run.code, run.stderr), (Some(1), format!("ngramcount: {}: {what}\n", path.display())));
    }
}

#[test]
fn a_text_may_hold_any_bytes() {
    assert_eq!(
        ngramcount_reading(b"a \xff\xfe a\xc3 a\n", ["--tokens", "blanks"]).quietly().stdout,
        b"a\t2\na\xc3\t1\n\xff\xfe\t1\n"
    );
    let bytes = ["--encoding", "bytes"];
    assert_eq!(ngramcount_reading(b"a \xff\xfe a\xc3 a\n", bytes).quietly().text(), "a\t3\n");
}
