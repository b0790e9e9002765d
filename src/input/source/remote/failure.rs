//! Why a request or its body failed, and what that means for the next attempt.

use std::io;
use std::time::Duration;

use super::fault::RemoteFault;

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
            #[cfg(feature = "https")]
            ureq::Error::Rustls(error) => RemoteFault::Insecure(tls_cause(&error)).into(),
            ureq::Error::Tls(error) => RemoteFault::Insecure(error.to_owned()).into(),
            ureq::Error::TlsRequired => RemoteFault::Insecure("this build has none".to_owned()).into(),
            ureq::Error::InvalidProxyUrl => {
                RemoteFault::Unreachable("the proxy has no valid URL".to_owned()).into()
            }
            ureq::Error::ConnectProxyFailed(status) => {
                Failure::unreachable(format!("the proxy refuses the connection{}", in_brackets(&status)))
            }
            ureq::Error::Protocol(_) => Failure::broken("the answer is not HTTP"),
            ureq::Error::LargeResponseHeader(..) => Failure::broken("the header of the answer is too long"),
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
                RemoteFault::Url("it has characters that no URL has").into()
            }
            other => Failure::broken(format!("the request failed: {}", one_line(&other.to_string()))),
        }
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

/// What is wrong with a secure connection. The causes that a person can do something about have words of their own.
fn tls_cause(error: &impl ToString) -> String {
    let cause = one_line(&error.to_string());
    let known = [
        (
            "UnknownIssuer",
            "the certificate of the server is signed by nobody who is trusted here; name a file with the certificate of who \
             signed it in SSL_CERT_FILE",
        ),
        ("not valid for name", "the certificate of the server is for another name"),
        ("expired", "the certificate of the server has expired"),
        (
            "not valid yet",
            "the certificate of the server is not valid yet; see whether the clock here is right",
        ),
        ("CaUsedAsEndEntity", "the certificate of the server is one for signing others, not for a server"),
        ("InvalidContentType", "the server answers as one without TLS; use http"),
    ];
    match known.iter().find(|(part, _)| cause.contains(part)) {
        Some((_, words)) => (*words).to_owned(),
        None => cause.replace("invalid peer certificate", "the certificate of the server is not valid"),
    }
}

/// The status in the words of the client about a proxy, if there is one.
fn in_brackets(words: &str) -> String {
    let status = words.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 3);
    status.map_or(String::new(), |status| format!(" (HTTP status {status})"))
}
