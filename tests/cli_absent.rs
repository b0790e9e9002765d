//! N-grams that are asked for and do not occur: a note says so, and why where that is known. A question of which nothing can
//! ever occur is refused.

mod common;

use common::{Run, Scratch, a_gz, data, ngramcount, ngramcount_reading};

const TEXT: &[u8] = b"fish, telegraph and the house of the LORD\nwell-known fish\n";
const ROWS: &[u8] = b"fish\t1999\t9\t3\nfish_NOUN\t1999\t7\t3\nfish_VERB\t2000\t2\t2\n";

#[track_caller]
fn notes(run: &Run) -> Vec<&str> {
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stderr.lines().map(|line| line.strip_prefix("ngramcount: note: ").expect(line)).collect()
}

#[test]
fn a_note_says_why_an_n_gram_that_was_asked_for_cannot_occur_in_a_text() {
    let of_length = "and n-grams of that length are not counted; add -n";
    for (options, expected) in [
        (&["--word", "of the LORD"][..], Some(format!("`of the LORD` cannot occur: it has 3 words, {of_length} 3"))),
        (&["--word", "of the LORD", "-n", "3"], None),
        (&["--word", "fish", "--word", "of the", "-n", "2"], Some(format!("`fish` cannot occur: it has 1 word, {of_length} 1"))),
        (
            &["--word", "fish,telegraph"],
            Some("`fish,telegraph` cannot occur: text is cut into other words there: `fish` `telegraph`; type --word fish \
                  --word telegraph, or add --tokens blanks".into()),
        ),
        (
            &["--word", "well-known"],
            Some("`well-known` cannot occur: text is cut into other words there: `well` `known`; type `well known` and add \
                  -n 2, or add --tokens blanks".into()),
        ),
        (
            &["--word", "LORD "],
            Some("`LORD ` cannot occur: text is cut into other words there: `LORD`; type `LORD`".into()),
        ),
        (&["--word", "..."], Some("`...` cannot occur: there is no word in it; add --tokens blanks".into())),
        (&["--word", "well-known", "--tokens", "blanks"], None),
        (&["--word", "whale"], Some("`whale` does not occur".into())),
        (&["--word", "FISH", "--ignore-case"], None),
    ] {
        let run = ngramcount_reading(TEXT, options);
        assert_eq!(notes(&run), Vec::from_iter(expected.as_deref()), "{options:?}");
    }
}

#[test]
fn a_question_of_which_nothing_can_ever_occur_is_refused_before_a_file_is_opened() {
    let lacks = "it lacks the part-of-speech tag of the n-grams that are counted";
    for (options, why) in [
        (&["--word", "fish", "--pos", "NOUN"][..], format!("`fish` cannot occur: {lacks}; type `fish_NOUN`, or add --strip-pos")),
        (&["--word", "fish_VERB", "--pos", "NOUN"], format!("`fish_VERB` cannot occur: {lacks}; type `fish_NOUN`, or add --strip-pos")),
        (
            &["--word", "fish_NOUN", "--pos", "untagged"],
            "`fish_NOUN` cannot occur: it has a part-of-speech tag, and n-grams with tags are left out; leave out its tag, or \
             --pos untagged".into(),
        ),
        (
            &["--word", "fish", "--prefix", "x"],
            "`fish` cannot occur: it does not begin with the prefix of the n-grams that are counted; leave out --prefix".into(),
        ),
        (
            &["--word", "fish", "--regex", "^x"],
            "`fish` cannot occur: the pattern of the n-grams that are counted does not match it; leave out --regex".into(),
        ),
        (
            &["--word", "of the LORD", "--format", "text"],
            "`of the LORD` cannot occur: it has 3 words, and n-grams of that length are not counted; add -n 3".into(),
        ),
        (
            &["--word", "fish", "--word", "of the LORD", "-n", "2"],
            "`fish` cannot occur: it has 1 word, and n-grams of that length are not counted; add -n 1".into(),
        ),
    ] {
        for command in [&[][..], &["map"]] {
            let run = ngramcount([command, &["no such file"], options].concat());
            assert_eq!((run.code, run.stderr), (Some(2), format!("ngramcount: {why}\n")), "{options:?}");
        }
    }
    let run = ngramcount_reading(ROWS, ["--word", "fish", "--pos", "NOUN", "--strip-pos"]);
    assert_eq!(run.quietly().text(), "fish\t7\n");
}

