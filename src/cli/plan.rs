//! From what was typed to what is meant.

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::args::{self, Args};
use crate::count::{BadLines, Order, Plan, Selection, Sort};
use crate::exec::Kind;
use crate::input::Source;
use crate::job;
use crate::output::Destination;

/// What is meant.
pub(super) struct Intent {
    pub config: job::Config,
    pub output: Destination,
    pub stats_json: Option<Destination>,
    /// Where lines go that crash every worker.
    pub quarantine: Option<Destination>,
    pub stats: bool,
    pub progress: bool,
    pub verbose: bool,
}

/// The command line is wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum UsageError {
    /// With the place where it was asked for.
    #[error("{0}: an n-gram is not empty and holds no tab or line end")]
    NotAnNgram(String),
}

pub(super) fn resolve(args: Args) -> anyhow::Result<Intent> {
    let selection = match (&args.words[..], &args.words_file) {
        ([], None) => Selection::All,
        _ => Selection::Words(words(args.words, args.words_file.as_deref())?),
    };
    let quarantine = args.supervision.quarantine.clone();
    Ok(Intent {
        config: job::Config {
            sources: sources(args.files),
            plan: Plan {
                selection,
                bad_lines: match args.bad_lines {
                    args::BadLines::Fail => BadLines::Fail,
                    args::BadLines::Skip => BadLines::Skip,
                },
            },
            order: Order {
                sort: args.sort.map(|sort| match sort {
                    args::Sort::Matches => Sort::Matches,
                    args::Sort::Ngram => Sort::Ngram,
                }),
                top: args.top,
                min_count: args.min_count,
            },
            chunk: args.chunk,
            executor: match args.executor {
                args::Executor::Processes => Kind::Processes,
                args::Executor::Threads => Kind::Threads,
                args::Executor::Sequential => Kind::Sequential,
            },
            workers: args.workers.map_or_else(available_cores, NonZeroUsize::from),
            supervision: args.supervision.resolve(args.verbose),
        },
        output: args.output.map_or(Destination::Stdout, destination),
        stats_json: args.stats_json.map(destination),
        quarantine: quarantine.map(destination),
        stats: args.stats,
        progress: match args.progress {
            args::Progress::Auto => io::stderr().is_terminal(),
            args::Progress::Always => true,
            args::Progress::Never => false,
        },
        verbose: args.verbose,
    })
}

fn sources(files: Vec<PathBuf>) -> Vec<Source> {
    if files.is_empty() {
        return vec![Source::Stdin];
    }
    files.into_iter().map(Source::from).collect()
}

fn destination(path: PathBuf) -> Destination {
    if path == Path::new("-") { Destination::Stdout } else { Destination::File(path) }
}

fn available_cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
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
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
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
