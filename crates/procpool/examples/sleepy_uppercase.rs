//! The same code on threads and on processes: words to upper case, with a pause for each letter.
//!
//! For work that only waits, four threads and four processes are equally fast.
//!
//! ```text
//! cargo run --release --example sleepy_uppercase [MILLISECONDS_A_LETTER]
//! ```
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::thread::sleep;
use std::time::{Duration, Instant};

use procpool::{Backend, Failure, Pool, PoolOf, Task, TaskError, ThreadPool, as_completed};

const WORDS: [&str; 8] = ["extraordinary", "a", "elephant", "to", "ibex", "hippopotamus", "yak", "okapi"];

struct Uppercase;

impl Task for Uppercase {
    const NAME: &'static str = "uppercase";
    type Input = (String, Duration);
    type Output = String;

    fn run((word, a_letter): (String, Duration)) -> Result<String, TaskError> {
        sleep(a_letter * word.len() as u32);
        Ok(word.to_uppercase())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    procpool::serve_if_worker(&[Uppercase::ENTRY]);
    let a_letter = Duration::from_millis(std::env::args().nth(1).map_or(Ok(15), |arg| arg.parse())?);
    let letters: usize = WORDS.iter().map(|word| word.len()).sum();
    println!("{letters} letters of {a_letter:?} each, {:?} in all", a_letter * letters as u32);

    show("threads", &ThreadPool::builder().workers(4).build()?, a_letter)?;
    show("processes", &Pool::builder().workers(4).build()?, a_letter)?;
    Ok(())
}

fn show<B: Backend>(workers: &str, pool: &PoolOf<B>, a_letter: Duration) -> Result<(), Failure> {
    println!("4 {workers}");
    let inputs = || WORDS.map(|word| (word.to_owned(), a_letter));

    let start = Instant::now();
    let words = pool.map::<Uppercase>(inputs())?;
    report("map", start, &words);

    let start = Instant::now();
    let handles = inputs().map(|input| pool.submit::<Uppercase>(input));
    let words = handles.into_iter().map(|handle| handle.wait()).collect::<Result<Vec<_>, _>>()?;
    report("submit", start, &words);

    let start = Instant::now();
    let handles = inputs().map(|input| pool.submit::<Uppercase>(input));
    let words = as_completed(handles).map(|(_place, word)| word).collect::<Result<Vec<_>, _>>()?;
    report("as_completed", start, &words);

    let start = Instant::now();
    let words = pool.imap_unordered::<Uppercase>(inputs()).collect::<Result<Vec<_>, _>>()?;
    report("imap_unordered", start, &words);
    Ok(())
}

fn report(verb: &str, start: Instant, words: &[String]) {
    println!("  {verb:<14}  {:4.2} s  {}", start.elapsed().as_secs_f64(), words.join(" "));
}
