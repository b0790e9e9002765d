"""Arrow IPC: reads the stream of record batches that the program writes, with the standard library alone.

It knows the types that the program writes: strings, binary, unsigned integers of 32 and 64 bits and fractions of 64, none of
them null. Any other reader of Arrow can have the bytes as they are. The format is that of
https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Callable

#: Before the length of each message.
CONTINUATION = b"\xff\xff\xff\xff"
#: The end of a stream.
END = CONTINUATION + b"\0\0\0\0"

_SCHEMA, _RECORD_BATCH = 1, 3
_INTEGER, _FRACTION, _BINARY, _STRING = 2, 3, 4, 5


class _FlatTable:
    """A table of FlatBuffers, the encoding of the messages' metadata."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self.fields = at - struct.unpack_from("<i", data, at)[0]
        self.size = struct.unpack_from("<H", data, self.fields)[0]

    def place(self, field: int) -> int | None:
        entry = 4 + 2 * field
        offset = struct.unpack_from("<H", self.data, self.fields + entry)[0] if entry < self.size else 0
        return self.at + offset if offset else None

    def scalar(self, field: int, layout: str) -> int:
        place = self.place(field)
        return 0 if place is None else struct.unpack_from("<" + layout, self.data, place)[0]

    def target(self, field: int) -> int:
        place = self.place(field)
        if place is None:
            raise ValueError("a message of the program lacks a field")
        return place + struct.unpack_from("<I", self.data, place)[0]

    def table(self, field: int) -> _FlatTable:
        return _FlatTable(self.data, self.target(field))

    def vector(self, field: int) -> tuple[int, int]:
        """The place of the first element, and the number of elements."""
        at = self.target(field)
        return at + 4, struct.unpack_from("<I", self.data, at)[0]


def _message(metadata: bytes) -> _FlatTable:
    return _FlatTable(metadata, struct.unpack_from("<I", metadata)[0])


class Schema:
    """The names and the types of the columns."""

    def __init__(self, message: bytes) -> None:
        #: The message as it came, for other readers.
        self.message = message
        self.names: list[str] = []
        #: For each column: ``str``, ``bytes``, or the code of `array` for its numbers.
        self.kinds: list[Any] = []
        schema = _message(message[8:]).table(2)
        first, fields = schema.vector(1)
        for place in range(first, first + 4 * fields, 4):
            field = _FlatTable(schema.data, place + struct.unpack_from("<I", schema.data, place)[0])
            at, length = field.vector(0)
            self.names.append(field.data[at : at + length].decode())
            kind = field.scalar(2, "B")
            if kind == _INTEGER:
                self.kinds.append({32: "I", 64: "Q"}[field.table(3).scalar(0, "i")])
            else:
                self.kinds.append({_FRACTION: "d", _BINARY: bytes, _STRING: str}[kind])


class ArrowBatch:
    """Rows as they came."""

    def __init__(self, schema: Schema, message: bytes, body: bytes | bytearray) -> None:
        self.schema, self.message, self.body = schema, message, memoryview(body)
        self.rows = _message(message[8:]).table(2).scalar(0, "q")

    def __reduce__(self):
        return ArrowBatch, (self.schema, self.message, bytes(self.body))

    def columns(self) -> list[Sequence[Any]]:
        """The values of each column. Numbers are views of the bytes, without a copy."""
        batch = _message(self.message[8:]).table(2)
        first, _ = batch.vector(2)
        places = struct.iter_unpack("<qq", batch.data[first : first + 16 * batch.vector(2)[1]])
        columns: list[Sequence[Any]] = []
        for kind in self.schema.kinds:
            next(places)  # which values are null: none
            numbers = self._buffer(next(places))
            if isinstance(kind, str):
                columns.append(numbers[: self.rows * struct.calcsize(kind)].cast(kind))  # type: ignore[call-overload]
            else:
                ends = numbers[: 4 * (self.rows + 1)].cast("i").tolist() if self.rows else [0]
                columns.append(_slices(bytes(self._buffer(next(places))[: ends[-1]]), ends, kind))
        return columns

    def _buffer(self, place: tuple[Any, ...]) -> memoryview:
        offset, length = place
        return self.body[offset : offset + length]


def _slices(values: bytes, ends: list[int], kind: type) -> list[Any]:
    if kind is bytes:
        return [values[start:end] for start, end in zip(ends, ends[1:])]
    if values.isascii():
        # Letters are where their bytes are.
        text = values.decode("ascii")
        return [text[start:end] for start, end in zip(ends, ends[1:])]
    return [values[start:end].decode() for start, end in zip(ends, ends[1:])]


def read(read_exactly: Callable[[int], bytearray]) -> Iterator[Schema | ArrowBatch]:
    """The schema, then the batches as they come, up to the end of the stream.

    `read_exactly` gives as many bytes as it is asked for, or fewer where the stream breaks off. Raises ``EOFError`` there.
    """
    schema = None
    while True:
        head = read_exactly(8)
        if head == END:
            return
        if len(head) < 8 or head[:4] != CONTINUATION:
            raise EOFError
        length = struct.unpack_from("<i", head, 4)[0]
        metadata = read_exactly(length)
        message = bytes(head + metadata)
        if len(metadata) < length:
            raise EOFError
        flat = _message(message[8:])
        kind, body_length = flat.scalar(1, "B"), flat.scalar(3, "q")
        body = read_exactly(body_length)
        if len(body) < body_length:
            raise EOFError
        if kind == _SCHEMA:
            schema = Schema(message)
            yield schema
        elif kind == _RECORD_BATCH and schema is not None:
            yield ArrowBatch(schema, message, body)
