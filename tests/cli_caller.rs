//! What the program does for another program that started it: events, the end of its caller, and a description of its options.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use common::{Scratch, a_gz, data, ngramcount, program, until, workers_of};
use serde_json::{Value, json};

/// The events of a run that ends with this code, and the statistics that it wrote.
fn events(options: &[&str], code: i32) -> (Vec<Value>, Value) {
    let scratch = Scratch::new();
    let (events, stats) = (scratch.path("events"), scratch.path("stats.json"));
    let mut command = program();
    command.args(options).arg("--events").arg(&events).arg("--stats-json").arg(&stats);
    assert_eq!(command.output().unwrap().status.code(), Some(code));
    let text = fs::read_to_string(&events).unwrap();
    let stats = fs::read(&stats).map_or(Value::Null, |text| serde_json::from_slice(&text).unwrap());
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), stats)
}

#[test]
fn events_are_progress_notes_and_at_the_end_the_statistics() {
    let file = a_gz();
    let file = file.to_str().unwrap();
    let (events, stats) = events(&[file, "--word", "Aardvark", "--word", "Yeti"], 0);
    let [progress @ .., note, done] = &events[..] else { panic!("{events:?}") };
    assert_eq!(*note, json!({"event": "note", "text": "`Yeti` does not occur"}));
    assert_eq!(*done, json!({"event": "done", "stats": stats}));
    let size = fs::metadata(file).unwrap().len();
    let last = progress.last().unwrap();
    assert_eq!(
        [&last["event"], &last["read_bytes"], &last["total_bytes"], &last["lines"]],
        [&json!("progress"), &json!(size), &json!(size), &json!(50_029)]
    );
}

#[test]
fn a_failure_is_an_event_with_its_place() {
    let scratch = Scratch::new();
    let file = scratch.file("bad.tsv", "a\t1999\t1\t1\nb\t1999\t1\n");
    let file = file.to_str().unwrap();
    let reason = "expected 4 tab-separated fields, found 3";
    let (failed, _) = events(&[file], 1);
    assert_eq!(
        failed.last().unwrap(),
        &json!({"event": "failed", "about": "input", "file": file, "line": 2, "reason": reason,
                "message": format!("{file}: line 2: {reason}")})
    );
    let (skipped, _) = events(&[file, "--bad-lines", "skip"], 3);
    let left_out = json!({"event": "left_out", "file": file, "line": 2, "reason": reason});
    assert!(skipped.contains(&left_out), "{skipped:?}");

    let missing = scratch.path("none/answer.tsv");
    let (unwritten, _) = events(&[file, "-o", missing.to_str().unwrap()], 1);
    assert_eq!([&unwritten[0]["about"], &unwritten[0]["file"]], [&json!("output"), &Value::Null]);

    let sample = a_gz();
    let sample = sample.to_str().unwrap();
    let (poison, _) = events(&[sample, "--chaos", "kill-on=AMNH"], 4);
    let failed = poison.last().unwrap();
    assert_eq!([&failed["file"], &failed["line"]], [&json!(sample), &json!(2718)]);
    let (skipped, _) = events(&[sample, "--chaos", "kill-on=AMNH", "--on-poison", "skip"], 3);
    let left_out = skipped.iter().find(|event| event["event"] == "left_out").unwrap();
    assert_eq!([&left_out["file"], &left_out["line"]], [&json!(sample), &json!(2718)]);
    assert_eq!(left_out["reason"], "this line crashed 3 workers (signal 9, SIGKILL)");
}

#[test]
fn the_events_of_an_index_are_progress_and_its_end() {
    let scratch = Scratch::new();
    let events = scratch.path("events");
    let made = ngramcount(args!["index", a_gz(), "--index-dir", scratch.path(""), "--events", events]);
    assert_eq!(made.quietly().stdout, b"");
    let nth_last = |place: usize| -> Value {
        let text = fs::read_to_string(&events).unwrap();
        serde_json::from_str(text.lines().rev().nth(place).unwrap()).unwrap()
    };
    let last = || nth_last(0);
    let progress = nth_last(1);
    assert_eq!([&progress["event"], &progress["read_bytes"]], [&json!("progress"), &progress["total_bytes"]]);
    assert_eq!(last(), json!({"event": "done"}));

    let missing = ngramcount(args!["index", scratch.path("none"), "--events", events]);
    assert_eq!((missing.code, &last()["reason"]), (Some(1), &json!("no such file")));
}

#[test]
fn events_overwrite_neither_what_is_read_nor_another_output() {
    let scratch = Scratch::new();
    let input = scratch.path("k");
    fs::copy(a_gz(), &input).unwrap();
    ngramcount(args!["index", input]).quietly();
    let index = scratch.path("k.ngx");
    let (link, hard) = (scratch.path("link"), scratch.path("hard"));
    std::os::unix::fs::symlink(&input, &link).unwrap();
    fs::hard_link(&input, &hard).unwrap();
    let words = scratch.file("words", "Aardvark\n");
    let totals = data("googlebooks_eng_all_totalcounts_20120701.csv");
    let totals = scratch.file("totals", fs::read_to_string(totals).unwrap());
    let answer = scratch.file("answer.tsv", "kept\n");
    let new = scratch.path("new");
    let cases = [
        (args![input].to_vec(), &input),
        (args![input].to_vec(), &link),
        (args![input].to_vec(), &hard),
        (args![input].to_vec(), &index),
        (args![input, "--write-index"].to_vec(), &index),
        (args![input, "--words-file", words].to_vec(), &words),
        (args![input, "--by-year", "--relative-to", totals].to_vec(), &totals),
        (args![input, "-o", answer].to_vec(), &answer),
        (args![input, "--stats-json", answer].to_vec(), &answer),
        (args![input, "--ledger", answer].to_vec(), &answer),
        (args![input, "--quarantine", new].to_vec(), &new),
        (args!["index", input].to_vec(), &input),
        (args!["index", input].to_vec(), &index),
    ];
    for (args, events) in cases {
        let before = fs::read(events).ok();
        let run = ngramcount(args.into_iter().chain(args!["--events", events]));
        assert!(run.code == Some(2) && run.stderr.contains("is the same file"), "{events:?}: {run:?}");
        assert_eq!(fs::read(events).ok(), before, "{events:?}");
    }
}

