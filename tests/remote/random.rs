//! Random scripts of faults: the same bytes as the file itself, or an error that names the URL, and always an end in time.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use ngramcount::Counter;
use ngramcount::exec::{Chaos, ExecutorKind, Feed, Supervision};
use ngramcount::input::{HttpRules, IndexMode, IndexRules, Source};

use super::*;
use crate::server::Tag;

const SCRIPTS: u64 = 500;
/// Three stalls of half a second, pauses, and a machine that does much else.
const LONGEST: Duration = Duration::from_secs(40);

fn random_fault(rng: &mut Rng, bytes: usize) -> Fault {
    match rng.u32(..24) {
        0 => Fault::NoAnswer,
        1..=4 => Fault::Cut(rng.usize(..bytes)),
        5 => Fault::Stall(rng.usize(..bytes)),
        6 | 7 => Fault::Status(*rng.choice(&[500, 502, 503, 504, 429]).unwrap(), None),
        8 => Fault::Status(*rng.choice(&[403, 404, 410, 501]).unwrap(), None),
        9 => Fault::NewTag,
        10 => Fault::LaterRange,
        11 => Fault::OtherTotal,
        12 => Fault::Longer(rng.usize(1..9)),
        13 => Fault::Whole,
        14 => Fault::Redirect("/file".into()),
        15 => Fault::Chunked,
        16 => Fault::CutChunked(rng.usize(..bytes)),
        17 => Fault::Garbage,
        18 => Fault::ShortRange,
        19 => Fault::Slow(400_000),
        _ => Fault::Fine,
    }
}

#[test]
fn random_scripts_give_the_same_bytes_or_an_error_that_names_the_url() {
    // Processes, threads and the plain loop; packed and plain; with an index and without.
    let folder = tempfile::tempdir().unwrap();
    let plain = expected(&a_gz(), &["--by-year", "--sort", "ngram", "--count", "matches,volumes"]);
    let plain = plain[..plain[..300_000].iter().rposition(|&byte| byte == b'\n').unwrap() + 1].to_vec();
    let local = [("a.gz", a_bytes()), ("a.tsv", plain)].map(|(name, bytes)| {
        let file = folder.path().join(name);
        std::fs::write(&file, &bytes).unwrap();
        succeeds(&program().arg("index").arg(&file).args(["--spacing", "100KB"]).output().unwrap());
        let index = std::fs::read(folder.path().join(format!("{name}.ngx"))).unwrap();
        let expected = Counter::new().top(30).indexes(rules(IndexMode::Off)).count_files([&file]).unwrap();
        let expected: Vec<_> = expected.iter().map(|row| row.to_string()).collect();
        (bytes, index, expected)
    });
    let local = Arc::new(local);
    let (next, outcomes) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new((0, 0))));
    let threads: Vec<_> = (0..6)
        .map(|_| {
            let (local, next, outcomes) = (Arc::clone(&local), Arc::clone(&next), Arc::clone(&outcomes));
            thread::spawn(move || {
                loop {
                    let seed = next.fetch_add(1, SeqCst);
                    if seed >= SCRIPTS {
                        return;
                    }
                    let succeeded = run(seed, &local[(seed % 2) as usize]);
                    let mut outcomes = outcomes.lock().unwrap();
                    if succeeded { outcomes.0 += 1 } else { outcomes.1 += 1 }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    // Otherwise the scripts would not test both ends.
    let (succeeded, failed) = *outcomes.lock().unwrap();
    assert_eq!(succeeded + failed, SCRIPTS);
    assert!(succeeded > SCRIPTS / 10 && failed > SCRIPTS / 10, "{succeeded} succeeded, {failed} failed");
}

fn rules(mode: IndexMode) -> IndexRules {
    let mut rules = IndexRules::default();
    rules.mode = mode;
    rules
}

/// Runs a script; whether the count succeeded.
fn run(seed: u64, (bytes, index, expected): &(Vec<u8>, Vec<u8>, Vec<String>)) -> bool {
    let mut rng = Rng::with_seed(seed);
    let manners = Manners {
        ranges: rng.u32(..6) > 0,
        etag: *rng.choice(&[Tag::Strong, Tag::Strong, Tag::Weak, Tag::None]).unwrap(),
        gzip_header: rng.bool(),
        ..Manners::default()
    };
    let server = Server::start(manners, None);
    let url = server.put("/file", bytes.clone());
    let mode = if rng.bool() { IndexMode::Auto } else { IndexMode::Off };
    if rng.bool() {
        server.put("/file.ngx", index.clone());
    }
    let script: Vec<_> = (0..rng.usize(1..8)).map(|_| random_fault(&mut rng, bytes.len() / 4)).collect();
    server.script(script.clone());
    let mut http = HttpRules::default();
    http.retries = 2;
    http.timeout = Duration::from_millis(500);
    http.range = *rng.choice(&[16 << 20, 100_000, 30_000]).unwrap();
    let mut supervision = Supervision::default();
    supervision.program = Some(env!("CARGO_BIN_EXE_ngramcount").into());
    supervision.feed = *rng.choice(&[Feed::Pipe, Feed::Split]).unwrap();
    let executor = *rng.choice(&ExecutorKind::ALL).unwrap();
    if executor == ExecutorKind::Processes && rng.bool() {
        supervision.chaos = format!("kill=0.02,panic=0.02,seed={seed}").parse::<Chaos>().unwrap();
    }
    let what = format!("seed {seed}: {executor:?} {:?} {mode:?} {script:?}", supervision.feed);
    let started = Instant::now();
    let counted = Counter::new()
        .top(30)
        .workers(NonZeroUsize::new(2).unwrap())
        .executor(executor)
        .supervision(supervision)
        .indexes(rules(mode))
        .http(http)
        .count_sources(vec![Source::from(&*url)]);
    assert!(started.elapsed() < LONGEST, "{what}: {:?}", started.elapsed());
    match counted {
        Ok(counts) => {
            let rows: Vec<_> = counts.iter().map(|row| row.to_string()).collect();
            assert!(rows == *expected, "{what}: another answer");
            true
        }
        Err(error) => {
            assert!(error.to_string().contains(&url), "{what}: {error}");
            false
        }
    }
}
