//! Index step: reads files to their ends and builds an index of each.

use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;

use super::error::JobError;
use super::sniffer::{format_sniffer, line_needs};
use crate::count::{Encoding, Format, Plan};
use crate::exec::ExecError;
use crate::input::{
    BuiltIndex, BuiltIndexes, Chunks, Control, HttpRules, IndexMode, IndexRules, InputError, Limits,
    ReadRules, Source, read_ahead,
};

/// Bytes of the chunks in which a file is read. Nothing depends on them but memory and speed.
const CHUNK_BYTES: usize = 1 << 20;

/// Builds the index of each source, several at a time, with seek points about every `spacing` unpacked bytes. `finished`
/// gets each index, or why there is none, as soon as that is known, in any order and from any thread.
///
/// A file is checked as a count checks it: whatever makes a count fail, but a malformed line, leaves it without an index.
///
/// ```
/// use ngramcount::input::{Control, DEFAULT_SPACING, HttpRules};
/// let workers = std::num::NonZeroUsize::MIN;
/// let files = ["data/kjv.txt.gz".into()];
/// ngramcount::job::build_indexes(&files, None, DEFAULT_SPACING, workers, &HttpRules::default(), &Control::new(), &|file, index| {
///     assert!(index.is_ok(), "{file}");
/// });
/// ```
pub fn build_indexes(
    sources: &[Source],
    format: Option<Format>,
    spacing: u64,
    workers: NonZeroUsize,
    http: &HttpRules,
    control: &Control,
    finished: &(dyn Fn(&Source, Result<BuiltIndex, JobError>) + Sync),
) {
    let mut opened = Vec::new();
    let mut total = 0;
    for source in sources {
        match open(source, format, spacing, http, control) {
            Ok(build) => {
                total += control.progress.total_bytes();
                opened.push((source, build));
            }
            Err(error) => finished(source, Err(error.into())),
        }
    }
    control.progress.set_total(total);
    let pending = Mutex::new(opened.into_iter());
    let next = || pending.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some((source, build)) = next() {
            finished(source, build.run(source));
        }
    };
    thread::scope(|scope| {
        for _ in 1..workers.get().min(sources.len()) {
            // With fewer threads it takes longer.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
}

/// A file whose index is to be built.
struct Build {
    chunks: Chunks,
    built: BuiltIndexes,
}

fn open(
    source: &Source,
    format: Option<Format>,
    spacing: u64,
    http: &HttpRules,
    control: &Control,
) -> Result<Build, InputError> {
    let built = BuiltIndexes::default();
    let control = Control { indexes: built.clone(), ..control.clone() };
    let plan = Plan::default();
    let limits = Limits { bytes: CHUNK_BYTES, ..Limits::lines(NonZeroU64::MAX) };
    let rules = IndexRules { mode: IndexMode::Off, build: Some(spacing), ..IndexRules::default() };
    let mut chunks = Chunks::open_by(vec![source.clone()], limits, control, http)?
        .with_read_rules(rules_of(format))
        .sniffed_by(format_sniffer(format, &plan))
        .with_indexes(&rules, &line_needs(format, &plan))?;
    // It would be read to its end in vain.
    if !chunks.may_have_index()? {
        return Err(InputError::NotIndexable { file: source.clone() });
    }
    Ok(Build { chunks, built })
}

/// The rules for a file in `format`. One that has to be converted has no index.
fn rules_of(format: Option<Format>) -> ReadRules {
    let mut rules = ReadRules::of_encoding(Encoding::Auto);
    rules.format = format;
    rules
}

impl Build {
    fn run(self, source: &Source) -> Result<BuiltIndex, JobError> {
        let lines_read = thread::scope(|scope| {
            let ahead =
                read_ahead(scope, self.chunks, 2).map_err(ExecError::NoThread).map_err(JobError::Exec)?;
            let mut lines = 0;
            for chunk in ahead {
                match chunk {
                    Ok(chunk) => lines += chunk.lines,
                    Err(InputError::Stopped) => return Err(JobError::Stopped { lines }),
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(lines)
        });
        lines_read?;
        let not_indexable = || InputError::NotIndexable { file: source.clone() };
        self.built.take().pop().ok_or_else(|| not_indexable().into())
    }
}
