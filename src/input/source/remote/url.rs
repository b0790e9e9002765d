//! The URL of a remote file, as it was named.

use std::fmt;

use serde::{Deserialize, Serialize};

/// URL of a file on a server: `http`, `https`, `gs` (Google Cloud Storage) or `s3` (Amazon S3).
///
/// It displays without what may be secret: user name, password, and everything behind `?`.
///
/// ```
/// use ngramcount::input::RemoteUrl;
/// let url = RemoteUrl::parse("https://me:secret@example.org/a.gz?signature=0f").expect("it begins with https://");
/// assert_eq!(url.to_string(), "https://example.org/a.gz?…");
/// assert_eq!(url.file_name(), "a.gz");
/// assert!(RemoteUrl::parse("a.gz").is_none());
/// let wrong = RemoteUrl::parse("http://me:secret/1@example.org/a.gz").expect("it begins with http://");
/// assert_eq!(wrong.to_string(), "http://example.org/a.gz");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RemoteUrl(String);

/// The parts of a URL.
pub(super) struct UrlParts<'a> {
    /// In lower case.
    pub scheme: String,
    pub user: Option<&'a str>,
    /// With its port, or the bucket.
    pub host: &'a str,
    /// From its first slash on; it may be empty.
    pub path: &'a str,
    pub query: Option<&'a str>,
}

impl RemoteUrl {
    /// The URL, if `name` begins like one of a scheme that can be fetched.
    pub fn parse(name: &str) -> Option<Self> {
        let (scheme, _) = name.split_once("://")?;
        let known = ["http", "https", "gs", "s3"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        known.then(|| RemoteUrl(name.to_owned()))
    }

    /// The last part of its path: the name that a copy of the file would get.
    pub fn file_name(&self) -> &str {
        let path = self.parts().path;
        path.rsplit('/').next().unwrap_or(path)
    }

    /// The URL of a file beside this one, with `ending` behind its name.
    pub(in crate::input) fn with_ending(&self, ending: &str) -> Self {
        let query = self.parts().query.map_or(0, |query| query.len() + 1);
        let (path, query) = self.without_fragment().split_at(self.without_fragment().len() - query);
        RemoteUrl(format!("{path}{ending}{query}"))
    }

    /// As it was named, secrets included.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn parts(&self) -> UrlParts<'_> {
        let (scheme, rest) = self.without_fragment().split_once("://").unwrap_or_default();
        let scheme = scheme.to_ascii_lowercase();
        // A key of a bucket may hold any character.
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) if is_http(&scheme) => (rest, Some(query)),
            _ => (rest, None),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        UrlParts { scheme, user, host, path, query }
    }

    fn without_fragment(&self) -> &str {
        match self.0.split_once('#') {
            Some((url, _)) if url.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http")) => url,
            _ => &self.0,
        }
    }
}

fn is_http(scheme: &str) -> bool {
    matches!(scheme, "http" | "https")
}

/// Whether what follows the name of a server, if anything does, may be a port.
fn has_port_or_none(host: &str) -> bool {
    let behind_address = host.rsplit(']').next().unwrap_or(host);
    behind_address.split_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UrlParts { scheme, host, path, query, user } = self.parts();
        // A slash in a password, which should be encoded, ends the server too early. A key of a bucket may hold an `@`.
        let (host, path) = match path.rsplit_once('@') {
            Some((_, rest)) if is_http(&scheme) && user.is_none() && !has_port_or_none(host) => {
                rest.split_at(rest.find('/').unwrap_or(rest.len()))
            }
            _ => (host, path),
        };
        let hidden = if query.is_some() { "?…" } else { "" };
        let shown = format!("{scheme}://{host}{path}{hidden}");
        if shown.chars().any(char::is_control) { shown.escape_debug().fmt(f) } else { f.write_str(&shown) }
    }
}

/// As it displays: a message of a bug must not tell a password either.
impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteUrl({self})")
    }
}
