//! What is wrong with a corpus, and questions that do not fit it.

use crate::common::Scratch;
use crate::count;

#[test]
fn a_bad_document_is_named_and_can_be_left_out() {
    let scratch = Scratch::new();
    let jsonl = "{\"text\":\"a\"}\n\n{\"txt\":\"b\"}\n{\"text\":7}\n{\"text\":\"c\\ud800\"}\n{\"text\":\"d\"\n{\"text\":\"e\"}\n";
    let paragraphs: &[u8] = b"a\nb\n\nc \xff\n\n\nd\n";
    for (name, text, options, places) in [
        (
            "x.jsonl",
            jsonl.as_bytes(),
            &[][..],
            &[
                "line 3: no field `text`",
                "line 4: invalid type: integer `7`, expected a string in the field `text`",
                "line 5: byte 2 of the text, 0xED, is not UTF-8",
                "line 6: not JSON at byte 11: EOF while parsing an object",
            ][..],
        ),
        (
            "x.txt",
            paragraphs,
            &["--document", "paragraph"],
            &["document 2: byte 3 of the text, 0xFF, is not UTF-8"],
        ),
    ] {
        let file = scratch.file(name, text);
        let message = |place: &str| format!("ngramcount: {}: {place}\n", file.display());
        let failed = count(&file, options);
        assert_eq!((failed.code, failed.text()), (Some(1), ""));
        assert!(failed.stderr.starts_with(message(places[0]).trim_end()), "{}", failed.stderr);
        let skipped = count(&file, &[options, &["--bad-lines", "skip"]].concat());
        assert_eq!(skipped.code, Some(3));
        for place in places {
            assert!(skipped.stderr.contains(&message(place)), "{}", skipped.stderr);
        }
    }
}

#[test]
fn a_wet_file_that_is_cut_anywhere_is_an_error_with_its_record() {
    let scratch = Scratch::new();
    let record = |kind: &str, text: &str| {
        let length = text.len();
        format!("WARC/1.0\r\nWARC-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{text}\r\n\r\n")
    };
    let first = record("warcinfo", "x") + &record("conversion", "to be");
    let whole = first.clone() + &record("conversion", "or not");
    assert_eq!(count(&scratch.file("whole.wet", &whole), &[]).quietly().text().lines().count(), 4);
    for end in (first.len() + 1..whole.len()).step_by(7) {
        let cut = scratch.file("cut.wet", &whole[..end]);
        let run = count(&cut, &["--bad-lines", "skip"]);
        let message = "truncated: record 3 ends in the middle";
        assert_eq!((run.code, run.text()), (Some(1), ""), "{end}");
        assert_eq!(run.stderr, format!("ngramcount: {}: {message}\n", cut.display()), "{end}");
    }
}

#[test]
fn options_that_do_not_fit_the_text_are_refused_with_the_reason() {
    let scratch = Scratch::new();
    let text = scratch.file("x.txt", "to be\n");
    let jsonl = scratch.file("x.jsonl", "{\"text\":\"to be\"}\n");
    let stop = scratch.file("stop.txt", "to\n");
    let table = scratch.file("x.tsv", "a\t1999\t1\t1\n");
    for (file, options, code, part) in [
        (&text, &["--field", "a"][..], 1, "text files have no fields"),
        (&jsonl, &["--document", "line"], 1, "jsonl files have no documents but their records"),
        (&text, &["--count", "lines", "--document", "file"], 1, "no lines to count; they have documents"),
        (&table, &["--count", "documents"], 1, "v2 files have no documents"),
        (&table, &["--sentences"], 1, "v2 files have no text that is to be cut into n-grams"),
        (
            &text,
            &["--across-lines", "--document", "line"],
            2,
            "with --document line there is no line to cross",
        ),
        (&text, &["--stop", "break"], 2, "--stop-words <F>"),
        (&text, &["--field", "a..b"], 2, "expected a field, as text or a.b"),
        (&text, &["--per-file", "--by-year"], 2, "cannot be used with '--by-year'"),
        (&text, &["--stop-words", stop.to_str().unwrap(), "--word", "to"], 2, "`to` is a stop word"),
        (&text, &["--stop-words", "/nonexistent"], 1, "--stop-words /nonexistent"),
    ] {
        let run = count(file, options);
        assert_eq!((run.code, run.text()), (Some(code), ""), "{options:?}: {}", run.stderr);
        assert!(run.stderr.contains(part), "{options:?}: {}", run.stderr);
    }
}
