//! Flags of `ngramcount sweep`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::listing::ListArgs;
#[cfg(feature = "plot")]
use super::paths::second_output;
#[cfg(feature = "plot")]
use super::picture::PictureArgs;
use super::values;
use crate::job::{ChunkSize, ExecutorKind};

const EXAMPLES: &str = "\
Examples:
  Which chunk size is the fastest for this file on this machine?
    ngramcount sweep data/kjv.txt.gz --plot sweep.svg
  The count of one word, by one and two workers:
    ngramcount sweep data/kjv.txt.gz --executors processes,threads \\
        --workers 1,2 --repeat 5 --output sweep.tsv -- --word Aaron";

/// Time the same count with many chunk sizes
///
/// Runs all combinations in turn, once unmeasured and then --repeat times. The
/// speed-up is relative to the sequential executor with chunks of automatic size.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, verbatim_doc_comment)]
pub(in crate::cli) struct SweepArgs {
    /// Files or folders to count
    #[arg(value_name = "FILE", required_unless_present = "files_from")]
    pub(super) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) list: ListArgs,

    /// Chunk sizes in lines
    /// [default: 2,20,200,2000,20000,200000,auto]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = values::chunk_size)]
    #[arg(default_value = "2,20,200,2000,20000,200000,auto", hide_default_value = true)]
    #[arg(verbatim_doc_comment)]
    pub(super) chunks: Vec<ChunkSize>,

    /// Executors
    /// [default: processes,threads,sequential]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = values::executor())]
    #[arg(default_value = "processes,threads,sequential", hide_default_value = true)]
    #[arg(verbatim_doc_comment, hide_possible_values = true)]
    pub(super) executors: Vec<ExecutorKind>,

    /// Numbers of workers [default: available cores]
    #[arg(short = 'j', long, value_name = "LIST", value_delimiter = ',')]
    #[arg(value_parser = values::workers)]
    pub(super) workers: Vec<NonZeroUsize>,

    /// Measured runs of each combination
    #[arg(long, value_name = "N", default_value = "5", value_parser = values::repetitions)]
    pub(super) repeat: NonZeroUsize,

    /// Write the times to FILE, tab-separated
    ///
    /// `-` writes them to stdout, in place of the table for reading.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Plot the times to FILE.svg or FILE.png
    #[cfg(feature = "plot")]
    #[arg(long, value_name = "FILE", value_parser = second_output())]
    pub(super) plot: Option<PathBuf>,

    #[cfg(feature = "plot")]
    #[command(flatten)]
    pub(super) picture: PictureArgs,

    /// Options of the count, after `--`
    #[arg(last = true, value_name = "COUNT OPTIONS")]
    pub(super) count: Vec<std::ffi::OsString>,
}

impl SweepArgs {
    /// The outputs, each with the option that names it.
    pub(super) fn outputs(&self) -> Vec<(&'static str, Option<&Path>)> {
        vec![
            ("-o", self.output.as_deref()),
            #[cfg(feature = "plot")]
            ("--plot", self.plot.as_deref()),
        ]
    }
}
