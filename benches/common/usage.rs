//! What a command used: time, CPU time of its own and of its children, memory of all its processes.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::{Spread, runs, tree_pss};

/// Ticks of `/proc/PID/stat` in a second, on every Linux since 2.6.
const TICKS: f64 = 100.0;

/// What one run of a command used.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    pub seconds: f64,
    /// CPU time of the command and all processes that it has waited for.
    pub cpu: f64,
    /// CPU time of the first process alone.
    pub parent: f64,
}

/// Runs a command. `None` if it fails.
fn usage_of(command: &mut Command) -> Option<Usage> {
    let started = Instant::now();
    let mut child = start(command);
    waitid(id(&child), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).expect("a child can be waited for");
    let seconds = started.elapsed().as_secs_f64();
    let (parent, children) = cpu_seconds(&child);
    succeeds(&mut child).then_some(Usage { seconds, cpu: parent + children, parent })
}

/// The largest sum of the proportional set sizes (PSS) of a command and its descendants, in bytes, sampled every 20 ms;
/// `None` if it fails. It takes longer than unobserved: a process stands still while its pages are counted.
pub fn peak_of(command: &mut Command) -> Option<u64> {
    let mut child = start(command);
    let mut peak = 0;
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    while waitid(id(&child), ended).expect("a child can be waited for").is_none() {
        peak = peak.max(tree_pss(&child));
        thread::sleep(Duration::from_millis(20));
    }
    succeeds(&mut child).then_some(peak)
}

fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

fn id(child: &Child) -> WaitId<'_> {
    WaitId::Pid(Pid::from_child(child))
}

fn succeeds(child: &mut Child) -> bool {
    child.wait().expect("a child can be waited for").success()
}

/// CPU time of a process that has ended but is not reaped, and of those that it has reaped itself.
fn cpu_seconds(child: &Child) -> (f64, f64) {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).expect("it is not reaped");
    // The name of the command is in parentheses and may hold blanks; behind it the 12th to 15th are times in ticks: user
    // and system of the process, user and system of its children.
    let behind = stat.rsplit_once(')').expect("a name in parentheses").1;
    let ticks: Vec<f64> =
        behind.split_whitespace().skip(11).take(4).map(|n| n.parse().unwrap_or(0.0)).collect();
    ((ticks[0] + ticks[1]) / TICKS, (ticks[2] + ticks[3]) / TICKS)
}

/// A command with what its runs used.
pub struct Measured {
    pub name: String,
    pub command: Command,
    /// One for each round; none if the command failed.
    pub runs: Vec<Usage>,
    pub peak: u64,
}

impl Measured {
    pub fn new(name: impl Into<String>, command: Command) -> Self {
        Self { name: name.into(), command, runs: Vec::new(), peak: 0 }
    }

    pub fn spread(&self, figure: impl Fn(&Usage) -> f64) -> Spread {
        Spread::of(self.runs.iter().map(figure).collect())
    }

    /// Seconds relative to those of another command in the same round.
    pub fn relative_to(&self, other: &Self) -> Spread {
        Spread::of(
            self.runs.iter().zip(&other.runs).map(|(mine, other)| mine.seconds / other.seconds).collect(),
        )
    }
}

/// Runs all commands in interleaved rounds. In the first round, which is not timed, memory is measured. A command that fails
/// is not run again.
pub fn measure(commands: &mut [Measured]) {
    let mut failed = vec![false; commands.len()];
    for round in 0..=runs() {
        for (measured, failed) in commands.iter_mut().zip(&mut failed) {
            if *failed {
                continue;
            }
            if round == 0 {
                let peak = peak_of(&mut measured.command);
                *failed = peak.is_none();
                measured.peak = peak.unwrap_or(0);
            } else if let Some(usage) = usage_of(&mut measured.command) {
                measured.runs.push(usage);
            } else {
                *failed = true;
                measured.runs.clear();
            }
        }
    }
}

/// Prints a row for each command.
pub fn print_usage(commands: &[Measured]) {
    println!(
        "| what | median s | least | most | CPU s | first process, of this | peak of all processes, MiB |"
    );
    println!("|---|---|---|---|---|---|---|");
    for measured in commands {
        if measured.runs.is_empty() {
            println!("| {} | failed | | | | | |", measured.name);
            continue;
        }
        let time = measured.spread(|run| run.seconds);
        let cpu = measured.spread(|run| run.cpu).median;
        let parent = 100.0 * measured.spread(|run| run.parent / run.cpu).median;
        println!(
            "| {} | {:.2} | {:.2} | {:.2} | {cpu:.2} | {parent:.0} % | {:.0} |",
            measured.name,
            time.median,
            time.least,
            time.most,
            measured.peak as f64 / f64::from(1 << 20)
        );
    }
}
