//! Files on servers, against a server on 127.0.0.1 that misbehaves.
//!
//! Expected answers are those of the same files on disk, which other tests compare with a script of their own.

#[path = "../common/mod.rs"]
mod common;

mod cache;
mod certificate;
mod corpus;
mod faults;
mod index;
mod limits;
mod random;
mod server;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use certificate::Certificate;
use common::{a_gz, data, program};
use server::{Fault, Manners, Server};

/// The file of the tests: 355,540 bytes, of which the first request fetches 16,384.
const PATH: &str = "/ngrams/a.gz";

fn a_bytes() -> Vec<u8> {
    std::fs::read(a_gz()).unwrap()
}

/// The program without the proxies of this machine.
fn remote() -> Command {
    let mut command = program();
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    // A fault must not cost a test a minute.
    command.args(["--http-timeout", "1"]);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the program writes for a file on disk.
fn expected(file: &Path, args: &[&str]) -> Vec<u8> {
    let output = program().arg(file).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    output.stdout
}

/// A zip archive of one file.
fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    archive.start_file("a.tsv", options).unwrap();
    archive.write_all(bytes).unwrap();
    archive.finish().unwrap().into_inner()
}

#[track_caller]
fn succeeds(output: &Output) -> &[u8] {
    assert_eq!((output.status.code(), &*text(&output.stderr)), (Some(0), ""));
    &output.stdout
}

/// Exit code 1, nothing on standard output, and this one line.
#[track_caller]
fn fails(output: &Output, line: &str) {
    assert_eq!(text(&output.stderr), format!("ngramcount: {line}\n"));
    assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]));
}

const WAYS: [&[&str]; 5] = [
    &["--executor", "sequential"],
    &["--executor", "threads"],
    &["--feed", "pipe"],
    &["--feed", "split"],
    &["--chunk", "777"],
];

#[test]
fn every_executor_and_feed_gives_the_answer_of_the_file_itself_over_http_and_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::make(folder.path());
    let plain: Vec<u8> = expected(&a_gz(), &["--by-year", "--sort", "ngram", "--count", "matches,volumes"]);
    let plain_file = folder.path().join("a.tsv");
    std::fs::write(&plain_file, &plain).unwrap();
    let (zip, zip_file) = (zipped(&plain), folder.path().join("a.zip"));
    std::fs::write(&zip_file, &zip).unwrap();
    let question = ["--top", "50", "--by-year", "--years", "1990..2000"];
    for tls in [None, Some(certificate.server.clone())] {
        let server = Server::start(Manners::default(), tls);
        let files = [
            (server.put(PATH, a_bytes()), a_gz()),
            (server.put("/a.tsv", plain.clone()), plain_file.clone()),
            (server.put("/a.zip", zip.clone()), zip_file.clone()),
        ];
        for (url, file) in files {
            let expected = expected(&file, &question);
            for way in WAYS {
                if way.contains(&"split") && file.extension().is_some_and(|end| end == "zip") {
                    continue;
                }
                let output = remote()
                    .env("SSL_CERT_FILE", &certificate.file)
                    .arg(&url)
                    .args(question)
                    .args(way)
                    .output();
                let output = output.unwrap();
                assert!(succeeds(&output) == expected, "{url} {way:?}");
            }
        }
    }
}

#[test]
fn many_files_are_one_input_and_workers_fetch_them_by_themselves() {
    let server = Server::start(Manners::default(), None);
    let urls: Vec<_> = (0..20).map(|n| server.put(&format!("/{n}.gz"), a_bytes())).collect();
    let one: u64 = 1_471_657;
    for feed in ["auto", "pipe", "split"] {
        let output = remote()
            .args(&urls)
            .args(["--word", "at_ADP", "--feed", feed, "--index", "off"])
            .output()
            .unwrap();
        assert_eq!(text(succeeds(&output)), format!("at_ADP\t{}\n", 20 * one));
    }
    // The last name is wrong: that shows before anything is counted.
    let output = remote().args(&urls).arg(server.url("/nothing.gz")).output().unwrap();
    fails(&output, &format!("{}: no such file on the server (HTTP status 404)", server.url("/nothing.gz")));
}

#[test]
fn a_file_of_many_ranges_arrives_in_their_order() {
    let server = Server::start(Manners::default(), None);
    let text: String = (0..2_000_000).map(|n| format!("w{} w{n}\n", n % 7)).collect();
    assert!(text.len() > 20 << 20);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text");
    std::fs::write(&file, &text).unwrap();
    let url = server.put("/text", text);
    let question = ["--prefix", "w199999", "--tokens", "blanks"];
    let expected = expected(&file, &question);
    assert_eq!(expected.iter().filter(|&&byte| byte == b'\n').count(), 11);
    for feed in ["pipe", "split"] {
        server.script([
            Fault::Fine,
            Fault::Fine,
            Fault::Cut(900_001),
            Fault::Cut(1),
            Fault::Status(503, None),
        ]);
        let output =
            remote().arg(&url).args(question).args(["--feed", feed, "--index", "off"]).output().unwrap();
        assert!(succeeds(&output) == expected);
        assert_eq!(server.faults_left(), 0);
    }
}

