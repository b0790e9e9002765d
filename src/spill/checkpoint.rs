//! Checkpoint folder: what a count has done so far, kept so that the same count can go on after this process has died.
//!
//! docs/checkpoint.md describes the files. Every record is complete or absent: it is written under another name, synchronized and
//! renamed, after the runs that it names were synchronized. Nothing is believed whose checksum is another one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::SpillError;
use super::run::Run;
use super::scan::scan_run;
use super::store::{SpillStore, SpillTarget};
use crate::count::Plan;

/// The layout of the files.
const VERSION: u32 = 1;
const QUESTION: &str = "question.json";
const LOCK: &str = "ngramcount.lock";

/// A folder that is in use by this process.
#[derive(Debug)]
pub struct Checkpoint {
    folder: PathBuf,
    /// Locked until it is closed, also by the death of this process.
    _lock: File,
    /// The number of the next record.
    next: u64,
}

/// What is kept of a count at one moment.
#[derive(Serialize, Deserialize)]
struct Record {
    /// Its number, so that a copy is no record.
    number: u64,
    /// Runs that were added since the record before.
    runs: Vec<RunRecord>,
    /// The sums of selected words so far.
    table: Option<RunRecord>,
    /// What the caller knows: how far the input was read, and the account of its lines.
    state: Value,
}

/// Where a run is.
#[derive(Clone, Serialize, Deserialize)]
struct RunRecord {
    /// The name of the file.
    file: String,
    /// Offset and length of its parts.
    extents: Vec<(u64, u64)>,
}

/// What a folder holds of an earlier process.
#[derive(Default)]
pub(super) struct Kept {
    pub runs: Vec<Run>,
    pub table: Option<Run>,
    pub state: Option<Value>,
    /// The names of the files, by the numbers in the runs.
    pub files: Vec<String>,
}

impl Checkpoint {
    /// Opens a folder for a question, and makes it if there is none.
    ///
    /// # Errors
    /// [`SpillError::OtherQuestion`] if it is of another question, [`SpillError::Checkpoint`] if it is in use or cannot be written.
    pub fn open(folder: &Path, question: &Value) -> Result<Self, SpillError> {
        let fail = |what: &str, error: io::Error| SpillError::Checkpoint {
            folder: folder.to_path_buf(),
            reason: format!("cannot {what}: {error}"),
        };
        fs::create_dir_all(folder).map_err(|error| fail("make the folder", error))?;
        let names = names_in(folder);
        if !names.iter().any(|name| name == QUESTION)
            && let Some(name) = names.iter().find(|name| !is_own(name))
        {
            let reason = format!("it holds `{name}`, which is not of a checkpoint");
            return Err(SpillError::Checkpoint { folder: folder.to_path_buf(), reason });
        }
        let lock = File::create(folder.join(LOCK)).map_err(|error| fail("write there", error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(fail("lock it", error)),
            Err(TryLockError::WouldBlock) => {
                let reason = "another count is using it".into();
                return Err(SpillError::Checkpoint { folder: folder.to_path_buf(), reason });
            }
        }
        let checkpoint = Self { folder: folder.to_path_buf(), _lock: lock, next: 0 };
        match checkpoint.read(QUESTION) {
            Some(kept) => match first_difference(&kept, question) {
                None => Ok(checkpoint),
                Some(difference) => {
                    Err(SpillError::OtherQuestion { folder: folder.to_path_buf(), difference })
                }
            },
            // Without a question nothing can be believed.
            None => {
                checkpoint
                    .clear()
                    .and_then(|()| checkpoint.write(QUESTION, question))
                    .map_err(|error| fail("write there", error))?;
                Ok(checkpoint)
            }
        }
    }

    /// Reads the records up to the first one that is damaged, or names a run that is. What is behind it is forgotten.
    pub(super) fn load(&mut self, plan: &Plan) -> Result<Kept, SpillError> {
        let mut kept = Kept::default();
        while let Some(record) = self
            .read(&record_name(self.next))
            .and_then(|record| serde_json::from_value::<Record>(record).ok())
            .filter(|record| record.number == self.next)
        {
            let mut files = kept.files.clone();
            let mut scan = |run: &RunRecord| {
                let number = files.iter().position(|name| *name == run.file).unwrap_or(files.len());
                if number == files.len() {
                    files.push(run.file.clone());
                }
                let target = SpillTarget::of_kept_file(&self.folder, &run.file, number as u32);
                scan_run(&target, &run.extents, plan)
            };
            let runs: Option<Vec<Run>> = record.runs.iter().map(&mut scan).collect();
            let table = record.table.as_ref().map(&mut scan);
            let (Some(runs), false) = (runs, matches!(table, Some(None))) else { break };
            kept.runs.extend(runs);
            kept.table = table.flatten();
            kept.state = Some(record.state);
            kept.files = files;
            self.next += 1;
        }
        let is_used = |name: &str| {
            !is_own(name)
                || [QUESTION, LOCK].contains(&name)
                || kept.files.iter().any(|file| file == name)
                || (0..self.next).any(|number| record_name(number) == name)
        };
        for name in names_in(&self.folder).iter().filter(|name| !is_used(name)) {
            fs::remove_file(self.folder.join(name))
                .map_err(|error| self.cannot("remove an old file", error))?;
        }
        // What was written behind the last record, rows among it, only takes room.
        for (number, name) in (0..).zip(&kept.files) {
            let of_file = kept.runs.iter().chain(&kept.table).filter(|run| run.file == number);
            let end = of_file.flat_map(Run::extents).map(|(offset, len)| offset + len).max().unwrap_or(0);
            let file = OpenOptions::new().write(true).open(self.folder.join(name));
            let cut = file.and_then(|file| file.set_len(end));
            cut.map_err(|error| self.cannot("cut off an old file", error))?;
        }
        Ok(kept)
    }

    /// Keeps what is done so far: the runs of `store` that were not committed before, and the caller's state.
    pub(super) fn commit(
        &mut self,
        store: &SpillStore,
        runs: &[Run],
        table: Option<&Run>,
        state: Value,
    ) -> Result<(), SpillError> {
        store.synchronize()?;
        let record_of = |run: &Run| RunRecord { file: store.name(run.file), extents: run.extents() };
        let record = Record {
            number: self.next,
            runs: runs.iter().map(record_of).collect(),
            table: table.map(record_of),
            state,
        };
        let written = serde_json::to_value(record).map_err(io::Error::from);
        let written = written.and_then(|record| self.write(&record_name(self.next), &record));
        written.map_err(|error| self.cannot("write a record", error))?;
        self.next += 1;
        Ok(())
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn cannot(&self, what: &str, error: io::Error) -> SpillError {
        SpillError::Checkpoint { folder: self.folder.clone(), reason: format!("cannot {what}: {error}") }
    }

    fn clear(&self) -> io::Result<()> {
        names_in(&self.folder)
            .iter()
            .filter(|name| *name != LOCK && is_own(name))
            .try_for_each(|name| fs::remove_file(self.folder.join(name)))
    }

    /// Reads a file; `None` if it is missing or damaged.
    fn read(&self, name: &str) -> Option<Value> {
        let text = fs::read_to_string(self.folder.join(name)).ok()?;
        let (checksum, json) = text.trim_end().split_once(' ')?;
        let intact = u32::from_str_radix(checksum, 16).ok()? == crc32fast::hash(json.as_bytes());
        intact.then(|| serde_json::from_str(json).ok()).flatten()
    }

    /// Writes a file that is complete or absent, whenever this process or the machine stops.
    fn write(&self, name: &str, value: &Value) -> io::Result<()> {
        let json = serde_json::to_string(value)?;
        let unfinished = self.folder.join(format!("{name}.new"));
        let mut file = File::create(&unfinished)?;
        writeln!(file, "{:08x} {json}", crc32fast::hash(json.as_bytes()))?;
        file.sync_all()?;
        fs::rename(&unfinished, self.folder.join(name))?;
        File::open(&self.folder)?.sync_all()
    }
}

/// Removes what a count has kept in a folder, and the folder if nothing else is in it.
///
/// # Errors
/// The first error of the system.
pub fn remove_checkpoint(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if is_own(&entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path())?;
        }
    }
    // It may hold other files.
    let _ = fs::remove_dir(folder);
    Ok(())
}

