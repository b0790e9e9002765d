//! What an answer holds, by its status and headers, before any of its bytes is used.

use std::time::Duration;

use ureq::BodyReader;
use ureq::http::{HeaderMap, Response, header};

use super::failure::Failure;
use super::fault::RemoteFault;

/// An answer with bytes of the file.
pub(super) struct Answer {
    pub part: Part,
    /// What tells one state of the file from another.
    pub version: Version,
    pub body: BodyReader<'static>,
}

/// Which bytes of the file an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All, as many as this if that is known. An answer in pieces has no length, and an end that cannot be mistaken.
    Whole(Option<u64>),
    /// From one byte on up to another one, which is excluded, of a file of `total` bytes.
    Range { start: u64, end: u64, total: u64 },
}

/// Headers that tell one state of a file from another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Version {
    pub etag: Option<String>,
    pub modified: Option<String>,
}

impl Answer {
    /// Judges an answer to a request for `asked`.
    pub fn of(
        response: Response<ureq::Body>,
        asked: Option<(u64, u64)>,
        in_bucket: bool,
    ) -> Result<Self, Failure> {
        let (parts, body) = response.into_parts();
        let headers = &parts.headers;
        let version =
            Version { etag: text(headers, header::ETAG), modified: text(headers, header::LAST_MODIFIED) };
        let length = text(headers, header::CONTENT_LENGTH).and_then(|length| length.trim().parse().ok());
        let part = match (parts.status.as_u16(), asked) {
            (206, Some(asked)) => range(headers, asked, length)?,
            (200, _) => {
                let in_pieces = headers.contains_key(header::TRANSFER_ENCODING);
                if length.is_none() && !in_pieces {
                    return Err(RemoteFault::NoLength.into());
                }
                Part::Whole(length.filter(|_| !in_pieces))
            }
            // The answer to any range of a file without a byte.
            (416, Some((0, _))) if text(headers, header::CONTENT_RANGE).as_deref() == Some("bytes */0") => {
                Part::Range { start: 0, end: 0, total: 0 }
            }
            (status @ (404 | 410), _) => return Err(RemoteFault::NotFound(status).into()),
            (status @ (401 | 403), _) if in_bucket => return Err(RemoteFault::PrivateBucket(status).into()),
            (status @ (401 | 403 | 407), _) => return Err(RemoteFault::Refused(status).into()),
            (status @ (408 | 425 | 429 | 500 | 502..=504 | 506..), _) => {
                return Err(Failure::Transient {
                    cause: format!("the server answers with HTTP status {status}"),
                    pause: text(headers, header::RETRY_AFTER)
                        .and_then(|seconds| seconds.trim().parse().ok().map(Duration::from_secs)),
                    is_first_contact: false,
                });
            }
            (status, _) => return Err(RemoteFault::Status(status).into()),
        };
        Ok(Answer { part, version, body: body.into_reader() })
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// The range of a partial answer (RFC 9110, 14.4), which begins where it was asked to, and has no byte that was not asked for.
fn range(headers: &HeaderMap, (first, behind): (u64, u64), length: Option<u64>) -> Result<Part, RemoteFault> {
    let got = text(headers, header::CONTENT_RANGE).unwrap_or_else(|| "no range".to_owned());
    let parsed = got.strip_prefix("bytes ").and_then(|range| {
        let (range, total) = range.split_once('/')?;
        let (start, last) = range.split_once('-')?;
        Some((start.parse().ok()?, last.parse::<u64>().ok()?.checked_add(1)?, total.parse().ok()?))
    });
    match parsed {
        Some((start, end, total)) if start == first && start < end && end <= behind && end <= total => {
            match length.filter(|&length| length != end - start) {
                Some(announced) => Err(RemoteFault::WrongLength { announced, sent: end - start }),
                None => Ok(Part::Range { start, end, total }),
            }
        }
        _ => Err(RemoteFault::WrongRange {
            asked: format!("bytes {first}-{}", behind - 1),
            got: got.chars().filter(|c| !c.is_control()).take(80).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_taken_only_if_it_is_the_one_that_was_asked_for() {
        let judge = |content_range: &str, length: Option<u64>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_RANGE, content_range.parse().unwrap());
            range(&headers, (10, 20), length)
        };
        let whole = Part::Range { start: 10, end: 20, total: 100 };
        assert_eq!(judge("bytes 10-19/100", Some(10)), Ok(whole));
        assert_eq!(judge("bytes 10-19/100", None), Ok(whole));
        assert_eq!(judge("bytes 10-14/15", Some(5)), Ok(Part::Range { start: 10, end: 15, total: 15 }));
        assert_eq!(
            judge("bytes 10-19/100", Some(11)),
            Err(RemoteFault::WrongLength { announced: 11, sent: 10 })
        );
        for wrong in [
            "bytes 0-9/100",
            "bytes 11-19/100",
            "bytes 10-20/100",
            "bytes 10-9/100",
            "bytes 10-19/15",
            "bytes 10-19/*",
            "bytes 10-18446744073709551615/100",
            "10-19/100",
            "",
        ] {
            assert!(matches!(judge(wrong, None), Err(RemoteFault::WrongRange { .. })), "{wrong}");
        }
    }
}
