"""Answers: rows, and what they turn into."""

from __future__ import annotations

import os
from collections import namedtuple
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Union, overload

from ._ipc import END, ArrowBatch
from ._picture import Picture, draw
from ._plain import PlainBatch

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    Batch = Union[ArrowBatch, PlainBatch]

#: Rows that are shown of a long table.
_SHOWN = 10


class Table:
    """Rows of an answer: named tuples, or columns of a data frame.

    The n-grams are ``str``. If one of them is not UTF-8, all of the table are ``bytes``.
    """

    def __init__(self, schema: Any, batches: list[Batch]) -> None:
        self._schema, self._batches = schema, batches

    @property
    def columns(self) -> list[str]:
        """The names of the columns: ``ngram``, ``year`` in an answer by year, and the numbers."""
        return list(self._schema.names)

    def __len__(self) -> int:
        return sum(batch.rows for batch in self._batches)

    def __iter__(self) -> Iterator[Any]:
        row = _row_type(tuple(self._schema.names))
        for batch in self._batches:
            yield from map(row._make, zip(*batch.columns()))

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index):
        """A row by its position, or a list of rows by a slice."""
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        for batch in self._batches:
            if 0 <= at < batch.rows:
                row = _row_type(tuple(self._schema.names))
                return row._make(column[at] for column in _columns(batch))
            at -= batch.rows
        raise IndexError(f"row {index} of {len(self)}")

    def to_dict(self) -> dict[Any, Any]:
        """The numbers by n-gram, in an answer by year by n-gram and year, and with `per_file` by file and n-gram.

        >>> import ngramcount as ng
        >>> ng.count("data/poem.txt", words=["Где", "Yeti"]).to_dict()
        {'Где': 3, 'Yeti': 0}

        With several measures a number is a tuple of numbers.
        """
        is_nested = self._schema.names[:1] == ["file"] or self._schema.names[1:2] == ["year"]
        found: dict[Any, Any] = {}
        for batch in self._batches:
            keys, *columns = batch.columns()
            inner_keys = columns.pop(0) if is_nested else ()
            # A list is read faster than a view of bytes.
            numbers = list(columns[0] if len(columns) == 1 else zip(*columns))
            if not is_nested:
                found.update(zip(keys, numbers))
                continue
            for key, inner_key, number in zip(keys, inner_keys, numbers):
                found.setdefault(key, {})[inner_key] = number
        return found

    def to_polars(self) -> polars.DataFrame:
        """The rows as a Polars data frame."""
        import polars

        stream = self._ipc()
        if stream is not None:
            import io

            return polars.read_ipc_stream(io.BytesIO(stream))
        ngrams = polars.Binary if self._holds_bytes() else polars.String
        kinds = {"I": polars.UInt32, "Q": polars.UInt64, "d": polars.Float64, str: ngrams}
        schema = {name: kinds[kind] for name, kind in zip(self._schema.names, self._schema.kinds)}
        schema.update({"file": polars.String} if "file" in schema else {})
        return polars.DataFrame(self._lists(), schema=schema)

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas data frame. It needs no pyarrow."""
        import numpy
        import pandas

        kinds = {"I": numpy.uint32, "Q": numpy.uint64, "d": numpy.float64}
        lists = self._lists().items()
        columns = {
            name: numpy.array(values, dtype=kinds[kind]) if kind in kinds else values
            for (name, values), kind in zip(lists, self._schema.kinds)
        }
        frame = pandas.DataFrame(columns)
        # Without rows pandas has nothing to tell a type by.
        return frame if len(frame) else frame.astype({"ngram": object if self._holds_bytes() else str})

    def to_arrow(self) -> pyarrow.Table:
        """The rows as a pyarrow table."""
        import pyarrow

        stream = self._ipc()
        if stream is not None:
            return pyarrow.ipc.open_stream(stream).read_all()
        ngrams = pyarrow.binary() if self._holds_bytes() else pyarrow.string()
        kinds = {"I": pyarrow.uint32(), "Q": pyarrow.uint64(), "d": pyarrow.float64(), str: ngrams}
        fields = {name: kinds[kind] for name, kind in zip(self._schema.names, self._schema.kinds)}
        fields.update({"file": pyarrow.string()} if "file" in fields else {})
        return pyarrow.table(self._lists(), schema=pyarrow.schema(list(fields.items())))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows for any library that takes Arrow streams, as ``pyarrow.table(answer)`` does.

        pyarrow or Polars, whichever there is, makes the stream.
        """
        import importlib.util

        if importlib.util.find_spec("pyarrow"):
            return self.to_arrow().__arrow_c_stream__(requested_schema)
        if importlib.util.find_spec("polars"):
            return self.to_polars().__arrow_c_stream__(requested_schema)
        raise ImportError("an Arrow stream takes pyarrow or polars, and neither is installed")

    def _ipc(self) -> bytes | None:
        """All rows as one stream of Arrow IPC, if they came as one."""
        if self._schema.message is None:
            return None
        parts: list[Any] = [self._schema.message]
        for batch in self._batches:
            parts += [batch.message, batch.body]
        return b"".join([*parts, END])

    def _lists(self) -> dict[str, list[Any]]:
        """The values of each column."""
        lists: list[list[Any]] = [[] for _ in self._schema.names]
        for batch in self._batches:
            for values, more in zip(lists, batch.columns()):
                values += more
        return dict(zip(self._schema.names, lists))

    def _holds_bytes(self) -> bool:
        at = self._schema.names.index("ngram")
        return self._schema.kinds[at] is bytes or any(isinstance(row[at], bytes) for row in self[:1])

    def _shown(self) -> tuple[list[Any], str]:
        """The first rows, and how many there are."""
        count = len(self)
        return self[:_SHOWN], f"{count:,} row{'' if count == 1 else 's'}"

    def __repr__(self) -> str:
        rows, count = self._shown()
        cells = [self._schema.names, *([str(value) for value in row] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells)]
        lines = [
            "  ".join([line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))])
            for line in cells
        ]
        lines += ["…"] if len(rows) < len(self) else []
        return "\n".join([*lines, count])

    def _repr_html_(self) -> str | None:
        """The table as a notebook shows it."""
        import html

        rows, count = self._shown()
        heads = "".join(f"<th>{name}</th>" for name in self._schema.names)

        def cell(value: Any) -> str:
            side = "left" if isinstance(value, (str, bytes)) else "right"
            text = f"{value:,}" if isinstance(value, int) and value > 9999 else str(value)
            return f'<td style="text-align: {side}">{html.escape(text)}</td>'

        lines = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
        more = " …" if len(rows) < len(self) else ""
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"
        return f"<div>{table}<p>{count}{more}</p></div>"


