//! Counting from a Rust program: n-grams of a text, the years of a word, and a count in worker processes beside a task of
//! the program's own.
//!
//! ```text
//! cargo run --release --example count_words
//! ```

#![allow(clippy::print_stdout, reason = "an example prints what it found")]

use std::error::Error;

use ngramcount::count::Pos;
use ngramcount::pool::{self, Pool, Task, TaskError};
use ngramcount::{Counter, Isolation, WORKER_TASKS};

/// A task of this program.
struct Length;

impl Task for Length {
    const NAME: &'static str = "length";
    type Input = String;
    type Output = usize;
    fn run(word: String) -> Result<usize, TaskError> {
        Ok(word.chars().count())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // Worker processes are copies of this program. They run our task and those of a count, and end here.
    pool::serve_if_worker(&[&[Length::ENTRY], WORKER_TASKS].concat());

    let bible = Counter::new().ngrams(1..=3).ignore_case(true).count_files(["data/kjv.txt.gz"])?;
    println!("of the lord: {}", bible.get("of the lord").unwrap_or(0));

    let nouns = Counter::new()
        .pos(Pos::tags(["NOUN"]).ok_or("an unknown tag")?)
        .strip_pos(true)
        .count_files(["data/googlebooks-eng-all-1gram-20120701-a.sample.gz"])?;
    for row in nouns.top(2) {
        println!("{row}");
    }

    let years = Counter::new()
        .words(["quick"])
        .by_year(true)
        .years(2006..=2008)
        .isolation(Isolation::Processes)
        .count_files(["data/googlebooks-eng-all-1gram-20120701-q.selected.crlf.gz"])?;
    for row in years.iter() {
        println!("{row}");
    }

    let lengths: Vec<usize> =
        Pool::builder().workers(2).build()?.map::<Length>(["Où".into(), "where".into()])?;
    println!("lengths: {lengths:?}");
    Ok(())
}
