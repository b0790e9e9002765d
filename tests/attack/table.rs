//! Random tables and texts, and the answers to questions about them, by a map and a sort.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use crate::arguments;
use crate::case::Case;

const NAMES: &[&str] = &[
    "a",
    "A",
    "b",
    "of",
    "of the",
    "watch_NOUN",
    "_NUM",
    "\"",
    "'",
    "été",
    "ÉTÉ",
    "x\u{2028}y",
    "日本",
    "9,000",
    "a b c",
    "-",
    "\u{feff}x",
    "ſ",
    "ß",
    "i̇",
    "q\u{85}r",
    "e\u{301}",
    "very-long-name-of-more-than-thirty-two-bytes",
    "0",
];

/// One row of any format.
#[derive(Debug, Clone)]
pub struct Row {
    pub ngram: String,
    pub year: u32,
    pub matches: u64,
    pub volumes: u64,
    pub pages: u64,
    /// Lines of text that have the n-gram; 1 for each line of a table.
    pub lines: u64,
}

/// One line of a file: its text and what it counts. A bad one counts nothing.
#[derive(Debug, Clone)]
pub struct Line {
    pub text: String,
    pub rows: Vec<Row>,
    pub bad: bool,
}

/// The lines of one file.
pub type Lines = Vec<Line>;

/// Some lines of a format.
pub fn lines(case: &mut Case, format: &str, bad_lines: f64) -> Lines {
    let names: Vec<&str> = (0..case.random.usize(1..12)).map(|_| case.pick(NAMES)).collect();
    let most = case.pick(&[0, 1, 2, 10, 10, 100, 100, 100, 2000]);
    let sorted = case.chance(0.5);
    let mut rows: Vec<Row> = (0..case.random.usize(..=most)).map(|_| row(case, &names)).collect();
    if sorted {
        rows.sort_by(|a, b| (&a.ngram, a.year).cmp(&(&b.ngram, b.year)));
    }
    let mut lines: Lines = Vec::new();
    while !rows.is_empty() {
        if format != "text" && case.chance(bad_lines) {
            let text = case.pick(&["bad", "", "a\t1999\tmany\t1", "a\t1999\t-1\t1", "a\t\t\t\t\t\t"]).into();
            lines.push(Line { text, rows: Vec::new(), bad: true });
        }
        lines.push(line(format, &mut rows));
    }
    lines
}

fn row(case: &mut Case, names: &[&str]) -> Row {
    let matches = case.pick(&[0, 1, 9, 12_345, 1 << 40]);
    Row {
        ngram: case.pick(names).to_owned(),
        year: case.random.u32(1500..2020),
        matches,
        volumes: case.random.u64(..1000),
        pages: case.random.u64(..1000),
        lines: 1,
    }
}

/// The line of the last row; in v3 that of all rows of its n-gram which follow each other.
fn line(format: &str, rows: &mut Vec<Row>) -> Line {
    let Some(row) = rows.pop() else { return Line { text: String::new(), rows: Vec::new(), bad: false } };
    let Row { ngram, year, matches, volumes, pages, .. } = &row;
    let text = match format {
        "v1" => format!("{ngram}\t{year}\t{matches}\t{pages}\t{volumes}"),
        "v2" => format!("{ngram}\t{year}\t{matches}\t{volumes}"),
        "counts" => format!("{ngram}\t{matches}\t{volumes}"),
        "v3" => {
            let mut same = vec![row.clone()];
            while let Some(next) = rows.pop_if(|next| next.ngram == *ngram) {
                same.push(Row { lines: 0, ..next });
            }
            let years = same.iter().map(|row| format!("\t{},{},{}", row.year, row.matches, row.volumes));
            return Line { text: ngram.clone() + &years.collect::<String>(), rows: same, bad: false };
        }
        _ => return Line { text: format!("{ngram} {matches}  {ngram}"), rows: Vec::new(), bad: false },
    };
    Line { text, rows: vec![row], bad: false }
}

/// The bytes of a file with some kind of line ends.
pub fn bytes(case: &mut Case, lines: &[Line]) -> Vec<u8> {
    let end = case.pick(&["\n", "\n", "\r\n"]);
    let mixed = case.chance(0.1);
    let mut text = String::new();
    // A byte order mark is no part of the first n-gram, but a second one is.
    if case.chance(0.1) || lines.first().is_some_and(|line| line.text.starts_with('\u{feff}')) {
        text.push('\u{feff}');
    }
    for line in lines {
        text += &line.text;
        text += if mixed { case.pick(&["\n", "\r\n"]) } else { end };
    }
    // An empty last line needs its end to be one.
    if lines.last().is_some_and(|last| !last.text.is_empty()) && case.chance(0.3) {
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
    }
    text.into_bytes()
}

/// What is asked about some rows.
#[derive(Debug, Default)]
pub struct Question {
    measures: Vec<&'static str>,
    by_year: bool,
    years: Option<(u32, u32)>,
    words: Vec<String>,
    prefix: Option<String>,
    top: Option<usize>,
    min_count: Option<u64>,
    sort_by_ngram: bool,
    pub text: Option<(usize, usize)>,
}

