"""The same pool, tuned: bytes instead of text, a chunk sent as one block, and a bounded number of chunks in flight.

Usage: fed_pool.py FILE OUTPUT
"""

import gzip
import itertools
import os
import sys
from collections import deque
from concurrent.futures import ProcessPoolExecutor

CHUNK_LINES = 20_000


def chunks(lines):
    while chunk := b"".join(itertools.islice(lines, CHUNK_LINES)):
        yield chunk


def count(chunk):
    counts = {}
    for line in chunk.split(b"\n"):
        if line:
            ngram, _, matches, _ = line.split(b"\t")
            counts[ngram] = counts.get(ngram, 0) + int(matches)
    return counts


def merge(into, counts):
    for ngram, matches in counts.items():
        into[ngram] = into.get(ngram, 0) + matches


def main(file, output):
    counts = {}
    workers = os.cpu_count()
    with gzip.open(file, "rb") as lines, ProcessPoolExecutor(workers) as pool:
        in_flight = deque()
        for chunk in chunks(lines):
            if len(in_flight) == 4 * workers:
                merge(counts, in_flight.popleft().result())
            in_flight.append(pool.submit(count, chunk))
        for future in in_flight:
            merge(counts, future.result())
    with open(output, "wb") as out:
        for ngram, matches in counts.items():
            out.write(b"%s\t%d\n" % (ngram, matches))


if __name__ == "__main__":
    main(*sys.argv[1:])
