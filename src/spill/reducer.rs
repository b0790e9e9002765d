//! Reducer that goes beyond memory: sums in a table as long as they fit, then runs, which reduce tasks merge.

use std::sync::OnceLock;

use serde_json::Value;

use super::checkpoint::{Checkpoint, Kept};
use super::cursor::Cursor;
use super::error::SpillError;
use super::limits::SpillLimits;
use super::map::{MapRules, write_run};
use super::memory::MemoryRules;
use super::ranges::plan_ranges;
use super::reduce::{Merged, ReduceOutput, ReduceTask, Wanted};
use super::row_file::OpenFiles;
use super::run::Run;
use super::store::SpillStore;
use crate::count::{
    Answer, AnswerOptions, CountError, LineTally, Partial, Plan, Reducer, RowFiles, RowLayout, RowPart,
    Selection, answer_in_files, is_sorted_by_number,
};

/// Sums partial counts and runs, in any order, into an answer.
///
/// At first it is a [`Reducer`]. When its table reaches a limit it is written as a run, and [`rules`](Self::rules) tells tasks to
/// write their counts as runs too. At the end [`next_tasks`](Self::next_tasks) gives the tasks that are still to be run, round by
/// round, until there is none.
pub struct SpillingReducer {
    plan: Plan,
    order: AnswerOptions,
    limits: SpillLimits,
    table: Reducer,
    /// N-grams that were merged into the table, those that it had included.
    merged: u64,
    store: SpillStore,
    runs: Vec<Run>,
    is_spilling: bool,
    stage: Stage,
    /// The first and the last year of the count, when its runs are merged.
    years: Option<(u32, u32)>,
    stats: SpillStats,
    /// Tasks of the last round that have not given a result.
    awaited: usize,
    /// The first range in which an n-gram occurs in a year for which there is no total.
    missing_total: Option<(u32, CountError)>,
    checkpoint: Option<Checkpoint>,
    /// Runs that are in a record of the checkpoint.
    committed: usize,
}

/// Bytes of an input, packed or not, from which on runs pay off if most of its n-grams are new: 3-grams of 43 MB of text in 16 MB of
/// gzip take 0.8 s in place of 1.3 in which the parent meets them first, those of 4 MB of text 0.2 s in place of 0.13.
const LARGE_INPUT: u64 = 8 << 20;

/// N-grams in the parent from which on workers sort them, if most that came were new.
const CROWDED_TABLE: usize = 4_000_000;
/// The same for n-grams of several words of a text, most of which go on being new: 2-grams of 69 MB take 2.5 s in place of the 4.9 s
/// with `CROWDED_TABLE`. N-grams of exports may all be new in one file and known in the next: so little takes twice the time there.
const CROWDED_TABLE_OF_TEXT: usize = 500_000;

/// Most ranges of n-grams.
const MOST_RANGES: u64 = 2048;

/// How far the reducing has come.
enum Stage {
    /// Partial counts come in.
    Mapping,
    /// There are too many runs to merge them at once: some of them are merged into one.
    Compacting,
    /// Ranges are merged into rows; by the number of the task, with what came back.
    Rows(Vec<Option<RowPart>>, Option<RowLayout>),
    /// Ranges are merged, and their first n-grams come back.
    Top,
}

/// What was written to files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpillStats {
    /// The budget, in bytes.
    pub memory_limit: u64,
    /// Runs that the parent and the workers wrote.
    pub runs: u64,
    /// N-grams in these runs.
    pub ngrams: u64,
    /// Bytes of these runs.
    pub bytes: u64,
    /// Bytes on disk at the end, sorted rows included.
    pub disk_bytes: u64,
    /// Reduce tasks.
    pub reduce_tasks: u64,
}

impl SpillingReducer {
    /// A reducer for a job with that many workers.
    ///
    /// ```
    /// use ngramcount::count::{AnswerOptions, Format, Mapper, Plan};
    /// use ngramcount::spill::{MemoryRules, SpillingReducer};
    ///
    /// let plan = Plan::default();
    /// let mapper = Mapper::new(&plan);
    /// let mut reducer = SpillingReducer::new(&plan, &AnswerOptions::default(), &MemoryRules::default(), 1);
    /// for text in ["or not to be", "to be"] {
    ///     reducer.merge(&mapper.map(Format::Text, text.as_bytes())?, Vec::new())?;
    /// }
    /// reducer.run_tasks()?;
    /// let (answer, ..) = reducer.finish()?;
    /// assert_eq!(answer.rows().next().unwrap().ngram, b"be");
    /// # Ok::<(), ngramcount::spill::SpillError>(())
    /// ```
    pub fn new(plan: &Plan, order: &AnswerOptions, memory: &MemoryRules, workers: usize) -> Self {
        let limits = memory.limits(workers);
        let store = memory.store(&limits, workers);
        let stats = SpillStats { memory_limit: limits.budget, ..SpillStats::default() };
        Self {
            table: Reducer::new(plan),
            plan: plan.clone(),
            order: order.clone(),
            limits,
            merged: 0,
            store,
            runs: Vec::new(),
            is_spilling: false,
            stage: Stage::Mapping,
            years: None,
            stats,
            awaited: 0,
            missing_total: None,
            checkpoint: None,
            committed: 0,
        }
    }

