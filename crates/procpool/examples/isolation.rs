//! Isolation: each way in which a worker can fail, as the caller sees it. The pool goes on.
//!
//! ```text
//! cargo run --release --example isolation
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::thread::sleep;
use std::time::{Duration, Instant};

use procpool::{Failure, Pool, Task, TaskError};
use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Behavior {
    Answer,
    Error,
    Panic,
    Exit,
    Abort,
    Sigkill,
    Hang,
    OutOfMemory,
    Println,
}

struct Behave;
impl Task for Behave {
    const NAME: &'static str = "behave";
    type Input = Behavior;
    type Output = u64;

    fn run(behavior: Behavior) -> Result<u64, TaskError> {
        match behavior {
            Behavior::Answer => {}
            Behavior::Error => return Err(TaskError::new("no, thank you")),
            Behavior::Panic => panic!("I have lost my head"),
            Behavior::Exit => {
                eprintln!("so long");
                std::process::exit(3)
            }
            Behavior::Abort => std::process::abort(),
            Behavior::Sigkill => kill_process(getpid(), Signal::KILL)?,
            Behavior::Hang => sleep(Duration::MAX),
            Behavior::OutOfMemory => drop(std::hint::black_box(vec![1_u8; 1 << 40])),
            // Results travel on a private descriptor: a print goes to stderr.
            Behavior::Println => println!("PPFR and other rubbish"),
        }
        Ok(42)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    use Behavior::*;
    procpool::serve_if_worker(&[Behave::ENTRY]);
    let pool = Pool::builder()
        .workers(1)
        .retries(0)
        .task_timeout(Some(Duration::from_millis(500)))
        .worker_memory(Some(1 << 30))
        .echo_stderr(false)
        .build()?;
    for behavior in [Answer, Error, Panic, Exit, Abort, Sigkill, Hang, OutOfMemory, Println] {
        let start = Instant::now();
        let (ending, said) = match pool.apply::<Behave>(behavior) {
            Ok(answer) => ("answered", answer.to_string()),
            Err(Failure::Crashed { last, .. }) => (last.ending.name(), last.to_string()),
            Err(failure) => ("failed", failure.to_string()),
        };
        println!(
            "{:<12} {:>4} ms  {ending:<14} {said}",
            format!("{behavior:?}"),
            start.elapsed().as_millis()
        );
        assert_eq!(pool.apply::<Behave>(Answer)?, 42, "the pool goes on");
    }

    let stats = pool.stats();
    println!("after each of them the pool answered the next question");
    println!("{} tasks answered, {} not; {} workers started", stats.finished, stats.failed, stats.started);
    Ok(())
}
