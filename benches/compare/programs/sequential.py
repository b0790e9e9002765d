"""One process, one dictionary: the simplest program.

Usage: sequential.py FILE OUTPUT [WORD]
"""

import gzip
import sys


def main(file, output, word=None):
    counts = {}
    with gzip.open(file, "rb") as lines:
        for line in lines:
            ngram, _, matches, _ = line.split(b"\t")
            if ngram in counts:
                counts[ngram] += int(matches)
            else:
                counts[ngram] = int(matches)
    with open(output, "wb") as out:
        if word is not None:
            counts = {word.encode(): counts.get(word.encode(), 0)}
        for ngram, matches in counts.items():
            out.write(b"%s\t%d\n" % (ngram, matches))


if __name__ == "__main__":
    main(*sys.argv[1:])