class Answer(Table):
    """The answer to a question: rows, statistics and notes.

    >>> import ngramcount as ng
    >>> answer = ng.count("data/poem.txt", words=["Где", "Yeti"])
    >>> answer
    ngram  matches
    Где          3
    Yeti         0
    2 rows
    >>> [row.ngram for row in answer if row.matches > 0]
    ['Где']
    >>> answer.notes
    ['`Yeti` does not occur']
    """

    def __init__(self, schema: Any, batches: list[Batch], smoothing: int | None = None) -> None:
        super().__init__(schema, batches)
        self._smoothing = smoothing
        #: Statistics of the run: lines, bytes, attempts, time, memory. docs/stats.md describes each field.
        self.stats: dict[str, Any] = {}
        #: What the program notes: n-grams that do not occur, files that grew.
        self.notes: list[str] = []

    def plot(
        self, file: str | os.PathLike[str] | None = None, *, title: str | None = None, size: str | None = None
    ) -> Picture:
        """The program's own picture of an answer by year with at most 12 n-grams, as SVG. A notebook shows it.

        ``file`` is written as well, as SVG or PNG by its ending.
        """
        names = "\t".join(self._schema.names).encode()
        rows = (b"\t".join([_bytes(ngram), *(repr(number).encode() for number in rest)]) for ngram, *rest in self)
        return draw(b"\n".join([names, *rows, b""]), file, title, size, self._smoothing)


class WrittenAnswer(Answer):
    """The answer of a count with ``output``: its rows are in that file, and it has statistics and notes."""

    def __init__(self, output: Any) -> None:
        self.stats, self.notes = {}, []
        #: The file.
        self.output = os.fsdecode(output)

    def __len__(self) -> int:
        return self.stats["ngrams"]

    def __repr__(self) -> str:
        return f"<{len(self):,} rows in {self.output}>"

    def _repr_html_(self) -> None:
        return None

    def _missing(self) -> Any:
        raise ValueError(f"the rows were written to {self.output}; count without `output` to have them")

    # All that is made of rows is made of these.
    _schema = _batches = property(_missing)  # type: ignore[assignment]


def _bytes(ngram: str | bytes) -> bytes:
    return ngram.encode() if isinstance(ngram, str) else ngram


def _columns(batch: Batch) -> Sequence[Sequence[Any]]:
    """The columns of a batch, kept for the next row that is asked for."""
    kept = getattr(batch, "kept", None)
    if kept is None:
        kept = batch.kept = batch.columns()  # type: ignore[union-attr]
    return kept


class _Row:
    """A row can be sent to another process, which makes the type anew."""

    __slots__ = ()

    def __reduce__(self):
        return _restored, (self._fields, tuple(self))  # type: ignore


_row_types: dict[tuple[str, ...], Any] = {}


def _row_type(names: tuple[str, ...]) -> Any:
    """The type of the rows with these columns: a named tuple."""
    if names not in _row_types:
        _row_types[names] = type("Row", (_Row, namedtuple("Row", names)), {"__slots__": ()})
    return _row_types[names]


def _restored(names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    return _row_type(names)._make(values)
