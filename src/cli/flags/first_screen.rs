//! The first screen of help: what `-h` shows.

use clap::Arg;

/// The options that `-h` shows. All together fit one screen; `--help` has the others too.
const FIRST_SCREEN: [&str; 15] = [
    "files",
    "glob",
    "format",
    "n",
    "tokens",
    "document",
    "sentences",
    "stop_words",
    "words",
    "regex",
    "ignore_case",
    "count",
    "by_year",
    "top",
    "output",
];

/// Leaves an option out of `-h` that is not for the first screen.
pub(super) fn on_first_screen(option: Arg) -> Arg {
    let is_shown = FIRST_SCREEN.contains(&option.get_id().as_str());
    option.hide_short_help(!is_shown)
}
