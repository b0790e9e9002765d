//! From what was typed to what is meant.

use std::collections::HashSet;
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::args::{self, Args};
use super::collisions;
use super::output_args::{Expected, OutputUsageError, Outputs, destination};
use crate::count::{Order, Selection, Sort};
use crate::input::Source;
use crate::job;
use crate::output::Destination;

/// What is meant.
pub(super) struct Intent {
    pub config: job::Config,
    /// Where the totals come from, if any.
    pub totals: Option<PathBuf>,
    pub output: Outputs,
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
    /// An output that cannot be.
    #[error(transparent)]
    Output(#[from] OutputUsageError),
    /// A file would be written over.
    #[error("{option} {}: {other} is the same file", path.display())]
    Collision {
        /// The option that names it.
        option: &'static str,
        /// As it was typed.
        path: PathBuf,
        /// What else it is.
        other: &'static str,
    },
    /// A picture of a sweep that is neither kind.
    #[cfg(feature = "plot")]
    #[error("--plot {}: a picture is named .svg or .png", .0.display())]
    PictureName(PathBuf),
    /// What only worker processes have.
    #[error("{0} is for worker processes; leave out --executor")]
    ProcessesOnly(&'static str),
    /// A measure is asked for twice.
    #[error("--count: each column is there once")]
    CountTwice,
    /// Tags would be taken off, and tagged rows added to the untagged ones.
    #[error(
        "--strip-pos over all rows would count every word twice, since `watch` already is the sum of \
         `watch_NOUN` and `watch_VERB`; add --pos tagged, or a list of tags"
    )]
    CountsTwice,
    /// Tags would be taken off where there are none.
    #[error("--strip-pos: with --pos untagged there is no tag to take off")]
    NothingToStrip,
    /// Shares of lines.
    #[error("--relative-to: the totals of a corpus say nothing of lines")]
    NoTotalLines,
    /// An answer of more rows than anyone can want.
    #[error("--smoothing: --years spans more than 10000 years, and each would be a row")]
    ManyYears,
    /// The format was named, and does not hold what was asked for.
    #[error(transparent)]
    Unsuited(#[from] crate::count::CountError),
}

pub(super) fn resolve(args: Args) -> anyhow::Result<Intent> {
    let (format, mut plan) = args.asked.resolve()?;
    let outputs = [
        ("-o", args.output.output.as_deref()),
        #[cfg(feature = "plot")]
        ("--plot", args.output.plot.as_deref()),
        ("--stats-json", args.stats_json.as_deref()),
        ("--quarantine", args.supervision.quarantine.as_deref()),
        ("--ledger", args.supervision.ledger.as_deref()),
    ];
    let outputs = outputs.into_iter().filter_map(|(option, path)| Some((option, path?)));
    collisions::check(args.files.iter().map(PathBuf::as_path), outputs)?;
    if !matches!(args.executor, args::Executor::Processes)
        && let Some(option) = args.supervision.needs_processes()
    {
        return Err(UsageError::ProcessesOnly(option).into());
    }
    let mut order = Order {
        sort: args.sort.map(|sort| match sort {
            args::Sort::Matches => Sort::Matches,
            args::Sort::Ngram => Sort::Ngram,
        }),
        top: args.top,
        min_count: args.min_count,
        ..Order::default()
    };
    let totals = args.scale.relative_to.clone();
    args.scale.resolve(&mut plan, &mut order)?;
    if let Some(format) = format {
        plan.suits(format).map_err(UsageError::Unsuited)?;
    }
    let expected = Expected {
        by_year: order.by_year,
        cut: order.top.is_some(),
        measures: plan.measures.count(),
        // Fewer may be left of what was asked for; then only the answer tells how many.
        ngrams: distinct(&plan.selection).filter(|_| order.min_count.is_none() && !plan.filter.ignore_case),
    };
    let output = args.output.resolve(&expected).map_err(UsageError::from)?;
    let quarantine = args.supervision.quarantine.clone();
    Ok(Intent {
        config: job::Config {
            sources: sources(args.files),
            format,
            plan,
            order,
            chunk: args.chunk,
            executor: args.executor.into(),
            workers: args.workers.map_or_else(available_cores, NonZeroUsize::from),
            supervision: args.supervision.resolve(args.verbose),
        },
        totals,
        output,
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

pub(super) fn sources(files: Vec<PathBuf>) -> Vec<Source> {
    if files.is_empty() {
        return vec![Source::Stdin];
    }
    files.into_iter().map(Source::from).collect()
}

fn available_cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The n-grams that were asked for, each once.
fn distinct(selection: &Selection) -> Option<usize> {
    match selection {
        Selection::All => None,
        Selection::Words(words) => Some(words.iter().collect::<HashSet<_>>().len()),
    }
}
