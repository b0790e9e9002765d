//! Watch on the parent: a worker ends when its parent does, even while a task spins.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, getpid, getppid, kill_process};

/// Time that an idle worker has to leave with code 0 when its input is closed.
const LEAVE_WITHIN: Duration = Duration::from_millis(200);

/// Requests SIGKILL for the time when the thread that started this process ends. Exits at once if the
/// parent has died before the request.
pub(super) fn request_death_signal() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // Another process is the parent now if the real one died before the request.
    let parent = std::env::args().nth(2).and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw);
    if parent.is_some() && getppid() != parent {
        std::process::exit(0);
    }
    Ok(())
}

/// Starts a thread that kills this process when the parent's end of the input pipe is gone. It is the only
/// protection on systems without a parent-death signal, and the second one on Linux.
///
/// Returns when the thread runs: a thread that starts allocates, and under the memory limit that follows this
/// could fail, which aborts the process without a word of memory.
pub(super) fn kill_when_parent_hangs_up(input: OwnedFd) -> io::Result<()> {
    let (started, runs) = sync_channel::<()>(0);
    let watch = move || {
        drop(started);
        watch_for_hang_up(&input)
    };
    thread::Builder::new().name("parent-watch".into()).stack_size(64 << 10).spawn(watch)?;
    // The thread sends nothing: that it has dropped its end is the message.
    let _ = runs.recv();
    Ok(())
}

fn watch_for_hang_up(input: &OwnedFd) -> ! {
    loop {
        // Without requested events, poll reports nothing but the hang-up.
        let mut fds = [PollFd::new(input, PollFlags::empty())];
        // NVAL: a task has closed the descriptor, and without it there is no connection.
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        if poll(&mut fds, None).is_ok() && fds[0].revents().intersects(gone) {
            // An idle worker that was retired sees the end of its input at the same time.
            thread::sleep(LEAVE_WITHIN);
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }
}
