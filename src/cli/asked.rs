//! What is asked of the input: the options that a count and its map step share, and what they mean.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;

use super::plan::UsageError;
use super::question::{FilterArgs, FormatArgs, MeasureArgs};
use crate::count::{self, Format, Plan, Selection, strip_byte_order_mark};

/// What was typed about the input and what is counted in it.
#[derive(Debug, clap::Args)]
pub(super) struct AskedArgs {
    #[command(flatten)]
    format: FormatArgs,

    /// Count this n-gram; repeatable [default: all]
    ///
    /// One row for each, in the order asked and as it was spelled, also with
    /// --ignore-case; 0 where it does not occur.
    #[arg(long = "word", value_name = "W", allow_hyphen_values = true, verbatim_doc_comment)]
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
    /// Skipped lines are counted, five are named, and the exit code is 3.
    #[arg(long, value_name = "WHAT", default_value = "fail", hide_possible_values = true)]
    #[arg(help_heading = "What to count")]
    bad_lines: BadLines,

    #[command(flatten)]
    measure: MeasureArgs,
}

/// `--bad-lines`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum BadLines {
    /// The first one ends the job
    Fail,
    /// They are left out, counted, and the first five named
    Skip,
}

impl AskedArgs {
    /// The format, if it was named, and what is to be counted.
    pub fn resolve(self) -> anyhow::Result<(Option<Format>, Plan)> {
        let selection = match (&self.words[..], &self.words_file) {
            ([], None) => Selection::All,
            _ => Selection::Words(words(self.words, self.words_file.as_deref())?),
        };
        let mut plan = Plan {
            selection,
            filter: self.filter.resolve()?,
            text: self.format.text(),
            bad_lines: match self.bad_lines {
                BadLines::Fail => count::BadLines::Fail,
                BadLines::Skip => count::BadLines::Skip,
            },
            ..Plan::default()
        };
        self.measure.resolve(&mut plan)?;
        Ok((self.format.format.format(), plan))
    }
}

/// The words of the command line, then those of the file.
fn words(typed: Vec<OsString>, file: Option<&Path>) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut words = Vec::with_capacity(typed.len());
    for word in typed {
        let shown = format!("--word {word:?}");
        words.push(ngram(word.into_vec(), || shown)?);
    }
    if let Some(path) = file {
        let name = path.display();
        let text = fs::read(path).with_context(|| name.to_string())?;
        // Editors that write a byte order mark do not mean it as part of the first word.
        for (index, line) in strip_byte_order_mark(&text).split(|&byte| byte == b'\n').enumerate() {
            let word = line.strip_suffix(b"\r").unwrap_or(line);
            if !word.is_empty() {
                words.push(ngram(word.to_vec(), || format!("{name}: line {}", index + 1))?);
            }
        }
    }
    Ok(words)
}

/// Refuses what no line of any input can match, since it is a slip of the hand.
fn ngram(word: Vec<u8>, place: impl FnOnce() -> String) -> Result<Vec<u8>, UsageError> {
    if word.is_empty() || word.iter().any(|byte| matches!(byte, b'\t' | b'\n')) {
        return Err(UsageError::NotAnNgram(place()));
    }
    Ok(word)
}
