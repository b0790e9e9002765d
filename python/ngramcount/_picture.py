"""Pictures, drawn by the program."""

from __future__ import annotations

import os
from typing import Any

from ._program import find_program


class Picture:
    """A picture as SVG. A notebook shows it."""

    def __init__(self, svg: str) -> None:
        #: The text of the picture.
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Picture: {len(self.svg):,} characters of SVG>"

    def save(self, file: str | os.PathLike[str]) -> None:
        """Writes the picture to a file, as SVG."""
        with open(file, "w", encoding="utf-8") as out:
            out.write(self.svg)


def draw(answer: bytes, file: Any, title: str | None, size: str | None, smoothing: int | None) -> Picture:
    """The picture of an answer by year, which is TSV with a header."""
    options: list[Any] = []
    for option, value in (("--title", title), ("--size", size), ("--smoothing", smoothing)):
        if value is not None:
            options.append(f"{option}={value}")
    if file is not None:
        _plot(answer, [*options, b"--output=" + os.fsencode(file)])
    return Picture(_plot(answer, [*options, "--output=-"]).decode())


def _plot(answer: bytes, options: list[Any]) -> bytes:
    import subprocess

    run = subprocess.run([find_program(), "plot", *options], input=answer, capture_output=True)
    if run.returncode != 0:
        lines = run.stderr.decode(errors="replace").splitlines() or [f"exit code {run.returncode}"]
        raise ValueError(lines[-1].replace("ngramcount: ", "", 1))
    return run.stdout
