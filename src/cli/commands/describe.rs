//! Description of all options as JSON, from which the keywords of other languages are generated.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, Command};
use serde::Serialize;

use crate::cli::flags::NgramLengths;
use crate::count::Years;
use crate::output::OutputFormat;

/// The program as it was built.
#[derive(Serialize)]
struct Description {
    version: &'static str,
    /// The formats that it can write.
    output_formats: Vec<&'static str>,
    /// The options of each command; `count` is the program without one.
    commands: BTreeMap<String, Vec<OptionDescription>>,
}

/// An option.
#[derive(Serialize)]
struct OptionDescription {
    /// Its long name in snake case, in the plural if it may be repeated.
    name: String,
    option: String,
    heading: Option<String>,
    kind: &'static str,
    /// Whether it may be given several times.
    repeats: bool,
    /// Whether its values may be separated by commas.
    lists: bool,
    /// The only values that it takes; none if it takes others.
    choices: Vec<String>,
    default: Option<String>,
    value: Option<String>,
    help: String,
    details: String,
}

/// The description of the program, with a line end.
pub(super) fn all(command: &mut Command) -> serde_json::Result<Vec<u8>> {
    command.build();
    let named = command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help");
    let commands = named.map(|subcommand| (subcommand.get_name(), subcommand));
    let commands =
        commands.chain([("count", &*command)]).map(|(name, command)| (name.to_owned(), options(command)));
    let formats = OutputFormat::ALL.into_iter().filter(|format| format.is_available());
    let description = Description {
        version: env!("CARGO_PKG_VERSION"),
        output_formats: formats.map(OutputFormat::name).collect(),
        commands: commands.collect(),
    };
    let mut text = serde_json::to_vec_pretty(&description)?;
    text.push(b'\n');
    Ok(text)
}

fn options(command: &Command) -> Vec<OptionDescription> {
    let shown = |arg: &&Arg| !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version");
    command.get_arguments().filter(shown).filter_map(describe).collect()
}

/// The description of an option; `None` for an argument without a name.
fn describe(arg: &Arg) -> Option<OptionDescription> {
    let long = arg.get_long()?;
    let repeats = matches!(arg.get_action(), ArgAction::Append) && arg.get_value_delimiter().is_none();
    let values = arg.get_possible_values();
    let default = arg.get_default_values().first().filter(|default| !default.is_empty());
    let value = arg.get_value_names().and_then(|names| names.first());
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let takes_value = arg.get_action().takes_values();
    Some(OptionDescription {
        name: long.replace('-', "_") + if repeats { "s" } else { "" },
        option: format!("--{long}"),
        heading: arg.get_help_heading().map(str::to_owned),
        kind: kind(arg),
        repeats,
        lists: arg.get_value_delimiter().is_some(),
        choices: match takes_value {
            true => values.iter().map(|value| value.get_name().to_owned()).collect(),
            false => Vec::new(),
        },
        default: default.filter(|_| takes_value).map(|text| text.to_string_lossy().into_owned()),
        value: value.filter(|_| takes_value).map(ToString::to_string),
        details: arg.get_long_help().map_or_else(|| help.clone(), ToString::to_string),
        help,
    })
}

/// What a value is. A type that has no entry is `text`: its values are typed as on the command line.
fn kind(arg: &Arg) -> &'static str {
    if !arg.get_action().takes_values() {
        return "flag";
    }
    let numbers = [
        TypeId::of::<usize>(),
        TypeId::of::<u32>(),
        TypeId::of::<u64>(),
        TypeId::of::<NonZeroU64>(),
        TypeId::of::<NonZeroUsize>(),
    ];
    let parsed = arg.get_value_parser().type_id();
    let is_size = arg.get_value_names().is_some_and(|names| names.iter().any(|name| name == "SIZE"));
    if numbers.iter().any(|number| parsed == *number) {
        return if is_size { "size" } else { "integer" };
    }
    let kinds = [
        (TypeId::of::<PathBuf>(), "path"),
        (TypeId::of::<OsString>(), "ngram"),
        (TypeId::of::<Duration>(), "seconds"),
        (TypeId::of::<Years>(), "range"),
        (TypeId::of::<NgramLengths>(), "range"),
    ];
    kinds.iter().find(|(kind, _)| parsed == *kind).map_or("text", |(_, name)| name)
}
