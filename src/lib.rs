//! Counts words and n-grams in Google Books Ngram files and in plain text, in threads or in supervised worker processes.
//!
//! # Count a file
//!
//! ```
//! use ngramcount::Counter;
//!
//! let counts = Counter::new().ngrams(1..=3).ignore_case(true).count_files(["data/kjv.txt.gz"])?;
//! assert_eq!(counts.get("of the lord"), Some(1742));
//! for row in counts.top(10) {
//!     println!("{row}");
//! }
//! # Ok::<(), ngramcount::CounterError>(())
//! ```
//!
//! A folder stands for the files in it: `Counter::new().count_files(["corpus"])`.
//!
//! # Run your own tasks
//!
//! ```no_run
//! use ngramcount::pool::{self, Pool, Task, TaskError};
//!
//! struct Square;
//! impl Task for Square {
//!     const NAME: &'static str = "square";
//!     type Input = u64;
//!     type Output = u64;
//!     fn run(n: u64) -> Result<u64, TaskError> {
//!         Ok(n * n)
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     pool::serve_if_worker(&[Square::ENTRY]); // a worker process does not return from here
//!     let squares = Pool::builder().workers(4).build()?.map::<Square>(0..100)?;
//!     assert_eq!(squares[9], 81);
//!     Ok(())
//! }
//! ```
//!
//! # Write an answer
//!
//! ```
//! use ngramcount::Counter;
//! use ngramcount::output::{Destination, OutputFormat};
//!
//! let counts = Counter::new().by_year(true).words(["Aardvark"]).count_files([
//!     "data/googlebooks-eng-all-1gram-20120701-a.sample.gz",
//! ])?;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("aardvark.csv");
//! let file = Destination::File(path); // the file appears whole, or not at all
//! file.write(|out| OutputFormat::Csv.write(&counts, true, out))?;
//! # assert_eq!(std::fs::read_to_string(folder.path().join("aardvark.csv"))?.lines().count(), 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How the crate is built
//!
//! ```text
//! input ─► chunks or splits ─► exec ─────────► partial counts ─► count ─► counts ─► output
//! open     whole lines         sequential      one for each      reduce   select    TSV CSV JSON
//! unpack                       threads         chunk             sort               Parquet plot
//!                              processes ─ pool ─ worker copies of the program
//! ```
//!
//! A module imports only modules on lower floors; `tests/layering.rs` checks it.
//!
//! | floor | module | owns |
//! |---|---|---|
//! | 5 | [`cli`] | the command line: flags, commands, messages, exit codes |
//! | 4 | [`counter`] | the API for Rust programs: [`Counter`], [`Counts`] |
//! | 3 | [`sweep`] | one count with many chunk sizes, timed |
//! | 3 | [`output`] | formats of an answer, pictures, files |
//! | 2 | [`job`] | one count, from a configuration to a report |
//! | 1 | [`partials`] | partial sums as lines, for the map, combine and reduce steps of other engines |
//! | 1 | [`exec`] | executors: they turn chunks into partial counts |
//! | 0 | [`spill`] | partial counts beyond memory: sorted runs in files, and their merge |
//! | 0 | [`count`] | plan, map, partial counts, reduce, answer |
//! | 0 | [`input`] | sources, codecs, chunks of whole lines, splits |
//! | 0 | [`record`] | the formats of a line |
//! | – | [`pool`] | the process pool, a crate of its own: `procpool` |

pub mod cli;
pub mod count;
pub mod counter;
pub mod exec;
pub mod input;
pub mod job;
pub mod output;
pub mod partials;
pub mod record;
pub mod spill;
pub mod sweep;

pub use counter::{Counter, CounterError, Counts, Isolation, QuestionError};
pub use exec::{WORKER_TASKS, serve_if_worker};
pub use procpool as pool;