    /// Goes on with what is kept in a checkpoint, and gives the state that the caller committed last; `None` if there is none. From
    /// now on all runs are kept there.
    ///
    /// # Errors
    /// [`SpillError`].
    pub fn resume(
        &mut self,
        mut checkpoint: Checkpoint,
        workers: usize,
    ) -> Result<Option<Value>, SpillError> {
        let Kept { runs, table, state, files } = checkpoint.load(&self.plan)?;
        let max_disk = self.store.max_disk();
        self.store = SpillStore::kept_in(checkpoint.folder(), &files, max_disk, workers)?;
        if let Some(table) = table {
            self.table.merge(&self.read_run(table)?)?;
        }
        self.committed = runs.len();
        runs.into_iter().for_each(|run| self.add_run(run));
        self.checkpoint = Some(checkpoint);
        Ok(state)
    }

    /// Keeps all sums so far in the checkpoint, with the caller's state.
    ///
    /// # Errors
    /// [`SpillError`].
    pub fn commit(&mut self, state: Value) -> Result<(), SpillError> {
        let selects_words = self.plan.selection != Selection::All;
        let table = match selects_words {
            // They are few, and the table must keep them for the order of the answer.
            true => Some(write_run(self.table.copy_sums(), &self.plan, &self.store.next_target()?)?),
            false => {
                self.spill_table()?;
                None
            }
        };
        if let Some(checkpoint) = &mut self.checkpoint {
            checkpoint.commit(&self.store, &self.runs[self.committed..], table.as_ref(), state)?;
        }
        self.committed = self.runs.len();
        Ok(())
    }

    /// Adds lines whose counts are in the runs already.
    pub fn add_lines(&mut self, lines: LineTally) {
        self.table.add_lines(lines);
    }

    /// All n-grams of a run.
    fn read_run(&self, run: Run) -> Result<Partial, SpillError> {
        let mut sums = Partial::default();
        let targets = self.store.targets();
        let number = run.file as usize;
        if let (Some(target), Some(file)) = (targets.get(number), self.store.files().get(number)) {
            let (width, by_year) = (self.plan.measures.count(), self.plan.by_year);
            let cursor = Cursor::open(target, file, run, &[], None, width, by_year)?;
            if let Some(mut cursor) = cursor {
                loop {
                    sums.push_sums(cursor.ngram(), cursor.sums());
                    if !cursor.advance()? {
                        break;
                    }
                }
            }
        }
        Ok(sums)
    }

    /// Has counts written as runs from the beginning, if the plan lets expect that nearly all n-grams of a large input are new.
    #[must_use]
    pub fn for_input_of(mut self, stored_bytes: u64) -> Self {
        if stored_bytes >= LARGE_INPUT && self.plan.has_rare_ngrams() {
            self.start_spilling();
        }
        self
    }

    /// How the next task maps its lines.
    ///
    /// # Errors
    /// [`SpillError::Create`].
    pub fn rules(&mut self) -> Result<MapRules, SpillError> {
        let (piece_bytes, target) = match self.is_spilling {
            false => (self.limits.sent_piece, None),
            true => (self.limits.spilled_piece, Some(self.store.next_target()?)),
        };
        let SpillLimits { largest_count, smallest_run, .. } = self.limits;
        let piece_bytes = piece_bytes.min(self.plan.piece_bytes());
        Ok(MapRules { piece_bytes, largest_count, target, smallest_run })
    }

    /// Whether counts are written as runs.
    pub fn is_spilling(&self) -> bool {
        self.is_spilling
    }

    /// Most bytes of chunks in flight.
    pub fn in_flight_bytes(&self) -> usize {
        self.limits.in_flight
    }

    /// The largest chunk that should be sent.
    pub fn chunk_bytes(&self) -> usize {
        self.limits.chunk
    }

    /// Has counts written as runs from now on, except for a selection of words, which needs no more memory than the words. True if
    /// they are.
    pub fn start_spilling(&mut self) -> bool {
        self.is_spilling |= self.plan.selection == Selection::All;
        self.is_spilling
    }

