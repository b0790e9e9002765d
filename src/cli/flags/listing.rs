//! Flags that name the input: folders and lists beside files.

use std::path::{Path, PathBuf};

use super::error::UsageError;
use super::paths::{IN_FOLDER, INPUT, ReadFile};
use crate::counter::Counter;
use crate::input::{Control, Globs, Source};
use crate::job::JobError;

/// What was typed about folders and lists.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct ListArgs {
    /// In folders: files with such a name; repeatable
    ///
    /// As '*.txt.gz', in quotes. *, ?, [a-z] and {gz,zst} are known. With a
    /// slash, as '2020/**/*.txt', the path below the folder is compared.
    /// Files that are named themselves are read whatever their name is.
    #[arg(long, value_name = "PATTERN", value_parser = pattern, verbatim_doc_comment, help_heading = "Input")]
    glob: Vec<String>,

    /// Read the names of files in F; - is stdin
    ///
    /// One path or URL a line, after those that are named; or each with a
    /// NUL behind it, as `find -print0` writes them.
    #[arg(long, value_name = "F", verbatim_doc_comment, help_heading = "Input")]
    files_from: Option<PathBuf>,

    /// The input, when it is listed.
    #[arg(skip)]
    pub sources: Vec<Source>,
    /// The folders that stand for files of it.
    #[arg(skip)]
    folders: Vec<PathBuf>,
}

/// `--glob`.
fn pattern(text: &str) -> Result<String, String> {
    Globs::new([text]).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

impl ListArgs {
    /// Finds the files that the names and the list stand for. Without any of them the input is standard input.
    ///
    /// # Errors
    /// A [`UsageError`], or why a folder or the list cannot be read.
    pub fn list(&mut self, mut named: Vec<Source>, control: &Control) -> anyhow::Result<()> {
        let list = self.files_from.clone().map(Source::from);
        if self.is_on_stdin() && named.contains(&Source::Stdin) {
            return Err(UsageError::ListOnStdin.into());
        }
        if named.is_empty() && list.is_none() {
            named.push(Source::Stdin);
        }
        let counter = Counter::new().glob(Globs::new(&self.glob)?).files_from(list).control(control.clone());
        let listed = counter.list(named).map_err(JobError::from)?;
        if listed.folders.is_empty() && !self.glob.is_empty() {
            return Err(UsageError::GlobWithoutFolder.into());
        }
        (self.sources, self.folders) = (listed.files, listed.folders);
        Ok(())
    }

    /// Whether standard input has the names of the files.
    pub fn is_on_stdin(&self) -> bool {
        self.files_from.clone().map(Source::from) == Some(Source::Stdin)
    }

    /// The input and the list as files that are read.
    pub fn read_files(&self) -> Vec<ReadFile> {
        let is_found = |source: &Source| {
            source.path().is_some_and(|path| self.folders.iter().any(|folder| path.starts_with(folder)))
        };
        let role = |source: &Source| if is_found(source) { IN_FOLDER } else { INPUT };
        let list = self.files_from.clone().map(|list| ("--files-from", Source::from(list)));
        self.sources.iter().map(|source| (role(source), source.clone())).chain(list).collect()
    }

    /// Refuses a folder of this option in a folder that is read: the files that are kept in it would be read by the next run.
    pub fn check_kept(&self, option: &'static str, kept: Option<&Path>) -> Result<(), UsageError> {
        let Some(kept) = kept else { return Ok(()) };
        // It may not be there yet.
        let place = kept.ancestors().find_map(|known| Some((known, known.canonicalize().ok()?)));
        let place = place.or_else(|| Some((Path::new(""), Path::new(".").canonicalize().ok()?)));
        let Some((known, whole)) = place else { return Ok(()) };
        let place = whole.join(kept.strip_prefix(known).unwrap_or(kept));
        let is_in = |folder: &PathBuf| {
            let below = folder
                .canonicalize()
                .ok()
                .and_then(|folder| place.strip_prefix(folder).ok().map(Path::to_owned));
            below.is_some_and(|below| !below.iter().any(|name| name.as_encoded_bytes().starts_with(b".")))
        };
        match self.folders.iter().find(|folder| is_in(folder)) {
            Some(folder) => {
                Err(UsageError::KeptInInput { option, kept: kept.into(), folder: folder.clone() })
            }
            None => Ok(()),
        }
    }
}
