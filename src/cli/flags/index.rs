//! Flags for indexes: their use in a count, and the command that builds them.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::builder::TypedValueParser;

use super::caller::CallerArgs;
use super::error::UsageError;
use super::listing::ListArgs;
use super::paths::{ReadFile, check_overwrites};
use super::progress_mode::ProgressMode;
use super::remote::RemoteArgs;
use super::values::{self, named};
use crate::count::Format;
use crate::input::{DEFAULT_SPACING, HttpRules, IndexMode, IndexRules, Source, index_of};
use crate::output::Destination;

/// What was typed about indexes, for a count.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Index")]
pub(super) struct IndexUseArgs {
    /// Use of indexes: auto, off or require
    ///
    /// An index lets all workers unpack one file, and a look-up read little
    /// of it. `ngramcount index` makes one.
    /// auto: FILE.ngx is used if it fits FILE.
    /// require: a file without one is an error.
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    #[arg(verbatim_doc_comment, value_parser = index_mode())]
    index: IndexMode,

    /// Folder of the indexes [default: beside each file]
    #[arg(long, value_name = "DIR")]
    index_dir: Option<PathBuf>,

    /// Make missing indexes while counting
    ///
    /// The count itself takes longer. A file whose index cannot be made or
    /// written is noted, and counted all the same. URLs need --index-dir.
    #[arg(long, verbatim_doc_comment)]
    write_index: bool,
}

fn index_mode() -> impl TypedValueParser<Value = IndexMode> {
    named(&IndexMode::ALL, IndexMode::name, |mode| match mode {
        IndexMode::Auto => "An index that fits its file is used",
        IndexMode::Off => "No index is used",
        IndexMode::Require => "A file without an index is an error",
    })
}

impl IndexUseArgs {
    /// The indexes that a count of these files writes.
    pub fn outputs(&self, files: &[Source]) -> Result<Vec<PathBuf>, UsageError> {
        match self.write_index {
            true => written_indexes("--write-index", files, self.index_dir.as_deref()),
            false => Ok(Vec::new()),
        }
    }

    /// The indexes that a count of these files may read, without those that it writes itself.
    pub fn read_files(&self, files: &[Source]) -> Vec<ReadFile> {
        if self.write_index || self.index == IndexMode::Off {
            return Vec::new();
        }
        let index = |file: &Source| index_of(file, self.index_dir.as_deref());
        files.iter().filter_map(index).map(|index| ("an index", index)).collect()
    }

    /// The rules of the count.
    pub fn resolve(self) -> IndexRules {
        let build = self.write_index.then_some(DEFAULT_SPACING);
        IndexRules { mode: self.index, folder: self.index_dir, build }
    }
}

/// The indexes of these files that are written.
fn written_indexes(
    option: &'static str,
    files: &[Source],
    folder: Option<&Path>,
) -> Result<Vec<PathBuf>, UsageError> {
    let written = |file: &Source| match index_of(file, folder)? {
        Source::Path(index) => Some(Ok(index)),
        _ => Some(Err(UsageError::IndexOnServer { option, file: file.to_string() })),
    };
    files.iter().filter_map(written).collect()
}

const EXAMPLES: &str = "\
Examples:
  Make an index of each file, beside it:
    ngramcount index googlebooks-*.gz
  From then on a look-up takes milliseconds, and all workers unpack one file:
    ngramcount googlebooks-*.gz --word Aardvark";

/// Make indexes of files, for look-ups and for all workers on one file
///
/// Writes FILE.ngx beside each FILE, about 1 % of the size of a gzip file. A
/// later count of FILE uses it without being asked. FILE is read and checked to
/// its end; one that is damaged gets no index. The format is in docs/index.md.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, verbatim_doc_comment)]
pub(in crate::cli) struct IndexArgs {
    /// Files, folders or URLs to index, gzip or plain
    #[arg(value_name = "FILE", required_unless_present = "files_from")]
    pub(super) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) list: ListArgs,

    /// Folder of the indexes [default: beside each file]
    #[arg(long, value_name = "DIR")]
    index_dir: Option<PathBuf>,

    /// Unpacked bytes between seek points
    ///
    /// Unpacking can begin at a seek point. With more of them a look-up is
    /// faster, and the index is larger.
    #[arg(long, value_name = "SIZE", default_value = "4MiB", verbatim_doc_comment)]
    #[arg(value_parser = values::spacing)]
    spacing: u64,

    /// Format of the files, as for a count
    #[arg(long, value_name = "WHAT", default_value = "auto", hide_possible_values = true)]
    #[arg(value_parser = super::input::format())]
    format: super::input::FormatOrAuto,

    /// Files read at a time [default: available cores]
    #[arg(short = 'j', long, value_name = "N", value_parser = values::workers)]
    workers: Option<NonZeroUsize>,

    /// Bar on stderr: auto, always or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    progress: ProgressMode,

    #[command(flatten)]
    pub(super) caller: CallerArgs,

    #[command(flatten)]
    remote: RemoteArgs,
}

/// The making of indexes, as the command line asks for it.
pub(in crate::cli) struct ResolvedIndex {
    pub sources: Vec<Source>,
    pub format: Option<Format>,
    pub spacing: u64,
    pub workers: NonZeroUsize,
    pub folder: Option<PathBuf>,
    pub http: HttpRules,
    pub progress: bool,
}

impl IndexArgs {
    /// Refuses an index, or a file of events, that would replace an index or a file that is read.
    pub(super) fn check_overwrites(&self) -> Result<(), UsageError> {
        let indexes = written_indexes("index", &self.list.sources, self.index_dir.as_deref())?;
        let written = indexes.iter().map(|index| ("an index", Some(index.as_path())));
        check_overwrites(
            &self.list.read_files(),
            written.chain([("--events", self.caller.events.as_deref())]),
        )
    }

    /// The making of indexes, checked.
    pub fn resolve(self) -> Result<ResolvedIndex, UsageError> {
        self.check_overwrites()?;
        Ok(ResolvedIndex {
            sources: self.list.sources,
            format: self.format,
            spacing: self.spacing,
            workers: values::workers_or_cores(self.workers),
            folder: self.index_dir,
            http: self.remote.resolve(),
            progress: self.progress.resolve(),
        })
    }
}

/// The file of an index.
pub(in crate::cli) fn index_destination(file: &Source, folder: Option<&Path>) -> Option<Destination> {
    index_of(file, folder)?.path().map(|path| Destination::File(path.to_owned()))
}
