//! Examples: each runs as a program, with less work, and prints what its documentation promises.
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

/// The words of each line, without what comes first: a time or a name.
fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

#[test]
fn two_processes_shows_both_ways() {
    let lines = lines_of("two_processes", &["1"]);
    assert_eq!(lines[0], "one after the other");
    assert_eq!(lines[4], "both at once");
    for at in [1, 5] {
        assert!(lines[at].contains("count to     1000000"), "{lines:#?}");
        assert!(lines[at + 1].contains("count to     2000000"), "{lines:#?}");
    }
}

#[test]
fn apply_greeting_shows_that_apply_blocks_and_submit_does_not() {
    let lines = lines_of("apply_greeting", &[]);
    let steps: Vec<_> =
        lines.iter().map(|line| line.split_once("s  ").map_or("", |(_, step)| step)).collect();
    let expected = [
        "",
        "apply Ada",
        "Hello, Ada!",
        "apply Grace",
        "Hello, Grace!",
        "",
        "submit Ada",
        "submit Grace",
        "free to do something else",
        "Hello, Ada!",
        "Hello, Grace!",
    ];
    assert_eq!(steps.len(), expected.len());
    assert!(steps.iter().zip(expected).all(|(step, expected)| step.starts_with(expected)), "{lines:#?}");
    let pid = |line: &str| line.rsplit(' ').next().unwrap().to_owned();
    assert_ne!(pid(&lines[9]), pid(&lines[10]), "two greetings at once are two processes");
}

#[test]
fn map_in_order_shows_small_ones_finish_first_and_come_in_order() {
    let lines = lines_of("map_in_order", &["20000000"]);
    let rows: Vec<Vec<&str>> = lines.iter().map(|line| words(line)).filter(|row| row.len() == 9).collect();
    let inputs: Vec<_> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(inputs[..5], ["1", "3", "5", "22", "20000000"]);
    assert_eq!(inputs[5..10], ["20000000", "22", "5", "3", "1"]);
    assert_eq!((inputs.len(), inputs[14]), (15, "20000000"), "as completed, the largest comes last");
    let finished: Vec<f64> = rows.iter().map(|row| row[3].parse().unwrap()).collect();
    assert!(finished[6..10].iter().all(|small| *small < finished[5]), "{lines:#?}");
}

#[test]
fn gather_async_joins_in_order_and_gives_up_the_slower_of_two() {
    let lines = lines_of("gather_async", &["1000000"]);
    let inputs: Vec<_> = lines[2..7].iter().map(|line| words(line)[0]).collect();
    assert_eq!(inputs, ["1000000", "22", "5", "3", "1"]);
    assert!(lines.last().unwrap().ends_with("and ends with: cancelled"), "{lines:#?}");
}

#[test]
fn squares_come_the_same_three_ways_and_lazily_in_less_memory() {
    let lines = lines_of("squares", &["60000"]);
    // (n - 1) n (2 n - 1) / 6
    let sum = 59_999_u64 * 60_000 * 119_999 / 6;
    for (line, verb) in lines[2..].iter().zip(["imap", "map", "starmap"]) {
        assert!(line.contains(verb) && line.ends_with(&format!(" {sum}")), "{lines:#?}");
    }
    assert_eq!(lines.len(), 5);
    let peak = |line: &str| line.split("peak").nth(1).and_then(|rest| words(rest)[0].parse::<u64>().ok());
    assert!(peak(&lines[2]) <= peak(&lines[3]), "{lines:#?}");
}

#[test]
fn sleepy_uppercase_answers_alike_with_threads_and_with_processes() {
    let lines = lines_of("sleepy_uppercase", &["2"]);
    assert_eq!((lines[1].as_str(), lines[6].as_str()), ("4 threads", "4 processes"));
    let given = words("EXTRAORDINARY A ELEPHANT TO IBEX HIPPOPOTAMUS YAK OKAPI");
    let mut sorted = given.clone();
    sorted.sort_unstable();
    for block in [2, 7] {
        for (line, verb) in lines[block..].iter().zip(["map", "submit", "as_completed", "imap_unordered"]) {
            let [name, _time, _s, shouted @ ..] = &words(line)[..] else { panic!("{lines:#?}") };
            assert_eq!(*name, verb);
            let mut shouted = shouted.to_vec();
            if verb.contains('_') {
                shouted.sort_unstable();
                assert_eq!(shouted, sorted, "{verb} in any order");
            } else {
                assert_eq!(shouted, given, "{verb} in the order of the words");
            }
        }
    }
}

#[test]
fn sum_in_steps_adds_up_either_way() {
    let lines = lines_of("sum_in_steps", &["2000003"]);
    let sum = format!(" {}", 2_000_003_u64 * 2_000_002 / 2);
    assert!(lines[1].contains("1 process,     1 step ") && lines[1].ends_with(&sum), "{lines:#?}");
    assert!(lines[2].contains("20 processes, 100 steps") && lines[2].ends_with(&sum), "{lines:#?}");
}

#[test]
fn thumbnails_come_in_the_order_of_the_files() {
    let lines = lines_of("thumbnails", &["4"]);
    let expected = [
        "  image-000  128 x 96",
        "  image-001  128 x 94",
        "  image-002  128 x 91",
        "  image-003  128 x 89",
        "4 images, both times the same results in the order of the files",
    ];
    assert_eq!(lines[..5], expected);
}

#[test]
fn a_thumbnail_that_cannot_be_made_is_an_error_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.png", "b.jpg"] {
        std::fs::write(folder.path().join(name), "no image").unwrap();
    }
    let lines = lines_of("thumbnails", &[folder.path().to_str().unwrap()]);
    assert!(lines[0].contains("a.png: ") && lines[1].contains("b.jpg: "), "{lines:#?}");
    assert!(lines[2].starts_with("2 images, "), "{lines:#?}");
}

#[test]
fn isolation_tells_each_ending_apart_and_goes_on() {
    let lines = lines_of("isolation", &[]);
    let expected = [
        ("Answer", "answered", "42"),
        ("Error", "failed", "no, thank you"),
        ("Panic", "panicked", "panicked: I have lost my head"),
        ("Exit", "exited", "exited with code 3; last line of stderr: so long"),
        ("Abort", "killed", "signal 6, SIGABRT"),
        ("Sigkill", "killed", "signal 9, SIGKILL"),
        ("Hang", "timed-out", "no answer within 0.5 s"),
        ("OutOfMemory", "out-of-memory", "out of memory: memory allocation of 1099511627776 bytes failed"),
        ("Println", "answered", "42"),
    ];
    for (line, (behavior, ending, said)) in lines.iter().zip(expected) {
        let [name, _time, _ms, found, ..] = words(line)[..] else { panic!("{lines:#?}") };
        assert_eq!((name, found), (behavior, ending));
        assert!(line.ends_with(&format!(" {said}")), "{line}");
    }
    assert_eq!(lines[9], "after each of them the pool answered the next question");
    assert_eq!(lines[10], "11 tasks answered, 7 not; 6 workers started");
}
