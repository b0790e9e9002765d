//! The cache of whole files.

use super::*;

#[test]
fn a_copy_is_whole_or_not_there_and_used_as_long_as_the_tag_is_the_same() {
    for way in WAYS {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("new/cache");
        let server = Server::start(Manners::default(), None);
        let url = server.put(PATH, a_bytes());
        let copies = || std::fs::read_dir(&cache).map_or(0, |files| files.count());
        let count = || {
            let mut command = remote();
            command
                .args([&*url, "--top", "1", "--index", "off", "--http-retries", "1", "--cache"])
                .arg(&cache)
                .args(way);
            command.output().unwrap()
        };
        // A count that fails in the middle leaves nothing.
        server.script([
            Fault::Fine,
            Fault::Cut(100_000),
            Fault::Cut(0),
            Fault::Cut(0),
            Fault::Cut(0),
            Fault::Cut(0),
        ]);
        assert_eq!(count().status.code(), Some(1));
        assert_eq!(copies(), 0, "{way:?}");
        server.script([]);
        assert_eq!(text(succeeds(&count())), "at_ADP\t1471657\n");
        assert_eq!(copies(), 1, "{way:?}");
        server.forget();
        assert_eq!(text(succeeds(&count())), "at_ADP\t1471657\n");
        assert_eq!(server.seen().len(), 1, "only whether it is the same is asked");
        // Another state takes the place of the first one.
        server.put(PATH, std::fs::read(data(&format!("{}.crlf.gz", common::Q_SAMPLE))).unwrap());
        server.change_tags();
        assert!(text(succeeds(&count())).starts_with("question\t"));
        assert_eq!(copies(), 1, "{way:?}");
        let copy = std::fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
        assert!(
            std::fs::read(copy).unwrap()
                == std::fs::read(data(&format!("{}.crlf.gz", common::Q_SAMPLE))).unwrap()
        );
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_an_error_that_names_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, a_bytes());
    let output = remote().args([&*url, "--index", "off", "--cache"]).arg(file.path()).output().unwrap();
    let stderr = text(&output.stderr);
    assert!(stderr.starts_with(&format!("ngramcount: {url}: the cache cannot be used: ")), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_copy_that_was_written_to_since_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Manners::default(), None);
    let text_of = |word: &str| format!("{word} be or not {word} be\n");
    let url = server.put("/words", text_of("to"));
    let count = || {
        remote().args([&*url, "--top", "1", "--index", "off", "--cache"]).arg(folder.path()).output().unwrap()
    };
    let copies = || -> Vec<_> {
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    assert_eq!(text(succeeds(&count())), "be\t2\n");
    std::fs::write(&copies()[0], text_of("or")).unwrap();
    assert_eq!(text(succeeds(&count())), "be\t2\n");
    assert_eq!(copies().len(), 1);
    assert_eq!(std::fs::read_to_string(&copies()[0]).unwrap(), text_of("to"));
    server.forget();
    assert_eq!(text(succeeds(&count())), "be\t2\n");
    assert_eq!(server.seen().len(), 1, "the new copy is used");
}
