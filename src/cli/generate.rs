//! Shell completions and a man page, made from the options themselves.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Args;
use crate::output::{Destination, OutputError};

/// What was typed about the program itself.
#[derive(Debug, clap::Args)]
pub(super) struct GenerateArgs {
    /// Write completions for a shell to stdout
    #[arg(long, value_name = "SHELL", hide = true, exclusive = true)]
    completions: Option<Shell>,

    /// Write the man page to stdout
    #[arg(long, hide = true, exclusive = true)]
    man: bool,
}

impl GenerateArgs {
    /// Writes what was asked for; false if that is nothing.
    pub fn write(&self) -> Result<bool, OutputError> {
        let mut command = Args::command();
        let mut text = Vec::new();
        if let Some(shell) = self.completions {
            clap_complete::generate(shell, &mut command, "ngramcount", &mut text);
        } else if self.man {
            clap_mangen::Man::new(command).render(&mut text).map_err(OutputError::Stdout)?;
        } else {
            return Ok(false);
        }
        match Destination::Stdout.write(|out| out.write_all(&text)) {
            // Nobody to tell if the reader has gone.
            Ok(()) | Err(OutputError::ReaderGone) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
