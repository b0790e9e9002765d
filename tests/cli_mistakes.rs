//! Mistakes at the command line: the message says what was meant, and which option a file came from.

mod common;

use std::io::Write;

use common::{EXECUTORS, Run, Scratch, a_gz, gzip, ngramcount, ngramcount_reading, program};

const ROWS: &[u8] = b"fish\t1999\t9\t3\nFish\t1999\t1\t1\nfish_NOUN\t1999\t7\t3\nfish_VERB\t2000\t2\t2\n";

#[track_caller]
fn says(run: Run, code: i32, message: &str) {
    assert_eq!((run.code, run.text(), &*run.stderr), (Some(code), "", &*format!("ngramcount: {message}\n")));
}

#[test]
fn a_mistyped_command_is_not_taken_for_a_file() {
    for (typed, meant) in [("swep", "sweep"), ("Map", "map"), ("redcue", "reduce"), ("hepl", "help")] {
        let why = format!("unrecognized subcommand '{typed}'; tip: a similar subcommand exists: '{meant}'");
        says(ngramcount([typed, "kjv.txt.gz"]), 2, &why);
    }
    says(ngramcount(["swep.txt"]), 1, "swep.txt: no such file");
    says(ngramcount(["moby", "swep"]), 1, "moby: no such file");
    let help = |args: &[&str]| ngramcount(args).quietly().text().to_owned();
    assert_eq!(help(&["help", "sweep"]), help(&["sweep", "--help"]));
    assert_eq!(help(&["help"]), help(&["--help"]));
}

#[test]
fn a_file_may_have_a_name_like_a_command() {
    let scratch = Scratch::new();
    scratch.file("maps", ROWS);
    let run: Run =
        program().current_dir(scratch.path("")).args(["maps", "-w", "fish"]).output().unwrap().into();
    assert_eq!(run.quietly().text(), "fish\t9\n");
}

#[test]
fn a_number_that_is_none_is_repeated_in_the_message() {
    for option in ["--top <K>", "--min-count <N>", "--smoothing <N>", "--retries <N>"] {
        let (name, _) = option.split_once(' ').unwrap();
        for (typed, why) in [
            ("ten", "ten is not a whole number"),
            ("1.5", "1.5 is not a whole number"),
            ("99999999999999999999", "too large"),
        ] {
            let message = format!("invalid value '{typed}' for '{option}': {why}");
            says(ngramcount([name, typed, "--by-year"]), 2, &message);
        }
    }
}

#[test]
fn a_row_of_column_names_in_a_table_of_google_is_named_as_what_it_may_be() {
    let hint = "if line 1 names the columns, remove it, or add --bad-lines skip";
    for (table, why) in [
        ("ngram\tyear\tmatch_count\tvolume_count\na\t1999\t1\t1\n", "year `year` is not a number"),
        ("word\tcount\na\t5\n", "match count `count` is not a number"),
        ("ngram\tyear,match_count,volume_count\na\t1999,1,1\n", "year `year` is not a number"),
    ] {
        for executor in EXECUTORS {
            let run = ngramcount_reading(table.as_bytes(), ["--executor", executor]);
            says(run, 1, &format!("standard input: line 1: {why}; {hint}"));
        }
    }
    for (table, why) in [
        ("a\t1999\t1\t1\nb\tyear\t1\t1\n", "line 2: year `year` is not a number"),
        ("a\t19x9\t1\t1\nb\t1999\t1\t1\n", "line 1: year `19x9` is not a number"),
    ] {
        says(ngramcount_reading(table.as_bytes(), [] as [&str; 0]), 1, &format!("standard input: {why}"));
    }
}

#[test]
fn an_n_gram_without_its_quotes_is_recognized_in_the_file_that_is_not_there() {
    let run = ngramcount(args![a_gz(), "--word", "New", "York"]);
    says(run, 1, "York: no such file; for the n-gram `New York` type --word 'New York'");
    let run = ngramcount(["map", "-w", "New", "York"]);
    says(run, 1, "York: no such file; for the n-gram `New York` type --word 'New York'");
    says(ngramcount(["--word", "New", "york.gz"]), 1, "york.gz: no such file");
    says(ngramcount(["York"]), 1, "York: no such file");
}