#[test]
fn the_end_of_standard_input_ends_a_count_and_its_workers() {
    let mut command = program();
    command.arg(a_gz()).args(["--end-with-stdin", "--chaos", "spin-on=Aardvark", "--task-timeout", "0"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("a worker", Duration::from_secs(10), || !workers_of(child.id()).is_empty());
    let workers = workers_of(child.id());
    drop(child.stdin.take());
    let run: common::Run = child.wait_with_output().unwrap().into();
    assert_eq!((run.code, run.text()), (Some(143), ""));
    assert!(run.stderr.starts_with("ngramcount: interrupted after "), "{}", run.stderr);
    let runs = |id: &i32| fs::exists(format!("/proc/{id}")).unwrap();
    until("the end of the workers", Duration::from_secs(2), || !workers.iter().any(runs));
}

#[test]
fn standard_input_is_not_counted_and_watched_at_the_same_time() {
    for files in [&[][..], &["-"]] {
        let run = ngramcount(files.iter().chain(&["--end-with-stdin"]));
        let message = "ngramcount: --end-with-stdin: standard input cannot be counted then; name a file\n";
        assert_eq!((run.code, &*run.stderr), (Some(2), message));
    }
}

#[test]
fn the_description_lists_each_option_of_each_command() {
    let description: Value =
        serde_json::from_slice(&ngramcount(["--describe-options"]).quietly().stdout).unwrap();
    let commands: BTreeMap<String, Vec<Value>> =
        serde_json::from_value(description["commands"].clone()).unwrap();
    for (name, options) in &commands {
        let command = if name == "count" { vec![] } else { vec![name.as_str()] };
        let help = ngramcount(command.into_iter().chain(["--help"])).quietly();
        let shown = |line: &str| {
            let (before, option) = line.split_once("--")?;
            let before = before.strip_prefix("  ")?;
            let stands_first = before == "    " || before.starts_with('-') && before.len() == 4;
            stands_first.then(|| option.split([' ', '\n']).next().unwrap_or_default().to_owned())
        };
        let mut shown: Vec<_> = help.text().lines().filter_map(shown).collect();
        let described = options.iter().map(|option| option["option"].as_str().unwrap()[2..].to_owned());
        let described: Vec<_> = described.chain(["help".to_owned()]).collect();
        let program = (name == "count").then(|| "version".to_owned());
        let mut described: Vec<_> = described.into_iter().chain(program).collect();
        shown.sort();
        described.sort();
        assert_eq!(shown, described, "{name}");
    }
    let word = commands["count"].iter().find(|option| option["name"] == "words").unwrap();
    assert_eq!(
        [&word["option"], &word["kind"], &word["repeats"]],
        [&json!("--word"), &json!("ngram"), &json!(true)]
    );
}

#[cfg(feature = "plot")]
#[test]
fn a_written_answer_is_drawn_as_the_count_draws_it() {
    let scratch = Scratch::new();
    let totals = data("googlebooks_eng_all_totalcounts_20120701.csv");
    let file = data(&format!("{}.crlf.gz", common::Q_SAMPLE));
    let (answer, drawn, again) = (scratch.path("a.tsv"), scratch.path("a.svg"), scratch.path("b.svg"));
    let look = ["--title", "Queens", "--size", "800x400", "--smoothing", "2"];
    let mut count = program();
    count.arg(&file).args(["--word", "queen", "--by-year", "--header", "--relative-to"]).arg(&totals);
    count.args(look).arg("-o").arg(&answer).arg("--plot").arg(&drawn);
    common::Run::from(count.output().unwrap()).quietly();
    let mut plot = program();
    plot.args(["plot"]).arg(&answer).args(look).arg("-o").arg(&again);
    common::Run::from(plot.output().unwrap()).quietly();
    assert_eq!(fs::read_to_string(&again).unwrap(), fs::read_to_string(&drawn).unwrap());
    let text = fs::read(&answer).unwrap();
    let piped = common::ngramcount_reading(&text, ["plot", "-o", "-"].into_iter().chain(look)).quietly();
    assert_eq!(piped.text(), fs::read_to_string(&drawn).unwrap());

    let cases = [
        (
            args!["plot", data("poem.txt"), "-o", "-"],
            1,
            "line 1: expected the names of three columns: ngram, year, and",
        ),
        (args!["plot", scratch.path("none"), "-o", "-"], 1, "none: No such file"),
        (args!["plot", answer, "-o", "a.jpg"], 2, "-o a.jpg: the file name must end in .svg or .png"),
        (args!["plot", answer, "-o", answer], 2, "is the same file"),
    ];
    for (args, code, message) in cases {
        let run = ngramcount(args);
        assert!(run.code == Some(code) && run.stderr.contains(message), "{run:?}");
    }
}
