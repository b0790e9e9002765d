//! Places to write to that fail, that are inputs, or whose reader leaves.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;

use anyhow::{Result, ensure};

use crate::case::Case;
use crate::execution::SMALL_CHUNKS;
use crate::process::Running;
use crate::table::{self, Question};
use crate::{arguments, execution};

/// An output that cannot be written is an error that names it, and no other output is written.
pub fn outputs(case: &mut Case) -> Result<()> {
    let lines = table::lines(case, "v2", 0.0);
    let bytes = table::bytes(case, &lines);
    let file = case.file("in.tsv", [&bytes[..], b"\nz\t1999\t1\t1\n"].concat())?;
    fs::create_dir(case.path("folder"))?;
    let out = case.file("out.tsv", "old")?;
    let options = ["-o", "--stats-json", "--ledger", "--plot"];
    let option = case.pick(&options);
    let place = case.pick(&["/dev/full", "folder", "missing/out", "/proc/out", "in.tsv/out", ""]);
    let place = if option == "--plot" { format!("{place}.svg") } else { place.to_owned() };
    let mut arguments = arguments![file, "--format", "v2", "--bad-lines", "skip", option, place];
    if option != "-o" {
        arguments.extend(arguments!["-o", out]);
    }
    if option == "--plot" {
        // Without `/dev/full.svg` and the like: a plot is a file of its own, in some folder.
        arguments[5 + 1] =
            OsString::from(case.pick(&["missing/plot.svg", "/proc/plot.svg", "in.tsv/plot.svg"]));
        arguments.extend(arguments!["--by-year", "--word", "z"]);
    }
    if option != "--ledger" {
        arguments.extend(execution::any(case, SMALL_CHUNKS));
    }
    let ended = case.run(&arguments)?;
    ensure!(matches!(ended.code, Some(1 | 2)), "{option} {place}: {ended:?}");
    ensure!(fs::read(&out)? == b"old", "the output was replaced though {option} {place} failed");
    Ok(())
}

/// No run changes a file that it reads, under whatever name.
pub fn inputs_as_outputs(case: &mut Case) -> Result<()> {
    let content = b"a\t1999\t5\t1\nb\t1999\t6\t1\n";
    let read = case.file("read.svg", content)?;
    let name = match case.random.u32(..4) {
        0 => read.clone(),
        1 => "./read.svg".into(),
        2 => {
            symlink(&read, case.path("link.svg"))?;
            case.path("link.svg")
        }
        _ => {
            fs::hard_link(&read, case.path("hard.svg"))?;
            case.path("hard.svg")
        }
    };
    let other = case.file("other.tsv", content)?;
    let totals = case.file("totals.txt", "1999,1000,10,10\n")?;
    let (reading, kept) = match case.random.u32(..3) {
        0 => (arguments![read, "--format", "v2"], &content[..]),
        1 => (arguments![other, "--words-file", read], &content[..]),
        _ => {
            fs::copy(totals, &read)?;
            (arguments![other, "--relative-to", read], &b"1999,1000,10,10\n"[..])
        }
    };
    let mut arguments =
        match case.pick(&["-o", "--stats-json", "--ledger", "--quarantine", "--plot", "sweep"]) {
            "sweep" => {
                let output = case.pick(&["-o", "--plot"]);
                let sweep =
                    arguments!["sweep", "--chunks", "2", "--repeat", "1", output, name, reading[0], "--"];
                [sweep, reading[1..].to_vec()].concat()
            }
            option => [reading, arguments![option, name]].concat(),
        };
    if arguments.iter().any(|argument| argument == "--plot") && arguments[0] != "sweep" {
        arguments.extend(arguments!["--by-year"]);
    }
    let ended = case.run(&arguments)?;
    ensure!(fs::read(&read)? == kept, "an input was overwritten, with exit code {:?}", ended.code);
    Ok(())
}

/// A reader of the answer that leaves ends the run quietly.
pub fn closed_pipes(case: &mut Case) -> Result<()> {
    let lines = table::lines(case, "v2", 0.0);
    let bytes = table::bytes(case, &lines);
    let file = case.file("in.tsv", bytes)?;
    let arguments = [arguments![file, "--format", "v2"], execution::any(case, SMALL_CHUNKS)].concat();
    let (running, mut stdout) = Running::start_unread(case.program(&arguments))?;
    let mut start = vec![0; case.pick(&[0, 0, 1, 100])];
    let length = stdout.read(&mut start)?;
    drop(stdout);
    let ended = case.finish(running)?;
    ensure!(ended.code == Some(0) && ended.stderr.is_empty(), "{ended:?}");
    let answer = Question::matches().answer(&[lines]);
    ensure!(answer.as_bytes().starts_with(&start[..length]), "the answer begins otherwise");
    Ok(())
}
