//! Paths on the command line: inputs, outputs, and the check that no output overwrites an input or another output.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::builder::{PathBufValueParser, TypedValueParser};

use super::error::UsageError;
use crate::count::strip_byte_order_mark;
use crate::input::Source;
use crate::output::{Compression, Destination};

/// `-` as the name of an output: standard output.
const STDOUT: &str = "-";

/// The outputs of a command whose answer, the first of them, goes to standard output if no file is named.
pub(super) fn or_stdout<'a>(
    mut outputs: Vec<(&'static str, Option<&'a Path>)>,
) -> Vec<(&'static str, Option<&'a Path>)> {
    if let Some((_, answer)) = outputs.first_mut() {
        *answer = answer.or(Some(Path::new(STDOUT)));
    }
    outputs
}

/// The output at this path; `-` is standard output.
pub(super) fn destination(path: PathBuf) -> Destination {
    if path == Path::new(STDOUT) { Destination::Stdout } else { Destination::File(path) }
}

/// Parser of a file that is written beside the answer, which alone goes to standard output.
pub(super) fn second_output() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path == Path::new(STDOUT) {
            return Err("only -o takes - for standard output; a file of that name is ./-");
        }
        if Compression::of_name(&path).0 != Compression::None {
            return Err("only -o compresses; leave out .gz or .zst");
        }
        Ok(path)
    })
}

/// The words of a file, one a line that is not empty, each with its number from 1.
pub(super) fn read_words(option: &'static str, path: &Path) -> anyhow::Result<Vec<(usize, Vec<u8>)>> {
    check_local(option, path)?;
    let text = fs::read(path).with_context(|| format!("{option} {}", path.display()))?;
    // A byte order mark is not part of the first word.
    let lines = strip_byte_order_mark(&text).split(|&byte| byte == b'\n');
    let words = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec());
    Ok((1..).zip(words).filter(|(_, word)| !word.is_empty()).collect())
}

/// Refuses a URL where only a local file can be read.
pub(super) fn check_local(option: &'static str, path: &Path) -> Result<(), UsageError> {
    match Source::file(path) {
        Source::Url(url) => Err(UsageError::OnServer { option, url: url.to_string() }),
        _ => Ok(()),
    }
}

/// A file that is read, with what it is called in messages: the option that names it, or one of the names below.
pub(in crate::cli) type ReadFile = (&'static str, Source);

/// A file that is named as input.
pub(super) const INPUT: &str = "the input";
/// A file of the input that was found in a folder.
pub(super) const IN_FOLDER: &str = "the input in a folder";

/// What identifies a file, whatever path leads to it: device and inode if it exists, otherwise its folder and name.
#[derive(PartialEq, Eq, Hash)]
enum FileIdentity {
    Existing(u64, u64),
    New(PathBuf),
}

impl FileIdentity {
    fn new_name(&self) -> Option<&OsStr> {
        if let FileIdentity::New(path) = self { path.file_name() } else { None }
    }
}

/// Refuses an output that is read, or that replaces another output. Each output comes with the option that names it.
/// Pipes, terminals and the like may be named several times.
pub(super) fn check_overwrites<'a>(
    read: &[ReadFile],
    written: impl IntoIterator<Item = (&'static str, Option<&'a Path>)>,
) -> Result<(), UsageError> {
    let written = written.into_iter().filter_map(|(option, path)| {
        let destination = destination(path?.to_owned());
        Some((option, identify_destination(&destination)?, destination))
    });
    let written: Vec<_> = written.collect();
    // An input may be a hundred thousand files. To look at each is a system call, so it is done only where one of them can be
    // meant.
    let existing = written.iter().any(|(_, identity, _)| matches!(identity, FileIdentity::Existing(..)));
    let new_names: HashSet<_> = written.iter().filter_map(|(_, identity, _)| identity.new_name()).collect();
    let may_be_written = |source: &Source| {
        existing
            || source.path().is_none_or(|path| path.file_name().is_some_and(|name| new_names.contains(name)))
    };
    let read = read.iter().filter(|(_, source)| may_be_written(source));
    let read: HashMap<_, _> =
        read.filter_map(|(name, source)| Some((identify_source(source)?, *name))).collect();
    let mut replaced = HashMap::new();
    for (option, identity, destination) in written {
        let is_replaced = destination.replaced_file().is_some();
        let other = match read.get(&identity) {
            None if is_replaced => replaced.insert(identity, option),
            other => other.copied(),
        };
        if let Some(other) = other {
            let output = match &destination {
                Destination::Stdout => destination.to_string(),
                Destination::File(path) => format!("{option} {}", path.display()),
            };
            return Err(match other {
                IN_FOLDER => UsageError::InInputFolder { output },
                other => UsageError::SameFile { output, other },
            });
        }
    }
    Ok(())
}

fn identify_source(source: &Source) -> Option<FileIdentity> {
    match source {
        Source::Stdin => identify_open(io::stdin()),
        Source::Path(path) => identify_path(path),
        Source::Url(_) => None,
    }
}

fn identify_destination(destination: &Destination) -> Option<FileIdentity> {
    match destination {
        Destination::Stdout => identify_open(io::stdout()),
        // The target of a link, if that is a new file.
        Destination::File(path) => identify_path(destination.replaced_file().as_deref().unwrap_or(path)),
    }
}

fn identify_open(stream: impl AsFd) -> Option<FileIdentity> {
    let file = File::from(stream.as_fd().try_clone_to_owned().ok()?);
    identify(&file.metadata().ok()?)
}

fn identify_path(path: &Path) -> Option<FileIdentity> {
    match fs::metadata(path) {
        Ok(file) => identify(&file),
        Err(_) => {
            let folder = path.parent().filter(|folder| *folder != OsStr::new(""));
            let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
            Some(FileIdentity::New(folder.join(path.file_name()?)))
        }
    }
}

/// Only what keeps its content can be overwritten.
fn identify(file: &Metadata) -> Option<FileIdentity> {
    let keeps_content = file.is_file() || file.file_type().is_block_device();
    keeps_content.then(|| FileIdentity::Existing(file.dev(), file.ino()))
}
