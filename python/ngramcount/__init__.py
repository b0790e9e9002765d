"""Counts words and n-grams in Google Books Ngram files and in text, on all cores, in supervised worker processes.

>>> import ngramcount as ng
>>> ng.count("data/googlebooks-eng-all-1gram-20120701-a.sample.gz", words=["Aardvark"]).to_dict()
{'Aardvark': 15}
>>> ng.top("data/kjv.txt.gz", n=3, k=3, ignore_case=True).to_dict()
{'of the lord': 1742, 'the son of': 1451, 'the children of': 1355}

:func:`count`, :func:`top` and :func:`stream` take the options of the program as keywords. :func:`index` makes indexes, with
which a look-up takes milliseconds. All run the program ``ngramcount``, which is installed with this module.
"""

from __future__ import annotations

from ._answer import Answer, Table
from ._count import Stream, count, index, stream, top
from ._errors import BadInput, Error, GaveUp, Incomplete, Interrupted, LeftOut
from ._options import VERSION as __version__
from ._picture import Picture
from ._program import find_program
from ._progress import Progress

__all__ = [
    "Answer",
    "BadInput",
    "Error",
    "GaveUp",
    "Incomplete",
    "Interrupted",
    "LeftOut",
    "Picture",
    "Progress",
    "Stream",
    "Table",
    "__version__",
    "count",
    "find_program",
    "index",
    "stream",
    "top",
]
