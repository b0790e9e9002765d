//! Faults on purpose: workers that misbehave at seeded random, to show that nothing is lost.
//!
//! Random rules spare a task's last attempt, so that an innocent task is never condemned: under
//! any such mix the answer has to be the undisturbed one. A rule bound to content spares nothing.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::frame::{Header, Kind, MAX_PAYLOAD};

/// What a worker does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// SIGKILL.
    Kill,
    /// A Rust panic.
    Panic,
    /// `exit(3)`.
    Exit,
    /// `abort()`.
    Abort,
    /// Sleeps for ever.
    Hang,
    /// Spins for ever at full speed.
    Spin,
    /// SIGSTOP.
    Stop,
    /// Allocates until there is no more.
    Oom,
    /// Writes to stdout where a frame might be.
    Print,
    /// Writes bytes that are no frame onto the wire.
    Garbage,
    /// Writes half a frame and leaves as if all were well.
    Truncate,
    /// Announces a payload above the cap.
    Oversize,
}

impl Fault {
    const NAMES: [(&str, Fault); 12] = [
        ("kill", Fault::Kill),
        ("panic", Fault::Panic),
        ("exit", Fault::Exit),
        ("abort", Fault::Abort),
        ("hang", Fault::Hang),
        ("spin", Fault::Spin),
        ("stop", Fault::Stop),
        ("oom", Fault::Oom),
        ("print", Fault::Print),
        ("garbage", Fault::Garbage),
        ("truncate", Fault::Truncate),
        ("oversize", Fault::Oversize),
    ];
}

/// When a worker does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Point {
    /// Before it says hello.
    Hello,
    /// When a task has been announced and its input is still to be read.
    Reading,
    /// While the task runs.
    Running,
    /// With half of the result written.
    MidResult,
    /// When the result has left.
    AfterResult,
}

impl Point {
    const NAMES: [(&str, Point); 5] = [
        ("hello", Point::Hello),
        ("reading", Point::Reading),
        ("running", Point::Running),
        ("mid-result", Point::MidResult),
        ("after-result", Point::AfterResult),
    ];
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Rule {
    fault: Fault,
    /// `None`: at every point of a task, each with a throw of its own.
    point: Option<Point>,
    probability: f64,
}

/// Which faults, how often and where.
///
/// Written as a list of `FAULT=PROBABILITY`, `FAULT@POINT=PROBABILITY`, `FAULT-on=WORD` and
/// `seed=N`, separated by commas. Faults: kill, panic, exit, abort, hang, spin, stop, oom, print,
/// garbage, truncate, oversize. Points: hello, reading, running, mid-result, after-result.
///
/// ```
/// use ngramcount::pool::Chaos;
/// let chaos: Chaos = "kill=0.02,panic@running=0.01,seed=7".parse().unwrap();
/// let wrong = "kill=2".parse::<Chaos>().unwrap_err();
/// assert_eq!(wrong.to_string(), "`kill=2`: a probability is a number from 0 to 1");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Chaos {
    rules: Vec<Rule>,
    on_content: Option<(Vec<u8>, Fault)>,
    seed: u64,
}

/// A chaos specification that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{part}`: {why}")]
pub struct ChaosError {
    part: String,
    why: String,
}

impl FromStr for Chaos {
    type Err = ChaosError;

    fn from_str(text: &str) -> Result<Self, ChaosError> {
        let mut chaos = Chaos::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            chaos.add(part).map_err(|why| ChaosError { part: part.to_owned(), why })?;
        }
        Ok(chaos)
    }
}

impl Chaos {
    fn add(&mut self, part: &str) -> Result<(), String> {
        let (name, value) = part.split_once('=').ok_or("expected NAME=VALUE, as in kill=0.02")?;
        if name == "seed" {
            self.seed = value.parse().map_err(|_| "a seed is a whole number")?;
        } else if let Some(name) = name.strip_suffix("-on") {
            if value.is_empty() {
                return Err("expected a word".to_owned());
            }
            self.on_content = Some((value.as_bytes().to_vec(), lookup("fault", &Fault::NAMES, name)?));
        } else {
            let (fault, point) = match name.split_once('@') {
                Some((fault, point)) => (fault, Some(lookup("point", &Point::NAMES, point)?)),
                None => (name, None),
            };
            let fault = lookup("fault", &Fault::NAMES, fault)?;
            let probability = value.parse().ok().filter(|p| (0.0..=1.0).contains(p));
            let probability = probability.ok_or("a probability is a number from 0 to 1")?;
            self.rules.push(Rule { fault, point, probability });
        }
        Ok(())
    }