#[test]
fn each_n_gram_that_does_not_occur_is_noted_whatever_rows_the_answer_has() {
    for options in
        [&[][..], &["--by-year"], &["--top", "1"], &["--min-count", "5"], &["--by-year", "--sort", "matches"]]
    {
        let run = ngramcount_reading(
            ROWS,
            [&["--word", "whale", "--word", "fish", "--word", "whale"], options].concat(),
        );
        assert_eq!(notes(&run), ["`whale` does not occur"], "{options:?}");
    }
    for (years, scope) in [
        ("1999", " in 1999"),
        ("1998..1999", " from 1998 to 1999"),
        ("..1999", " up to 1999"),
        ("1900..", " from 1900 on"),
    ] {
        let run = ngramcount_reading(ROWS, ["--years", years, "--word", "fish_ADJ", "--by-year"]);
        assert_eq!(notes(&run), [format!("`fish_ADJ` does not occur{scope}")]);
    }
    let stripped = ["--pos", "ADJ", "--strip-pos", "--word", "fish", "--word", "fish_ADJ"];
    let run = ngramcount_reading(ROWS, stripped);
    let removed =
        "`fish_ADJ` does not occur with these tags; --strip-pos removes tags, so type it without them";
    assert_eq!(notes(&run), ["`fish` does not occur with these tags", removed]);
    let run = ngramcount_reading(b"fish\t1999\t9\t3\nwhale\n", ["--word", "whale", "--bad-lines", "skip"]);
    assert_eq!(run.code, Some(3));
    assert!(run.stderr.contains("`whale` does not occur in the lines that were counted\n"), "{}", run.stderr);
}

#[test]
fn a_note_on_a_table_says_what_may_have_been_meant() {
    let ask = |word: &str| ngramcount_reading(ROWS, ["--word", word]);
    assert_eq!(
        notes(&ask("of the LORD")),
        ["`of the LORD` does not occur; n-grams of 3 words have files of their own"]
    );
    assert_eq!(
        notes(&ask("fish,whale")),
        ["`fish,whale` does not occur; several n-grams take one --word each"]
    );
    assert_eq!(notes(&ask("9,000")), ["`9,000` does not occur"]);
    assert_eq!(notes(&ask("fish")), [""; 0]);
}

#[test]
fn of_many_n_grams_that_do_not_occur_the_first_ten_are_named() {
    let scratch = Scratch::new();
    let words =
        |count: usize| scratch.file("words", (0..count).map(|n| format!("w{n}\n")).collect::<String>());
    let table = scratch.file("table", ROWS);
    for (count, more) in [
        (10, None),
        (11, Some("1 more n-gram does not occur")),
        (1012, Some("1,002 more n-grams do not occur")),
    ] {
        let run = ngramcount(args![table, "--words-file", words(count)]);
        let mut expected: Vec<_> = (0..10).map(|n| format!("`w{n}` does not occur")).collect();
        expected.extend(more.map(str::to_owned));
        assert_eq!(notes(&run), expected);
    }
}

#[test]
fn an_empty_file_is_of_no_format_whoever_reads_it() {
    let scratch = Scratch::new();
    let (empty, table) = (scratch.file("empty", ""), scratch.file("table", ROWS));
    for feed in ["pipe", "split"] {
        ngramcount(args![empty, table, "--feed", feed]).quietly();
    }
}

#[test]
fn editions_and_corpora_that_do_not_fit_together_are_noted() {
    let scratch = Scratch::new();
    let v2 = scratch.file("v2", ROWS);
    let v3 = scratch.file("v3", "fish\t1999,9,3\n");
    let run = ngramcount(args![v2, v3, "--word", "fish"]);
    let twice =
        "v2 and v3 were added up in one answer; as editions of one corpus they count the same books twice";
    assert_eq!((notes(&run), run.text()), (vec![twice], "fish\t18\n"));
    let relative =
        |totals: &str| ngramcount(args![a_gz(), "--word", "Aardvark", "--relative-to", data(totals)]);
    let run = relative("googlebooks-rus-20200217_totalcounts_1.txt");
    let totals = data("googlebooks-rus-20200217_totalcounts_1.txt");
    let why = format!(
        "--relative-to {}: these are the totals of rus, and {} is of eng",
        totals.display(),
        a_gz().display()
    );
    assert_eq!(notes(&run), [why]);
    assert_eq!(notes(&relative("googlebooks_eng_all_totalcounts_20120701.csv")), [""; 0]);
}
