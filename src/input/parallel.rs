//! Several requests at a time.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Requests that are under way at the same time. A server answers that many at once, and waiting for them takes no core.
const AT_ONCE: usize = 16;

/// The results of `work` for all items, in their order. The calling thread does it alone unless `is_slow` says that many of
/// them wait for a server.
pub(super) fn map<T: Sync, U: Send>(
    items: &[T],
    is_slow: impl Fn(&T) -> bool,
    work: impl Fn(&T) -> U + Sync,
) -> Vec<U> {
    let slow = items.iter().filter(|item| is_slow(item)).count();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let help = || {
        while let Some((number, item)) =
            Some(next.fetch_add(1, Relaxed)).and_then(|n| Some((n, items.get(n)?)))
        {
            let result = work(item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
        }
    };
    thread::scope(|scope| {
        for _ in 1..slow.min(AT_ONCE) {
            // With fewer threads it takes longer.
            let _ = thread::Builder::new().spawn_scoped(scope, help);
        }
        help();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|&(number, _)| number);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    #[test]
    fn results_stand_in_the_order_of_their_items() {
        let items: Vec<u64> = (0..40).collect();
        for slow in [true, false] {
            let squares = super::map(
                &items,
                |_| slow,
                |&n| {
                    thread::sleep(Duration::from_millis(n % 3));
                    n * n
                },
            );
            assert_eq!(squares, items.iter().map(|n| n * n).collect::<Vec<_>>());
        }
    }
}
