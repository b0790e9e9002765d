//! Servers that are not there or not trusted, redirects, and how long a count waits at most.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use super::*;

/// A proxy that opens tunnels, and the number of them.
pub fn start_proxy() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let tunnels = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tunnels);
    thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(client), counted) = (client, Arc::clone(&counted)) else { continue };
            thread::spawn(move || pass_on(client, &counted));
        }
    });
    (url, tunnels)
}

fn pass_on(mut client: TcpStream, tunnels: &AtomicUsize) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|count| count > 0) {
        head.push(byte[0]);
    }
    let head = text(&head);
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    tunnels.fetch_add(1, SeqCst);
    let host = target.strip_prefix("http://").map_or(&*target, |rest| rest.split('/').next().unwrap());
    let Ok(mut server) = TcpStream::connect(host) else { return };
    match head.starts_with("CONNECT") {
        true => client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap(),
        false => server.write_all(head.as_bytes()).unwrap(),
    }
    let (mut up, mut down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || std::io::copy(&mut up, &mut server));
    let _ = std::io::copy(&mut down, &mut client);
}

fn count(url: &str) -> Command {
    let mut command = remote();
    command.args([url, "--top", "1", "--http-retries", "2", "--index", "off"]);
    command
}

#[test]
fn a_server_that_is_not_there_is_named_at_once() {
    let started = Instant::now();
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{unused}/a.gz");
    fails(
        &count(&url).output().unwrap(),
        &format!("{url}: the server cannot be reached: Connection refused (os error 111)"),
    );
    // A name that no server has, by RFC 6761.
    let url = "http://ngramcount.invalid/a.gz";
    let stderr = text(&count(url).output().unwrap().stderr);
    assert!(stderr.starts_with(&format!("ngramcount: {url}: the server cannot be reached: ")), "{stderr}");
    assert_eq!(stderr.lines().count(), 1);
    for url in ["https://", "gs://bucket", "http:///a.gz"] {
        let stderr = text(&count(url).output().unwrap().stderr);
        assert!(stderr.starts_with(&format!("ngramcount: {url}: not the URL of a file: ")), "{stderr}");
    }
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_server_whose_certificate_is_not_known_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let (own, other) = (Certificate::make(folder.path()), tempfile::tempdir().unwrap());
    let other = Certificate::make(other.path());
    let server = Server::start(Manners::default(), Some(own.server.clone()));
    let url = server.put(PATH, a_bytes());
    let with = |file: &Path| count(&url).env("SSL_CERT_FILE", file).output().unwrap();
    assert_eq!(text(succeeds(&with(&own.file))), "at_ADP\t1471657\n");
    let stderr = text(&with(&other.file).stderr);
    assert!(stderr.starts_with(&format!("ngramcount: {url}: no secure connection: ")), "{stderr}");
    let none = folder.path().join("none.pem");
    std::fs::write(&none, "").unwrap();
    let stderr = text(&with(&none).stderr);
    assert!(stderr.starts_with(&format!("ngramcount: {url}: no secure connection: ")), "{stderr}");
    assert!(stderr.contains("SSL_CERT_FILE"), "{stderr}");
    // Its name is in no certificate.
    let by_number = url.replace("localhost", "127.0.0.1");
    let output = count(&by_number).env("SSL_CERT_FILE", &own.file).output().unwrap();
    let stderr = text(&output.stderr);
    assert!(stderr.starts_with(&format!("ngramcount: {by_number}: no secure connection: ")), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[test]
fn a_redirect_may_lead_to_a_secure_server_but_never_from_one() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::make(folder.path());
    let secure = Server::start(Manners::default(), Some(certificate.server.clone()));
    let open = Server::start(Manners::default(), None);
    let (secure_url, open_url) = (secure.put(PATH, a_bytes()), open.put(PATH, a_bytes()));
    let with = |url: &str| count(url).env("SSL_CERT_FILE", &certificate.file).output().unwrap();
    open.script(std::iter::repeat_n(Fault::Redirect(secure_url.clone()), 2));
    assert_eq!(text(succeeds(&with(&open_url))), "at_ADP\t1471657\n");
    assert!(secure.seen().len() >= 2);
    secure.script([Fault::Redirect(open_url.clone())]);
    open.forget();
    fails(&with(&secure_url), &format!("{secure_url}: redirected from https to http, which is not followed"));
    assert_eq!(open.seen().len(), 0);
}

#[test]
fn a_count_never_waits_longer_than_its_timeouts() {
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, a_bytes());
    // Not a byte at all, a byte now and then, and a stall in the middle; three attempts of one second each.
    for fault in [Fault::Stall(0), Fault::Slow(20), Fault::Stall(60_000)] {
        server.script([Fault::Fine].into_iter().chain(std::iter::repeat_n(fault.clone(), 30)));
        let started = Instant::now();
        let output = count(&url).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{fault:?}");
        assert!(started.elapsed() < Duration::from_secs(15), "{fault:?}: {:?}", started.elapsed());
    }
}

#[test]
fn an_interrupt_ends_a_count_that_waits_for_a_server() {
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, a_bytes());
    for feed in ["pipe", "split"] {
        server.script([Fault::Fine, Fault::Stall(10), Fault::Stall(10)]);
        let mut child = program().args([&url, "--index", "off", "--feed", feed]).spawn().unwrap();
        thread::sleep(Duration::from_millis(700));
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let started = Instant::now();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
}

#[test]
fn an_interrupt_ends_a_count_that_waits_for_its_first_answer_at_once() {
    let server = Server::start(Manners::default(), None);
    let url = server.put(PATH, a_bytes());
    for (script, index) in [(vec![Fault::Stall(0)], "off"), (vec![Fault::Fine, Fault::Stall(0)], "auto")] {
        server.put(&format!("{PATH}.ngx"), "x");
        server.script(script);
        let mut command = program();
        command.args([&url, "--index", index]).stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        thread::sleep(Duration::from_millis(700));
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let started = Instant::now();
        let output = child.wait_with_output().unwrap();
        let line = "ngramcount: interrupted after 0 lines; nothing was written\n";
        assert_eq!((output.status.code(), &*text(&output.stderr)), (Some(130), line));
        // By force it would take the two seconds of grace.
        assert!(started.elapsed() < Duration::from_millis(1500), "{index}: {:?}", started.elapsed());
    }
}
