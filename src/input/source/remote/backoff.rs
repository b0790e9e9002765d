//! Pauses between attempts. Pure: it neither sleeps nor asks a clock.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The first pause. Each further one is twice as long.
const FIRST: Duration = Duration::from_millis(100);
/// The longest pause of its own choice.
const LONGEST: Duration = Duration::from_secs(10);
/// The longest pause that a server can ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(60);
/// Bytes after which a connection counts as good: failures before them are not in a row with later ones.
const PROGRESS_BYTES: u64 = 1 << 20;

/// Budget of attempts that fail in a row.
#[derive(Debug)]
pub(super) struct Backoff {
    retries: u32,
    failed: u32,
    fetched: u64,
}

impl Backoff {
    pub fn new(retries: u32) -> Self {
        Backoff { retries, failed: 0, fetched: 0 }
    }

    /// Takes note of bytes that came.
    pub fn progress(&mut self, bytes: u64) {
        self.fetched += bytes;
        if self.fetched >= PROGRESS_BYTES {
            self.failed = 0;
        }
    }

    /// Takes note of a failure. The pause before the next attempt, at least as long as the server asked for; `None` if there
    /// is none, because as many failed in a row as may.
    pub fn failed(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.fetched = 0;
        self.failed += 1;
        if self.failed > self.retries {
            return None;
        }
        let pause = FIRST.saturating_mul(1 << (self.failed - 1).min(16)).min(LONGEST);
        // Many workers that lost one server should not all come back in the same moment.
        let random = RandomState::new().hash_one(0) % 512;
        let pause = pause.mul_f64(0.5 + random as f64 / 1024.0);
        Some(pause.max(asked.unwrap_or_default().min(LONGEST_ASKED)))
    }

    /// The attempts that failed in a row.
    pub fn attempts(&self) -> u32 {
        self.failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_end_with_the_budget() {
        let mut backoff = Backoff::new(9);
        let pauses: Vec<_> = (0..9).map(|_| backoff.failed(None).unwrap().as_secs_f64()).collect();
        for (pause, longest) in pauses.iter().zip([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]) {
            assert!((0.5 * longest..=longest).contains(pause), "{pauses:?}");
        }
        assert_eq!((backoff.failed(None), backoff.attempts()), (None, 10));
    }

    #[test]
    fn a_mebibyte_without_a_failure_renews_the_budget() {
        let mut backoff = Backoff::new(1);
        assert!(backoff.failed(None).is_some());
        backoff.progress(1 << 20);
        assert!(backoff.failed(None).is_some());
        backoff.progress((1 << 20) - 1);
        assert!(backoff.failed(None).is_none());
    }

    #[test]
    fn a_server_may_ask_for_a_longer_pause_but_not_for_any() {
        let asked = |seconds| Backoff::new(1).failed(Some(Duration::from_secs(seconds)));
        assert_eq!(asked(7), Some(Duration::from_secs(7)));
        assert_eq!(asked(86_400), Some(Duration::from_secs(60)));
    }
}
