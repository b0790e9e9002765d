"""The functions: count, top, stream and index."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ._answer import Answer, Table
from ._arguments import arguments, in_a_list
from ._counting import Counting
from ._options import COUNT_KEYWORDS, INDEX_KEYWORDS
from ._run import Run

if TYPE_CHECKING:
    from typing import Union

    from typing_extensions import Unpack

    from ._options import CountOptions, IndexOptions

    Path = Union[str, bytes, os.PathLike]
    Files = Union[Path, Iterable[Path]]


def count(files: Files = (), **options: Unpack[CountOptions]) -> Answer:
    """Counts n-grams in files, as one input.

    >>> import ngramcount as ng
    >>> sample = "data/googlebooks-eng-all-1gram-20120701-a.sample.gz"
    >>> answer = ng.count(sample, words=["Aardvark"], by_year=True)
    >>> for row in answer:
    ...     print(row.ngram, row.year, row.matches)
    Aardvark 1822 2
    Aardvark 1824 3
    Aardvark 1827 10
    >>> answer.to_dict()
    {'Aardvark': {1822: 2, 1824: 3, 1827: 10}}

    ``files`` is a path, a folder, a pattern such as ``"corpus/*.gz"``, or several of them; ``files_from`` is a file with a
    path in each line. A folder stands for the files in it. They are plain or packed; the format is detected. Workers
    count, in processes of their own: one that crashes is replaced, and the answer stays exact.

    ``progress`` is a function that is called with a :class:`Progress`, or True for a bar. ``verbose`` shows what the
    program writes to stderr. With ``output`` the rows go to that file, and the answer has only statistics.

    Raises :class:`BadInput`, :class:`GaveUp`, :class:`Incomplete` (with the answer in it) or :class:`Interrupted`;
    ``TypeError`` for a keyword that is none, and ``ValueError``, with the program's message, for a value that is none.
    """
    return _answer("count", files, dict(options))


def top(files: Files = (), k: int = 10, **options: Unpack[CountOptions]) -> Answer:
    """The ``k`` most frequent n-grams.

    >>> import ngramcount as ng
    >>> ng.top("data/kjv.txt.gz", n=3, k=3, ignore_case=True)
    ngram            matches
    of the lord         1742
    the son of          1451
    the children of     1355
    3 rows

    All else is as for :func:`count`.
    """
    if "top" in options:
        raise TypeError("top() got an unexpected keyword argument 'top'. Did you mean 'k'?")
    if isinstance(k, bool) or not hasattr(k, "__index__"):
        raise TypeError(f"k: expected a number, not {k!r}")
    return _answer("top", files, {**options, "top": k})


def _answer(function: str, files: Any, options: dict[str, Any]) -> Answer:
    counting = Counting(function, files, options, whole=True)
    answer = counting.answer(list(counting.batches()))
    if not counting.is_complete:
        raise counting.incomplete(answer)
    return answer


def stream(files: Files = (), **options: Unpack[CountOptions]) -> Stream:
    """Counts like :func:`count`, and gives the rows in batches as they are written, in bounded memory.

    >>> import ngramcount as ng
    >>> with ng.stream("data/kjv.txt.gz", n=2) as batches:
    ...     print(sum(len(batch) for batch in batches))
    156109

    A batch is a :class:`Table`. The program is ended if the block is left before the last batch. An incomplete answer
    raises :class:`Incomplete` behind the last batch.
    """
    if options.get("output") is not None:
        raise ValueError("output: a stream gives the rows itself")
    return Stream(Counting("stream", files, dict(options), whole=False))


def index(files: Files = (), **options: Unpack[IndexOptions]) -> None:
    """Makes an index of each file, beside it. Later counts use it without being asked.

    A look-up with an index takes milliseconds, and all workers decompress one file.
    """
    options = dict(options)  # type: ignore[assignment]
    progress = options.pop("progress", None)
    with in_a_list(arguments("index", "index", files, options)) as args:
        run = Run(["index"], args, progress, verbose=False)
        try:
            run.finish()
        except BaseException:
            run.stop()
            raise


class Stream:
    """The batches of an answer, one after the other. ``stats`` and ``notes`` are there behind the last one."""

    def __init__(self, counting: Counting) -> None:
        self._counting = counting
        self._tables = counting.tables()

    @property
    def stats(self) -> dict[str, Any]:
        """Statistics of the run, as :attr:`Answer.stats`."""
        return self._counting.stats

    @property
    def notes(self) -> list[str]:
        """What the program notes, as :attr:`Answer.notes`."""
        return self._counting.notes

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Table]:
        return self

    def __next__(self) -> Table:
        return next(self._tables)

    def close(self) -> None:
        """Ends the program, if it still runs."""
        self._counting.close()

    def __del__(self) -> None:
        self.close()


for _function in (count, stream, top):
    _function.__doc__ = f"{_function.__doc__}\n{COUNT_KEYWORDS}"
index.__doc__ = f"{index.__doc__}\n{INDEX_KEYWORDS}"
