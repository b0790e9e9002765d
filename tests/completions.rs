//! Shell completions, as the shell itself works them out.

mod common;

use std::process::Command;

use common::{Scratch, ngramcount};

/// What fish offers at the end of a command line, without the descriptions.
fn offered(scratch: &Scratch, line: &str) -> Vec<String> {
    let script = format!("source {}; complete -C '{line}'", scratch.path("ngramcount.fish").display());
    let run =
        Command::new("fish").args(["--no-config", "-c", &script]).current_dir(scratch.path("")).output();
    let text = String::from_utf8(run.unwrap().stdout).unwrap();
    text.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn fish_completes_options_behind_a_file_and_values_of_options() {
    let scratch = Scratch::new();
    scratch.file("ngramcount.fish", ngramcount(["--completions", "fish"]).quietly().stdout);
    scratch.file("poem.txt", "");
    if Command::new("fish").arg("--version").output().is_err() {
        eprintln!("not tested here: there is no fish");
        return;
    }
    for (line, expected) in [
        ("ngramcount --by", &["--by-year"][..]),
        ("ngramcount poem.txt --by", &["--by-year"]),
        ("ngramcount poem.txt --format v", &["v1", "v2", "v3"]),
        ("ngramcount --format v", &["v1", "v2", "v3"]),
        ("ngramcount --top 3 poem.txt --sort ", &["matches", "ngram"]),
        ("ngramcount poem.txt --csv-dialect e", &["excel", "excel-semicolon"]),
        ("ngramcount po", &["poem.txt"]),
        ("ngramcount poem.txt -o po", &["poem.txt"]),
        ("ngramcount sw", &["sweep"]),
        ("ngramcount poem.txt sw", &[]),
        ("ngramcount sweep poem.txt --exec", &["--executors"]),
        ("ngramcount sweep poem.txt --executors th", &["threads"]),
        ("ngramcount reduce po", &["poem.txt"]),
        ("ngramcount reduce poem.txt --sor", &["--sorted"]),
        ("ngramcount reduce poem.txt --word", &[]),
    ] {
        assert_eq!(offered(&scratch, line), expected, "{line}");
    }
}