    /// Adds the partial count of a chunk, and the runs that belong to it.
    ///
    /// # Errors
    /// Those of [`Reducer::merge`], or of a file.
    pub fn merge(&mut self, partial: &Partial, runs: Vec<Run>) -> Result<(), SpillError> {
        self.table.merge(partial)?;
        self.merged += partial.len() as u64;
        runs.into_iter().for_each(|run| self.add_run(run));
        let ngrams = self.table.len();
        let is_full = self.table.memory_bytes() >= self.limits.table;
        let crowded = if self.plan.text.longest >= 2 { CROWDED_TABLE_OF_TEXT } else { CROWDED_TABLE };
        let is_mostly_new = ngrams >= crowded && 2 * ngrams as u64 > self.merged;
        if (is_full || is_mostly_new) && self.start_spilling() {
            self.spill_table()?;
        }
        Ok(())
    }

    fn spill_table(&mut self) -> Result<(), SpillError> {
        let sums = self.table.take_sums();
        self.merged = 0;
        if !sums.is_empty() {
            let target = self.store.next_target()?;
            let run = write_run(sums, &self.plan, &target)?;
            self.add_run(run);
        }
        Ok(())
    }

    fn add_run(&mut self, run: Run) {
        self.stats.runs += 1;
        self.stats.ngrams += run.ngrams();
        self.stats.bytes += run.bytes();
        self.runs.push(run);
    }

    /// The tasks that must be run before [`finish`](Self::finish), when all partial counts are in or all tasks of the round before
    /// are; none at the end.
    ///
    /// # Errors
    /// [`SpillError`].
    pub fn next_tasks(&mut self) -> Result<Vec<ReduceTask>, SpillError> {
        self.check_results()?;
        if matches!(self.stage, Stage::Mapping) && !self.runs.is_empty() {
            self.spill_table()?;
            self.stage = Stage::Compacting;
        }
        let tasks = match self.stage {
            Stage::Compacting if self.runs.len() > self.limits.merged_runs => self.compaction()?,
            Stage::Compacting => self.final_merge()?,
            Stage::Mapping | Stage::Rows(..) | Stage::Top => Vec::new(),
        };
        self.stats.reduce_tasks += tasks.len() as u64;
        self.awaited = tasks.len();
        Ok(tasks)
    }

    /// Checks that every task of the last round gave a result.
    fn check_results(&self) -> Result<(), SpillError> {
        match self.awaited {
            0 => Ok(()),
            _ => Err(CountError::Damaged("the result of a reduce task is missing").into()),
        }
    }

    /// Tasks that merge the smallest runs into fewer.
    fn compaction(&mut self) -> Result<Vec<ReduceTask>, SpillError> {
        let fan_in = self.limits.merged_runs;
        self.runs.sort_by_key(Run::bytes);
        let mut tasks = Vec::new();
        // Each task makes one run of `fan_in`.
        let surplus = self.runs.len() - fan_in;
        let groups = surplus.div_ceil(fan_in - 1).min(self.runs.len() / fan_in);
        for group in self.runs.drain(..groups * fan_in).collect::<Vec<_>>().chunks(fan_in) {
            let range = (Vec::new(), None);
            tasks.push(self.new_task(tasks.len(), group.to_vec(), range, &Wanted::Run)?);
        }
        self.with_files(&mut tasks);
        Ok(tasks)
    }

    /// Tasks that merge all runs, each a range of n-grams.
    fn final_merge(&mut self) -> Result<Vec<ReduceTask>, SpillError> {
        let years = self.runs.iter().filter_map(|run| run.years);
        self.years = years.reduce(|(first, last), (from, to)| (first.min(from), last.max(to)));
        let years = self.years;
        // Each range is a list of blocks for the reader of the rows, which has one of each in memory.
        let decoded = self.runs.iter().map(Run::decoded).sum::<u64>();
        let range = self.bytes_of_range(years);
        let bounds = plan_ranges(&self.runs, range.max(decoded / MOST_RANGES));
        // The rows of a range take as much more than its n-grams as the range is smaller.
        let rows = decoded.saturating_mul((self.limits.reduce_task / range.max(1)).max(1));
        self.store.make_room(rows);
        let wanted = match self.order.by_year && self.order.top.is_some() {
            true => Wanted::Top { order: self.order.clone() },
            false => Wanted::Rows { order: self.order.clone(), years },
        };
        let mut tasks = Vec::new();
        for number in 0..=bounds.len() {
            let low = number.checked_sub(1).map_or(Vec::new(), |before| bounds[before].clone());
            let high = bounds.get(number).cloned();
            let runs = self.runs.iter().filter_map(|run| run.part(&low, high.as_deref())).collect();
            tasks.push(self.new_task(number, runs, (low, high), &wanted)?);
        }
        self.with_files(&mut tasks);
        self.stage = match wanted {
            Wanted::Top { .. } => Stage::Top,
            _ => Stage::Rows(vec![None; tasks.len()], None),
        };
        Ok(tasks)
    }

