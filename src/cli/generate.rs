//! Shell completions and a man page, made from the options themselves.

use std::io::{self, Write};

use bstr::ByteSlice;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

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
            command.build();
            Man::new(command.clone()).render(&mut text)?;
            for step in command.get_subcommands() {
                text.extend(of_subcommand(step)?);
            }
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

/// A section with the page of a subcommand, so that the one page has all there is.
fn of_subcommand(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    man.render_extra_section(&mut page)?;
    let mut section = format!(".SH \"NGRAMCOUNT {}\"\n", command.get_name().to_uppercase()).into_bytes();
    for line in page.lines_with_terminator() {
        match line.strip_prefix(b".SH ") {
            Some(title) => section.extend([b".SS ", title].concat()),
            None => section.extend_from_slice(line),
        }
    }
    Ok(section)
}
