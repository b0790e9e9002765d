//! The program, from the command line to the exit code.

use std::process::ExitCode;

use clap::Parser;

#[cfg(feature = "plot")]
use super::commands::plot;
use super::commands::{corpus, count, generate, index, steps, sweep};
use super::flags::{Args, Command, Typed, resolve};
use super::report::{events, exit, messages};
use super::signals::Signals;
use crate::input::Control;

/// Parses the command line, runs what it asks for, and reports how that ended.
pub fn run() -> ExitCode {
    let mut args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return messages::clap_output(&error),
    };
    let typed = Typed::new(&args);
    if args.quiet {
        messages::leave_out_notes();
    }
    if let Some(written) = generate::requested(&args) {
        return match written {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error.into(), None, &typed),
        };
    }
    let control = Control::new();
    let signals = match Signals::listen(control.cancel.clone()) {
        Ok(signals) => signals,
        Err(error) => {
            return fail(&anyhow::Error::new(error).context("cannot listen for signals"), None, &typed);
        }
    };
    if args.caller().end_with_stdin
        && let Err(error) = signals.end_with_stdin()
    {
        return fail(&anyhow::Error::new(error).context("cannot watch standard input"), None, &typed);
    }
    let listed = args.list_input(&control);
    if let Some(file) = &args.caller().events {
        // To open it empties it. Where the input is not known, a file of that name might be a part of it.
        let opened = match &listed {
            Ok(()) => args.check_overwrites().map_err(Into::into).and_then(|()| Ok(events::open(file)?)),
            Err(_) if file.is_file() => Ok(()),
            Err(_) => events::open(file).map_err(Into::into),
        };
        if let Err(error) = opened {
            return fail(&error, None, &typed);
        }
    }
    if let Err(error) = listed {
        return fail(&error, signals.caught(), &typed);
    }
    let done = match args.command.take() {
        Some(Command::Map(args)) => steps::map(*args, &control, &signals),
        Some(Command::Combine(args)) => steps::combine(args, &control, &signals),
        Some(Command::Reduce(args)) => steps::reduce(args, &control, &signals),
        Some(Command::Sweep(args)) => sweep::run(args, &control),
        Some(Command::Corpus(args)) => corpus::run(args),
        Some(Command::Index(args)) => index::run(args, &control, &signals),
        #[cfg(feature = "plot")]
        Some(Command::Plot(args)) => plot::run(args),
        None => resolve(args).and_then(|args| count::run(&args, &control, &signals)),
    };
    control.notes.all().iter().for_each(messages::input_note);
    done.unwrap_or_else(|error| fail(&error, signals.caught(), &typed))
}

/// Reports the error; its exit code. An error of clap is one of the options behind the `--` of a sweep, or a
/// mistyped command.
fn fail(error: &anyhow::Error, signal: Option<u8>, typed: &Typed) -> ExitCode {
    match error.downcast_ref() {
        Some(usage) => messages::clap_output(usage),
        None => {
            messages::error(error, typed);
            exit::for_error(error, signal)
        }
    }
}
