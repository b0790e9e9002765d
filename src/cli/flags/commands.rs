//! Mistyped commands, which the grammar of the command line takes for files.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use clap::error::ContextKind;
use clap::{Command, CommandFactory};

use super::args::Args;

/// Refuses a first file that is not there if its name is nearly that of a command.
///
/// # Errors
/// clap's error for an unknown command, with its suggestion.
pub(super) fn check_command(files: &[PathBuf]) -> Result<(), clap::Error> {
    let Some(name) = files.first().and_then(|file| file.to_str()) else { return Ok(()) };
    let is_missing = fs::metadata(name).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    if !is_missing || !name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(());
    }
    let program = Args::command();
    let commands = program.get_subcommands().cloned();
    let commands = Command::new("ngramcount").subcommand_required(true).subcommands(commands);
    match commands.try_get_matches_from(["ngramcount", name]) {
        Err(error) if error.get(ContextKind::SuggestedSubcommand).is_some() => Err(error),
        _ => Ok(()),
    }
}
