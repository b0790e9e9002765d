//! Flags: what can be typed on the command line, and its resolution into checked values.
//!
//! Each group of options is a file with a `…Args` struct, filled in by clap as typed, and a `resolve` method. `resolve`
//! puts the groups of a count together: it builds a [`Counter`](crate::Counter), which checks them. Every error of
//! usage is a [`UsageError`]. This module reads files of words, of totals and of names, and finds the files of folders, but never reads the input, and it
//! never prints.

mod answer_shape;
mod args;
mod caller;
mod commands;
mod corpus;
mod error;
mod first_screen;
mod fuzz;
mod index;
mod input;
mod listing;
mod memory;
mod normalize;
mod output;
mod paths;
#[cfg(feature = "plot")]
mod picture;
#[cfg(feature = "plot")]
mod plot;
mod progress_mode;
mod query;
mod remote;
mod resolve;
mod steps;
mod supervision;
mod sweep;
mod text;
mod typed;
mod values;

pub(super) use args::{Args, Command};
pub(super) use commands::folder_of_that_name;
pub(super) use corpus::{CorpusArgs, CorpusList};
pub(super) use error::UsageError;
pub(super) use error::mismatch_advice;
#[cfg(feature = "plot")]
pub(super) use error::picture_advice;
pub use fuzz::fuzz_command_line;
pub(super) use index::{IndexArgs, ResolvedIndex, index_destination};
pub(super) use output::ResolvedOutput;
pub(super) use paths::ReadFile;
#[cfg(feature = "plot")]
pub(super) use plot::PlotArgs;
pub(super) use resolve::{ResolvedArgs, ResolvedSweep, resolve, resolve_sweep};
pub(super) use steps::{CombineArgs, MapArgs, ReduceArgs, StepArgs};
pub(super) use sweep::SweepArgs;
pub(super) use typed::Typed;
pub(super) use values::NgramLengths;
