//! The answer to a question: rows by n-gram.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::OnceLock;

use crate::count::{Answer, Column, ColumnType, Row, Selection, Sort, Value, spellings_of_rows};
use crate::exec::MissingWorkers;
use crate::input::Source;
use crate::job::{Config, LocatedBadLine, PoisonLines, Report, Stats};
use crate::output::Table;

/// The answer to a question: one row for each n-gram, or for each n-gram and year.
///
/// N-grams are bytes, usually UTF-8. Selected words have the spelling of the selection.
///
/// ```
/// use ngramcount::Counter;
/// use ngramcount::output::OutputFormat;
///
/// let counts = Counter::new().count_files(["data/poem.txt"])?;
/// assert_eq!(counts.get("Где"), Some(3));
/// let mut csv = Vec::new();
/// OutputFormat::Csv.write(&counts, true, &mut csv)?;
/// assert!(csv.starts_with("ngram,matches\nГде,3\n".as_bytes()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Counts {
    report: Report,
    /// The selected words, if rows have their spelling.
    words: Vec<Vec<u8>>,
    /// The names of the files, in an answer by files.
    files: Vec<String>,
    columns: Vec<Column>,
    /// For each row, the index of its word in `words`.
    spellings: Vec<u32>,
    /// Whether the first number of the rows descends.
    by_number: bool,
    /// Whether one n-gram may have several rows of one year: it was selected more than once.
    may_repeat: bool,
    /// The selected words that do not occur.
    absent: Vec<Vec<u8>>,
    sums: OnceLock<HashMap<Vec<u8>, u64>>,
}

impl Counts {
    pub(super) fn new(report: Report, config: Config) -> Self {
        let selects_words = config.plan.selection != Selection::All;
        let by_number = match config.order.sort {
            Some(sort) => sort == Sort::Matches,
            None => !config.order.by_year && (config.order.top.is_some() || !selects_words),
        };
        let spellings = spellings_of_rows(&report.answer, &config.plan);
        let absent = match &config.plan.selection {
            Selection::All => Vec::new(),
            Selection::Words(words) => {
                report.answer.absent().iter().map(|&index| words[index as usize].clone()).collect()
            }
        };
        let words = match config.plan.selection {
            Selection::Words(words) if !spellings.is_empty() => words,
            _ => Vec::new(),
        };
        let mut columns = report.answer.columns().to_vec();
        let mut files = Vec::new();
        if config.plan.by_file {
            files = config.sources.iter().map(printable_name).collect();
            columns.retain(|column| column.name != "year");
            columns.insert(0, Column { name: "file", kind: ColumnType::Text });
        }
        let may_repeat = selects_words;
        let sums = OnceLock::new();
        Self { report, words, files, columns, spellings, by_number, may_repeat, absent, sums }
    }

    /// The first number of an n-gram, usually its matches; in an answer by year, the sum over its years. `None` if the
    /// n-gram has no row.
    ///
    /// The first call builds an index of all n-grams.
    ///
    /// # Panics
    /// If the answer holds relative frequencies or means, which are not counts. [`iter`](Self::iter) has these.
    pub fn get(&self, ngram: impl AsRef<[u8]>) -> Option<u64> {
        self.sums.get_or_init(|| self.sum()).get(ngram.as_ref()).copied()
    }

