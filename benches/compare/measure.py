"""Measurement of a command: wall time, CPU time, and the memory of all its processes."""

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
# The columns of /proc/stat that count as busy: user, nice, system, irq, softirq, steal.
BUSY = (0, 1, 2, 5, 6, 7)


class Failed(Exception):
    """The failure of a command."""


@dataclass
class Run:
    seconds: float
    cpu_seconds: float
    # Fraction of the CPU time of the machine that other processes used, from 0 to 1.
    others: float
    # Only on request, since sampling costs time.
    peak_bytes: int = 0


def run(command, output, log, limit, memory=False):
    """Runs an argv, or a string for the shell, with stdout to `output` and stderr to `log`."""
    with open(output, "wb") as out, open(log, "wb") as errors:
        busy = busy_seconds()
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            shell=isinstance(command, str),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            start_new_session=True,
        )
        # A new session, so that a limit or Ctrl-C ends the workers too.
        killer = threading.Timer(limit, os.killpg, [process.pid, signal.SIGKILL])
        killer.start()
        sampler = Sampler(process.pid) if memory else None
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            killer.cancel()
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime
        busy = busy_seconds() - busy
        peak = sampler.stop() if sampler else 0
    if process.returncode != 0:
        lines = Path(log).read_text(errors="replace").strip().splitlines()
        reason = lines[-1][:200] if lines else f"exit code {process.returncode}"
        raise Failed(f"no answer within {limit:.0f} s" if seconds >= limit else reason)
    # The counters of the machine have a resolution of 10 ms a core, which would distort a short command.
    others = max(0.0, busy - cpu - 0.02) / (seconds * os.cpu_count())
    return Run(seconds, cpu, others, peak)


def busy_seconds():
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    return sum(int(fields[column]) for column in BUSY) / TICKS


class Sampler:
    """Samples the sum of the proportional set sizes (PSS) of a process and its descendants; keeps the maximum.

    In a PSS a page that several processes share counts in parts, so that the sum counts it once.
    """

    def __init__(self, pid):
        self.pid = pid
        self.peak = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.sample)
        self.thread.start()

    def sample(self):
        pause = 0
        while not self.ended.wait(pause):
            started = time.perf_counter()
            self.peak = max(self.peak, tree_pss(self.pid))
            # Reading the PSS of gigabytes takes time and blocks the process that owns them.
            pause = max(0.01, time.perf_counter() - started)

    def stop(self):
        self.ended.set()
        self.thread.join()
        return self.peak


def tree_pss(root):
    total = 0
    waiting = [root]
    while waiting:
        process = Path("/proc") / str(waiting.pop())
        # A process may end during the sampling.
        try:
            for line in (process / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
            for task in (process / "task").iterdir():
                waiting += (task / "children").read_text().split()
        except OSError:
            pass
    return total
