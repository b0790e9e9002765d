//! Mistyped commands, which the grammar of the command line takes for files.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::error::ContextKind;
use clap::{Command, CommandFactory};

use super::args::Args;

/// The folder that may be meant where the name of a command was typed, as the end of a message.
pub(in crate::cli) fn folder_of_that_name() -> Option<String> {
    let name = env::args_os().nth(1)?.into_string().ok()?;
    let is_command = Args::command().find_subcommand(&name).is_some() && Path::new(&name).is_dir();
    is_command.then(|| format!("`{name}` is a command; the folder of that name is ./{name}"))
}

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
