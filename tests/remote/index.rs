//! Indexes of files on servers.

use std::time::Instant;

use super::*;

/// A file with an index of many spans, both as bytes.
fn indexed(folder: &Path) -> (std::path::PathBuf, Vec<u8>, Vec<u8>) {
    let file = folder.join("a.gz");
    std::fs::write(&file, a_bytes()).unwrap();
    let made = program().arg("index").arg(&file).args(["--spacing", "32KiB"]).output().unwrap();
    succeeds(&made);
    let index = std::fs::read(folder.join("a.gz.ngx")).unwrap();
    (file, a_bytes(), index)
}

fn lookup(url: &str) -> Command {
    let mut command = remote();
    command.args([url, "--word", "Aardvark", "--index", "require"]);
    command
}

#[test]
fn an_index_beside_the_file_is_found_and_a_look_up_fetches_little() {
    let folder = tempfile::tempdir().unwrap();
    let (_, bytes, index) = indexed(folder.path());
    let server = late(100);
    let url = server.put(PATH, bytes.clone());
    server.put(&format!("{PATH}.ngx"), index);
    let started = Instant::now();
    let output = lookup(&url).output().unwrap();
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(text(succeeds(&output)), "Aardvark\t15\n");
    assert!(server.sent() < bytes.len() as u64 * 9 / 10, "{} of {}", server.sent(), bytes.len());
    // The head of the file, that of the index, the end of the file, the tables, and the data beside their window.
    assert!(server.seen().len() <= 7, "{:#?}", server.seen());
    assert!(seconds < 1.0, "{seconds} s are more than five round trips and a start");
}

#[test]
fn a_word_at_the_beginning_of_a_file_is_found_by_its_index() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("a.tsv");
    std::fs::write(
        &plain,
        expected(&a_gz(), &["--by-year", "--sort", "ngram", "--count", "matches,volumes"]),
    )
    .unwrap();
    let word = "A'0";
    for file in [indexed(folder.path()).0, plain] {
        // The first span is longer than what the first request fetches.
        succeeds(&program().arg("index").arg(&file).args(["--spacing", "4MiB"]).output().unwrap());
        let index = std::fs::read(format!("{}.ngx", file.display())).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        let server = Server::start(Manners::default(), None);
        let name = format!("/{}", file.file_name().unwrap().to_str().unwrap());
        let url = server.put(&name, bytes);
        server.put(&format!("{name}.ngx"), index);
        let expected = expected(&file, &["--word", word, "--index", "off"]);
        assert!(text(&expected).starts_with(word));
        for way in WAYS {
            let output = remote().args([&*url, "--word", word, "--index", "require"]).args(way).output();
            assert!(succeeds(&output.unwrap()) == expected, "{url} {way:?}");
        }
    }
}

#[test]
fn all_workers_read_one_file_by_its_index() {
    let folder = tempfile::tempdir().unwrap();
    let (file, bytes, index) = indexed(folder.path());
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, bytes);
    server.put(&format!("{PATH}.ngx"), index);
    let expected = expected(&file, &["--top", "20", "--index", "off"]);
    for way in WAYS {
        server.script([
            Fault::Fine,
            Fault::Fine,
            Fault::Fine,
            Fault::Fine,
            Fault::Cut(3),
            Fault::Status(500, None),
        ]);
        let output =
            remote().arg(&url).args(["--top", "20", "--index", "require"]).args(way).output().unwrap();
        assert!(succeeds(&output) == expected, "{way:?}");
    }
}

#[test]
fn an_index_of_a_remote_file_is_made_in_a_folder_and_used_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, a_bytes());
    let refused = program().args(["index", &url]).output().unwrap();
    assert_eq!(
        (refused.status.code(), text(&refused.stderr)),
        (
            Some(2),
            format!(
                "ngramcount: index: {url} is on a server, where no index can be written; add --index-dir DIR\n"
            )
        )
    );
    let made = program()
        .args(["index", &url, "--spacing", "32KiB", "--index-dir"])
        .arg(folder.path())
        .output()
        .unwrap();
    succeeds(&made);
    assert!(folder.path().join("a.gz.ngx").is_file());
    server.forget();
    let output = lookup(&url).arg("--index-dir").arg(folder.path()).output().unwrap();
    assert_eq!(text(succeeds(&output)), "Aardvark\t15\n");
    assert!(server.sent() < a_bytes().len() as u64 * 9 / 10, "{}", server.sent());
    // The same bytes on disk have the same index.
    let file = folder.path().join("a.gz");
    std::fs::write(&file, a_bytes()).unwrap();
    let local = program().arg(&file).args(["--word", "Aardvark", "--index", "require"]).output().unwrap();
    assert_eq!(text(succeeds(&local)), "Aardvark\t15\n");
}

#[test]
fn an_index_that_does_not_fit_or_cannot_be_read_is_named_and_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let (_, bytes, index) = indexed(folder.path());
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, bytes.clone());
    let name = format!("{PATH}.ngx");
    let mut damaged = index.clone();
    damaged[300] ^= 1;
    let mut of_other = bytes.clone();
    of_other.extend([0; 9]);
    let count = |url: &str| remote().args([url, "--word", "Aardvark"]).output().unwrap();
    for (index, why) in [(damaged, "it is damaged"), (b"nothing".to_vec(), "it is not an index")] {
        server.put(&name, index);
        let output = count(&url);
        assert_eq!(text(&output.stdout), "Aardvark\t15\n");
        assert_eq!(text(&output.stderr), format!("ngramcount: note: {url}.ngx is not used: {why}\n"));
    }
    let padded = server.put("/padded.gz", of_other);
    server.put("/padded.gz.ngx", index);
    let output = count(&padded);
    assert_eq!(text(&output.stdout), "Aardvark\t15\n");
    assert!(text(&output.stderr).contains("it was made of another state of the file"));
    // A server that tells nobody what is there answers 403 for what is not.
    let url = server.put("/b.gz", bytes);
    server.script([Fault::Fine, Fault::Status(403, None)]);
    assert_eq!(text(succeeds(&count(&url))), "Aardvark\t15\n");
}

/// Answers in the same moment show as pauses between the others: as many round trips as groups of requests.
#[test]
fn a_look_up_in_several_places_takes_as_many_round_trips_as_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text.gz");
    // The word is in ten places that are far from each other, in rows of no order.
    let rows: String = (0..400_000_u64)
        .map(|n| match n % 40_000 {
            7 => "fish\t1900\t1\t1\n".to_owned(),
            _ => format!("w{}\t1900\t1\t1\n", n * 7_919 % 400_009),
        })
        .collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(rows.as_bytes()).unwrap();
    std::fs::write(&file, packed.finish().unwrap()).unwrap();
    succeeds(&program().arg("index").arg(&file).args(["--spacing", "64KiB"]).output().unwrap());
    let server = late(200);
    let url = server.put("/text.gz", std::fs::read(&file).unwrap());
    server.put("/text.gz.ngx", std::fs::read(folder.path().join("text.gz.ngx")).unwrap());
    let started = Instant::now();
    let output =
        remote().args([&*url, "--word", "fish", "--index", "require", "--feed", "pipe"]).output().unwrap();
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(text(succeeds(&output)), "fish\t10\n");
    let seen = server.seen().len();
    assert!(seen >= 4 + 2 * 5, "{seen} requests: the places are not far from each other");
    assert!(seconds < 6.5 * 0.2 + 0.2, "{seconds} s are more than five round trips and a start");
}
