//! Attack program: runs the program in random cases of many families and looks for a wrong answer, an undocumented end,
//! a worker or a temporary file that is left behind.
//!
//! It runs for a few seconds in `cargo test`, and for as long as `NGRAMCOUNT_ATTACK_SECONDS` says. Arguments choose
//! families by a part of their name. A failure comes with the command that repeats its case; the moments at which
//! signals and changes of files strike are not repeated exactly.

#![allow(clippy::print_stdout, reason = "it reports what it tried")]
#![allow(clippy::useless_vec, reason = "the arguments of a case are a list of paths and texts")]

mod case;
mod execution;
mod families;
mod packing;
mod process;
mod table;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime};

use case::Case;
use families::{FAMILIES, Family};

const SECONDS: &str = "NGRAMCOUNT_ATTACK_SECONDS";
const SEED: &str = "NGRAMCOUNT_ATTACK_SEED";
const CASE: &str = "NGRAMCOUNT_ATTACK_CASE";
/// Failures after which a family is not tried any more.
const MAX_FAILURES: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test` passes its options on to every test program.
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let names: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let chosen =
        |family: &&Family| names.is_empty() || names.iter().any(|name| family.name.contains(&name[..]));
    let mut tallies: Vec<_> = FAMILIES.iter().filter(chosen).map(Tally::new).collect();
    if tallies.is_empty() {
        return ExitCode::SUCCESS;
    }
    if let Some(seed) = number(CASE) {
        tallies.iter_mut().for_each(|tally| tally.attack(seed));
        return report(&tallies);
    }
    let seed = number(SEED).unwrap_or_else(seed_of_the_clock);
    let limit = Duration::from_secs(number(SECONDS).unwrap_or(5));
    println!("attack: {} s, {SEED}={seed}", limit.as_secs());
    let mut seeds = fastrand::Rng::with_seed(seed);
    let started = Instant::now();
    // The family that has had the least time is next, so that slow and fast ones have the same share.
    while started.elapsed() < limit
        && let Some(tally) =
            tallies.iter_mut().filter(|tally| tally.failures < MAX_FAILURES).min_by_key(|tally| tally.spent)
    {
        tally.attack(seeds.u64(..));
    }
    report(&tallies)
}

/// What was tried of a family.
struct Tally {
    family: &'static Family,
    cases: u64,
    failures: usize,
    spent: Duration,
}

impl Tally {
    fn new(family: &'static Family) -> Self {
        Tally { family, cases: 0, failures: 0, spent: Duration::ZERO }
    }

    /// Tries the case of this seed.
    fn attack(&mut self, seed: u64) {
        let name = self.family.name;
        let started = Instant::now();
        let mut case = Case::new(seed);
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.family.attack)(&mut case)))
            .unwrap_or_else(|_| Err(anyhow::anyhow!("the attack itself panicked")));
        if let Err(error) = outcome {
            self.failures += 1;
            println!("attack: {name}: {error:#}\n{}", case.keep());
            println!("  repeat it: {CASE}={seed} cargo test --test attack -- {name}");
        }
        self.cases += 1;
        self.spent += started.elapsed();
    }
}

fn report(tallies: &[Tally]) -> ExitCode {
    for Tally { family, cases, failures, spent } in tallies {
        println!(
            "attack: {:15} {cases:6} cases {failures:3} failed {:7.1} s",
            family.name,
            spent.as_secs_f64()
        );
    }
    ExitCode::from(u8::from(tallies.iter().any(|tally| tally.failures > 0)))
}

/// The number in this environment variable.
fn number<N: FromStr>(variable: &str) -> Option<N> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}: expected a number, found `{text}`")))
}

fn seed_of_the_clock() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos() as u64)
}