#[test]
fn a_message_about_a_file_names_the_option_that_it_came_from() {
    let scratch = Scratch::new();
    let (empty, none) = (scratch.file("empty", "\n\r\n"), scratch.path("no/such/file"));
    let full = "No space left on device (os error 28)";
    let table = scratch.file("table", ROWS);
    let run = |options: &[std::ffi::OsString]| ngramcount([&args![table][..], options].concat());
    says(
        run(&args!["--words-file", empty]),
        2,
        &format!("--words-file {}: there is no n-gram in it", empty.display()),
    );
    for option in ["--words-file", "--relative-to"] {
        let why = format!("{option} {}: No such file or directory (os error 2)", none.display());
        says(run(&args![option, none]), 1, &why);
    }
    for option in [
        "-o",
        "--stats-json",
        "--quarantine",
        #[cfg(feature = "plot")]
        "--plot",
    ] {
        let output = scratch.path("no/such/out.svg");
        let why =
            format!("{option} {}: cannot write: No such file or directory (os error 2)", output.display());
        let format = ["--output-format", "tsv", "--by-year", option].map(Into::into);
        says(run(&[&format[..], &args![output]].concat()), 1, &why);
    }
    for option in ["-o", "--stats-json"] {
        let said = run(&args![option, "/dev/full"]).stderr;
        assert_eq!(said, format!("ngramcount: {option} /dev/full: cannot write: {full}\n"));
    }
    says(run(&args!["--ledger", "/dev/full"]), 1, &format!("--ledger /dev/full: {full}"));
    for step in ["map", "combine", "reduce"] {
        let sums = if step == "map" { &table } else { &scratch.file("sums", "a\t1\n") };
        says(
            ngramcount(args![step, sums, "-o", "/dev/full"]),
            1,
            &format!("-o /dev/full: cannot write: {full}"),
        );
    }
    says(
        ngramcount(args!["sweep", table, "-o", none]),
        1,
        &format!("-o {}: cannot write: No such file or directory (os error 2)", none.display()),
    );
    let totals = scratch.file("totals", "1999,5,1,1\n");
    let why = format!(
        "--relative-to {}: `fish_VERB` occurs in 2000, for which the totals have no matches",
        totals.display()
    );
    says(run(&args!["--relative-to", totals]), 1, &why);
}

#[test]
fn a_tar_archive_is_called_what_it_is_whatever_is_in_it() {
    // One file of an archive by the layout of POSIX: a header of 512 bytes, and the content padded to as many.
    let entry = |name: &str, content: &[u8]| {
        let mut bytes = vec![0; 512];
        (&mut bytes[..]).write_all(name.as_bytes()).unwrap();
        (&mut bytes[100..]).write_all(b"0000644\0").unwrap();
        (&mut bytes[124..]).write_all(format!("{:011o}\0", content.len()).as_bytes()).unwrap();
        (&mut bytes[257..]).write_all(b"ustar\x0000").unwrap();
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    };
    let text = entry("poem.txt", b"one two\n");
    let files = [entry("v2", ROWS), entry("v3", b"fish\t1999,9,3\n"), text.clone()].concat();
    let words = "x".repeat(256) + " ustar\n";
    assert_eq!(ngramcount_reading(words.as_bytes(), ["-w", "ustar"]).quietly().text(), "ustar\t1\n");
    let scratch = Scratch::new();
    for archive in [files, text, entry(&"n".repeat(100), ROWS)] {
        for file in [scratch.file("in.tgz", gzip(&archive)), scratch.file("in.tar", &archive)] {
            for options in [&[][..], &["--format", "v2"], &["--format", "counts"]] {
                let run = ngramcount(args![file].into_iter().chain(options.iter().map(Into::into)));
                let name = file.display();
                let why = format!(
                    "this is a tar archive; to count what is in it type `tar -xOf {name} | ngramcount`"
                );
                says(run, 1, &format!("{name}: {why}"));
            }
        }
    }
}

#[test]
fn the_short_options_are_those_of_ripgrep() {
    let run = ngramcount_reading(ROWS, ["-i", "-w", "FISH", "-j", "1", "-q"]);
    assert_eq!(run.quietly().text(), "FISH\t10\n");
    let run = ngramcount_reading(ROWS, ["map", "-i", "-w", "FISH"]);
    assert_eq!(run.quietly().text(), "fish\t10\n");
}

#[test]
fn quiet_leaves_out_notes_and_nothing_else() {
    let run = ngramcount_reading(ROWS, ["-q", "-w", "whale", "--progress", "always"]);
    assert_eq!(run.quietly().text(), "whale\t0\n");
    let run = ngramcount_reading(b"a\t1999\t1\t1\nbad\n", ["-q", "--bad-lines", "skip"]);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(3), 2), "{}", run.stderr);
    assert_eq!(ngramcount(["-q", "-v"]).code, Some(2));
}

#[test]
fn tags_are_understood_in_small_letters() {
    for tags in ["noun", "Noun,VERB", "TAGGED"] {
        let ask = |tags: &str| ngramcount_reading(ROWS, ["--pos", tags]).quietly().stdout;
        let expected = if tags == "TAGGED" { "tagged".to_owned() } else { tags.to_uppercase() };
        assert_eq!(ask(tags), ask(&expected));
    }
    assert_eq!(ngramcount(["--pos", "nuon"]).code, Some(2));
}

#[test]
fn the_help_has_colours_on_a_terminal_only() {
    let help = |variables: &[(&str, &str)], args: &[&str]| -> String {
        let run = program().env_remove("NO_COLOR").envs(variables.iter().copied()).args(args).output();
        Run::from(run.unwrap()).quietly().text().to_owned()
    };
    for args in [&["-h"][..], &["--help"], &["sweep", "-h"], &["help", "map"]] {
        assert!(!help(&[], args).contains('\x1b'), "{args:?}");
        let coloured = help(&[("CLICOLOR_FORCE", "1")], args);
        assert!(coloured.contains("\x1b[1m\x1b[32mUsage:\x1b[0m"), "{args:?}");
        assert!(!help(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], args).contains('\x1b'), "{args:?}");
    }
}
