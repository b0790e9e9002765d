//! Corpora of random documents in all forms, beside an oracle of a few lines.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use proptest::prelude::*;

use crate::common::{EXECUTORS, Run, Scratch, gzip};
use crate::count;

/// The form in which a corpus is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Jsonl,
    Wet,
    Paragraphs,
    File,
}

#[derive(Clone, Debug)]
struct Question {
    lengths: RangeInclusive<usize>,
    across_lines: bool,
    ignore_case: bool,
    /// The rule for the stop words `the` and `of`.
    stop: Option<&'static str>,
}

/// The matches and documents of each n-gram of words between blanks.
fn oracle(documents: &[String], question: &Question) -> BTreeMap<String, (u64, u64)> {
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for document in documents {
        let document = if question.ignore_case { document.to_lowercase() } else { document.clone() };
        let text = if question.across_lines { document.replace('\n', " ") } else { document };
        let mut seen = std::collections::BTreeSet::new();
        for line in text.split('\n') {
            let is_stop = |word: &&str| ["the", "of"].contains(word);
            let words: Vec<&str> = line.split_whitespace().collect();
            let runs: Vec<Vec<&str>> = match question.stop {
                None => vec![words],
                Some("remove") => vec![words.into_iter().filter(|word| !is_stop(word)).collect()],
                Some(_) => words.split(|word| is_stop(word)).map(<[_]>::to_vec).collect(),
            };
            for run in &runs {
                for ngram in question.lengths.clone().flat_map(|length| run.windows(length)) {
                    counts.entry(ngram.join(" ")).or_default().0 += 1;
                    seen.insert(ngram.join(" "));
                }
            }
        }
        for ngram in seen {
            counts.entry(ngram).or_default().1 += 1;
        }
    }
    counts
}

fn rows(run: &Run) -> BTreeMap<String, (u64, u64)> {
    let row = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        (fields[0].to_owned(), (fields[1].parse().unwrap(), fields[2].parse().unwrap()))
    };
    run.text().lines().map(row).collect()
}

/// The corpus in a form, and its documents there.
fn written(documents: &[String], form: Form) -> (Vec<u8>, Vec<String>) {
    match form {
        Form::Jsonl => {
            let line = |text: &String| {
                let text = serde_json::to_string(text).unwrap();
                format!("{{\"id\": [1, {{\"text\": 2}}], \"page\": {{\"text\": {text}, \"z\": null}}}}\n")
            };
            (documents.iter().map(line).collect::<String>().into_bytes(), documents.to_vec())
        }
        Form::Wet => {
            let record = |(kind, text): (&str, &str)| {
                let head = format!("WARC/1.0\r\nWARC-Type: {kind}\r\nContent-Length: {}\r\n\r\n", text.len());
                head + text + "\r\n\r\n"
            };
            let texts = documents.iter().map(|text| ("conversion", text.as_str()));
            let file: String = [("warcinfo", "a: b\r\n")].into_iter().chain(texts).map(record).collect();
            (file.into_bytes(), documents.to_vec())
        }
        Form::Paragraphs => {
            let text = documents.join("\n\n");
            // A document of blank lines is none, and one with a blank line in it is several.
            let (mut paragraphs, mut current) = (Vec::new(), Vec::new());
            for line in text.split('\n').chain([""]) {
                match line.trim().is_empty() {
                    true if current.is_empty() => {}
                    true => paragraphs.push(std::mem::take(&mut current).join("\n")),
                    false => current.push(line.to_owned()),
                }
            }
            (text.into_bytes(), paragraphs)
        }
        Form::File => {
            let text = documents.join("\n");
            (text.clone().into_bytes(), vec![text])
        }
    }
}

fn options(form: Form, question: &Question, stop_file: &str) -> Vec<String> {
    let form: &[&str] = match form {
        Form::Jsonl => &["--field", "page.text"],
        Form::Wet => &[],
        Form::Paragraphs => &["--format", "text", "--document", "paragraph"],
        Form::File => &["--format", "text", "--document", "file"],
    };
    let mut options = vec!["--tokens", "blanks", "--count", "matches,documents", "-q"];
    options.extend(form);
    options.extend(question.across_lines.then_some("--across-lines"));
    options.extend(question.ignore_case.then_some("--ignore-case"));
    if let Some(rule) = question.stop {
        options.extend(["--stop-words", stop_file, "--stop", rule]);
    }
    let lengths = format!("{}..{}", question.lengths.start(), question.lengths.end());
    options.into_iter().map(str::to_owned).chain(["-n".to_owned(), lengths]).collect()
}

