//! A thread that sends signals to the workers of this process.

use super::*;

/// Most signals of one killer. Without a limit, a large task might never finish on a slow machine.
const MOST_SIGNALS: u32 = 60;

/// Sends signals to the workers of this process in turn, until it is stopped.
pub struct Killer {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<u32>,
}

impl Killer {
    /// A worker that was stopped (signal 19) is killed later, unless the pool has done so before.
    pub fn start(signals: &'static [i32], pause: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut sent = 0;
            while !stopped.load(Ordering::Relaxed) && sent < MOST_SIGNALS {
                std::thread::sleep(pause);
                let workers: Vec<i32> = children().into_iter().collect();
                let signal = signals[sent as usize % signals.len()];
                if let Some(&worker) = workers.get(sent as usize % workers.len().max(1)) {
                    raise(pid(worker), signal);
                    if signal == 19 {
                        std::thread::sleep(pause);
                        // Its pid may name another process by now.
                        if children().contains(&worker) {
                            raise(pid(worker), 9);
                        }
                    }
                    sent += 1;
                }
            }
            sent
        });
        Killer { stop, thread }
    }

    pub fn stop(self) -> u32 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}
