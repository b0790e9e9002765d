//! Flags for files on servers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::values;
use crate::input::HttpRules;

/// What was typed about remote files.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Remote files")]
pub(super) struct RemoteArgs {
    /// Attempts after a failed one
    ///
    /// A broken connection, a stall and the statuses 429 and 5xx are tried
    /// again, with growing pauses, from the byte where it broke. The number
    /// begins anew after 1 MiB without a failure.
    #[arg(long, value_name = "N", default_value = "8", value_parser = values::whole_number::<u32>)]
    #[arg(verbatim_doc_comment)]
    http_retries: u32,

    /// How long a server may send nothing
    ///
    /// The limit of a connection, of an answer, and of each wait for more of
    /// it, in seconds.
    #[arg(long, value_name = "SECS", default_value = "20", value_parser = values::timeout)]
    #[arg(verbatim_doc_comment)]
    http_timeout: Duration,

    /// Folder for copies of files that are read whole
    ///
    /// A later run asks the server whether the file is still the same (by
    /// its ETag) and reads the copy. Delete the folder to empty it.
    #[arg(long, value_name = "DIR", verbatim_doc_comment)]
    cache: Option<PathBuf>,
}

impl RemoteArgs {
    /// The folder of copies.
    pub fn cache(&self) -> Option<&Path> {
        self.cache.as_deref()
    }

    /// The rules for fetching.
    pub fn resolve(self) -> HttpRules {
        let mut rules = HttpRules::default().cached_in(self.cache);
        (rules.retries, rules.timeout) = (self.http_retries, self.http_timeout);
        rules
    }
}
