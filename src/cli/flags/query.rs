//! Flags that select n-grams, years and measures: the part of a count that its map step has too.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use clap::builder::TypedValueParser;

use super::error::UsageError;
use super::input::InputArgs;
use super::paths::{ReadFile, read_lines};
use super::text::TextArgs;
use super::values::{self, named};
use crate::count::{BadLines, Measure, Measures, Pattern, Pos, Years};
use crate::counter::Counter;
use crate::input::Source;

/// What was typed about the input and what is counted in it.
#[derive(Debug, clap::Args)]
pub(super) struct QueryArgs {
    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    text: TextArgs,

    /// Count this n-gram; repeatable [default: all]
    ///
    /// One row for each word, in the order and spelling given, also with
    /// --ignore-case. A word that does not occur has the count 0; with
    /// --by-year it has no row.
    #[arg(short, long = "word", value_name = "W", allow_hyphen_values = true, verbatim_doc_comment)]
    #[arg(help_heading = "What to count")]
    words: Vec<OsString>,

    /// Count the n-grams in F, one a line, after --word
    #[arg(long, value_name = "F")]
    #[arg(help_heading = "What to count")]
    words_file: Option<PathBuf>,

    #[command(flatten)]
    filter: FilterArgs,

    /// Fail at a malformed line, or skip it
    ///
    /// Skipped lines are counted, the first five are named, and the exit
    /// code is 3.
    #[arg(long, value_name = "WHAT", default_value = "fail", hide_possible_values = true)]
    #[arg(help_heading = "What to count", value_parser = bad_lines(), verbatim_doc_comment)]
    bad_lines: BadLines,

    #[command(flatten)]
    measure: MeasureArgs,
}

/// What was typed about n-grams and years.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What to count")]
struct FilterArgs {
    /// Only n-grams that begin with P
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    prefix: Option<OsString>,

    /// Only n-grams that match R
    ///
    /// R is a regular expression that may match any part of the n-gram;
    /// anchor it with ^ and $.
    #[arg(long, value_name = "R", value_parser = values::pattern, allow_hyphen_values = true)]
    #[arg(verbatim_doc_comment)]
    regex: Option<Pattern>,

    /// Only these years: A..B, A.., ..B or A
    #[arg(long, value_name = "YEARS", value_parser = values::years, allow_hyphen_values = true)]
    years: Option<Years>,

    /// Count Word, WORD and word as word
    ///
    /// Rows are in lower case, those of --word as typed.
    #[arg(short, long)]
    ignore_case: bool,

    /// Tags: all, untagged, tagged or NOUN,...
    ///
    /// untagged: only n-grams without part-of-speech tags.
    /// tagged: only n-grams whose words all have a tag.
    /// NOUN,...: only n-grams whose words all have a listed tag, of NOUN VERB
    /// ADJ ADV PRON DET ADP NUM CONJ PRT X and . (for punctuation).
    #[arg(long, value_name = "TAGS", default_value = "all", value_parser = values::part_of_speech)]
    #[arg(verbatim_doc_comment)]
    pos: Pos,

    /// Count watch_NOUN as watch; needs --pos
    ///
    /// Needs --pos tagged or a list of tags. Tags are removed, and n-grams
    /// that are then equal are added up.
    #[arg(long, verbatim_doc_comment)]
    strip_pos: bool,
}

/// What was typed about the numbers that are added up.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Numbers")]
struct MeasureArgs {
    /// matches, volumes, pages or lines
    ///
    /// One column each; separate several by commas. Volumes and pages are
    /// added up over the years. Lines are the lines of the input.
    #[arg(long, value_name = "WHAT", default_value = "matches", hide_possible_values = true)]
    #[arg(value_delimiter = ',', value_parser = measure(), verbatim_doc_comment)]
    count: Vec<Measure>,

    /// One row for each n-gram and year
    #[arg(long)]
    by_year: bool,
}

fn bad_lines() -> impl TypedValueParser<Value = BadLines> {
    named(&BadLines::ALL, BadLines::name, |rule| match rule {
        BadLines::Fail => "The first malformed line ends the job",
        BadLines::Skip => "Malformed lines are left out and counted, the first five named",
    })
}

fn measure() -> impl TypedValueParser<Value = Measure> {
    named(&Measure::ALL, Measure::name, |measure| match measure {
        Measure::Matches => "Occurrences",
        Measure::Volumes => "Books",
        Measure::Pages => "Pages",
        Measure::Lines => "Lines of the input",
        Measure::Documents => "Documents",
    })
}

impl QueryArgs {
    /// The files of words.
    pub fn read_files(&self) -> impl Iterator<Item = ReadFile> {
        let words = self.words_file.clone().map(|path| ("--words-file", Source::Path(path)));
        words.into_iter().chain(self.text.read_file())
    }

    /// The n-grams of the command line.
    pub fn words(&self) -> Vec<Vec<u8>> {
        self.words.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    /// A counter of what these options select. Reads the files of words.
    pub fn resolve(self) -> anyhow::Result<Counter> {
        let measures = Measures::new(self.measure.count).ok_or(UsageError::DuplicateMeasure)?;
        let mut counter = self.filter.apply(self.text.apply(self.input.apply(Counter::new()))?);
        if !self.words.is_empty() || self.words_file.is_some() {
            let words = words(self.words, self.words_file.as_deref())?;
            if let (true, Some(file)) = (words.is_empty(), self.words_file) {
                return Err(UsageError::NoWords(file).into());
            }
            counter = counter.words(words);
        }
        Ok(counter.bad_lines(self.bad_lines).measures(measures).by_year(self.measure.by_year))
    }
}

impl FilterArgs {
    fn apply(self, counter: Counter) -> Counter {
        let Years { first, last } = self.years.unwrap_or_default();
        counter
            .prefix(self.prefix.map(OsStringExt::into_vec).unwrap_or_default())
            .regex(self.regex)
            .years(first..=last)
            .pos(self.pos)
            .strip_pos(self.strip_pos)
            .ignore_case(self.ignore_case)
    }
}

/// The words of the command line, then those of the file.
fn words(typed: Vec<OsString>, file: Option<&Path>) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut words = Vec::with_capacity(typed.len());
    for word in typed {
        let shown = format!("--word {word:?}");
        words.push(checked(word.into_vec(), || shown)?);
    }
    if let Some(path) = file {
        for (line, word) in read_lines("--words-file", path)? {
            words.push(checked(word, || format!("--words-file {}: line {line}", path.display()))?);
        }
    }
    Ok(words)
}

/// Refuses a word that no line of any input can match: a typing error.
fn checked(word: Vec<u8>, place: impl FnOnce() -> String) -> Result<Vec<u8>, UsageError> {
    if word.is_empty() || word.iter().any(|byte| matches!(byte, b'\t' | b'\n')) {
        return Err(UsageError::NotAnNgram(place()));
    }
    Ok(word)
}
