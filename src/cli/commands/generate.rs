//! Shell completions, a man page and a description of the options, generated from the definitions of the options.

use std::io;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::describe;
use crate::cli::flags::Args;
use crate::output::{Destination, OutputError};

/// Writes completions, the man page or the description of the options to stdout if the arguments ask for one of them; `None` if they do not.
pub(in crate::cli) fn requested(args: &Args) -> Option<Result<(), OutputError>> {
    let mut command = Args::command();
    let text = if let Some(shell) = args.completions {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, "ngramcount", &mut text);
        if shell == Shell::Fish {
            text = for_fish(&String::from_utf8_lossy(&text), &command).into_bytes();
        }
        Ok(text)
    } else if args.man {
        man_page(command).map_err(OutputError::Stdout)
    } else if args.describe_options {
        describe::all(&mut command).map_err(|error| OutputError::Stdout(error.into()))
    } else {
        return None;
    };
    let written = text.and_then(|text| Destination::Stdout.write(|out| out.write_all(&text)));
    Some(match written {
        Err(OutputError::BrokenPipe) => Ok(()),
        other => other,
    })
}

/// The completions for fish, with functions of our own before them. Those of `clap_complete` take any file for a command, so
/// that no option is completed behind it, and complete no value of an option, which they parse without it.
fn for_fish(generated: &str, command: &Command) -> String {
    let commands: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
    let mut completions = generated[generated.find("complete -c").unwrap_or(0)..].to_owned();
    for name in &commands {
        let offered = |function| format!("{function}\" -a \"{name}\"");
        completions = completions.replace(
            &offered("__fish_ngramcount_needs_command"),
            &offered("__fish_ngramcount_at_first_argument"),
        );
    }
    FISH_FUNCTIONS.replace("COMMANDS", &commands.join(" ")) + &completions
}

/// Functions that the completions call. A command can only be the first argument.
const FISH_FUNCTIONS: &str = "\
function __fish_ngramcount_command
    set -l typed (commandline -opc)
    contains -- \"$typed[2]\" COMMANDS
    and echo $typed[2]
end

function __fish_ngramcount_needs_command
    not __fish_ngramcount_command >/dev/null
end

function __fish_ngramcount_using_subcommand
    contains -- (__fish_ngramcount_command) $argv
end

function __fish_ngramcount_at_first_argument
    test (count (commandline -opc)) -eq 1
end

";

/// One page for the program and its subcommands. `clap_mangen` would make a page for each subcommand and refer to it.
fn man_page(mut command: Command) -> io::Result<Vec<u8>> {
    command.build();
    let page = Man::new(command.clone());
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        let name = format!("ngramcount {}", subcommand.get_name());
        let mut subpage = Vec::new();
        Man::new(subcommand.clone().bin_name(&name)).render(&mut subpage)?;
        text.extend(format!(".SH \"{}\"\n", name.to_uppercase()).bytes());
        let lines = subpage.split_inclusive(|&byte| byte == b'\n');
        for line in lines.filter(|line| !PAGE_MACROS.iter().any(|page_macro| line.starts_with(page_macro))) {
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

/// Macros that belong at the start of a page, not of a section.
const PAGE_MACROS: [&[u8]; 3] = [b".TH ", b".ie ", b".el "];
