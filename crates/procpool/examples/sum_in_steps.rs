//! One sum over 1,000,000,000 elements: in one process, and in 100 steps on 20 processes.
//!
//! More processes than cores bring no gain and no loss.
//!
//! ```text
//! cargo run --release --example sum_in_steps [ELEMENTS]
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;
use std::ops::Range;
use std::time::Instant;

use procpool::{Pool, Task, TaskError};

const STEPS: u64 = 100;

/// The sum of the numbers in a range.
struct Sum;

impl Task for Sum {
    const NAME: &'static str = "sum";
    type Input = Range<u64>;
    type Output = u64;

    fn run(numbers: Range<u64>) -> Result<u64, TaskError> {
        let (mut sum, mut n) = (0_u64, numbers.start);
        while n < numbers.end {
            // Without the black box the compiler would compute the sum by a formula.
            sum = sum.checked_add(black_box(n)).ok_or_else(|| TaskError::new("the sum does not fit"))?;
            n += 1;
        }
        Ok(sum)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    procpool::serve_if_worker(&[Sum::ENTRY]);
    let elements: u64 = std::env::args().nth(1).map_or(Ok(1_000_000_000), |arg| arg.parse())?;
    let steps = (0..STEPS).map(|step| elements * step / STEPS..elements * (step + 1) / STEPS);
    let cores = std::thread::available_parallelism()?;
    println!("the sum of {elements} numbers, on {cores} cores");

    let start = Instant::now();
    let sum = Pool::builder().workers(1).build()?.apply::<Sum>(0..elements)?;
    let one = start.elapsed();
    println!("   1 process,     1 step   {:6.2} s  {sum}", one.as_secs_f64());

    let start = Instant::now();
    let pool = Pool::builder().workers(20).build()?;
    let sum_of_steps: u64 = pool.imap_unordered::<Sum>(steps).sum::<Result<u64, _>>()?;
    let twenty = start.elapsed();
    println!("  20 processes, 100 steps  {:6.2} s  {sum_of_steps}", twenty.as_secs_f64());

    assert_eq!(sum, sum_of_steps);
    println!("  {:.2} times as fast", one.as_secs_f64() / twenty.as_secs_f64());
    Ok(())
}
