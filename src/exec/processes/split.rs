//! Split feeding: workers open and read their own shares of the input, so that unpacking runs in all
//! of them; the parent hands out shares and merges. A share that kills its workers, and what has not
//! been begun by then, is read by the parent and piped, chunk by chunk, so that the line can be found.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::pipe::{self, HandedOut, MapLines};
use super::{First, ROUND};
use crate::count::{BadLines, CountError, Mapper, Partial, Plan};
use crate::exec::executor::format_of;
use crate::exec::{ExecError, Mapped};
use crate::input::{Chunk, InputError, Reading, Share, Watch};
use crate::pool::{self, Failure, Pool, Task, TaskError};

/// How often a worker reports from inside a share.
const REPORT_EVERY: Duration = Duration::from_millis(200);
/// Largest count of a share, in n-grams that stand in it once or more. Beyond it the parent feeds the
/// share in chunks, for a count has to fit into one message.
const LARGEST_COUNT: usize = 16 << 20;
/// Bytes of the chunks in which the parent feeds such a share.
const REFED_CHUNK: usize = 512 << 10;

/// The task: a share in, its count out.
pub(super) struct MapShare;

impl Task for MapShare {
    const NAME: &'static str = "map-share";
    type Input = Share;
    type Output = Shared;

    fn run(share: Share) -> Result<Shared, TaskError> {
        let mapper = pool::worker_state(|plan: Plan| Mapper::new(&plan))?;
        let stop_at_bad = pool::worker_state(|plan: Plan| StopAtBad(plan.bad_lines == BadLines::Fail))?.0;
        let format = format_of(share.origin());
        let watch = Arc::new(Watch::new());
        let mut partial = Partial::default();
        let mut reported = Instant::now();
        let mapped = share.for_each_block::<Halt>(mapper.plan().piece(), &watch, |_, block| {
            if let Some(rule) = pool::content_rule()
                && pipe::meets(block, rule.word())
            {
                rule.trigger();
            }
            let behind = mapper.map(format, block)?;
            let lines = partial.lines.read;
            partial = std::mem::take(&mut partial).append(behind, lines);
            if stop_at_bad && !partial.bad.is_empty() {
                return Err(Halt::BadLine);
            }
            if partial.lengths.len() > LARGEST_COUNT {
                return Err(Halt::TooLarge);
            }
            if reported.elapsed() >= REPORT_EVERY {
                reported = Instant::now();
                pool::progress(&Report { share: share.id, reading: watch.reading() });
            }
            Ok(())
        });
        let end = match mapped {
            Ok(()) | Err(Halt::BadLine) => End::Counted,
            Err(Halt::TooLarge) => End::TooLarge,
            // The number of the line is known where all shares before this one are.
            Err(Halt::Input(InputError::LineTooLong { line, limit, .. })) => End::LineTooLong { line, limit },
            // The parent reads it then, and a line for which no worker has the memory is found.
            Err(Halt::Input(InputError::Read { cause, .. })) if cause.kind() == ErrorKind::OutOfMemory => {
                End::TooLarge
            }
            Err(Halt::Input(error)) => return Err(TaskError::new(error)),
            Err(Halt::Count(error)) => return Err(TaskError::new(error)),
        };
        Ok(Shared { share, partial, reading: watch.reading(), end })
    }
}

struct StopAtBad(bool);

/// Why a worker does not read its share to the end.
enum Halt {
    BadLine,
    TooLarge,
    Input(InputError),
    Count(CountError),
}

impl From<InputError> for Halt {
    fn from(error: InputError) -> Self {
        Halt::Input(error)
    }
}

impl From<CountError> for Halt {
    fn from(error: CountError) -> Self {
        Halt::Count(error)
    }
}

/// What a worker found in a share.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Shared {
    share: Share,
    partial: Partial,
    reading: Reading,
    end: End,
}

/// How the reading of a share ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    Counted,
    TooLarge,
    LineTooLong { line: u64, limit: usize },
}

/// How far a worker is with a share.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Report {
    share: u64,
    reading: Reading,
}

