//! Counts of a file on a server, relative to the same file on disk and to what the line gives.
//!
//! `cargo bench --bench remote` generates two files of 1.5 GB (unpacked) with 720,000 n-grams, one in byte order and one in no
//! order, and serves them from 127.0.0.1: over TLS as fast as it can, and over a line of 200 ms latency and 50 MB/s a connection.

#![allow(clippy::print_stdout, reason = "tables on stdout are what it is for")]

mod common;

#[path = "../tests/remote/certificate.rs"]
mod certificate;
#[path = "../tests/remote/server.rs"]
mod server;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use certificate::Certificate;
use common::{
    Contender, Spread, interleaved, machine, peak_pss, print_table, runs, seconds_of, sorted_v2_file, v2_file,
};
use server::{Manners, Server};

fn main() {
    // `cargo test --benches` only checks that it compiles and starts.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    println!("{} runs each, interleaved, {}", runs(), machine());
    let scratch = tempfile::tempdir().expect("the folder for temporary files is writable");
    let certificate = Certificate::make(scratch.path());
    let unordered = v2_file("v2-1500MB.gz", "1500MB", "720000");
    let ordered = sorted_v2_file("v2-sorted-1500MB.gz", "1500MB", "720000");
    against_the_file(&unordered, &certificate);
    against_the_line(&unordered);
    for (what, file) in [("no order", &unordered), ("byte order", &ordered)] {
        look_ups(what, file, scratch.path());
    }
}

fn program(certificate: Option<&Certificate>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ngramcount"));
    command.stdout(Stdio::null());
    if let Some(certificate) = certificate {
        command.env("SSL_CERT_FILE", &certificate.file);
    }
    command
}

fn read(file: &Path) -> Vec<u8> {
    fs::read(file).expect("the file was generated")
}

fn question(mut command: Command, name: &str) -> Command {
    command.args([name, "--word", "Aardvark", "--index", "off", "-q"]);
    command
}

/// https from 127.0.0.1 against the file itself, one word. The server takes a part of the cores.
fn against_the_file(file: &Path, certificate: &Certificate) {
    println!("\n# https from 127.0.0.1 against the file itself, --word\n");
    let server = Server::start(Manners::default(), Some(certificate.server.clone()));
    let plain = Server::start(Manners::default(), None);
    let (https, http) = (server.put("/a.gz", read(file)), plain.put("/a.gz", read(file)));
    let local = file.to_str().expect("a plain name").to_owned();
    let commands = || {
        [
            ("the file", question(program(None), &local)),
            ("http", question(program(None), &http)),
            ("https", question(program(Some(certificate)), &https)),
        ]
    };
    let contender = |(name, mut command): (&str, Command)| -> Contender<'_> {
        (name.to_owned(), Box::new(move || seconds_of(&mut command)))
    };
    let mut contenders: Vec<_> = commands().map(contender).into();
    print_table(&interleaved(&mut contenders));
    println!();
    for (name, mut command) in commands() {
        let peaks =
            Spread::of((0..runs()).map(|_| peak_pss(&mut command) as f64 / f64::from(1 << 20)).collect());
        println!("{name}: {:.0} MiB at the peak ({:.0} to {:.0})", peaks.median, peaks.least, peaks.most);
    }
}

/// A line of 200 ms and 50 MB/s a connection: what a count takes of it, in bytes a second.
fn against_the_line(file: &Path) {
    const RATE: u64 = 50_000_000;
    println!("\n# a line of 200 ms latency and 50 MB/s a connection\n");
    let manners = Manners { latency: Duration::from_millis(200), rate: Some(RATE), ..Manners::default() };
    let server = Server::start(manners, None);
    let url = server.put("/a.gz", read(file));
    let size = fs::metadata(file).map_or(0, |file| file.len());
    let ideal = size as f64 / RATE as f64;
    for (name, args) in
        [("--feed pipe", ["--feed", "pipe"]), ("--executor threads", ["--executor", "threads"])]
    {
        let mut command = question(program(None), &url);
        command.args(args);
        let seconds = Spread::of((0..runs()).map(|_| seconds_of(&mut command)).collect());
        println!(
            "{name}: {:.2} s ({:.2} to {:.2}); one connection takes {ideal:.2} s: {:.2} of the line",
            seconds.median,
            seconds.least,
            seconds.most,
            ideal / seconds.median
        );
    }
}

/// One word by an index beside the file on the same line: bytes, requests, time.
fn look_ups(what: &str, file: &Path, scratch: &Path) {
    println!("\n# a look-up by index, n-grams in {what}\n");
    seconds_of(program(None).arg("index").arg(file).arg("--index-dir").arg(scratch));
    let name = file.file_name().expect("it is a file").to_string_lossy().into_owned();
    let index = read(&scratch.join(format!("{name}.ngx")));
    let latency = Duration::from_millis(200);
    let server = Server::start(Manners { latency, rate: Some(50_000_000), ..Manners::default() }, None);
    let url = server.put("/a.gz", read(file));
    server.put("/a.gz.ngx", index.clone());
    println!(
        "The file has {} bytes, its index {}.",
        fs::metadata(file).map_or(0, |file| file.len()),
        index.len()
    );
    for word in ["Aardvark", "zzzz", "a"] {
        let mut seconds = Vec::new();
        let mut cost = Vec::new();
        for _ in 0..runs() {
            server.forget();
            let mut command = program(None);
            command.args([&*url, "--word", word, "--index", "require", "-q"]);
            seconds.push(seconds_of(&mut command));
            cost.push(format!("{} bytes, {} requests", server.sent(), server.seen().len()));
        }
        let seconds = Spread::of(seconds);
        println!(
            "--word {word}: {}; {:.2} s ({:.2} to {:.2}), {:.1} round trips",
            cost[0],
            seconds.median,
            seconds.least,
            seconds.most,
            seconds.median / latency.as_secs_f64()
        );
    }
}
