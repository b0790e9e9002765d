//! Tail of a worker's stderr, kept for the report of its end; whole lines are also forwarded.

use std::collections::VecDeque;

use super::stderr_forwarder::LineSender;

/// Bytes of a worker's stderr that are kept.
const TAIL_BYTES: usize = 8 << 10;

/// The last bytes that a worker has written to stderr.
#[derive(Debug)]
pub(super) struct StderrTail {
    ring: VecDeque<u8>,
    /// Receiver of complete lines, and the prefix of each.
    forward: Option<(LineSender, String)>,
    /// The line that is incomplete.
    line: Vec<u8>,
}

impl StderrTail {
    pub fn new(forward: Option<(LineSender, String)>) -> Self {
        StderrTail { ring: VecDeque::new(), forward, line: Vec::new() }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.ring.extend(bytes);
        let excess = self.ring.len().saturating_sub(TAIL_BYTES);
        self.ring.drain(..excess);
        if self.forward.is_some() {
            for part in bytes.split_inclusive(|&byte| byte == b'\n') {
                self.line.extend_from_slice(part);
                if part.ends_with(b"\n") || self.line.len() > TAIL_BYTES {
                    self.forward_line();
                }
            }
        }
    }

    fn forward_line(&mut self) {
        if let Some((lines, prefix)) = &self.forward {
            lines.forward([prefix.as_bytes(), self.line.trim_ascii_end(), b"\n"].concat());
        }
        self.line.clear();
    }

    /// Forwards a last line without a line end.
    pub fn end(&mut self) {
        if !self.line.is_empty() {
            self.forward_line();
        }
    }

    pub fn text(&self) -> String {
        let (front, back) = self.ring.as_slices();
        String::from_utf8_lossy(&[front, back].concat()).into_owned()
    }
}
