//! Flag for the display of progress.

use std::io::{self, IsTerminal};

use clap::ValueEnum;

/// When progress is shown.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ProgressMode {
    /// If stderr is a terminal
    Auto,
    /// Always; one line each second if stderr is not a terminal
    Always,
    /// Never
    Never,
}

impl ProgressMode {
    /// Whether progress is shown on this stderr.
    pub fn resolve(self) -> bool {
        match self {
            Self::Auto => io::stderr().is_terminal(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}
