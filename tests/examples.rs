//! Every example teaches what it says: each is run as the program that a reader runs, with less work.
//!
//! Cargo builds the examples for `cargo test`, beside this test. (For `cargo test --test examples`
//! alone it does not: `cargo build --examples` first.)

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Runs an example to its good end; its lines.
#[track_caller]
fn lines_of(example: &str, args: &[&str]) -> Vec<String> {
    let program = path(example);
    let mut command = Command::new(&program);
    command.args(args).stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
    let run = command.output().unwrap_or_else(|why| panic!("{}: {why}; is it built?", program.display()));
    let text = String::from_utf8(run.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert_eq!((run.status.code(), &*stderr), (Some(0), ""), "{example} after printing\n{text}");
    text.lines().map(str::to_owned).collect()
}

/// `target/debug/deps/examples-0123abcd` is us, `target/debug/examples/NAME` is it.
fn path(example: &str) -> PathBuf {
    let us = std::env::current_exe().unwrap();
    us.ancestors().nth(2).unwrap().join("examples").join(example)
}

#[test]
fn poison_line_names_the_line_and_counts_the_rest() {
    let lines = lines_of("poison_line", &[]);
    assert_eq!(lines[1], "line 35863: amethysts 1940 120 89: crashed 3 workers: signal 6, SIGABRT");
    // The whole sample has 50,029 lines and 20,677,534 matches.
    assert_eq!(lines[2], "all others: 50028 lines, 20677414 matches");
}

#[test]
fn count_words_counts_by_threads_and_by_processes_beside_a_task_of_its_own() {
    let expected = [
        "of the lord: 1742",
        "authors\t518032",
        "author\t395097",
        "quick\t2006\t563401",
        "quick\t2007\t635078",
        "quick\t2008\t849236",
        "lengths: [2, 5]",
    ];
    assert_eq!(lines_of("count_words", &[]), expected);
}
