"""Arguments: from keywords to what the program is started with."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ._options import OPTIONS

#: Keywords whose values are written with commas between them.
_LISTS = ("chaos", "count", "pos")
#: Before a name that could be that of a command. Nobody writes it so, so that it is known again.
_NOT_A_COMMAND = b".//"
#: From this many bytes of names on they are passed in a file.
_MANY_BYTES = 65_536
#: Bytes of a value that a command line has room for, less than the 128 KiB of Linux by room for the name of the option.
_LONGEST = 131_000


def arguments(function: str, command: str, files: Any, keywords: Mapping[str, Any]) -> list[bytes]:
    """The options and the files, in the order of the keywords.

    Raises ``TypeError`` for a keyword that is no option, or a value of a wrong type. What a value may be is left to the
    program.
    """
    options = OPTIONS[command]
    args: list[bytes] = []
    for name, value in keywords.items():
        if name not in options:
            raise TypeError(_unexpected(function, name, options))
        if value is not None:
            option, kind, repeats = options[name]
            args += _option(name, option.encode(), kind, repeats, value)
    files_from = keywords.get("files_from")
    if files_from is not None and os.fsencode(files_from) == b"-":
        raise ValueError("files_from: `-` is standard input, which belongs to Python; name a file")
    return [*args, b"--", *paths(files, may_be_none=files_from is not None)]


@contextmanager
def in_a_list(args: list[bytes]) -> Iterator[list[bytes]]:
    """The arguments, with a file in place of the names of files where these are too many for a command line."""
    files = args[args.index(b"--") + 1 :]
    if sum(map(len, files)) < _MANY_BYTES or any(arg.startswith(b"--files-from=") for arg in args):
        yield args
        return
    import tempfile

    with tempfile.NamedTemporaryFile(prefix="ngramcount-files-") as names:
        names.writelines(os.fsencode(as_named(name)) + b"\0" for name in files)
        names.flush()
        yield [*args[: args.index(b"--")], b"--files-from=" + os.fsencode(names.name), b"--"]


def _unexpected(function: str, name: str, options: Iterable[str]) -> str:
    import difflib

    message = f"{function}() got an unexpected keyword argument {name!r}"
    nearest = difflib.get_close_matches(name, options, n=1)
    return f"{message}. Did you mean {nearest[0]!r}?" if nearest else message


def _option(name: str, option: bytes, kind: str, repeats: bool, value: Any) -> list[bytes]:
    if kind == "flag":
        if value not in (True, False):
            raise TypeError(f"{name}: expected True or False, not {value!r}")
        return [option] if value else []
    if repeats:
        values = [value] if isinstance(value, (str, bytes)) else as_list(name, value)
        return [option + b"=" + _text(name, one) for one in values]
    if kind == "range":
        value = _range(name, value)
    elif kind == "seconds" and hasattr(value, "total_seconds"):
        value = value.total_seconds()
    elif name in _LISTS and not isinstance(value, (str, bytes)):
        return [option + b"=" + b",".join(_text(name, one) for one in as_list(name, value))]
    if kind == "path":
        check_path(name, value)
    elif isinstance(value, os.PathLike):
        raise TypeError(f"{name}: expected text or a number, not {value!r}")
    text = _text(name, value)
    if kind == "path" and _is_own_descriptor(text):
        raise ValueError(f"{name}: {os.fsdecode(text)} is a descriptor of Python, by which the module talks; name a file")
    if len(text) > _LONGEST:
        raise ValueError(f"{name}: a value of {len(text):,} bytes is too long for a command line")
    return [option + b"=" + text]


def _is_own_descriptor(path: bytes) -> bool:
    """Whether the path leads to an open descriptor of this process, as ``/dev/stdout`` does."""
    own = os.fsencode(f"/proc/{os.getpid()}/")
    for _ in range(40):
        folder, name = os.path.split(os.path.abspath(path))
        folder = os.path.realpath(folder)
        if folder.startswith(own) and folder.endswith(b"/fd"):
            return True
        path = os.path.join(folder, name)
        if not os.path.islink(path):
            return False
        path = os.path.join(folder, os.readlink(path))
    return False


def check_path(name: str, value: Any) -> None:
    """Raises ``TypeError`` if the value is no path."""
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise TypeError(f"{name}: expected a path, not {value!r}")


def as_list(name: str, value: Any) -> list[Any]:
    """The values of an iterable. Raises ``ValueError`` if there are none."""
    try:
        values = list(value)
    except TypeError:
        raise TypeError(f"{name}: expected text or a list, not {value!r}") from None
    if not values:
        # The program, which would see no option, counts everything then.
        raise ValueError(f"{name}: the list is empty")
    return values


def _range(name: str, value: Any) -> Any:
    """``range(1900, 2001)``, ``(1900, 2000)`` and ``(1900, None)`` as the program writes them."""
    if isinstance(value, range):
        if value.step != 1 or not value:
            raise ValueError(f"{name}: expected a range in steps of 1, not {value!r}")
        return f"{value.start}..{value.stop - 1}"
    if isinstance(value, tuple):
        if len(value) != 2:
            raise ValueError(f"{name}: expected the first and the last, not {value!r}")
        return "..".join("" if end is None else str(end) for end in value)
    return value


def _text(name: str, value: Any) -> bytes:
    if isinstance(value, bytes):
        text = value
    elif isinstance(value, str):
        # N-grams are UTF-8, whatever the locale is.
        text = value.encode("utf-8", "surrogateescape")
    elif isinstance(value, os.PathLike):
        text = os.fsencode(value)
    elif hasattr(value, "__index__") and not isinstance(value, bool):
        text = str(value.__index__()).encode()
    elif isinstance(value, float):
        # No exponent, which the program would take as well, but a person would not.
        text = (str(int(value)) if value.is_integer() else repr(value)).encode()
    else:
        raise TypeError(f"{name}: expected text or a number, not {value!r}")
    if b"\0" in text:
        raise ValueError(f"{name}: {value!r} holds a NUL character, which no argument can")
    return text


def paths(files: Any, may_be_none: bool = False) -> list[bytes]:
    """The files that are named: one path, or any number of them. A pattern stands for what it matches, sorted."""
    if isinstance(files, (str, bytes, os.PathLike)):
        files = [files]
    try:
        encoded = [os.fsencode(file) for file in files]
    except TypeError as error:
        raise TypeError(f"files: expected a path or several of them: {error}") from None
    found: list[bytes] = []
    for path in encoded:
        if not path:
            raise ValueError("files: an empty name")
        if _is_own_descriptor(path):
            raise ValueError(f"files: {os.fsdecode(path)} is a descriptor of Python; name a file")
        if path == b"-":
            raise ValueError("files: `-` is standard input, which belongs to Python; name a file")
        found += _matches(path)
    if not found and not may_be_none:
        raise ValueError("files: no file is named")
    return found


def _matches(path: bytes) -> list[bytes]:
    if any(letter in path for letter in b"*?[") and not os.path.lexists(path):
        import glob

        # A pattern without a match stays as it is, and the program says that there is no such file.
        matches = sorted(glob.glob(path, recursive=True))
        if matches:
            return matches
    # A name that could be that of a command.
    return [_NOT_A_COMMAND + path] if path.isalpha() else [path]


def as_named(path: bytes) -> str:
    """The name of a file of :func:`paths` as the caller wrote it."""
    name = path[len(_NOT_A_COMMAND) :]
    return os.fsdecode(name if path.startswith(_NOT_A_COMMAND) and name.isalpha() else path)
