//! Shell completions and a man page, made from the options themselves.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Args;

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
    pub fn write(&self) -> io::Result<bool> {
        let mut command = Args::command();
        let mut text = Vec::new();
        if let Some(shell) = self.completions {
            clap_complete::generate(shell, &mut command, "ngramcount", &mut text);
        } else if self.man {
            clap_mangen::Man::new(command).render(&mut text)?;
        } else {
            return Ok(false);
        }
        match io::stdout().lock().write_all(&text) {
            // Nobody to tell if the reader has gone.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(true),
        }
    }
}
