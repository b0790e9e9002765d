//! Where a remote file is fetched: the `http` or `https` URL behind the one that was named, and behind redirects.

use std::env;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use ureq::http::Uri;

use super::fault::RemoteFault;
use super::url::{RemoteUrl, UrlParts, is_bucket};

/// What cannot stand in the path of a request. What is encoded already stays as it is.
const UNSAFE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'|')
    .add(b'\\')
    .add(b'^');
/// What cannot stand in the key of a bucket, which is not encoded yet.
const UNSAFE_IN_KEY: &AsciiSet = &UNSAFE.add(b'?').add(b'#').add(b'%').add(b'+');

/// The place of a remote file, without user name and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    pub uri: Uri,
    /// Value of the header `Authorization`.
    pub authorization: Option<String>,
    /// It lies in a bucket of a cloud.
    pub in_bucket: bool,
}

impl Location {
    pub fn of(url: &RemoteUrl) -> Result<Self, RemoteFault> {
        let UrlParts { scheme, user, host, path, query } = url.parts();
        if !is_bucket(&scheme) && !matches!(&*scheme, "http" | "https") {
            return Err(RemoteFault::Url("only https, http, gs and s3 can be fetched"));
        }
        if host.is_empty() {
            let missing = if is_bucket(&scheme) { "the bucket is missing" } else { "the server is missing" };
            return Err(RemoteFault::Url(missing));
        }
        let in_bucket = is_bucket(&scheme);
        let text = match &*scheme {
            "gs" => bucket_url(&["STORAGE_EMULATOR_HOST"], "https://storage.googleapis.com", host, path)?,
            "s3" => {
                // A certificate for `*.s3.amazonaws.com` does not hold for a bucket with a dot in its name.
                let own_host = match host.contains('.') {
                    true => "https://s3.amazonaws.com".to_owned(),
                    false => format!("https://{host}.s3.amazonaws.com"),
                };
                let bucket = if host.contains('.') { host } else { "" };
                match endpoint(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]) {
                    Some(endpoint) => join_bucket(&endpoint, host, path)?,
                    None => join_bucket(&own_host, bucket, path)?,
                }
            }
            _ => {
                let query = query.map_or(String::new(), |query| format!("?{query}"));
                let path = without_dots(path);
                utf8_percent_encode(&format!("{scheme}://{host}{path}{query}"), UNSAFE).to_string()
            }
        };
        let authorization = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            let [name, password] = [name, password].map(|part| percent_decode_str(part).collect::<Vec<u8>>());
            format!("Basic {}", BASE64_STANDARD.encode([&name[..], b":", &password].concat()))
        });
        Ok(Location { uri: parse(&text)?, authorization, in_bucket })
    }

    /// The place that a redirect leads to. A name and a password are for the server whose URL they stand in.
    pub fn redirected(&self, to: &str) -> Result<Self, RemoteFault> {
        let (scheme, host) = (self.scheme(), self.uri.authority().map_or("", |host| host.as_str()));
        let path = self.uri.path();
        let text = if RemoteUrl::parse(to).is_some() {
            to.to_owned()
        } else if to.starts_with("//") {
            format!("{scheme}:{to}")
        } else if to.starts_with('/') {
            format!("{scheme}://{host}{to}")
        } else if to.starts_with('?') {
            format!("{scheme}://{host}{path}{to}")
        } else {
            let folder = &path[..path.rfind('/').map_or(0, |slash| slash + 1)];
            format!("{scheme}://{host}{folder}{to}")
        };
        let no_url = RemoteFault::Redirect("to what is no URL");
        let to = RemoteUrl::parse(&text).ok_or(no_url.clone())?;
        match (scheme, &*to.parts().scheme) {
            ("https", "http") => return Err(RemoteFault::Redirect("from https to http")),
            (_, "http" | "https") => {}
            _ => return Err(RemoteFault::Redirect("to another protocol than https or http")),
        }
        let next = Location::of(&to).map_err(|_| no_url)?;
        let same_server = (self.scheme(), self.uri.authority()) == (next.scheme(), next.uri.authority());
        let authorization = next.authorization.or(self.authorization.clone().filter(|_| same_server));
        Ok(Location { authorization, in_bucket: self.in_bucket, uri: next.uri })
    }

    pub fn scheme(&self) -> &str {
        self.uri.scheme_str().unwrap_or("")
    }
}

/// A path from its root on without the segments `.` and `..` (RFC 3986, 5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept = Vec::new();
    let mut ends_with_dots = true;
    for segment in path.split('/').skip(1) {
        ends_with_dots = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    // `/a/..` is the folder `/`.
    if ends_with_dots {
        kept.push("");
    }
    format!("/{}", kept.join("/"))
}

