//! Flags for relative frequencies and smoothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::error::UsageError;
use super::paths::check_local;
use super::values;
use crate::count::Totals;
use crate::counter::Counter;
use crate::record::totals;

/// What was typed about the normalization of the sums.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Numbers")]
pub(super) struct NormalizeArgs {
    /// Divide by the corpus totals in F, by year
    ///
    /// F is Google's file of total counts, as published or as CSV. The sum
    /// of an n-gram is divided by the totals of the same years.
    #[arg(long, value_name = "F", verbatim_doc_comment)]
    pub relative_to: Option<PathBuf>,

    /// Mean over each year and N years either side
    ///
    /// Needs --by-year. Gives a row for each year from the first to the last.
    /// A year without the n-gram counts as 0; at both ends the mean is over
    /// fewer years.
    #[arg(long, value_name = "N", requires = "by_year", verbatim_doc_comment)]
    #[arg(value_parser = values::whole_number::<u32>)]
    smoothing: Option<u32>,
}

impl NormalizeArgs {
    /// Adds what these options ask for. Reads the file of totals.
    pub fn apply(self, counter: Counter) -> anyhow::Result<Counter> {
        let counter = counter.smoothing(self.smoothing);
        let Some(path) = &self.relative_to else { return Ok(counter) };
        // A question without an answer is reported before a file is read.
        counter.clone().relative_to(Totals::new()).job(Vec::new()).map_err(UsageError::from)?;
        check_local("--relative-to", path)?;
        Ok(counter.relative_to(read_totals(path)?))
    }
}

fn read_totals(path: &Path) -> anyhow::Result<Totals> {
    let name = format!("--relative-to {}", path.display());
    let text = fs::read(path).with_context(|| name.clone())?;
    let totals = totals::parse(&text)
        .map_err(|(line, error)| anyhow::Error::new(error).context(format!("{name}: line {line}")))?;
    anyhow::ensure!(!totals.is_empty(), "{name}: line 1: there is no year,matches,pages,volumes in it");
    Ok(totals)
}
