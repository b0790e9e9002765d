//! The URL of a remote file, as it was named.

use std::fmt;

use serde::{Deserialize, Serialize};

/// URL of a file on a server: `http`, `https`, `gs` (Google Cloud Storage) or `s3` (Amazon S3). One of another scheme is an
/// error when it is opened.
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
/// assert_eq!(wrong.to_string(), "http://…@example.org/a.gz");
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
    /// The URL, if `name` begins like one (RFC 3986, 3.1).
    pub fn parse(name: &str) -> Option<Self> {
        let (scheme, _) = name.split_once("://")?;
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        is_scheme.then(|| RemoteUrl(name.to_owned()))
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
            Some((rest, query)) if !is_bucket(&scheme) => (rest, Some(query)),
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
            Some((url, _)) if !url.split_once("://").is_some_and(|(scheme, _)| is_bucket(scheme)) => url,
            _ => &self.0,
        }
    }
}

/// Whether the URLs of a scheme name buckets, and keys that may hold any character.
pub(super) fn is_bucket(scheme: &str) -> bool {
    ["gs", "s3"].iter().any(|bucket| scheme.eq_ignore_ascii_case(bucket))
}

/// A server without and with what follows its colon, which may be a port.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rfind(':').filter(|&colon| colon > host.rfind(']').unwrap_or(0)) {
        Some(colon) => (&host[..colon], Some(&host[colon + 1..])),
        None => (host, None),
    }
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UrlParts { scheme, host, path, query, user } = self.parts();
        let (name, port) = split_port(host);
        let may_hold_password =
            !is_bucket(&scheme) && (port.is_some() || user.is_some_and(|user| user.contains(':')));
        let (server, path) = match path.rsplit_once('@').filter(|_| may_hold_password) {
            // A slash in a password, which should be encoded, ends the server too early.
            Some((_, rest)) => ("…@".to_owned(), rest),
            // So do other characters, and then nothing of a password may show either.
            None if port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit())) => {
                (format!("{name}:…"), path)
            }
            None => (host.to_owned(), path),
        };
        let hidden = if query.is_some() { "?…" } else { "" };
        let shown = format!("{scheme}://{server}{path}{hidden}");
        if shown.chars().any(char::is_control) { shown.escape_debug().fmt(f) } else { f.write_str(&shown) }
    }
}

/// As it displays: a message of a bug must not tell a password either.
impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_url_shows_its_password_however_it_is_typed() {
        let cases = [
            ("http://al:12/PW@h/a.gz", "http://…@h/a.gz"),
            ("http://al:/PW@h/a.gz", "http://…@h/a.gz"),
            ("http://a:PW/x@h/a.gz", "http://…@h/a.gz"),
            ("http://u:p@PW/x@h/a.gz", "http://…@h/a.gz"),
            ("http://a:PW?PW@h/a.gz", "http://a:…?…"),
            ("http://a:PW#PW@h/a.gz", "http://a:…"),
            ("ftp://a:PW@h/a.gz", "ftp://h/a.gz"),
            ("http://me:PW@[::1]:80/a.gz?PW", "http://[::1]:80/a.gz?…"),
            // What is no password is shown.
            ("https://example.org/lib@1.0/a.gz", "https://example.org/lib@1.0/a.gz"),
            ("https://example.org:8080/a.gz", "https://example.org:8080/a.gz"),
            ("s3://bucket/a@b?c#d", "s3://bucket/a@b?c#d"),
        ];
        for (url, shown) in cases {
            assert_eq!(RemoteUrl::parse(url).unwrap().to_string(), shown, "{url}");
        }
    }
}
