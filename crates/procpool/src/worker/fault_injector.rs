//! Fault injector: makes a worker fail where its chaos specification says so.

use std::sync::OnceLock;
use std::time::Duration;

use super::memory_limit::limit_memory_growth;
use super::task_context::write_raw;
use crate::chaos::{Chaos, Fault, Point};
use crate::wire::{FrameKind, Header, MAX_PAYLOAD};

static CONTENT_RULE: OnceLock<ContentRule> = OnceLock::new();

/// Fault that is bound to a word: `FAULT-on=WORD` in a [`Chaos`] specification.
///
/// The task decides what it means to meet the word: it asks for the rule with [`content_rule`] and calls
/// [`trigger`](ContentRule::trigger).
///
/// ```
/// use procpool::{Task, TaskError};
///
/// struct Length;
/// impl Task for Length {
///     const NAME: &'static str = "length";
///     type Input = String;
///     type Output = usize;
///     fn run(text: String) -> Result<usize, TaskError> {
///         if let Some(rule) = procpool::content_rule()
///             && text.as_bytes() == rule.word()
///         {
///             rule.trigger();
///         }
///         Ok(text.len())
///     }
/// }
/// assert_eq!(Length::run("abc".into()), Ok(3), "there is no rule outside of a worker");
/// ```
#[derive(Debug, Clone)]
pub struct ContentRule {
    word: Vec<u8>,
    fault: Fault,
}

impl ContentRule {
    /// The word.
    pub fn word(&self) -> &[u8] {
        &self.word
    }

    /// Injects the fault.
    pub fn trigger(&self) {
        inject(self.fault, &mut write_raw);
    }
}

/// The content rule of this worker, if its pool has one.
pub fn content_rule() -> Option<&'static ContentRule> {
    CONTENT_RULE.get()
}

/// Decides which faults strike in this worker.
#[derive(Debug)]
pub(super) struct FaultInjector {
    chaos: Chaos,
    /// An attempt above this number is the last one of its task and is spared.
    retries: u32,
}

impl FaultInjector {
    pub fn new(chaos: Chaos, retries: u32) -> Self {
        if let Some((word, fault)) = chaos.on_content.clone() {
            CONTENT_RULE.get_or_init(|| ContentRule { word, fault });
        }
        FaultInjector { chaos, retries }
    }

    /// The fault that is due at a point, unless the attempt is the last one.
    pub fn due(&self, point: Point, task: u64, attempt: u32) -> Option<Fault> {
        if attempt > self.retries { None } else { self.chaos.due(point, task, attempt) }
    }
}

/// Injects a fault. `write` writes raw bytes to the parent.
#[allow(clippy::print_stdout, reason = "a stray print is one of the faults")]
pub(super) fn inject(fault: Fault, write: &mut dyn FnMut(&[u8])) {
    use rustix::process::{Signal, getpid, kill_process};
    match fault {
        Fault::Kill => drop(kill_process(getpid(), Signal::KILL)),
        Fault::Panic => panic!("chaos: a panic on purpose"),
        Fault::Exit => std::process::exit(3),
        Fault::Abort => std::process::abort(),
        Fault::Hang => loop {
            std::thread::sleep(Duration::from_secs(3600));
        },
        Fault::Spin => loop {
            std::hint::spin_loop();
        },
        Fault::Stop => drop(kill_process(getpid(), Signal::STOP)),
        Fault::Oom => exhaust_memory(),
        Fault::Print => println!("chaos: a stray print"),
        Fault::Garbage => write(&[0xa5; 100]),
        Fault::Truncate => {
            let header = Header { length: 1000, ..Header::without_task(FrameKind::Done) };
            write(&header.to_bytes());
            write(b"and then nothing");
            std::process::exit(0);
        }
        Fault::Oversize => {
            write(&Header { length: MAX_PAYLOAD + 1, ..Header::without_task(FrameKind::Done) }.to_bytes())
        }
    }
}

/// Allocates until an allocation fails. A limit protects the rest of the machine.
fn exhaust_memory() {
    limit_memory_growth(64 << 20);
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![0u8; 1 << 20]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempt_is_spared() {
        let injector = FaultInjector::new("kill=1".parse().unwrap(), 2);
        assert_eq!(injector.due(Point::Running, 1, 2), Some(Fault::Kill));
        assert_eq!(injector.due(Point::Running, 1, 3), None);
        assert_eq!(injector.due(Point::Hello, 1, 1), None, "a rule without a point leaves the start alone");
    }
}
