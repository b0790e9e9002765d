//! Flags for a program that starts this one and follows it, such as the Python package.

use std::path::PathBuf;

use super::paths::second_output;

/// What was typed about the program that started this one.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Reports")]
pub(in crate::cli) struct CallerArgs {
    /// Write progress and result to FILE, as JSON lines
    ///
    /// For a program that starts this one: progress, notes, lines that were
    /// left out, and at the end the failure or the statistics. docs/stats.md
    /// lists the fields.
    #[arg(long, value_name = "FILE", value_parser = second_output(), verbatim_doc_comment)]
    pub events: Option<PathBuf>,

    /// Stop when standard input is closed
    ///
    /// For a program that starts this one and keeps a pipe to it open: when
    /// that program ends, however it ends, this one stops as by SIGTERM.
    #[arg(long, verbatim_doc_comment)]
    pub end_with_stdin: bool,
}
