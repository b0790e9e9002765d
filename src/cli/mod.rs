//! What a person types and sees: arguments, the plan made of them, progress, messages, exit codes.
//!
//! The room owns every word on stderr and the meaning of every exit code; it is the only one that
//! uses `anyhow`. It never counts: it resolves what was typed into a [`crate::job::Config`], runs
//! it, and says what became of it.

mod args;
mod asked;
mod collisions;
mod exit;
mod generate;
mod hadoop;
mod hints;
mod messages;
mod output_args;
mod plan;
mod progress;
mod question;
mod roles;
mod run;
mod signals;
mod supervision;
mod sweep;

pub use run::run;
