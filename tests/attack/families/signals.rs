//! Signals to workers and to the parent at random moments.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use rustix::process::Signal;

use super::work::{moment, work};
use crate::case::{Case, same};
use crate::execution::LARGE_CHUNKS;
use crate::process::{signal_process, workers_of};
use crate::{arguments, execution, packing};

/// Whatever strikes the workers, the answer is the same.
pub fn workers(case: &mut Case) -> Result<()> {
    const SIGNALS: &[Signal] = &[
        Signal::KILL,
        Signal::KILL,
        Signal::STOP,
        Signal::CONT,
        Signal::TERM,
        Signal::SEGV,
        Signal::ABORT,
        Signal::BUS,
        Signal::INT,
        Signal::HUP,
        Signal::QUIT,
        Signal::USR1,
    ];
    let work = work(case)?;
    let file = match case.chance(0.2) {
        true => {
            let packed = packing::gzip_members(case, &work.bytes)?;
            case.file("in.gz", packed)?
        }
        false => case.file("in.tsv", &work.bytes)?,
    };
    let options = arguments![file, "--sort", "ngram", "--task-timeout", "0.5"];
    let execution =
        [execution::processes(case, LARGE_CHUNKS), execution::feed(case), execution::patience()].concat();
    let mut running = case.start(&[options, execution].concat())?;
    let mut left = case.random.u32(1..30);
    let pause = case.random.u64(1..40);
    while left > 0 && !running.has_ended() {
        thread::sleep(Duration::from_millis(case.random.u64(..pause)));
        let workers = workers_of(running.id());
        if !workers.is_empty() {
            signal_process(case.pick(&workers), case.pick(SIGNALS));
            left -= 1;
        }
    }
    let ended = case.finish(running)?;
    ensure!(ended.code == Some(0), "exit code {:?}: {}", ended.code, ended.stderr);
    same(&ended.stdout, &work.answer, "the oracle")
}

/// A signal ends the program with its code, and the output is the old one, or complete. Nothing else is left.
pub fn parent(case: &mut Case) -> Result<()> {
    const SIGNALS: &[Signal] = &[
        Signal::INT,
        Signal::INT,
        Signal::TERM,
        Signal::TERM,
        Signal::HUP,
        Signal::QUIT,
        Signal::KILL,
        Signal::STOP,
    ];
    let work = work(case)?;
    let file = case.file("in.tsv", &work.bytes)?;
    let out = case.path("out.tsv");
    let old = case.chance(0.5).then_some(&b"old"[..]);
    if let Some(old) = old {
        fs::write(&out, old)?;
    }
    let options = arguments![file, "--sort", "ngram", "-o", out];
    let execution = execution::any(case, LARGE_CHUNKS);
    let mut running = case.start(&[options, execution].concat())?;
    let mut sent = Vec::new();
    for _ in 0..case.pick(&[1, 1, 2, 3]) {
        let mut pause = moment(case, work);
        if !sent.is_empty() && case.chance(0.7) {
            pause = Duration::from_micros(case.random.u64(..5000));
        }
        thread::sleep(pause);
        if running.has_ended() {
            break;
        }
        let signal = case.pick(SIGNALS);
        running.signal(signal);
        if signal == Signal::STOP {
            thread::sleep(Duration::from_millis(case.random.u64(..50)));
            running.signal(Signal::CONT);
        } else {
            sent.push(signal.as_raw());
        }
    }
    let ended = running.finish()?;
    case.nothing_is_left()?;
    let found = fs::read(&out).ok();
    let complete = found.as_deref() == Some(&work.answer);
    ensure!(complete || found.as_deref() == old, "the output is neither the old one nor complete");
    match (ended.code, ended.status.signal()) {
        (Some(0), _) => ensure!(complete, "exit code 0 without an output"),
        (Some(code), _) => {
            ensure!(sent.contains(&(code - 128)), "exit code {code} after {sent:?}: {}", ended.stderr)
        }
        (None, Some(signal)) => ensure!(sent.contains(&signal), "signal {signal} after {sent:?}"),
        (None, None) => anyhow::bail!("{:?}", ended.status),
    }
    Ok(())
}