    /// The first number of each n-gram, as [`get`](Self::get) gives it.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    pub fn into_map(mut self) -> HashMap<Vec<u8>, u64> {
        self.sums.take().unwrap_or_else(|| self.sum())
    }

    fn sum(&self) -> HashMap<Vec<u8>, u64> {
        let mut sums = HashMap::with_capacity(self.len());
        let mut seen = HashSet::new();
        for row in self.iter() {
            if self.may_repeat && !seen.insert((row.file, row.ngram, row.year)) {
                continue;
            }
            match (row.values.get(0), sums.get_mut(row.ngram)) {
                // The sum over the years was checked when the numbers were added up.
                (Some(Value::Integer(number)), Some(sum)) => *sum += number,
                (Some(Value::Integer(number)), None) => drop(sums.insert(row.ngram.to_vec(), number)),
                _ => panic!("relative frequencies and means are not counts"),
            }
        }
        sums
    }

    /// The rows with the largest first number, largest first. Rows with equal numbers are in the order of the bytes of
    /// their n-grams.
    pub fn top(&self, rows: usize) -> Vec<Row<'_>> {
        if self.by_number {
            return self.iter().take(rows).collect();
        }
        let number = |row: &Row<'_>| match row.values.get(0) {
            Some(Value::Integer(number)) => number as f64,
            Some(Value::Real(number)) => number,
            None => 0.,
        };
        let mut all: Vec<_> = self.iter().collect();
        all.sort_by(|a, b| {
            let exact = match (a.values.get(0), b.values.get(0)) {
                (Some(Value::Integer(a)), Some(Value::Integer(b))) => b.cmp(&a),
                _ => number(b).total_cmp(&number(a)),
            };
            exact.then_with(|| (a.ngram, a.year, a.file).cmp(&(b.ngram, b.year, b.file)))
        });
        all.truncate(rows);
        all
    }

    /// The rows in the order of the question. Those of an answer larger than memory are read into memory first;
    /// [`Answer::for_each_row`] and [`OutputFormat::write`](crate::output::OutputFormat::write) need none.
    ///
    /// # Panics
    /// If rows that were written to temporary files cannot be read.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        let mut spellings = self.spellings.iter();
        self.report.answer.rows().map(move |row| match spellings.next() {
            Some(&word) => self.of_file(Row { ngram: &self.words[word as usize], ..row }),
            None => self.of_file(row),
        })
    }

    /// The row of a file, if the answer is by files: its number is in place of the year.
    #[inline(always)]
    fn of_file<'a>(&'a self, row: Row<'a>) -> Row<'a> {
        match row.year {
            Some(number) if !self.files.is_empty() => {
                Row { file: self.files.get(number as usize).map(String::as_str), year: None, ..row }
            }
            _ => row,
        }
    }

    /// The columns of the rows: the file in an answer by files, the n-gram, the year in an answer by year, then the numbers.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.report.answer.len()
    }

    /// The selected words that do not occur, as they were selected, whether they have a row or not. They may occur in lines or
    /// years that were left out.
    ///
    /// ```
    /// let counts = ngramcount::Counter::new().words(["Где", "Нигде"]).count_files(["data/poem.txt"])?;
    /// assert_eq!(counts.absent(), ["Нигде".as_bytes()]);
    /// # Ok::<(), ngramcount::CounterError>(())
    /// ```
    pub fn absent(&self) -> &[Vec<u8>] {
        &self.absent
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Statistics of the run: lines, bytes, attempts, time, memory.
    pub fn stats(&self) -> &Stats {
        &self.report.stats
    }

    /// The first five lines that were left out because they are malformed.
    pub fn bad_lines(&self) -> &[LocatedBadLine] {
        &self.report.bad_lines
    }

    /// The lines that were left out because every worker crashed on them.
    pub fn quarantined(&self) -> &[PoisonLines] {
        &self.report.quarantined
    }

    /// The workers that the system could not start, if there were any. The others did their work.
    pub fn missing_workers(&self) -> Option<&MissingWorkers> {
        self.report.missing_workers.as_ref()
    }

    /// The rows without the spelling of the selection.
    pub fn answer(&self) -> &Answer {
        &self.report.answer
    }
}

/// The name of a source, without characters that would end its line or its field.
fn printable_name(source: &Source) -> String {
    let mut name = String::new();
    for c in source.to_string().chars() {
        match c.is_control() {
            true => name.extend(c.escape_default()),
            false => name.push(c),
        }
    }
    name
}

impl Table for Counts {
    fn columns(&self) -> &[Column] {
        self.columns()
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.iter()
    }

    fn may_contain_separator(&self) -> bool {
        !self.spellings.is_empty() || self.report.answer.may_contain_separator()
    }

    fn for_each_row(&self, mut visit: impl FnMut(Row<'_>) -> io::Result<()>) -> io::Result<()> {
        // Only selected words have a spelling of their own, and they fit memory.
        match self.spellings.is_empty() {
            true if self.files.is_empty() => self.report.answer.for_each_row(visit),
            true => self.report.answer.for_each_row(|row| visit(self.of_file(row))),
            false => self.rows().try_for_each(visit),
        }
    }

    fn is_utf8(&self) -> bool {
        if self.spellings.is_empty() {
            return Table::is_utf8(&self.report.answer);
        }
        self.iter().all(|row| str::from_utf8(row.ngram).is_ok())
    }
}