    /// A task that merges a range, from an n-gram to another one, of these runs.
    fn new_task(
        &mut self,
        number: usize,
        runs: Vec<Run>,
        (low, high): (Vec<u8>, Option<Vec<u8>>),
        wanted: &Wanted,
    ) -> Result<ReduceTask, SpillError> {
        let (plan, wanted, target) = (self.plan.clone(), wanted.clone(), self.store.next_target()?);
        Ok(ReduceTask { number: number as u32, runs, files: Vec::new(), low, high, plan, wanted, target })
    }

    /// A task opens every file, those that were made for tasks behind it included.
    fn with_files(&self, tasks: &mut [ReduceTask]) {
        tasks.iter_mut().for_each(|task| task.files = self.store.targets().to_vec());
    }

    /// The decoded bytes of a range that a task has the memory for.
    fn bytes_of_range(&self, years: Option<(u32, u32)>) -> u64 {
        let AnswerOptions { by_year, relative_to, smoothing, .. } = &self.order;
        let budget = self.limits.reduce_task;
        let width = self.plan.measures.count() as u64;
        let row = 16 + 4 + 8 * width;
        match (smoothing, years) {
            // Every n-gram has a row for each year. One of few bytes is 40 with what it takes beside them.
            (Some(_), Some((first, last))) => budget * 40 / (40 + row * (u64::from(last - first) + 1)),
            // An encoded row takes two bytes at least, one that is sorted by itself as many as above.
            _ if *by_year && (relative_to.is_some() || is_sorted_by_number(&self.order)) => {
                budget * 2 / (2 + row)
            }
            _ => budget,
        }
    }

    /// Adds the result of a task.
    ///
    /// # Errors
    /// [`SpillError::Count`] if the answer is relative to totals that have none for a year, or sums do not fit.
    pub fn add_reduced(&mut self, output: ReduceOutput) -> Result<(), SpillError> {
        let ReduceOutput { number, merged } = output;
        self.awaited = self.awaited.saturating_sub(1);
        match (merged, &mut self.stage) {
            (Merged::Run(run), Stage::Compacting) => self.add_run(run),
            (Merged::Rows { part, layout }, Stage::Rows(parts, known)) => {
                // Of no rows it does not tell whether they have years.
                if part.rows > 0 {
                    *known = Some(layout);
                }
                if let Some(empty) = parts.get_mut(number as usize) {
                    *empty = Some(part);
                }
            }
            (Merged::Top(sums), Stage::Top) => {
                self.table.merge(&sums)?;
                // Only the first ones are kept, so that their number does not grow with that of the tasks.
                let most = self.order.top.unwrap_or(usize::MAX).max(1024);
                if self.table.len() > most.saturating_mul(2) {
                    self.table.keep_first(&self.order)?;
                }
            }
            // Ranges are in the order of their n-grams, so that the least n-gram is that of the first range.
            (Merged::NoTotal { ngram, year, measure }, _) => {
                let error = CountError::NoTotal { ngram, year, measure };
                if self.missing_total.as_ref().is_none_or(|(first, _)| number < *first) {
                    self.missing_total = Some((number, error));
                }
            }
            _ => {
                return Err(CountError::Damaged("a reduce task has another result than was asked for").into());
            }
        }
        Ok(())
    }

    /// Runs all tasks in the calling thread.
    ///
    /// # Errors
    /// [`SpillError`].
    pub fn run_tasks(&mut self) -> Result<(), SpillError> {
        loop {
            let tasks = self.next_tasks()?;
            if tasks.is_empty() {
                return Ok(());
            }
            tasks.into_iter().try_for_each(|task| self.add_reduced(task.run()?))?;
        }
    }

    /// The answer, when no task is left, and the checkpoint, which no other process uses until it is dropped.
    ///
    /// # Errors
    /// Those of [`Reducer::finish`], or of a file.
    pub fn finish(mut self) -> Result<(Answer, SpillStats, Option<Checkpoint>), SpillError> {
        self.check_results()?;
        if let Some((_, error)) = self.missing_total {
            return Err(error.into());
        }
        self.stats.disk_bytes = self.store.disk_bytes();
        let Stage::Rows(parts, layout) = self.stage else {
            let answer = self.table.finish_part(&self.order, self.years)?;
            return Ok((answer, self.stats, self.checkpoint));
        };
        let Some(parts) = parts.into_iter().collect::<Option<Vec<_>>>() else {
            return Err(CountError::Damaged("the rows of a reduce task are missing").into());
        };
        let layout = layout.unwrap_or(RowLayout::EMPTY);
        let blocks = Box::new(OpenFiles(self.store.into_files()));
        let rows = RowFiles { blocks, parts, layout, loaded: OnceLock::new() };
        let answer = answer_in_files(rows, self.table.lines(), &self.plan, &self.order);
        Ok((answer, self.stats, self.checkpoint))
    }
}
