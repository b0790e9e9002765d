"""The textbook process pool: load all lines, map chunks of 20,000 of them, reduce the dictionaries.

Usage: loaded_pool.py FILE OUTPUT
"""

import functools
import gzip
import sys
from concurrent.futures import ProcessPoolExecutor

CHUNK_LINES = 20_000


def chunks(lines):
    for start in range(0, len(lines), CHUNK_LINES):
        yield lines[start : start + CHUNK_LINES]


def count(lines):
    counts = {}
    for line in lines:
        ngram, _, matches, _ = line.split("\t")
        counts[ngram] = counts.get(ngram, 0) + int(matches)
    return counts


def merge(one, other):
    for ngram, matches in other.items():
        one[ngram] = one.get(ngram, 0) + matches
    return one


def main(file, output):
    # newline="\n": no other character ends a line.
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as text:
        lines = text.readlines()
    with ProcessPoolExecutor() as pool:
        counts = functools.reduce(merge, pool.map(count, chunks(lines)), {})
    with open(output, "w", encoding="utf-8", newline="\n") as out:
        for ngram, matches in counts.items():
            out.write(f"{ngram}\t{matches}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
