//! Errors of reading an index.

use std::io;

use super::fault::IndexFault;
use crate::input::source::{FetchStop, RemoteFault};

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub(in crate::input) enum IndexError {
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("it cannot be read: {0}")]
    Remote(RemoteFault),
    #[error("reading was stopped")]
    Stopped,
    #[error(transparent)]
    Fault(#[from] IndexFault),
}

impl From<FetchStop> for IndexError {
    fn from(stop: FetchStop) -> Self {
        match stop {
            FetchStop::Fault(fault) => IndexError::Remote(fault),
            FetchStop::Cancelled => IndexError::Stopped,
        }
    }
}
