//! One fault at a time: those that an attempt more mends, and those that end the count with a line that names the URL.

use super::*;
use crate::server::Tag;

fn count(url: &str) -> Output {
    remote().args([url, "--top", "20", "--http-retries", "3", "--index", "off"]).output().unwrap()
}

#[test]
fn what_an_attempt_more_mends_leaves_the_answer_as_it_is() {
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, a_bytes());
    let expected = expected(&a_gz(), &["--top", "20"]);
    let cases = [
        vec![Fault::NoAnswer, Fault::NoAnswer],
        vec![Fault::Cut(0), Fault::Cut(0)],
        vec![Fault::Cut(16_383), Fault::Cut(1), Fault::Cut(339_154)],
        vec![Fault::Fine, Fault::Cut(0), Fault::Cut(17), Fault::Cut(250_000)],
        vec![Fault::Fine, Fault::Stall(1000)],
        vec![Fault::Stall(0)],
        vec![Fault::Status(503, None), Fault::Status(429, Some(1)), Fault::Status(500, None)],
        vec![Fault::Fine, Fault::Status(502, None), Fault::Status(504, None), Fault::Status(408, None)],
        vec![Fault::Chunked, Fault::Chunked],
        vec![Fault::Fine, Fault::CutChunked(1234)],
        vec![Fault::Slow(100_000), Fault::Slow(200_000)],
        vec![Fault::ShortRange, Fault::ShortRange, Fault::ShortRange],
        vec![Fault::Garbage, Fault::Garbage],
        vec![Fault::Longer(0)],
        vec![Fault::Redirect("/ngrams/a.gz".into()), Fault::Redirect("a.gz".into())],
        vec![Fault::Redirect("../no/./../ngrams/a.gz".into()), Fault::Redirect("../../ngrams/a.gz".into())],
        vec![Fault::Redirect(url.replace("://", "://me:secret@")), Fault::Redirect(url.clone())],
        vec![Fault::EarlyHints, Fault::EarlyHints],
    ];
    for script in cases {
        server.script(script.clone());
        let output = count(&url);
        assert_eq!(text(&output.stderr), "", "{script:?}");
        assert!(succeeds(&output) == expected, "{script:?}");
        assert_eq!(server.faults_left(), 0, "{script:?}");
    }
}

#[test]
fn what_no_attempt_mends_ends_the_count_with_one_line_that_names_the_url() {
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, a_bytes());
    let size = a_bytes().len();
    let four =
        |fault: Fault| [Fault::Fine].into_iter().chain(std::iter::repeat_n(fault, 4)).collect::<Vec<_>>();
    let range = |from: usize| format!("bytes {from}-{}", size - 1);
    let cases = [
        (vec![Fault::Status(404, None)], "no such file on the server (HTTP status 404)".to_owned()),
        (vec![Fault::Status(403, None)], "the server refuses access (HTTP status 403)".into()),
        (vec![Fault::Status(418, None)], "the server answers with HTTP status 418".into()),
        (vec![Fault::Status(412, None)], "the server answers with HTTP status 412".into()),
        (vec![Fault::Status(416, None)], "the server answers with HTTP status 416".into()),
        (vec![Fault::Fine, Fault::Status(416, None)], "was altered on the server while it was read".into()),
        (vec![Fault::Fine, Fault::NewTag], "was altered on the server while it was read".into()),
        (vec![Fault::Fine, Fault::OtherTotal], "was altered on the server while it was read".into()),
        (
            vec![Fault::Fine, Fault::LaterRange],
            format!(
                "the server sent other bytes than asked for: {}/{size} in place of {}",
                range(16_385),
                range(16_384)
            ),
        ),
        (
            vec![Fault::Fine, Fault::Whole],
            "the server sent the whole file, though it gave a range of it before".into(),
        ),
        (
            vec![Fault::Fine, Fault::Longer(7)],
            format!("the server announces {} bytes and sends {}", size - 16_384 + 7, size - 16_384),
        ),
        (
            four(Fault::Status(503, None)),
            "the server answers with HTTP status 503; 4 attempts in a row failed".into(),
        ),
        (four(Fault::Stall(5)), "the server sent nothing for 1 s; 4 attempts in a row failed".into()),
        (
            vec![Fault::Redirect("ftp://localhost/a.gz".into())],
            "redirected to another protocol than https or http, which is not followed".into(),
        ),
        (vec![Fault::Redirect("/ngrams/a.gz".into()); 11], "redirected more than 10 times".into()),
    ];
    for (script, why) in cases {
        server.script(script.clone());
        let output = count(&url);
        // A fault that shows in the middle tells how far the reading had come.
        let stderr = text(&output.stderr);
        let stderr = stderr.split(" (after line ").next().unwrap().trim_end();
        assert_eq!(stderr, format!("ngramcount: {url}: {why}"), "{script:?}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{script:?}");
    }
}

