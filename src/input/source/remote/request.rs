//! One request: the headers that are sent, redirects, and what a failure means for the next attempt.

use std::io::{self, Read};
use std::time::Duration;

use ureq::http::{Response, header};

use super::agent;
use super::answer::Answer;
use super::fault::RemoteFault;
use super::location::Location;
use super::rules::HttpRules;
use crate::input::Progress;

/// Most redirects of a request.
const REDIRECTS: u32 = 10;
/// The body of a redirect up to which it is read, so that its connection can be used again.
const SMALL_BODY: u64 = 16 << 10;

/// A request for a file or a range of it.
pub(super) struct Request<'a> {
    pub location: &'a Location,
    /// The first byte, and the one behind the last.
    pub range: Option<(u64, u64)>,
    /// The state of the file that is asked for.
    pub etag: Option<&'a str>,
    pub rules: &'a HttpRules,
    pub progress: &'a Progress,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The next attempt may succeed.
    Transient {
        cause: String,
        /// How long the server asks to wait.
        pause: Option<Duration>,
        /// There was not even a connection: at the first request that is a wrong name rather than bad luck.
        is_first_contact: bool,
    },
    /// No attempt would.
    Fatal(RemoteFault),
}

impl From<RemoteFault> for Failure {
    fn from(fault: RemoteFault) -> Self {
        Failure::Fatal(fault)
    }
}

impl Failure {
    pub fn broken(cause: impl ToString) -> Self {
        Failure::Transient { cause: cause.to_string(), pause: None, is_first_contact: false }
    }

    fn unreachable(cause: impl ToString) -> Self {
        Failure::Transient { cause: cause.to_string(), pause: None, is_first_contact: true }
    }

    /// What an error of the client means. Its own text may hold the URL and is used only where it does not.
    pub fn of(error: ureq::Error, timeout: Duration) -> Self {
        let seconds = timeout.as_secs_f64();
        match error {
            ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => {
                Failure::unreachable(format!("no connection within {seconds} s"))
            }
            ureq::Error::Timeout(_) => Failure::broken(stalled(timeout)),
            ureq::Error::HostNotFound => Failure::unreachable(NO_SUCH_NAME),
            ureq::Error::ConnectionFailed => Failure::unreachable("no connection"),
            ureq::Error::Io(error) if is_lookup(&error) => Failure::unreachable(NO_SUCH_NAME),
            ureq::Error::Io(error) if is_tls(&error) => RemoteFault::Insecure(tls_cause(&error)).into(),
            ureq::Error::Io(error) => match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Failure::broken(stalled(timeout)),
                io::ErrorKind::ConnectionRefused
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::NetworkUnreachable => Failure::unreachable(error),
                _ => Failure::broken(format!("the connection broke: {error}")),
            },
            ureq::Error::Rustls(error) => RemoteFault::Insecure(tls_cause(&error)).into(),
            ureq::Error::Tls(error) => RemoteFault::Insecure(error.to_owned()).into(),
            ureq::Error::TlsRequired => RemoteFault::Insecure("this build has none".to_owned()).into(),
            ureq::Error::InvalidProxyUrl => {
                RemoteFault::Unreachable("the proxy has no valid URL".to_owned()).into()
            }
            ureq::Error::ConnectProxyFailed(status) => {
                Failure::unreachable(format!("the proxy refuses the connection: {}", one_line(&status)))
            }
            ureq::Error::Protocol(error) => {
                Failure::broken(format!("the answer is not HTTP: {}", one_line(&error.to_string())))
            }
            ureq::Error::LargeResponseHeader(..) => {
                Failure::broken("the answer is not HTTP: too long a header")
            }
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
                RemoteFault::Url("it has characters that no URL has").into()
            }
            other => Failure::broken(one_line(&other.to_string())),
        }
    }
}

impl Request<'_> {
    /// Sends the request, follows redirects, and judges the answer.
    pub fn send(&self) -> Result<Answer, Failure> {
        let mut location = self.location.clone();
        for _ in 0..=REDIRECTS {
            self.progress.add_request();
            let response = self.send_to(&location)?;
            let target = match response.status().as_u16() {
                301 | 302 | 303 | 307 | 308 => response.headers().get(header::LOCATION),
                _ => None,
            };
            let Some(target) = target else { return Answer::of(response, self.range, location.in_bucket) };
            let target = String::from_utf8_lossy(target.as_bytes()).into_owned();
            location = location.redirected(&target)?;
            let _ = io::copy(&mut response.into_body().into_reader().take(SMALL_BODY), &mut io::sink());
        }
        Err(RemoteFault::Redirects(REDIRECTS).into())
    }

    fn send_to(&self, location: &Location) -> Result<Response<ureq::Body>, Failure> {
        let agent = agent::agent(location.scheme() == "https")?;
        let timeout = Some(self.rules.timeout);
        let mut request = agent
            .get(&location.uri)
            .config()
            .timeout_resolve(timeout)
            .timeout_connect(timeout)
            .timeout_send_request(timeout)
            .timeout_recv_response(timeout)
            // Of the body each read has a limit, and not the whole.
            .timeout_per_read(timeout)
            .timeout_per_write(timeout)
            .proxy(agent::proxy(&location.uri)?)
            .build();
        if let Some((start, end)) = self.range {
            request = request.header(header::RANGE, format!("bytes={start}-{}", end - 1));
        }
        if let Some(etag) = self.etag {
            request = request.header(header::IF_MATCH, etag);
        }
        if let Some(authorization) = &location.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        request.call().map_err(|error| Failure::of(error, self.rules.timeout))
    }
}

fn stalled(timeout: Duration) -> String {
    format!("the server sent nothing for {} s", timeout.as_secs_f64())
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect()
}

const NO_SUCH_NAME: &str = "its name is not known (DNS)";

/// Whether the name of the server was not found. The standard library has no kind of error for it.
fn is_lookup(error: &io::Error) -> bool {
    error.raw_os_error().is_none() && error.to_string().starts_with("failed to lookup address")
}

/// Whether the TLS library wrapped an error of its own into that of a read. A connection that broke in a handshake is none.
fn is_tls(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidData
}

fn tls_cause(error: &impl ToString) -> String {
    let cause = one_line(&error.to_string());
    let advice = match cause.contains("UnknownIssuer") {
        true => "; name a file with the certificate of who signed it in SSL_CERT_FILE",
        false => "",
    };
    cause + advice
}