/// What workers have read of their shares, as the watch has it. A share that is begun anew starts at
/// nothing again.
#[derive(Clone)]
pub(super) struct Readings {
    watch: Arc<Watch>,
    of_shares: Arc<Mutex<BTreeMap<u64, Reading>>>,
}

impl Readings {
    pub fn on(watch: Arc<Watch>) -> Self {
        Readings { watch, of_shares: Arc::default() }
    }

    pub fn hear(&self, Report { share, reading }: Report) {
        let mut of_shares = self.of_shares.lock().unwrap_or_else(PoisonError::into_inner);
        let before = of_shares.insert(share, reading).unwrap_or_default();
        self.watch.replace(before, reading);
    }
}

/// Has all shares mapped. What fails first in input order is noted in `first`.
pub(super) fn run(
    pool: &Pool,
    shares: Vec<Share>,
    plan: &Plan,
    skip_poison: bool,
    readings: &Readings,
    first: &mut First,
    reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
) {
    let stop = Arc::clone(&readings.watch);
    let mut window = pool.window::<MapShare>();
    let mut order = Order::new(plan, &shares);
    let mut waiting = shares.into_iter();
    let mut feeding = true;
    // Shares that no worker could count, to be piped.
    let mut left = Vec::new();
    while feeding || !window.is_empty() {
        while feeding && window.has_room() {
            match waiting.next() {
                Some(share) => window.push(share),
                None => feeding = false,
            }
        }
        let answer = match window.recv_timeout(ROUND) {
            Some(answer) => answer,
            None if stop.stopped() => return first.note(ExecError::Stopped),
            None => continue,
        };
        match (answer.output, answer.lost.into_iter().next()) {
            (Some(Shared { end: End::TooLarge, share, .. }), _) => left.push(share),
            (Some(shared), _) => {
                readings.hear(Report { share: shared.share.id, reading: shared.reading });
                let bad = plan.bad_lines == BadLines::Fail && !shared.partial.bad.is_empty();
                feeding &= !bad && shared.end == End::Counted;
                order.arrived(shared.share.id, shared.reading.lines, Some(shared));
                feeding &= order.release(first, reduce).is_continue();
            }
            // Where one share kills, others may: the parent feeds all that are not under way, for
            // it can tell lines apart, and spends no restart on what a whole share costs.
            (None, Some((Some(share), Failure::Crashed { .. }))) => {
                feeding = false;
                left.push(share);
                left.extend(waiting.by_ref());
            }
            (None, Some((share, why))) => {
                feeding = false;
                first.note(failed(share.map_or(0, |share| share.id), why));
            }
            (None, None) => {}
        }
    }
    drop(window);
    left.sort_by_key(|share| share.id);
    for share in left {
        if first.is_before(share.id) || stop.stopped() {
            return;
        }
        readings.hear(Report { share: share.id, reading: Reading::default() });
        refeed(pool, &share, &mut order, plan, skip_poison, readings, first, reduce);
        if order.release(first, reduce).is_break() {
            return;
        }
    }
}

fn failed(share: u64, why: Failure) -> ExecError {
    match why {
        Failure::Task(error) => ExecError::Uncountable { chunk: share, error },
        Failure::GaveUp(why) => ExecError::GaveUp(why),
        Failure::Stopped => ExecError::Stopped,
        why => ExecError::Lost { chunk: share, why },
    }
}

