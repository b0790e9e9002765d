//! Chaos specification: which faults are injected into workers, where and how often.
//!
//! Random rules spare the last attempt of a task, so no task fails because of them: under any mix of them
//! the answers are the same as without faults. A rule that is bound to content spares no attempt.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::random::{mix, unit_fraction};

/// Kind of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// SIGKILL.
    Kill,
    /// A Rust panic.
    Panic,
    /// `exit(3)`.
    Exit,
    /// `abort()`.
    Abort,
    /// Sleeps without end.
    Hang,
    /// Spins without end.
    Spin,
    /// SIGSTOP.
    Stop,
    /// Allocates until an allocation fails.
    Oom,
    /// Prints to stdout.
    Print,
    /// Writes bytes that are no frame to the parent.
    Garbage,
    /// Writes half a frame and exits with code 0.
    Truncate,
    /// Announces a payload above the size limit.
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

/// Point in the life of a worker at which a fault can strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Point {
    /// Before the hello.
    Hello,
    /// After the header of a task has arrived, before its input is read.
    Reading,
    /// While the task runs.
    Running,
    /// After the first half of the result has been written.
    MidResult,
    /// After the result has been written.
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
    /// `None`: at every point of a task, with an independent random number for each.
    point: Option<Point>,
    probability: f64,
}

/// Faults that are injected into workers, to test what a program does when workers fail.
///
/// The text form is a list of `FAULT=PROBABILITY`, `FAULT@POINT=PROBABILITY`, `FAULT-on=WORD` and
/// `seed=N`, separated by commas. Faults: kill, panic, exit, abort, hang, spin, stop, oom, print,
/// garbage, truncate, oversize. Points: hello, reading, running, mid-result, after-result.
///
/// ```
/// use procpool::Chaos;
/// let chaos: Chaos = "kill=0.02,panic@running=0.01,seed=7".parse().unwrap();
/// let wrong = "kill=2".parse::<Chaos>().unwrap_err();
/// assert_eq!(wrong.to_string(), "`kill=2`: a probability is a number from 0 to 1");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Chaos {
    rules: Vec<Rule>,
    pub(crate) on_content: Option<(Vec<u8>, Fault)>,
    seed: u64,
}

/// Error in a chaos specification.
///
/// ```
/// let error = "seed=x".parse::<procpool::Chaos>().unwrap_err();
/// assert_eq!(error.to_string(), "`seed=x`: a seed is a whole number");
/// ```
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

    /// The fault that is due at a point. It depends on nothing but the seed, task, attempt and point.
    pub(crate) fn due(&self, point: Point, task: u64, attempt: u32) -> Option<Fault> {
        let strikes = |(number, rule): (usize, &Rule)| {
            let here = rule.point.map_or(point != Point::Hello, |at| at == point);
            let key = [self.seed, task, u64::from(attempt), point as u64, number as u64];
            let mixed = key.into_iter().fold(0, |hash, part| mix(hash ^ part));
            (here && unit_fraction(mixed) < rule.probability).then_some(rule.fault)
        };
        self.rules.iter().enumerate().find_map(strikes)
    }
}

fn lookup<T: Copy>(what: &str, names: &[(&str, T)], name: &str) -> Result<T, String> {
    let found = names.iter().find(|(known, _)| *known == name).map(|&(_, value)| value);
    found.ok_or_else(|| {
        let known: Vec<&str> = names.iter().map(|&(known, _)| known).collect();
        format!("no {what} `{name}`; there are {}", known.join(", "))
    })
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
}
