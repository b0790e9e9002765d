//! Two processes at once: counting to 100 million and to 200 million takes as long as the longer count.
//!
//! ```text
//! cargo run --release --example two_processes [MILLIONS]
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use procpool::{Pool, Task, TaskError};

/// Counts to a number and returns the time that it took.
struct Count;

impl Task for Count {
    const NAME: &'static str = "count";
    type Input = u64;
    type Output = Duration;

    fn run(limit: u64) -> Result<Duration, TaskError> {
        let start = Instant::now();
        let mut n = 0;
        while n < limit {
            // Without the black box the compiler would compute the result.
            n = black_box(n + 1);
        }
        Ok(start.elapsed())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    procpool::serve_if_worker(&[Count::ENTRY]);
    let millions: u64 = std::env::args().nth(1).map_or(Ok(100), |arg| arg.parse())?;
    let limits = [millions * 1_000_000, 2 * millions * 1_000_000];

    let pool = Pool::builder().workers(2).build()?;
    // Workers start when there is work: start them before the measurement.
    pool.map::<Count>([0, 0])?;

    let start = Instant::now();
    let times = [pool.apply::<Count>(limits[0])?, pool.apply::<Count>(limits[1])?];
    report("one after the other", limits, &times, start.elapsed());

    let start = Instant::now();
    let times = pool.map::<Count>(limits)?;
    report("both at once", limits, &times, start.elapsed());
    Ok(())
}

fn report(how: &str, limits: [u64; 2], times: &[Duration], wall: Duration) {
    println!("{how}");
    for (limit, time) in limits.iter().zip(times) {
        println!("  count to {limit:>11}  {:5.2} s", time.as_secs_f64());
    }
    println!("  by the clock          {:5.2} s", wall.as_secs_f64());
}