#[test]
fn an_interrupted_connection_is_named_with_what_was_missing() {
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, a_bytes());
    server.script([Fault::Fine, Fault::Cut(10), Fault::Cut(0), Fault::Cut(0), Fault::Cut(0)]);
    let stderr = text(&count(&url).stderr);
    assert!(stderr.starts_with(&format!("ngramcount: {url}: the connection broke")), "{stderr}");
    assert!(stderr.contains("4 attempts in a row failed"), "{stderr}");
}

#[test]
fn a_server_without_ranges_is_read_in_one_go_and_a_break_says_why_it_cannot_be_mended() {
    for etag in [Tag::Strong, Tag::Weak, Tag::None] {
        let server = Server::start(Manners { ranges: false, etag, ..Manners::default() }, None);
        let url = server.put(PATH, a_bytes());
        let expected = expected(&a_gz(), &["--top", "20"]);
        assert!(succeeds(&count(&url)) == expected);
        // Before its first byte nothing is lost yet.
        server.script([Fault::Fine, Fault::Fine, Fault::Status(503, None), Fault::NoAnswer, Fault::Cut(0)]);
        assert!(succeeds(&count(&url)) == expected);
        server.script([Fault::Fine, Fault::Chunked, Fault::Chunked]);
        let output = count(&url);
        // Without a length it is not known to be the same as at the first request.
        assert!([Some(0), Some(1)].contains(&output.status.code()), "{}", text(&output.stderr));
        assert!(output.status.code() == Some(1) || output.stdout == expected);
        server.script([Fault::Fine, Fault::Cut(100_000), Fault::Cut(100_000)]);
        let stderr = text(&count(&url).stderr);
        assert!(
            stderr.contains("and the server can only send the whole file again, as it offers no ranges"),
            "{stderr}"
        );
        assert!(stderr.starts_with(&format!("ngramcount: {url}: ")), "{stderr}");
    }
}

#[test]
fn an_end_that_cannot_be_told_from_a_break_is_an_error() {
    let server = Server::start(Manners { ranges: false, length: false, ..Manners::default() }, None);
    let url = server.put("/words", "to be or not to be\n");
    fails(
        &count(&url),
        &format!(
            "{url}: the server does not tell how long the file is, so that nothing would show that its end is missing"
        ),
    );
}

#[test]
fn tags_that_are_weak_or_missing_still_show_that_a_file_changed() {
    for etag in [Tag::Weak, Tag::None] {
        let server = Server::start(Manners { etag, ..Manners::default() }, None);
        let url = server.put(PATH, a_bytes());
        assert!(succeeds(&count(&url)) == expected(&a_gz(), &["--top", "20"]));
        assert!(server.seen().iter().all(|seen| !seen.headers.contains_key("if-match")));
        server.script([Fault::Fine, Fault::NewTag]);
        let stderr = text(&count(&url).stderr);
        assert!(
            stderr.starts_with(&format!("ngramcount: {url}: was altered on the server while it was read")),
            "{stderr}"
        );
    }
}