fn record_name(number: u64) -> String {
    format!("record-{number:06}.json")
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Whether a file has a name as the files of a checkpoint have it.
fn is_own(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = name.strip_suffix(".new").unwrap_or(name);
    let record = name.strip_prefix("record-").and_then(|rest| rest.strip_suffix(".json"));
    let runs = name.strip_prefix("runs-").and_then(|rest| rest.split_once('-'));
    [LOCK, QUESTION].contains(&name)
        || record.is_some_and(is_number)
        || runs.is_some_and(|(session, number)| is_number(session) && is_number(number))
}

/// The question in the form in which it is kept.
///
/// # Errors
/// Of `serde_json`, for a value that JSON cannot hold.
pub fn question(parts: &impl Serialize) -> Result<Value, serde_json::Error> {
    Ok(serde_json::json!({
        "layout": VERSION,
        "version": env!("CARGO_PKG_VERSION"),
        "question": serde_json::to_value(parts)?,
    }))
}

/// A value for a message, cut off if it is long: words that were asked for may be many.
fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The first place at which two values differ, with both.
fn first_difference(there: &Value, here: &Value) -> Option<String> {
    fn walk(path: &str, there: &Value, here: &Value) -> Option<String> {
        match (there, here) {
            (Value::Object(a), Value::Object(b)) => {
                let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
                names.into_iter().find_map(|name| {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    walk(&path, a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null))
                })
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => (1..)
                .zip(a.iter().zip(b))
                .find_map(|(number, (a, b))| walk(&format!("{path} {number}"), a, b)),
            (a, b) => (a != b).then(|| format!("{path} was {} and is {}", shortened(a), shortened(b))),
        }
    }
    let difference = walk("", there, here)?;
    Some(difference.strip_prefix("question.").map(str::to_owned).unwrap_or(difference))
}