#[test]
fn chaos_among_the_workers_and_on_the_network_leaves_the_answer_as_it_is() {
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, a_bytes());
    let expected = expected(&a_gz(), &["--top", "20"]);
    for (feed, seed) in [("pipe", 1), ("split", 2), ("pipe", 3), ("split", 4)] {
        server.script([
            Fault::Fine,
            Fault::Cut(1000),
            Fault::Status(500, None),
            Fault::Cut(70_000),
            Fault::NoAnswer,
        ]);
        let chaos = format!("kill=0.05,panic=0.05,garbage=0.02,seed={seed}");
        let output = remote()
            .arg(&url)
            .args(["--top", "20", "--feed", feed, "--chaos", &chaos, "--index", "off"])
            .output();
        let output = output.unwrap();
        assert!(succeeds(&output) == expected, "{feed}");
    }
}

#[test]
fn the_map_step_reads_a_url_and_reduce_gives_the_answer() {
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, a_bytes());
    let mapped = program().args(["map", &url, "--prefix", "Aar"]).output().unwrap();
    let local = program().arg("map").arg(a_gz()).args(["--prefix", "Aar"]).output().unwrap();
    assert!(!local.stdout.is_empty());
    assert!(succeeds(&mapped) == local.stdout);
}

#[test]
fn statistics_and_progress_tell_what_went_over_the_network() {
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, a_bytes());
    let folder = tempfile::tempdir().unwrap();
    let stats = folder.path().join("stats.json");
    server.script([Fault::Fine, Fault::Status(503, None), Fault::Cut(100_000)]);
    let output = remote()
        .arg(&url)
        .args(["--top", "1", "--index", "off", "--stats", "--progress", "always", "--stats-json"])
        .arg(&stats)
        .output()
        .unwrap();
    let stderr = text(&output.stderr);
    assert!(stderr.contains("\nnetwork 355.54 kB fetched, 4 requests, 2 retried\n"), "{stderr}");
    assert!(stderr.contains("/s fetched"), "{stderr}");
    let stats: serde_json::Value = serde_json::from_slice(&std::fs::read(&stats).unwrap()).unwrap();
    let network = serde_json::json!({"fetched_bytes": a_bytes().len(), "requests": 4, "retries": 2});
    assert_eq!(stats["input"]["network"], network);
    // A count without a server has none.
    let output = program()
        .arg(a_gz())
        .args(["--top", "1", "--stats-json", "/dev/stdout", "-o", "/dev/null"])
        .output()
        .unwrap();
    let stats: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert!(stats["input"]["network"].is_null());
}

#[test]
fn buckets_are_read_by_their_public_urls() {
    let server = Server::start(Manners::default(), None);
    server.put("/books/ngrams/a%201.gz", a_bytes());
    let endpoint = format!("http://{}", server.host());
    for (scheme, variable) in [("gs", "STORAGE_EMULATOR_HOST"), ("s3", "AWS_ENDPOINT_URL")] {
        let url = format!("{scheme}://books/ngrams/a 1.gz");
        let count =
            |url: &str| remote().env(variable, &endpoint).args([url, "--word", "Aardvark"]).output().unwrap();
        assert_eq!(text(succeeds(&count(&url))), "Aardvark\t15\n");
        server.script([Fault::Status(403, None)]);
        fails(
            &count(&url),
            &format!(
                "{url}: the bucket gives nothing to the public (HTTP status 403); private buckets are not supported, but an \
                 https URL that is signed for this file is"
            ),
        );
    }
}

#[test]
fn a_proxy_is_used_as_its_variables_say() {
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, a_bytes());
    let (proxy, tunnels) = limits::start_proxy();
    let count = |variables: &[(&str, &str)]| {
        let mut command = remote();
        command.envs(variables.iter().copied()).args([&*url, "--word", "Aardvark"]);
        command.output().unwrap()
    };
    let used = |output: &Output| {
        assert_eq!(text(succeeds(output)), "Aardvark\t15\n");
        tunnels.swap(0, std::sync::atomic::Ordering::SeqCst) > 0
    };
    assert!(used(&count(&[("http_proxy", &proxy)])));
    assert!(used(&count(&[("ALL_PROXY", &proxy)])));
    assert!(used(&count(&[("http_proxy", &proxy), ("NO_PROXY", "example.org")])));
    for exception in ["localhost", ".localhost", "*", "example.org, localhost"] {
        assert!(!used(&count(&[("http_proxy", &proxy), ("NO_PROXY", exception)])), "{exception}");
    }
    assert!(!used(&count(&[("https_proxy", &proxy)])));
    fails(
        &count(&[("http_proxy", "socks5://me:secret@127.0.0.1:9")]),
        &format!(
            "{url}: the server cannot be reached: http_proxy names a SOCKS proxy, and only HTTP proxies are supported"
        ),
    );
}

/// A server whose answers come a little later than asked.
fn late(latency: u64) -> Server {
    Server::start(Manners { latency: Duration::from_millis(latency), ..Manners::default() }, None)
}
