//! The same squares in three ways: `map` returns all results at once and holds all of them, `imap` yields them
//! one by one and holds a few, `starmap` is `map` for a task of several arguments.
//!
//! ```text
//! cargo run --release --example squares [HOW_MANY]
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use procpool::{Pool, Task, TaskError};

struct Square;

impl Task for Square {
    const NAME: &'static str = "square";
    type Input = u64;
    type Output = u64;

    fn run(n: u64) -> Result<u64, TaskError> {
        n.checked_mul(n).ok_or_else(|| TaskError::new("the square does not fit"))
    }
}

struct Power;

impl Task for Power {
    const NAME: &'static str = "power";
    type Input = (u64, u32);
    type Output = u64;

    fn run((base, exponent): (u64, u32)) -> Result<u64, TaskError> {
        base.checked_pow(exponent).ok_or_else(|| TaskError::new("the power does not fit"))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    procpool::serve_if_worker(&[Square::ENTRY, Power::ENTRY]);
    let many: u64 = std::env::args().nth(1).map_or(Ok(2_000_000), |arg| arg.parse())?;
    // A thousand numbers in each message: a square costs less than a message.
    let pool = Pool::builder().workers(2).build()?.chunked(1000);
    println!("{many} squares; peak memory is that of this process, not of the workers");
    report("before", Instant::now(), 0);

    // A peak never falls, so the method that needs less memory comes first.
    let start = Instant::now();
    let sum = pool.imap::<Square>(0..many).sum::<Result<u64, _>>()?;
    report("imap", start, sum);

    let start = Instant::now();
    let squares = pool.map::<Square>(0..many)?;
    report("map", start, squares.iter().sum());
    drop(squares);

    let start = Instant::now();
    let powers = pool.starmap::<Power>((0..many).map(|n| (n, 2)))?;
    report("starmap", start, powers.iter().sum());
    Ok(())
}

fn report(verb: &str, start: Instant, sum: u64) {
    let peak = procpool::peak_memory(None).map_or("unknown".into(), |bytes| format!("{} MiB", bytes >> 20));
    println!("{verb:>8}  {:5.2} s  peak {peak:>8}  sum {sum}", start.elapsed().as_secs_f64());
}
