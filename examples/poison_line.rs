//! One line of a file kills every worker that meets it. The pool halves the lines until it is
//! alone, names it, and counts the rest.
//!
//! ```text
//! cargo run --release --example poison_line [NGRAM]
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;

use flate2::read::GzDecoder;
use ngramcount::pool::{self, Bisect, OnPoison, Pool, Task, TaskError};

const FILE: &str = "data/googlebooks-eng-all-1gram-20120701-a.sample.gz";
const LINES_A_TASK: usize = 5000;
/// Numbered lines.
type Lines = Vec<(usize, String)>;

/// Counts the lines and sums their matches. Dies of the n-gram that the pool shares with its workers.
struct Count;
impl Task for Count {
    const NAME: &'static str = "count";
    type Input = Lines;
    type Output = (u64, u64);

    fn run(lines: Lines) -> Result<(u64, u64), TaskError> {
        let deadly = pool::worker_state(|ngram: String| ngram)?;
        let mut matches = 0;
        for (number, line) in &lines {
            let mut fields = line.split('\t');
            if fields.next() == Some(deadly.as_str()) {
                std::process::abort();
            }
            let count = fields.nth(1).and_then(|count| count.parse::<u64>().ok());
            matches += count.ok_or_else(|| TaskError::new(format!("line {number}: no match count")))?;
        }
        Ok((lines.len() as u64, matches))
    }

    // How to halve the lines, and how two answers are one.
    const BISECT: Option<Bisect<Self>> = Some(Bisect {
        split: |mut lines| {
            let right = lines.split_off(lines.len() / 2);
            (!lines.is_empty()).then_some((lines, right))
        },
        join: |left, right| (left.0 + right.0, left.1 + right.1),
    });
}

fn main() -> Result<(), Box<dyn Error>> {
    pool::serve_if_worker(&[Count::ENTRY]);
    let deadly = std::env::args().nth(1).unwrap_or("amethysts".into());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let lines = BufReader::new(GzDecoder::new(File::open(file)?)).lines().collect::<Result<Vec<_>, _>>()?;
    let numbered: Lines = (1..).zip(lines).collect();
    println!("{} lines, {LINES_A_TASK} a task; a worker dies of `{deadly}`", numbered.len());
    let start = Instant::now();
    let pool = Pool::builder().workers(2).on_poison(OnPoison::Skip).share(&deadly)?.build()?;
    let tasks = numbered.chunks(LINES_A_TASK).map(<[_]>::to_vec);
    let (mut counted, mut matches) = (0, 0);
    for answer in pool.imap_partial_unordered::<Count>(tasks) {
        for (lines, why) in answer.lost {
            for (number, line) in lines.into_iter().flatten() {
                println!("line {number}: {}: {why}", line.replace('\t', " "));
            }
        }
        if let Some(output) = answer.output {
            (counted, matches) = (counted + output.0, matches + output.1);
        }
    }
    println!("all others: {counted} lines, {matches} matches");
    let pool::PoolStats { restarts, divided, .. } = pool.stats();
    println!("{restarts} workers died, {divided} times lines were halved");
    println!("{:.2} s in all", start.elapsed().as_secs_f64());
    Ok(())
}
