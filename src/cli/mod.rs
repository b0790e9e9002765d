//! Command line: arguments, progress, messages and exit codes.
//!
//! The module owns every line on stderr and the meaning of every exit code; it is the only one that uses `anyhow`. It never
//! counts: `flags` resolves what was typed into a [`Counter`](crate::Counter), `commands` run it, and `report` says how
//! it ended.

mod commands;
mod flags;
mod report;
mod run;
mod signals;

#[doc(hidden)]
pub use flags::fuzz_command_line;
pub use run::run;