/// How the work is divided, which must not show in the answer.
fn ways() -> impl Iterator<Item = Vec<&'static str>> {
    let executors = EXECUTORS
        .iter()
        .flat_map(|executor| [vec!["--executor", executor], vec!["--executor", executor, "--chunk", "1"]]);
    executors.chain([
        vec!["--feed", "split"],
        vec!["--chunk", "2", "--chaos", "kill=0.2,seed=5", "--max-restarts", "1000/1"],
        vec!["--memory", "64MB", "--spill-bytes", "1"],
    ])
}

fn document() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "to",
        "be",
        "The",
        "the",
        "of",
        "end",
        "na\u{ef}ve",
        "\\n",
        "\"x\"",
        "\n",
        "\n",
        "\r\n",
        "\t",
    ]);
    prop::collection::vec(word, 0..25).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn documents_in_every_form_have_the_counts_of_the_oracle_in_every_way_of_counting(
        documents in prop::collection::vec(document(), 1..30),
        form in prop::sample::select(vec![Form::Jsonl, Form::Wet, Form::Paragraphs, Form::File]),
        (shortest, more) in (1..3_usize, 0..3_usize),
        across_lines in any::<bool>(),
        ignore_case in any::<bool>(),
        stop in prop::sample::select(vec![None, Some("remove"), Some("break")]),
        is_packed in any::<bool>(),
    ) {
        let scratch = Scratch::new();
        let stop_file = scratch.file("stop.txt", "the\nof\n");
        let question = Question { lengths: shortest..=shortest + more, across_lines, ignore_case, stop };
        let (file, documents) = written(&documents, form);
        let file = scratch.file("corpus", if is_packed { gzip(&file) } else { file });
        let expected = oracle(&documents, &question);
        let options = options(form, &question, stop_file.to_str().unwrap());
        let mut first: Option<Run> = None;
        for way in ways() {
            let options: Vec<&str> = options.iter().map(String::as_str).chain(way.clone()).collect();
            let run = count(&file, &options).quietly();
            match &first {
                None => prop_assert_eq!(rows(&run), expected.clone(), "{:?}", options),
                Some(first) => prop_assert_eq!(&run, first, "{:?}", way),
            }
            first.get_or_insert(run);
        }
    }
}

#[test]
fn an_answer_by_files_has_the_counts_of_each_file_alone() {
    let scratch = Scratch::new();
    let names = ["a.txt", "b c.txt", "empty.txt", "d\t\u{1b}.txt"];
    let texts = ["to be or not to be\n", "be\nto be\n", "", "not\n"];
    let files: Vec<_> = names.iter().zip(texts).map(|(name, text)| scratch.file(name, text)).collect();
    let mut expected = Vec::new();
    for (file, name) in files.iter().zip(["a.txt", "b c.txt", "empty.txt", "d\\t\\u{1b}.txt"]) {
        let alone = count(file, &["-n", "1..2", "-q"]).quietly();
        let row = |row: &str| format!("{}\t{row}", scratch.path(name).display());
        expected.extend(alone.text().lines().map(row));
    }
    expected.sort();
    for way in ways() {
        let mut options = vec!["-n", "1..2", "--per-file"];
        options.extend(files[..3].iter().map(|file| file.to_str().unwrap()));
        options.extend(way.iter());
        let run = count(&files[3], &options).quietly();
        // The file that was named first comes last: options stand before it.
        let mut found: Vec<_> = run.text().lines().map(str::to_owned).collect();
        found.sort();
        assert_eq!(found, expected, "{way:?}");
    }
    let two = [files[0].to_str().unwrap(), "--per-file", "--word", "be", "--word", "or"];
    let csv = count(&files[1], &[&two[..], &["--output-format", "json"]].concat()).quietly();
    let row = |file: usize, ngram: &str, matches: u64| serde_json::json!({"file": files[file].to_str().unwrap(), "ngram": ngram, "matches": matches});
    let found: Vec<serde_json::Value> = serde_json::from_slice(&csv.stdout).unwrap();
    assert_eq!(found, [row(0, "be", 2), row(1, "be", 2), row(0, "or", 1)]);
}
