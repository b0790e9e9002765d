"""A run of the program: the process, its pipes, and its end.

Four pipes lead to the program. Its standard output has the rows, its standard error messages, which a thread drains. A
pipe of events has progress, notes and the result. Its standard input is a sign of life: it is never written to, and closed
by the system when Python ends, however it ends, and the program then stops.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import selectors
import subprocess
import sys
import threading
from collections import deque
from typing import Any

from ._arguments import as_named
from ._errors import BadInput, Error, GaveUp, Interrupted, LeftOut
from ._program import find_program
from ._progress import Progress, reporter

#: Seconds that the program has to end by itself.
_GRACE = 3
#: Seconds between two looks at whether the program has ended. A pipe does not tell where a process that Python forked holds
#: its other end.
_LOOK = 0.2
#: Lines of stderr that are kept for a message.
_KEPT_LINES = 20


def _pipe() -> tuple[int, int]:
    """A pipe apart from the descriptors 0 to 2, which belong to the program even where Python has closed its own."""
    pipe = os.pipe()
    try:
        read = fcntl.fcntl(pipe[0], fcntl.F_DUPFD_CLOEXEC, 3)
        try:
            return read, fcntl.fcntl(pipe[1], fcntl.F_DUPFD_CLOEXEC, 3)
        except BaseException:
            os.close(read)
            raise
    finally:
        for end in pipe:
            os.close(end)


class Run:
    """A running program. Whoever starts one ends it by :meth:`finish`, or by :meth:`stop` where that is not reached."""

    def __init__(self, command: list[str], arguments: list[bytes], progress: Any, verbose: bool) -> None:
        self.stats: dict[str, Any] = {}
        self.notes: list[str] = []
        self.left_out: list[LeftOut] = []
        self._failure: dict[str, Any] | None = None
        self._is_done = False
        #: Names that the module wrote in another way, as they were.
        self._names: dict[str, str] = {}
        if b"--" in arguments:
            files = arguments[arguments.index(b"--") + 1 :]
            self._names = {file.decode(errors="replace"): as_named(file) for file in files}
        self._report, self._close_report = reporter(progress)
        self._event_text = b""
        found = find_program()
        self._events, events = _pipe()
        try:
            program: list[Any] = [found, *command, f"--events=/dev/fd/{events}", "--end-with-stdin", *arguments]
            pipe = subprocess.PIPE
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                program, stdin=pipe, stdout=pipe, stderr=pipe, pass_fds=[events], bufsize=0
            )
        except BaseException as error:
            os.close(self._events)
            if isinstance(error, OSError) and error.errno == errno.E2BIG:
                raise ValueError("the files and the values are too long for a command line") from error
            raise
        finally:
            os.close(events)
        self._stdout: Any = self.process.stdout
        self._sign_of_life: Any = self.process.stdin
        self._messages: deque[str] = deque(maxlen=_KEPT_LINES)
        self._drain = threading.Thread(target=self._read_stderr, args=[verbose], daemon=True)
        self._drain.start()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
        self._selector.register(self._events, selectors.EVENT_READ)

    def read_exactly(self, size: int) -> bytearray:
        """The next bytes of the output; fewer at its end."""
        buffer = bytearray(size)
        read = 0
        with memoryview(buffer) as rest:
            while read < size:
                count = self._stdout.readinto(rest[read:]) if self._wait(self._stdout) else 0
                if not count:
                    break
                read += count
        del buffer[read:]
        return buffer

    def read_some(self, size: int) -> bytes:
        """The next bytes of the output, at most this many; none at its end."""
        return self._stdout.read(size) if self._wait(self._stdout) else b""

    def finish(self) -> bool:
        """Waits for the end. Whether the answer is complete.

        Raises what the exit code stands for, except that an incomplete answer is none.
        """
        while self._events in self._selector.get_map():
            if not self._wait(None):
                break
        code = self.process.wait()
        self._release()
        # A process that was forked meanwhile may hold this pipe.
        self._drain.join(_GRACE)
        # Where Python ignores SIGCHLD, every exit code reads as 0. What happened is then known from the events.
        if code not in (0, 3) or not self._is_done:
            raise self._error(code)
        return code == 0 and self.stats.get("complete", True)

    def stop(self) -> None:
        """Ends the program and its workers."""
        try:
            self._release()
            if self.process.poll() is None:
                self.process.terminate()
                self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()

    def _release(self) -> None:
        """Closes the bar, and the pipes except that of the thread. A second call does nothing."""
        if self._events >= 0:
            self._close_report()
            self._selector.close()
            os.close(self._events)
            self._events = -1
            for pipe in (self._stdout, self._sign_of_life):
                pipe.close()

    def _wait(self, pipe: Any) -> bool:
        """Handles events until there is something to read from the pipe, or without one until there was an event. False if
        the program has ended and left nothing more."""
        while True:
            ready = [key.fileobj for key, _ in self._selector.select(_LOOK)]
            if not ready and self.process.poll() is not None:
                return False
            if self._events in ready:
                self._read_events()
                if pipe is None:
                    return True
            if pipe in ready:
                return True
            if pipe is None and self._stdout in ready:
                # What comes behind the rows, or from a command without rows, is nothing.
                if not self._stdout.read(1 << 16):
                    self._selector.unregister(self._stdout)

    def _read_events(self) -> None:
        text = os.read(self._events, 1 << 16)
        if not text:
            self._selector.unregister(self._events)
        *lines, self._event_text = (self._event_text + text).split(b"\n")
        for line in lines:
            self._handle(json.loads(line))

    def _handle(self, event: dict[str, Any]) -> None:
        kind = event.pop("event")
        if kind == "progress" and self._report is not None:
            self._report(Progress(**event))
        elif kind == "note":
            self.notes.append(self._as_named(event["text"]))
        elif kind == "left_out":
            event["file"] = self._named(event["file"])
            self.left_out.append(LeftOut(**event))
        elif kind == "failed":
            event["message"] = self._as_named(event["message"])
            event["file"] = self._named(event["file"])
            self._failure = event
        elif kind == "done":
            self.stats = event.get("stats", {})
            self._is_done = True

    def _as_named(self, text: str) -> str:
        """A message with the names of files as the caller wrote them."""
        for shown, named in self._names.items():
            if shown != named:
                text = text.replace(shown, named)
        return text

    def _named(self, shown: str | None) -> str | None:
        """A file as the caller wrote it, or as it would be written in a folder that the caller wrote."""
        if shown is None:
            return None
        if shown in self._names:
            return self._names[shown]
        folder = shown.split("/", 3)[:3]
        named = self._names.get("/".join(folder)) if len(folder) == 3 and folder[:2] == [".", ""] else None
        return shown if named is None else shown[len(".//") :]

    def _read_stderr(self, verbose: bool) -> None:
        with self.process.stderr as stderr:  # type: ignore[union-attr]
            for line in stderr:
                text = self._as_named(line.decode(errors="replace"))
                self._messages.append(text)
                if verbose:
                    sys.stderr.write(text)

    def _error(self, code: int) -> Exception:
        failure = self._failure or {}
        last = self._messages[-1].strip() if self._messages else f"the program ended with exit code {code} and no result"
        message = failure.get("message") or last.replace("ngramcount: ", "", 1)
        if code == 2:
            return ValueError(message)
        if code < 0:
            return Error(f"the program was killed by signal {-code}")
        kind = {1: BadInput, 4: GaveUp, 129: Interrupted, 130: Interrupted, 143: Interrupted}.get(code, Error)
        if kind is BadInput and failure.get("about") != "input":
            kind = Error
        error = kind(message, **{name: failure.get(name) for name in ("file", "line", "reason")})
        if isinstance(error, Interrupted):
            error.signal = code - 128
        return error