#[test]
fn a_packed_file_is_asked_for_as_it_lies_there_and_taken_as_it_comes() {
    let server = Server::start(Manners { gzip_header: true, ..Manners::default() }, None);
    let url = server.put(PATH, a_bytes());
    assert!(succeeds(&count(&url)) == expected(&a_gz(), &["--top", "20"]));
    let seen = server.seen();
    assert!(
        seen.iter().all(|seen| seen.headers.get("accept-encoding").map(String::as_str) == Some("gzip")),
        "{seen:?}"
    );
    let matched = |seen: &server::Seen| seen.headers.get("if-match").map(String::as_str) == Some("\"v1\"");
    assert!(seen[1..].iter().all(matched), "{seen:?}");
}

#[test]
fn an_empty_file_and_one_that_is_cut_are_what_they_are_on_disk() {
    let server = Server::start(Manners::default(), None);
    let empty = server.put("/empty", "");
    assert_eq!(text(succeeds(&count(&empty))), "");
    let cut = server.put("/cut.gz", &a_bytes()[..200_000]);
    let output = count(&cut);
    let stderr = text(&output.stderr);
    assert!(
        stderr.starts_with(&format!("ngramcount: {cut}: truncated: the gzip stream ends in the middle")),
        "{stderr}"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn passwords_and_signatures_are_sent_and_not_shown() {
    let server = Server::start(Manners::default(), None);
    server.put(PATH, a_bytes());
    let url = format!("http://Aladdin:open%20sesame@{}{PATH}?X-Amz-Signature=5ec2e7#part", server.host());
    let shown = format!("http://{}{PATH}?…", server.host());
    let output =
        remote().args([&*url, "-v", "--word", "Aardvark", "--stats-json", "/dev/stderr"]).output().unwrap();
    assert_eq!(text(&output.stdout), "Aardvark\t15\n");
    let stderr = text(&output.stderr);
    assert!(stderr.contains(&shown), "{stderr}");
    let seen = server.seen();
    assert!(seen[0].path.ends_with("?X-Amz-Signature=5ec2e7"), "{seen:?}");
    assert_eq!(seen[0].headers["authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    let elsewhere = Fault::Redirect("ftp://Aladdin:sesame@localhost/5ec2e7".into());
    for fault in [Fault::Status(403, None), Fault::Redirect("//".into()), elsewhere, Fault::Garbage] {
        server.script(std::iter::repeat_n(fault, 4));
        let stderr = stderr.clone() + &text(&count(&url).stderr);
        for secret in ["Aladdin", "sesame", "5ec2e7", "QWxh"] {
            assert!(!stderr.contains(secret), "{stderr}");
        }
    }
}

#[test]
fn urls_that_are_typed_wrong_show_no_password_either() {
    let cases = [
        "http://me:12/5ec2e7@ngramcount.invalid/a.gz",
        "http://me:/5ec2e7@ngramcount.invalid/a.gz",
        "http://me:5ec2e7/x@ngramcount.invalid/a.gz",
        "http://me:5ec2e7?x@ngramcount.invalid/a.gz",
        "http://me:5ec2e7#x@ngramcount.invalid/a.gz",
        "ftp://me:5ec2e7@ngramcount.invalid/a.gz",
    ];
    for url in cases {
        for args in
            [&[url][..], &["index", url], &["--words-file", url], &["--relative-to", url, "--by-year"]]
        {
            let output = remote().args(args).output().unwrap();
            let stderr = text(&output.stderr);
            assert!(output.status.code() != Some(0) && !stderr.contains("5ec2e7"), "{args:?}: {stderr}");
        }
    }
    fails(
        &count("ftp://me:5ec2e7@ngramcount.invalid/a.gz"),
        "ftp://ngramcount.invalid/a.gz: not the URL of a file: only https, http, gs and s3 can be fetched",
    );
}

#[test]
fn files_of_options_are_not_fetched_and_the_message_says_so() {
    for option in ["--words-file", "--relative-to"] {
        let output =
            program().arg(a_gz()).args(["--by-year", option, "https://me:pw@localhost/a?b"]).output();
        let output = output.unwrap();
        assert_eq!(
            text(&output.stderr),
            format!(
                "ngramcount: {option} https://localhost/a?…: only files to count are fetched; download it first\n"
            )
        );
        assert_eq!(output.status.code(), Some(2));
    }
}