/// Reads a share in the parent and has it mapped chunk by chunk.
#[expect(clippy::too_many_arguments, reason = "all that a run holds, on a path that is seldom taken")]
fn refeed(
    pool: &Pool,
    share: &Share,
    order: &mut Order<'_>,
    plan: &Plan,
    skip_poison: bool,
    readings: &Readings,
    first: &mut First,
    reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
) {
    let watch = Arc::new(Watch::new());
    let chunks = match share.chunks(REFED_CHUNK, &watch) {
        Ok(chunks) => chunks,
        Err(error) => return first.note(error.into()),
    };
    let lines_before = order.lines_before(share);
    let out = RefCell::new(HandedOut::new(plan, skip_poison));
    let mut unreadable = None;
    let feed = chunks.map_while(|chunk| match chunk {
        Ok(Chunk { mut origin, lines, bytes, .. }) => {
            origin.first_line += lines_before;
            // Its numbers come behind those of all shares.
            Some(out.borrow_mut().lend(Chunk { id: order.new_id(), origin, lines, bytes }))
        }
        Err(error) => {
            unreadable = Some(error);
            None
        }
    });
    for result in pool.imap_partial_unordered::<MapLines>(feed) {
        let settled = out.borrow_mut().settle(result);
        match settled {
            Ok(mapped) if readings.watch.stopped() => return drop(mapped),
            Ok(mapped) => {
                if reduce(mapped).is_break() {
                    return;
                }
            }
            Err(error) => return first.note(error),
        }
    }
    if let Some(error) = unreadable {
        return first.note(error.into());
    }
    // The share itself has its number too, and is done with.
    let nothing = Mapped::new(share.id, share.origin(), 0, Partial::default(), plan);
    if let Ok(nothing) = nothing
        && reduce(nothing).is_break()
    {
        return;
    }
    readings.hear(Report { share: share.id, reading: watch.reading() });
    order.arrived(share.id, watch.lines(), None);
}

/// Holds back what names lines by their number until all shares before it in its file are counted,
/// for only then is the number of its first line known.
struct Order<'p> {
    plan: &'p Plan,
    /// The file of each share.
    files: Vec<u32>,
    /// By the number of the share: its lines, and its count if it is still to be handed on.
    counted: BTreeMap<u64, (u64, Option<Shared>)>,
    /// The first share that is not counted, and the lines before it in its file.
    next: u64,
    before: u64,
    /// Lines before each share that was passed.
    passed: Vec<u64>,
    ids: u64,
}

impl<'p> Order<'p> {
    fn new(plan: &'p Plan, shares: &[Share]) -> Self {
        let files = shares.iter().map(|share| share.file).collect();
        let ids = shares.len() as u64;
        Order { plan, files, counted: BTreeMap::new(), next: 0, before: 0, passed: Vec::new(), ids }
    }

    fn new_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids - 1
    }

    fn lines_before(&self, share: &Share) -> u64 {
        self.passed.get(share.id as usize).copied().unwrap_or(self.before)
    }

    fn arrived(&mut self, share: u64, lines: u64, count: Option<Shared>) {
        self.counted.insert(share, (lines, count));
    }

    /// Hands on what can be: counts without a line to name at once, the others in their turn.
    fn release(
        &mut self,
        first: &mut First,
        reduce: &mut dyn FnMut(Mapped) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut flow = ControlFlow::Continue(());
        let mut hand_on = |shared: Shared, lines_before: u64, first: &mut First| {
            let Shared { share, partial, reading, end } = shared;
            let mut origin = share.origin();
            origin.first_line += lines_before;
            if let End::LineTooLong { line, limit } = end {
                let line = line + lines_before;
                first.note(ExecError::Input(share.line_too_long(line, limit)));
                return ControlFlow::Break(());
            }
            match Mapped::new(share.id, origin, reading.lines, partial, self.plan) {
                Ok(mapped) => reduce(mapped),
                Err(error) => {
                    first.note(error);
                    ControlFlow::Break(())
                }
            }
        };
        for (_, count) in self.counted.values_mut() {
            let nameless = |shared: &mut Shared| shared.partial.bad.is_empty() && shared.end == End::Counted;
            if let Some(shared) = count.take_if(nameless)
                && hand_on(shared, 0, first).is_break()
            {
                flow = ControlFlow::Break(());
            }
        }
        while let Some((lines, count)) = self.counted.remove(&self.next) {
            if let Some(shared) = count
                && hand_on(shared, self.before, first).is_break()
            {
                flow = ControlFlow::Break(());
            }
            self.passed.push(self.before);
            let file = self.files[self.next as usize];
            self.next += 1;
            let same_file = self.files.get(self.next as usize) == Some(&file);
            self.before = if same_file { self.before + lines } else { 0 };
        }
        flow
    }
}
