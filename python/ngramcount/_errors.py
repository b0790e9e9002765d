"""Errors: each exit code of the program is an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ._answer import Answer


class LeftOut(NamedTuple):
    """A line that was left out, as ``bad_lines="skip"`` or ``on_poison="skip"`` allows."""

    file: str
    line: int
    reason: str


class Error(Exception):
    """A run of the program that failed. ``str(error)`` is the program's own message.

    This class itself stands for failures that no class below is for: an output that cannot be written, or a program
    that was killed.
    """

    def __init__(
        self, message: str, *, file: str | None = None, line: int | None = None, reason: str | None = None
    ) -> None:
        super().__init__(message)
        #: The file that the failure is about, as it was named.
        self.file = file
        #: The line in that file, from 1.
        self.line = line
        #: The message without the file and the line.
        self.reason = message if reason is None else reason

    def __reduce__(self):
        # An error that crosses processes keeps all that it says.
        return _restored, (type(self), self.args, dict(self.__dict__))


class BadInput(Error):
    """The input cannot be read, or a line of it is not in the format (exit code 1)."""


class GaveUp(Error):
    """The workers kept failing, or a line crashes each of them (exit code 4)."""


class Interrupted(Error):
    """A signal ended the program (exit codes 129, 130 and 143). Ctrl-C in Python itself is a ``KeyboardInterrupt``."""

    #: The number of the signal.
    signal: int = 0


class Incomplete(Error):
    """The answer is complete except for lines that the options allow to leave out (exit code 3)."""

    #: The answer without these lines. That of a stream has no rows: its batches have them.
    answer: Answer
    #: The lines: the first five malformed ones, and all that crash workers.
    left_out: list[LeftOut] = []


def _restored(kind, args, attributes):
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(attributes)
    return error
