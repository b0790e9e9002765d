"""One count: from keywords to batches of rows, and to how it ended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from ._answer import Answer, Table, WrittenAnswer
from ._arguments import arguments, as_list, check_path, in_a_list
from ._errors import Error, Incomplete
from ._ipc import Schema
from ._ipc import read as read_arrow
from ._plain import PlainSchema
from ._plain import read as read_plain
from ._run import Run

#: Keywords about a file of the answer, which mean nothing without one.
_OF_OUTPUT = ("output_format", "header", "no_header", "csv_dialect")
#: From this many words on they are passed in a file: a command line has room for some ten thousand.
_MANY_WORDS = 1000
#: And from this many bytes of words on.
_MANY_BYTES = 65_536


class Counting:
    """A count that runs. It is ended by its last batch, by an error, or by :meth:`close`."""

    def __init__(self, function: str, files: Any, options: dict[str, Any], whole: bool) -> None:
        #: What the program tells at its end.
        self.stats: dict[str, Any] = {}
        self.notes: list[str] = []
        #: Whether no line was left out. Known at the end.
        self.is_complete = True
        self.run: Run | None = None
        self._options, self._whole = options, whole
        self._output = options.get("output")
        self._schema: Any = None
        #: Files with what a command line has no room for.
        self._files = ExitStack()
        self._progress = options.pop("progress", None)
        _check(options)
        args = arguments(function, "count", files, self._without_many_words(options))
        self._arguments = self._files.enter_context(in_a_list(args))
        self._start("arrow")

    def close(self) -> None:
        """Ends the program, if it still runs."""
        if self.run is not None:
            self.run.stop()
            self.run = None
        self._files.close()

    def batches(self) -> Iterator[Any]:
        """The batches. The program has ended behind the last one."""
        try:
            yield from self._rows()
            self.is_complete = self._end()
        except BaseException:
            self.close()
            raise

    def tables(self) -> Iterator[Table]:
        """The batches as tables."""
        for batch in self.batches():
            yield Table(self._schema, [batch])
        if not self.is_complete:
            raise self.incomplete(self.answer([]))

    def answer(self, batches: list[Any]) -> Answer:
        """The answer that these batches make up."""
        if self._output is not None:
            answer: Answer = WrittenAnswer(self._output)
        else:
            answer = Answer(self._schema, batches, self._options.get("smoothing"))
        answer.stats, answer.notes = self.stats, self.notes
        return answer

    def incomplete(self, answer: Answer) -> Incomplete:
        """The error of an answer that lacks lines."""
        lines = self.stats["lines"]
        count = lines["bad"] + lines["quarantined"]
        first = self._left_out[0]
        message = f"{count} line{'' if count == 1 else 's'} left out, the first is {first.file}: line {first.line}"
        error = Incomplete(f"{message}: {first.reason}", file=first.file, line=first.line, reason=first.reason)
        error.answer, error.left_out = answer, self._left_out
        return error

    def _without_many_words(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options with a file in place of many words, where a file can hold them."""
        words = options.get("words")
        if words is None or options.get("words_file") is not None:
            return options
        words = [words] if isinstance(words, (str, bytes)) else as_list("words", words)
        lines = [word.encode("utf-8", "surrogateescape") if isinstance(word, str) else word for word in words]
        fits = all(isinstance(line, bytes) and line and b"\n" not in line and line[-1:] != b"\r" for line in lines)
        few = len(words) < _MANY_WORDS and fits and sum(map(len, lines)) < _MANY_BYTES
        if few or not fits or lines[0].startswith(b"\xef\xbb\xbf"):
            return {**options, "words": words}
        import tempfile

        words_file = self._files.enter_context(tempfile.NamedTemporaryFile(prefix="ngramcount-words-"))
        words_file.write(b"\n".join(lines))
        words_file.flush()
        return {**options, "words": None, "words_file": words_file.name}

    def _start(self, rows: str) -> None:
        form = [] if self._output is not None else [f"--output-format={rows}"]
        verbose = bool(self._options.get("verbose") or self._options.get("stats"))
        self.run = Run(form, self._arguments, self._progress, verbose)

    def _rows(self) -> Iterator[Any]:
        if self.run is None or self._output is not None:
            return
        try:
            for message in read_arrow(self.run.read_exactly):
                if isinstance(message, Schema):
                    self._schema = message
                else:
                    yield message
            return
        except EOFError:
            # A failure of the program says more.
            if self._schema is not None or not self._lacks_arrow():
                self._end()
                raise Error("the rows of the program break off") from None
        if self._schema is None:
            self._schema = PlainSchema(self._options)
            self._start(self._schema.format)
            yield from read_plain(self.run.read_some, self._schema, self._whole)

    def _lacks_arrow(self) -> bool:
        """Whether the program has refused because it was built without Arrow. Any other failure is raised."""
        try:
            self._end()
        except ValueError as error:
            if "built without Arrow" not in str(error):
                raise
            return True
        return False

    def _end(self) -> bool:
        """Waits for the end of the program. Whether the answer is complete."""
        run, self.run = self.run, None
        if run is None:
            return self.is_complete
        try:
            is_complete = run.finish()
        finally:
            run.stop()
        self.stats, self.notes, self._left_out = run.stats, run.notes, run.left_out
        self._files.close()
        return is_complete


def _check(options: dict[str, Any]) -> None:
    """Refuses what the program cannot do for a module that reads its output."""
    if options.get("output") is not None:
        check_path("output", options["output"])
        if os.fspath(options["output"]) in ("-", b"-"):
            raise ValueError("output: `-` is standard output, by which the module reads; name a file")
    else:
        for name in _OF_OUTPUT:
            if options.get(name) not in (None, False):
                raise ValueError(f"{name}: this is about the file of `output`, and there is none")
