"""Rows without Arrow: TSV or JSON lines, of a program that was built without the feature `arrow`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

#: Bytes that are read at a time.
_BLOCK = 1 << 20


class PlainSchema:
    """The columns of an answer, known from the question."""

    message = None

    def __init__(self, keywords: Mapping[str, Any]) -> None:
        measures = keywords.get("count") or "matches"
        measures = measures.split(",") if isinstance(measures, str) else list(measures)
        relative = keywords.get("relative_to") is not None
        numbers = "d" if relative or keywords.get("smoothing") is not None else "Q"
        by_year = ["year"] if keywords.get("by_year") else []
        by_file = ["file"] if keywords.get("per_file") else []
        self.names = [*by_file, "ngram", *by_year, *(name + "_share" * relative for name in measures)]
        self.kinds: list[Any] = [*(str for _ in by_file), str, *("I" for _ in by_year), *(numbers for _ in measures)]
        # Only words by a pattern can hold a tab, which TSV has no way to write.
        self.format = "jsonl" if str(keywords.get("tokens", "")).startswith("regex=") else "tsv"


class PlainBatch:
    """Rows, by columns."""

    message, body = None, None

    def __init__(self, schema: PlainSchema, lines: bytes) -> None:
        import json

        self.schema = schema
        rows: Sequence[Any] = lines.split(b"\n")[:-1]
        if schema.format == "jsonl":
            columns: list[Sequence[Any]] = list(zip(*(json.loads(line).values() for line in rows)))
        else:
            columns = list(zip(*(line.split(b"\t") for line in rows)))
            columns = [
                _as_text(column) if kind is str else column for kind, column in zip(schema.kinds, columns)
            ]
        self.rows = len(rows)
        parse = {"I": int, "Q": int, "d": float}
        self._columns: list[Sequence[Any]] = [
            list(map(parse.get(kind, _as_is), column)) for kind, column in zip(schema.kinds, columns)
        ]

    def columns(self) -> list[Sequence[Any]]:
        """The values of each column."""
        return self._columns or [[] for _ in self.schema.names]


def _as_is(value: Any) -> Any:
    return value


def _as_text(ngrams: Sequence[bytes]) -> Sequence[Any]:
    """The n-grams as text, or as they are if one of them is none."""
    try:
        return [ngram.decode() for ngram in ngrams]
    except UnicodeDecodeError:
        return ngrams


def read(read_some: Callable[[int], bytes], schema: PlainSchema, whole: bool) -> Iterator[PlainBatch]:
    """The rows in batches as they come, or in one batch."""
    lines: list[bytes] = []
    while True:
        block = read_some(_BLOCK)
        lines.append(block)
        if block and (whole or b"\n" not in block):
            continue
        text = b"".join(lines)
        end = text.rfind(b"\n") + 1
        lines = [text[end:]]
        if end:
            yield PlainBatch(schema, text[:end])
        if not block:
            return
