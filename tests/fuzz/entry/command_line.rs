//! Values on the command line.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use ngramcount::cli::fuzz_command_line;

/// Options whose values are parsed, one of them with a value that it accepts.
pub const OPTIONS: [(&str, &str); 24] = [
    ("--format", "v2"),
    ("--n", "1..3"),
    ("--tokens", "regex=[a-z]+"),
    ("--word", "queen"),
    ("--regex", "^qu(een|ick)$"),
    ("--years", "1900..=2000"),
    ("--pos", "NOUN,VERB"),
    ("--count", "matches,volumes"),
    ("--bad-lines", "skip"),
    ("--top", "10"),
    ("--min-count", "18446744073709551615"),
    ("--sort", "ngram"),
    ("--output-format", "jsonl"),
    ("--chunk", "auto"),
    ("--workers", "4"),
    ("--executor", "threads"),
    ("--feed", "split"),
    ("--task-timeout", "0.5"),
    ("--max-tasks-per-worker", "3"),
    ("--max-restarts", "10/10"),
    ("--retries", "2"),
    ("--worker-memory", "512MiB"),
    ("--on-poison", "skip"),
    ("--chaos", "seed=7,kill=0.1"),
];

/// The first byte chooses an option, the others are its value: it is accepted, or refused as a mistake of usage in a
/// message that names the option.
pub fn check(bytes: &[u8]) {
    let Some((&chosen, value)) = bytes.split_first() else { return };
    let (option, _) = OPTIONS[usize::from(chosen) % OPTIONS.len()];
    if value.contains(&0) {
        return;
    }
    let argument = OsString::from_vec([option.as_bytes(), b"=", value].concat());
    if let Err((code, message)) = fuzz_command_line(vec![argument]) {
        assert_eq!(code, 2, "{message}");
        assert!(
            message.starts_with("error: ") && message.contains(option) || message.contains("UTF-8"),
            "{message}"
        );
    }
}
