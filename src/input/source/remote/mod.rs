//! Remote files: sources that lie on a server and are fetched over HTTP.
//!
//! The module owns URLs, requests, retries, the check that all bytes are of one state of the file, read-ahead, and the cache of
//! whole files. Bytes of two states are never mixed, and an end that the server did not announce is a fault. It never unpacks:
//! a `Content-Encoding` is left as it is. `docs/remote.md` describes what a user sees of it.

mod agent;
mod answer;
mod backoff;
mod body;
mod cache;
mod failure;
mod fault;
mod fetch;
mod file;
mod first_request;
mod location;
mod reader;
mod request;
mod retry;
mod rules;
mod stream;
mod tls;
mod url;

pub(super) use cache::find as find_copy;
pub use fault::RemoteFault;
pub(in crate::input) use file::RemoteFile;
pub(in crate::input) use first_request::HEAD_BYTES;
pub(in crate::input) use reader::RemoteReader;
pub(in crate::input) use retry::Stop as FetchStop;
pub use rules::HttpRules;
pub use url::RemoteUrl;
