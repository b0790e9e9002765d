//! Shell completions and a man page, made from the options themselves.

use std::io;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

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
            text = man_page(command).map_err(OutputError::Stdout)?;
        } else {
            return Ok(false);
        }
        match Destination::Stdout.write(|out| out.write_all(&text)) {
            // Nobody to tell if the reader has gone.
            Ok(()) | Err(OutputError::BrokenPipe) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// One page for all: `clap_mangen` would make a page for each subcommand and refer to it.
fn man_page(mut command: Command) -> io::Result<Vec<u8>> {
    command.build();
    let page = Man::new(command.clone());
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    for subcommand in command.get_subcommands() {
        let name = format!("ngramcount {}", subcommand.get_name());
        let mut of_its_own = Vec::new();
        Man::new(subcommand.clone().bin_name(&name)).render(&mut of_its_own)?;
        text.extend(format!(".SH \"{}\"\n", name.to_uppercase()).bytes());
        let lines = of_its_own.split_inclusive(|&byte| byte == b'\n');
        for line in lines.filter(|line| !PAGE_ONLY.iter().any(|macro_| line.starts_with(macro_))) {
            match line.strip_prefix(b".SH ") {
                Some(heading) => text.extend([b".SS ", heading].concat()),
                None => text.extend(line),
            }
        }
    }
    page.render_extra_section(&mut text)?;
    page.render_version_section(&mut text)?;
    Ok(text)
}

/// Lines that begin a page and no section of one.
const PAGE_ONLY: [&[u8]; 3] = [b".TH ", b".ie ", b".el "];