    /// The fault due at a point, if any. The same seed, task, attempt and point always give the same
    /// answer, whoever runs the task and whenever.
    fn due(&self, point: Point, task: u64, attempt: u32) -> Option<Fault> {
        let throw = |(number, rule): (usize, &Rule)| {
            let here = rule.point.map_or(point != Point::Hello, |at| at == point);
            let name = [self.seed, task, u64::from(attempt), point as u64, number as u64];
            let mixed = name.into_iter().fold(0, |hash, part| mix(hash ^ part));
            let chance = (mixed >> 11) as f64 / (1u64 << 53) as f64;
            (here && chance < rule.probability).then_some(rule.fault)
        };
        self.rules.iter().enumerate().find_map(throw)
    }
}

fn lookup<T: Copy>(what: &str, names: &[(&str, T)], name: &str) -> Result<T, String> {
    let found = names.iter().find(|(known, _)| *known == name).map(|&(_, value)| value);
    found.ok_or_else(|| {
        let known: Vec<&str> = names.iter().map(|&(known, _)| known).collect();
        format!("no {what} `{name}`; there are {}", known.join(", "))
    })
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014): every bit of the input reaches every
/// bit of the output.
pub(super) fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

static CONTENT_RULE: OnceLock<ContentRule> = OnceLock::new();

/// A fault that strikes whenever a worker meets a certain word. What meeting means is for the task
/// to say: it asks for the rule and calls [`strike`](ContentRule::strike).
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

    /// Misbehaves.
    pub fn strike(&self) {
        commit(self.fault, &mut super::worker::scribble_from_task);
    }
}

/// The rule bound to content under which this worker runs, if there is one.
pub fn content_rule() -> Option<&'static ContentRule> {
    CONTENT_RULE.get()
}

/// The troublemaker inside a worker.
#[derive(Debug)]
pub(super) struct Imp {
    chaos: Chaos,
    /// Attempts above this are a task's last and are spared.
    retries: u32,
}

impl Imp {
    pub fn new(chaos: Chaos, retries: u32) -> Self {
        if let Some((word, fault)) = chaos.on_content.clone() {
            CONTENT_RULE.get_or_init(|| ContentRule { word, fault });
        }
        Imp { chaos, retries }
    }

    /// The fault due here, unless this is the last attempt.
    pub fn due(&self, point: Point, task: u64, attempt: u32) -> Option<Fault> {
        if attempt > self.retries { None } else { self.chaos.due(point, task, attempt) }
    }
}

/// Does the deed. `wire` writes bytes to the parent.
#[allow(clippy::print_stdout, reason = "a stray print is one of the faults")]
pub(super) fn commit(fault: Fault, wire: &mut dyn FnMut(&[u8])) {
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
        Fault::Garbage => wire(&[0xa5; 100]),
        Fault::Truncate => {
            let header = Header { length: 1000, ..Header::plain(Kind::Done) };
            wire(&header.to_bytes());
            wire(b"and then nothing");
            std::process::exit(0);
        }
        Fault::Oversize => wire(&Header { length: MAX_PAYLOAD + 1, ..Header::plain(Kind::Done) }.to_bytes()),
    }
}

/// Allocates until the allocator gives up, under a limit that keeps the machine out of it.
fn exhaust_memory() {
    super::worker::limit_memory_to_what_it_has_plus(64 << 20);
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![0u8; 1 << 20]);
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Fault::NAMES.iter().find(|(_, fault)| fault == self);
        f.write_str(name.map_or("fault", |(name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_says_what_it_cannot_read() {
        for (text, wrong) in [
            ("kill", "`kill`: expected NAME=VALUE, as in kill=0.02"),
            ("seed=x", "`seed=x`: a seed is a whole number"),
            ("kill=0.1,exit=-1", "`exit=-1`: a probability is a number from 0 to 1"),
            ("kill-on=", "`kill-on=`: expected a word"),
            (
                "kill@noon=1",
                "`kill@noon=1`: no point `noon`; there are hello, reading, running, mid-result, after-result",
            ),
        ] {
            assert_eq!(text.parse::<Chaos>().unwrap_err().to_string(), wrong);
        }
    }

    #[test]
    fn faults_strike_about_as_often_as_asked_and_the_same_way_each_time() {
        let chaos: Chaos = "kill=0.25,seed=7".parse().unwrap();
        let struck =
            |attempt| (0..4000).filter(move |&task| chaos.due(Point::Running, task, attempt).is_some());
        let first = struck.clone()(1).collect::<Vec<_>>();
        assert!((800..1200).contains(&first.len()), "{} of 4000", first.len());
        assert_eq!(struck.clone()(1).collect::<Vec<_>>(), first);
        assert_ne!(struck(2).collect::<Vec<_>>(), first);
    }

    #[test]
    fn the_last_attempt_is_spared() {
        let imp = Imp::new("kill=1".parse().unwrap(), 2);
        assert_eq!(imp.due(Point::Running, 1, 2), Some(Fault::Kill));
        assert_eq!(imp.due(Point::Running, 1, 3), None);
        assert_eq!(imp.due(Point::Hello, 1, 1), None, "a rule without a point leaves the start alone");
    }
}
