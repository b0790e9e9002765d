//! A worker can do anything. What each misdeed looks like to the caller, and that the pool goes on.
//!
//! ```text
//! cargo run --release --example isolation
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ngramcount::pool::{self, Failure, Pool, Task, TaskError};
use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Deed {
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

struct Do;
impl Task for Do {
    const NAME: &'static str = "do";
    type Input = Deed;
    type Output = u64;

    fn run(deed: Deed) -> Result<u64, TaskError> {
        match deed {
            Deed::Answer => {}
            Deed::Error => return Err(TaskError::new("no, thank you")),
            Deed::Panic => panic!("I have lost my head"),
            Deed::Exit => {
                eprintln!("so long");
                std::process::exit(3)
            }
            Deed::Abort => std::process::abort(),
            Deed::Sigkill => kill_process(getpid(), Signal::KILL).map_err(TaskError::new)?,
            Deed::Hang => sleep(Duration::MAX),
            Deed::OutOfMemory => drop(std::hint::black_box(vec![1_u8; 1 << 40])),
            // The results travel on what was stdout: a print goes to stderr instead.
            Deed::Println => println!("NGPF and other rubbish"),
        }
        Ok(42)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    use Deed::*;
    pool::serve_if_worker(&[Do::ENTRY]);
    let pool = Pool::builder()
        .workers(1)
        .retries(0)
        .task_timeout(Some(Duration::from_millis(500)))
        .worker_memory(Some(1 << 30))
        .echo_stderr(false)
        .build()?;
    for deed in [Answer, Error, Panic, Exit, Abort, Sigkill, Hang, OutOfMemory, Println] {
        let start = Instant::now();
        let (ending, said) = match pool.apply::<Do>(deed) {
            Ok(answer) => ("answered", answer.to_string()),
            Err(Failure::Crashed { last, .. }) => (last.ending.name(), last.to_string()),
            Err(failure) => ("failed", failure.to_string()),
        };
        println!("{:<12} {:>4} ms  {ending:<14} {said}", format!("{deed:?}"), start.elapsed().as_millis());
        assert_eq!(pool.apply::<Do>(Answer)?, 42, "the pool goes on");
    }

    let stats = pool.stats();
    println!("after each of them the pool answered the next question");
    println!("{} tasks answered, {} not; {} workers started", stats.finished, stats.failed, stats.started);
    Ok(())
}
