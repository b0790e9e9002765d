//! Commands: what each one does with its resolved arguments.
//!
//! `count` is the program without a subcommand; `sweep` times it; `index` makes indexes; `plot` draws an answer; `describe`
//! lists the options; `steps` are `map`, `combine` and `reduce` for an
//! external engine; `generate` writes completions and the man page. A command opens no input itself: it calls `job`,
//! `partials` or `sweep`, and writes what comes back. It returns the exit code.

pub(super) mod corpus;
pub(super) mod count;
mod describe;
pub(super) mod generate;
pub(super) mod index;
#[cfg(feature = "plot")]
pub(super) mod plot;
pub(super) mod steps;
pub(super) mod sweep;
