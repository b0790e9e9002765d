//! HTTP server on 127.0.0.1 that can be made to misbehave.
//!
//! It serves files from memory, with ranges and ETags as they should be. A fault is for one request; the faults of a script
//! meet the requests in the order in which they come.
#![allow(dead_code, reason = "the tests and the benchmark use a part of this each")]

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What goes wrong with one answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// None.
    Fine,
    /// The connection ends before the answer.
    NoAnswer,
    /// The connection ends after this many bytes of the body.
    Cut(usize),
    /// After this many bytes of the body nothing comes any more.
    Stall(usize),
    /// Another status, perhaps with `Retry-After`.
    Status(u16, Option<u32>),
    /// From now on the file has another ETag.
    NewTag,
    /// The range begins one byte later than it was asked for.
    LaterRange,
    /// The range of a file of another size.
    OtherTotal,
    /// `Content-Length` announces this much more than the range has.
    Longer(usize),
    /// The whole file with status 200.
    Whole,
    /// To another place.
    Redirect(String),
    /// In pieces and without a length.
    Chunked,
    /// In pieces, of which the last ones are missing.
    CutChunked(usize),
    /// At most this many bytes a second.
    Slow(usize),
    /// A header of an answer that is not HTTP.
    Garbage,
    /// The range is shorter than asked for, and says so.
    ShortRange,
    /// An answer that only announces the answer (RFC 8297) comes before it.
    EarlyHints,
}

/// What holds for all answers.
#[derive(Clone)]
pub struct Manners {
    pub ranges: bool,
    /// The tag is `"…"`, with `W/` before it, or missing.
    pub etag: Tag,
    /// Before each answer.
    pub latency: Duration,
    /// Of each connection, in bytes a second.
    pub rate: Option<u64>,
    /// Whether a file without ranges tells its length.
    pub length: bool,
    /// `Content-Encoding: gzip`, though nothing was packed by the server.
    pub gzip_header: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Tag {
    Strong,
    Weak,
    None,
}

impl Default for Manners {
    fn default() -> Self {
        Manners {
            ranges: true,
            etag: Tag::Strong,
            latency: Duration::ZERO,
            rate: None,
            length: true,
            gzip_header: false,
        }
    }
}

/// What the server saw of a request.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub headers: HashMap<String, String>,
}

struct State {
    files: Mutex<HashMap<String, Arc<Vec<u8>>>>,
    faults: Mutex<VecDeque<Fault>>,
    seen: Mutex<Vec<Seen>>,
    manners: Manners,
    generation: AtomicU64,
    sent: AtomicU64,
    stopped: AtomicBool,
    tls: Option<Arc<rustls::ServerConfig>>,
}

/// A server that runs until it is dropped.
pub struct Server {
    address: SocketAddr,
    state: Arc<State>,
}

