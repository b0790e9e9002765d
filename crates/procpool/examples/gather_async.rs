//! Handles as futures: await, join and race tasks in any async runtime.
//!
//! No thread waits. The answer of a worker wakes the executor.
//!
//! ```text
//! cargo run --release --example gather_async [LARGEST]
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use futures::future::{Either, join_all, select};
use procpool::{Failure, Pool, Task, TaskError};

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
            n = black_box(n + 1);
        }
        Ok(start.elapsed())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    procpool::serve_if_worker(&[Count::ENTRY]);
    let largest: u64 = std::env::args().nth(1).map_or(Ok(100_000_000), |arg| arg.parse())?;
    let pool = Pool::builder().workers(2).build()?;
    Ok(block_on(lesson(&pool, largest))?)
}

async fn lesson(pool: &Pool, largest: u64) -> Result<(), Failure> {
    let time = pool.submit::<Count>(22).await?;
    println!("await     counted to 22 in {time:?}");

    let inputs = [largest, 22, 5, 3, 1];
    let start = Instant::now();
    let times = join_all(inputs.map(|n| pool.submit::<Count>(n))).await;
    println!("join_all  {} results in the order of the inputs:", times.len());
    for (input, time) in inputs.iter().zip(times) {
        println!("          {input:>9} in {:6.1} ms", time?.as_secs_f64() * 1e3);
    }
    println!("          all in     {:6.1} ms", start.elapsed().as_secs_f64() * 1e3);

    match select(pool.submit::<Count>(u64::MAX), pool.submit::<Count>(22)).await {
        Either::Left(_) => println!("select    18446744073709551615 first, in {:?}", start.elapsed()),
        Either::Right((_, slow)) => {
            println!("select    22 first; the other one is given up");
            slow.cancel();
            println!(
                "          and ends with: {}",
                slow.await.map_or_else(|why| why.to_string(), |_| "?".into())
            );
        }
    }
    Ok(())
}