fn parse(url: &str) -> Result<Uri, RemoteFault> {
    let uri: Uri = url.parse().map_err(|_| RemoteFault::Url("it has characters that no URL has"))?;
    // The client takes port 80 for one that is none.
    let port =
        uri.authority().and_then(|all| all.as_str().rsplit('@').next()?.rsplit(']').next()?.split_once(':'));
    if port.is_some_and(|(_, port)| !port.is_empty() && !is_port(port)) {
        return Err(RemoteFault::Url("its port is no number from 1 to 65535"));
    }
    match uri.host() {
        Some(host) if !host.is_empty() && !uri.authority().is_some_and(|all| all.as_str().contains('@')) => {
            Ok(uri)
        }
        _ => Err(RemoteFault::Url("the server is missing")),
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// The first of these variables that is set, without a slash at its end. Tools for the same buckets read them too.
fn endpoint(variables: &[&str]) -> Option<String> {
    let set = variables.iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))?;
    let url = if set.contains("://") { set } else { format!("http://{set}") };
    Some(url.trim_end_matches('/').to_owned())
}

fn bucket_url(variables: &[&str], public: &str, bucket: &str, key: &str) -> Result<String, RemoteFault> {
    join_bucket(&endpoint(variables).unwrap_or_else(|| public.to_owned()), bucket, key)
}

fn join_bucket(endpoint: &str, bucket: &str, key: &str) -> Result<String, RemoteFault> {
    if key.len() < 2 {
        return Err(RemoteFault::Url("the name of the file in the bucket is missing"));
    }
    let bucket = if bucket.is_empty() { String::new() } else { format!("/{bucket}") };
    Ok(format!("{endpoint}{bucket}{}", utf8_percent_encode(key, UNSAFE_IN_KEY)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(url: &str) -> Result<Location, RemoteFault> {
        Location::of(&RemoteUrl::parse(url).unwrap())
    }

    #[test]
    fn each_scheme_leads_to_its_server() {
        let cases = [
            ("http://example.org", "http://example.org/"),
            ("HTTPS://example.org:8443/a b.gz?x=1#top", "https://example.org:8443/a%20b.gz?x=1"),
            ("https://example.org/a%20b.gz", "https://example.org/a%20b.gz"),
            ("https://example.org/größe.gz", "https://example.org/gr%C3%B6%C3%9Fe.gz"),
            ("gs://books/ngrams/a.gz", "https://storage.googleapis.com/books/ngrams/a.gz"),
            ("s3://bucket/a 1%.gz", "https://bucket.s3.amazonaws.com/a%201%25.gz"),
            ("s3://my.bucket/a.gz", "https://s3.amazonaws.com/my.bucket/a.gz"),
        ];
        for (url, expected) in cases {
            assert_eq!(location(url).unwrap().uri.to_string(), expected);
        }
        for port in ["99999", "65616", "abc", "-1", "0", "+80"] {
            let url = format!("http://127.0.0.1:{port}/a.gz");
            assert!(matches!(location(&url), Err(RemoteFault::Url(_))), "{url}");
        }
        assert_eq!(location("http://[::1]:8080/a").unwrap().uri.port_u16(), Some(8080));
        for url in [
            "https://",
            "https:///a.gz",
            "gs://",
            "gs://bucket",
            "s3://bucket/",
            "http://[::1/a",
            "ftp://h/a",
        ] {
            assert!(matches!(location(url), Err(RemoteFault::Url(_))), "{url}");
        }
    }

    #[test]
    fn a_name_and_a_password_become_a_header() {
        // The example of RFC 7617, section 2.
        let with_user = location("https://Aladdin:open%20sesame@example.org/a.gz").unwrap();
        assert_eq!(with_user.authorization.as_deref(), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        assert_eq!(with_user.uri.to_string(), "https://example.org/a.gz");
        assert!(with_user.redirected("/b.gz").unwrap().authorization.is_some());
        assert!(with_user.redirected("https://elsewhere.org/b.gz").unwrap().authorization.is_none());
        let other = with_user.redirected("https://Aladdin:open%20sesame@elsewhere.org/b.gz").unwrap();
        assert_eq!(other.authorization, with_user.authorization);
    }

    #[test]
    fn a_redirect_is_relative_to_its_place_and_stays_secure() {
        let here = location("https://example.org/one/two.gz?x").unwrap();
        let cases = [
            ("three.gz", "https://example.org/one/three.gz"),
            ("/three.gz?y=a:b", "https://example.org/three.gz?y=a:b"),
            ("//other.org/three.gz", "https://other.org/three.gz"),
            ("https://other.org/three.gz#x", "https://other.org/three.gz"),
            ("?y", "https://example.org/one/two.gz?y"),
            ("../three.gz", "https://example.org/three.gz"),
            ("./../../three/./four/..", "https://example.org/three/"),
            ("/.", "https://example.org/"),
            ("https://me:PW@other.org/three.gz", "https://other.org/three.gz"),
        ];
        for (to, expected) in cases {
            assert_eq!(here.redirected(to).unwrap().uri.to_string(), expected);
        }
        for to in ["http://example.org/one/two.gz", "ftp://example.org/a", "file:///etc/passwd", "https://"] {
            assert!(matches!(here.redirected(to), Err(RemoteFault::Redirect(_))), "{to}");
        }
        let plain = location("http://example.org/a.gz").unwrap();
        assert_eq!(plain.redirected("https://example.org/a.gz").unwrap().scheme(), "https");
    }
}