impl Server {
    pub fn start(manners: Manners, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            files: Mutex::default(),
            faults: Mutex::default(),
            seen: Mutex::default(),
            manners,
            generation: AtomicU64::new(1),
            sent: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            tls,
        });
        let of_thread = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if of_thread.stopped.load(SeqCst) {
                    return;
                }
                let (Ok(stream), state) = (stream, Arc::clone(&of_thread)) else { continue };
                thread::spawn(move || serve(stream, &state));
            }
        });
        Server { address, state }
    }

    pub fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) -> String {
        self.state.files.lock().unwrap().insert(path.to_owned(), Arc::new(bytes.into()));
        self.url(path)
    }

    pub fn url(&self, path: &str) -> String {
        let scheme = if self.state.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.host())
    }

    pub fn host(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        *self.state.faults.lock().unwrap() = faults.into_iter().collect();
    }

    /// The faults that met no request.
    pub fn faults_left(&self) -> usize {
        self.state.faults.lock().unwrap().len()
    }

    pub fn change_tags(&self) {
        self.state.generation.fetch_add(1, SeqCst);
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    pub fn forget(&self) {
        self.state.seen.lock().unwrap().clear();
        self.state.sent.store(0, SeqCst);
    }

    /// Bytes of bodies.
    pub fn sent(&self) -> u64 {
        self.state.sent.load(SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.stopped.store(true, SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

trait Connection: Read + Write + Send {}
impl<T: Read + Write + Send> Connection for T {}

fn serve(stream: TcpStream, state: &State) {
    let _ = stream.set_nodelay(true);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let raw = stream.try_clone().unwrap();
    let connection: Box<dyn Connection> = match &state.tls {
        None => Box::new(stream),
        Some(config) => {
            let session = rustls::ServerConnection::new(Arc::clone(config)).unwrap();
            Box::new(rustls::StreamOwned::new(session, stream))
        }
    };
    let mut connection = BufReader::with_capacity(16 << 10, connection);
    while let Ok(Some(request)) = read_request(&mut connection) {
        if answer(&request, connection.get_mut(), state).is_err() || state.stopped.load(SeqCst) {
            break;
        }
    }
    let _ = connection.get_mut().flush();
    let _ = raw.shutdown(Shutdown::Both);
}

fn read_request(from: &mut impl BufRead) -> io::Result<Option<Seen>> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or("/").to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => drop(headers.insert(name.to_ascii_lowercase(), value.to_owned())),
            None => return Ok(Some(Seen { path, headers })),
        }
    }
}

/// Answers a request. An error ends the connection.
fn answer(request: &Seen, out: &mut dyn Connection, state: &State) -> io::Result<()> {
    let manners = &state.manners;
    state.seen.lock().unwrap().push(request.clone());
    thread::sleep(manners.latency);
    let fault = state.faults.lock().unwrap().pop_front().unwrap_or(Fault::Fine);
    match &fault {
        Fault::NoAnswer => return Err(io::ErrorKind::ConnectionReset.into()),
        Fault::Garbage => {
            out.write_all(b"\x16\x03\x01 what is this\r\n\r\n")?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Fault::Status(status, pause) => {
            let pause = pause.map_or(String::new(), |pause| format!("Retry-After: {pause}\r\n"));
            return write!(out, "HTTP/1.1 {status} Status\r\n{pause}Content-Length: 3\r\n\r\nno\n");
        }
        Fault::Redirect(to) => {
            return write!(out, "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
        }
        Fault::NewTag => drop(state.generation.fetch_add(1, SeqCst)),
        Fault::EarlyHints => {
            out.write_all(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")?
        }
        _ => {}
    }
    // A proxy is asked for a whole URL.
    let path = match request.path.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/').unwrap_or(rest.len())..],
        None => &request.path[..],
    };
    let path = path.split('?').next().unwrap_or_default();
    let Some(bytes) = state.files.lock().unwrap().get(path).cloned() else {
        return write!(out, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let tag = match manners.etag {
        Tag::Strong => Some(format!("\"v{}\"", state.generation.load(SeqCst))),
        Tag::Weak => Some(format!("W/\"v{}\"", state.generation.load(SeqCst))),
        Tag::None => None,
    };
    if let Some(wanted) = request.headers.get("if-match")
        && tag.as_ref() != Some(wanted)
    {
        return write!(out, "HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n");
    }
    let mut head = String::new();
    if let Some(tag) = tag {
        head += &format!("ETag: {tag}\r\n");
    }
    head += &format!("Last-Modified: Sat, 01 Jan 2022 00:00:0{} GMT\r\n", state.generation.load(SeqCst) % 10);
    if manners.gzip_header {
        head += "Content-Encoding: gzip\r\n";
    }
    let total = bytes.len();
    let range = request.headers.get("range").filter(|_| manners.ranges && fault != Fault::Whole);
    let range = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')).map(|(first, last)| {
        let first: usize = first.parse().unwrap();
        (first, last.parse().map_or(total, |last: usize| last + 1).min(total))
    });
    if range.is_some_and(|(first, _)| first >= total) {
        let text = format!(
            "HTTP/1.1 416 Range\r\n{head}Content-Range: bytes */{total}\r\nContent-Length: 0\r\n\r\n"
        );
        return out.write_all(text.as_bytes());
    }
    let (status, mut body) = match range {
        Some((mut start, mut end)) => {
            if fault == Fault::LaterRange && end - start > 1 {
                start += 1;
            }
            if fault == Fault::ShortRange {
                end = start + (end - start).div_ceil(2);
            }
            let size = if fault == Fault::OtherTotal { total + 1 } else { total };
            head += &format!("Content-Range: bytes {start}-{}/{size}\r\n", end - 1);
            ("206 Partial Content", &bytes[start..end])
        }
        None => ("200 OK", &bytes[..]),
    };
    let in_pieces = matches!(fault, Fault::Chunked | Fault::CutChunked(_));
    if in_pieces {
        head += "Transfer-Encoding: chunked\r\n";
    } else if range.is_some() || manners.length {
        let more = if let Fault::Longer(more) = fault { more } else { 0 };
        head += &format!("Content-Length: {}\r\n", body.len() + more);
    } else {
        head += "Connection: close\r\n";
    }
    out.write_all(format!("HTTP/1.1 {status}\r\n{head}\r\n").as_bytes())?;
    let stop = match fault {
        Fault::Cut(at) | Fault::Stall(at) | Fault::CutChunked(at) if at < body.len() => Some(at),
        Fault::Longer(_) => Some(body.len()),
        _ => None,
    };
    body = &body[..stop.unwrap_or(body.len())];
    let rate = if let Fault::Slow(rate) = fault { Some(rate as u64) } else { manners.rate };
    let (started, mut sent) = (Instant::now(), 0);
    let step = rate.map_or(256 << 10, |rate| (rate / 50).clamp(1, 256 << 10) as usize);
    for piece in body.chunks(step) {
        match in_pieces {
            true => {
                write!(out, "{:x}\r\n", piece.len())?;
                out.write_all(piece)?;
                out.write_all(b"\r\n")?;
            }
            false => out.write_all(piece)?,
        }
        sent += piece.len() as u64;
        state.sent.fetch_add(piece.len() as u64, SeqCst);
        if let Some(rate) = rate {
            let due = Duration::from_secs_f64(sent as f64 / rate as f64);
            thread::sleep(due.saturating_sub(started.elapsed()));
        }
    }
    out.flush()?;
    if matches!(fault, Fault::Stall(_)) && stop.is_some() {
        // Until the client has lost patience.
        for _ in 0..100 {
            thread::sleep(Duration::from_millis(50));
            if state.stopped.load(SeqCst) {
                break;
            }
        }
    }
    if stop.is_some() || range.is_none() && !manners.length && !in_pieces {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    if in_pieces {
        out.write_all(b"0\r\n\r\n")?;
    }
    out.flush()
}
