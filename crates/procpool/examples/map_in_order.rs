//! `map` returns results in the order of the inputs; `as_completed` yields them in the order in which tasks end.
//!
//! Counting to 22 ends long before counting to 100 million.
//!
//! ```text
//! cargo run --release --example map_in_order [LARGEST]
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;
use std::time::SystemTime;

use procpool::{Pool, Task, TaskError, as_completed};

/// Counts to a number; returns the time of its end.
struct Count;

impl Task for Count {
    const NAME: &'static str = "count";
    type Input = u64;
    type Output = SystemTime;

    fn run(limit: u64) -> Result<SystemTime, TaskError> {
        let mut n = 0;
        while n < limit {
            n = black_box(n + 1);
        }
        Ok(SystemTime::now())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    procpool::serve_if_worker(&[Count::ENTRY]);
    let largest: u64 = std::env::args().nth(1).map_or(Ok(100_000_000), |arg| arg.parse())?;
    let ascending = [1, 3, 5, 22, largest];
    let mut descending = ascending;
    descending.reverse();

    let pool = Pool::builder().workers(2).build()?;
    for inputs in [ascending, descending] {
        println!("map: in the order of the inputs, when the last one is done");
        let start = SystemTime::now();
        let results = pool.map::<Count>(inputs)?;
        for (input, finished) in inputs.into_iter().zip(results) {
            report(start, input, finished)?;
        }
    }

    println!("as_completed: each when it is done");
    let start = SystemTime::now();
    for (place, finished) in as_completed(descending.map(|n| pool.submit::<Count>(n))) {
        report(start, descending[place], finished?)?;
    }
    Ok(())
}

fn report(start: SystemTime, input: u64, finished: SystemTime) -> Result<(), Box<dyn Error>> {
    let ms = |time: SystemTime| time.duration_since(start).map(|time| time.as_secs_f64() * 1e3);
    let (finished, here) = (ms(finished)?, ms(SystemTime::now())?);
    println!("  {input:>9}  finished after {finished:6.1} ms, here after {here:6.1} ms");
    Ok(())
}
