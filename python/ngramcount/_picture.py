"""Pictures, drawn by the program."""

from __future__ import annotations

import os
from typing import Any

from ._arguments import check_path
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
    for name, value, kind in (("title", title, str), ("size", size, str), ("smoothing", smoothing, int)):
        if value is not None:
            if not isinstance(value, kind):
                raise TypeError(f"{name}: expected {'text' if kind is str else 'a number'}, not {value!r}")
            options.append(f"--{name}={value}")
    if file is not None:
        check_path("file", file)
    svg = _plot(answer, [*options, "--output=-"]).decode()
    if file is not None:
        _plot(answer, [*options, b"--output=" + os.fsencode(file)])
    return Picture(svg)


def _plot(answer: bytes, options: list[Any]) -> bytes:
    import subprocess

    run = subprocess.run([find_program(), "plot", *options], input=answer, capture_output=True)
    # Where Python ignores SIGCHLD, every exit code reads as 0. What happened is then known from the output and the messages.
    messages = [line.replace("ngramcount: ", "", 1) for line in run.stderr.decode(errors="replace").splitlines()]
    messages = [line for line in messages if not line.startswith("note: ")]
    drawn = run.stdout.rstrip().endswith(b"</svg>") if "--output=-" in options else not messages
    if run.returncode != 0 or not drawn:
        raise ValueError(messages[-1] if messages else f"exit code {run.returncode} and no picture")
    return run.stdout