impl Question {
    pub fn any(case: &mut Case, format: &str) -> Self {
        let has_years = ["v1", "v2", "v3"].contains(&format);
        let measures: &[&[&str]] = match format {
            "v1" => &[&["matches"], &["matches", "volumes"], &["pages"], &["volumes", "matches", "pages"]],
            "text" => &[&["matches"], &["matches", "lines"], &["lines"]],
            _ => &[&["matches"], &["matches", "volumes"], &["volumes"]],
        };
        let mut question = Question { measures: case.pick(measures).to_vec(), ..Question::default() };
        if format == "text" {
            let shortest = case.random.usize(1..4);
            question.text = Some((shortest, case.random.usize(shortest..6)));
        }
        if has_years && case.chance(0.3) {
            let first = case.random.u32(1500..2020);
            question.years = Some((first, case.random.u32(first..2020)));
        }
        question.by_year = has_years && case.chance(0.3);
        if case.chance(0.2) {
            question.words = (0..case.random.usize(1..5)).map(|_| case.pick(NAMES).to_owned()).collect();
            // A word that is asked for twice has two rows in some answers; that is for other tests.
            question.words = BTreeSet::from_iter(question.words).into_iter().collect();
        } else if case.chance(0.2) {
            question.prefix = Some(case.pick(&["a", "o", "é", "x", "日"]).into());
        }
        if question.words.is_empty() && !question.by_year {
            question.top = case.chance(0.3).then(|| case.random.usize(1..20));
            question.min_count = case.chance(0.2).then(|| case.random.u64(1..20_000));
            question.sort_by_ngram = case.chance(0.2);
        }
        question
    }

    /// The default.
    pub fn matches() -> Self {
        Question { measures: vec!["matches"], ..Question::default() }
    }

    /// What the steps answer: the matches of everything, sorted by n-gram.
    pub fn steps() -> Self {
        Question { sort_by_ngram: true, ..Question::matches() }
    }

    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments = arguments!["--count", self.measures.join(",")];
        let mut add = |option: &str, value: Option<String>| {
            arguments.extend(value.into_iter().flat_map(|value| arguments![option, value]));
        };
        add("--years", self.years.map(|(first, last)| format!("{first}..{last}")));
        add("--top", self.top.map(|rows| rows.to_string()));
        add("--min-count", self.min_count.map(|least| least.to_string()));
        add("--sort", self.sort_by_ngram.then(|| "ngram".into()));
        add("--n", self.text.map(|(shortest, longest)| format!("{shortest}..{longest}")));
        add("--tokens", self.text.map(|_| "blanks".into()));
        arguments.extend(self.prefix.iter().map(|prefix| format!("--prefix={prefix}").into()));
        arguments.extend(self.words.iter().map(|word| format!("--word={word}").into()));
        if self.by_year {
            arguments.push("--by-year".into());
        }
        arguments
    }

    /// Whether no text is cut into any of the words that are asked for, which is a question to refuse.
    pub fn is_impossible(&self) -> bool {
        let Some((shortest, longest)) = self.text else { return false };
        let is_impossible = |word: &String| {
            let words: Vec<&str> = word.split_whitespace().collect();
            words.join(" ") != *word || !(shortest..=longest).contains(&words.len())
        };
        !self.words.is_empty() && self.words.iter().all(is_impossible)
    }

    /// The answer in TSV.
    pub fn answer(&self, files: &[Lines]) -> String {
        let mut sums: BTreeMap<(String, Option<u32>), Vec<u64>> = BTreeMap::new();
        let rows = files.iter().flatten().flat_map(|line| self.rows(line));
        for row in rows.filter(|row| self.is_asked_for(row)) {
            let key = (row.ngram.clone(), self.by_year.then_some(row.year));
            let sums = sums.entry(key).or_insert_with(|| vec![0; self.measures.len()]);
            for (sum, measure) in sums.iter_mut().zip(&self.measures) {
                *sum += match *measure {
                    "matches" => row.matches,
                    "volumes" => row.volumes,
                    "pages" => row.pages,
                    _ => row.lines,
                };
            }
        }
        let missing = self.words.iter().filter(|_| !self.by_year).map(|word| (word.clone(), None));
        for key in missing {
            sums.entry(key).or_insert_with(|| vec![0; self.measures.len()]);
        }
        let mut rows: Vec<_> = sums.into_iter().collect();
        rows.retain(|(_, sums)| self.min_count.is_none_or(|least| sums[0] >= least));
        // By n-gram they are sorted already, and so are the words.
        if !self.by_year && !self.sort_by_ngram && self.words.is_empty() {
            rows.sort_by_key(|(_, sums)| std::cmp::Reverse(sums[0]));
        }
        rows.truncate(self.top.unwrap_or(usize::MAX));
        let row = |((ngram, year), sums): ((String, Option<u32>), Vec<u64>)| {
            let numbers = year.map(u64::from).into_iter().chain(sums).map(|number| format!("\t{number}"));
            format!("{ngram}{}\n", numbers.collect::<String>())
        };
        rows.into_iter().map(row).collect()
    }

    /// The rows of a line; of text, one for each different n-gram.
    fn rows(&self, line: &Line) -> Vec<Row> {
        let Some((shortest, longest)) = self.text else { return line.rows.clone() };
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for length in shortest..=longest {
            words.windows(length).for_each(|words| *counts.entry(words.join(" ")).or_default() += 1);
        }
        let row = |(ngram, matches)| Row { ngram, year: 0, matches, volumes: 0, pages: 0, lines: 1 };
        counts.into_iter().map(row).collect()
    }

    fn is_asked_for(&self, row: &Row) -> bool {
        self.years.is_none_or(|(first, last)| (first..=last).contains(&row.year))
            && self.prefix.as_ref().is_none_or(|prefix| row.ngram.starts_with(&prefix[..]))
            && (self.words.is_empty() || self.words.contains(&row.ngram))
    }
}
