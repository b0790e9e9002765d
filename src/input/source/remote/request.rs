//! One request: the headers that are sent, redirects, and what a failure means for the next attempt.

use std::io::{self, Read};

use ureq::http::{Response, header};

use super::agent;
use super::answer::Answer;
use super::failure::Failure;
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
