//! `apply` waits for the answer; `submit` returns at once with a handle.
//!
//! Two greetings of 0.3 s each: one after the other with `apply`, at the same time with `submit`.
//!
//! ```text
//! cargo run --release --example apply_greeting
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::thread::sleep;
use std::time::{Duration, Instant};

use procpool::{Pool, Task, TaskError};

/// Returns a greeting after a pause.
struct Greet;

impl Task for Greet {
    const NAME: &'static str = "greet";
    type Input = String;
    type Output = String;

    fn run(name: String) -> Result<String, TaskError> {
        sleep(Duration::from_millis(300));
        Ok(format!("Hello, {name}! Greetings from process {}.", std::process::id()))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    procpool::serve_if_worker(&[Greet::ENTRY]);
    let pool = Pool::builder().workers(2).build()?;
    let names = ["Ada", "Grace"];

    println!("apply: each call blocks until its answer is here");
    let start = Instant::now();
    for name in names {
        say(start, &format!("apply {name}"));
        let greeting = pool.apply::<Greet>(name.into())?;
        say(start, &greeting);
    }

    println!("submit: both are on their way before the first answer");
    let start = Instant::now();
    let handles = names.map(|name| {
        say(start, &format!("submit {name}"));
        pool.submit::<Greet>(name.into())
    });
    say(start, "free to do something else");
    for handle in handles {
        say(start, &handle.wait()?);
    }
    Ok(())
}

fn say(start: Instant, what: &str) {
    println!("  {:4.2} s  {what}", start.elapsed().as_secs_f64());
}
