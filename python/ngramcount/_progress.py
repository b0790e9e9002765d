"""Progress: a callback, or a bar in a terminal or a notebook."""

from __future__ import annotations

import sys
from typing import Any, Callable, NamedTuple


class Progress(NamedTuple):
    """How far the reading has come."""

    #: Bytes read so far, as they are stored.
    read_bytes: int
    #: Bytes of all files, as they are stored; 0 if that is not known.
    total_bytes: int
    #: Lines read so far.
    lines: int
    #: Seconds since the start.
    seconds: float


def reporter(progress: Any) -> tuple[Callable[[Progress], object] | None, Callable[[], object]]:
    """What is called with each report, and what is called at the end, for the value of the keyword ``progress``."""
    if progress in (None, False, "never"):
        return None, _nothing
    if callable(progress):
        return progress, _nothing
    if progress == "auto" and not (_is_notebook() or sys.stderr.isatty()):
        return None, _nothing
    if progress in (True, "auto", "always"):
        try:
            bar: Any = _TqdmBar()
        except ImportError:
            bar = _TextBar()
        return bar.report, bar.close
    raise ValueError(f"progress: expected True, False, a function, 'auto', 'always' or 'never', not {progress!r}")


def _nothing() -> None:
    pass


def _is_notebook() -> bool:
    return "ipykernel" in sys.modules


class _TqdmBar:
    def __init__(self) -> None:
        import warnings

        with warnings.catch_warnings():
            # Of a notebook without widgets, which shows the bar as text.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm

            self.bar = tqdm(unit="B", unit_scale=True, desc="ngramcount")

    def report(self, progress: Progress) -> None:
        self.bar.total = progress.total_bytes or None
        self.bar.update(progress.read_bytes - self.bar.n)

    def close(self) -> None:
        self.bar.close()


class _TextBar:
    """A line on stderr that is written over."""

    def report(self, progress: Progress) -> None:
        read, total, lines, seconds = progress
        share = f"{read / total:4.0%}  " if total else ""
        rate = lines / seconds if seconds else 0
        sys.stderr.write(f"\r{share}{read / 1e6:,.1f} MB  {lines:,} lines  {rate:,.0f} lines/s\x1b[K")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\n")
