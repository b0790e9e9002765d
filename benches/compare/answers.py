"""Checks of answers. The order of the rows does not matter."""

import gzip

# N-grams that readers of tables misread easily. The last count does not fit in 32 bits.
ODD = [
    '"', '"quoted"', '"open', "'", "it's", "\\", "a\\tb", "\\N", "NULL", "null", "NA", "nan", "#", "9,000", " blank ",
    "007", "7", "1e3", "inf", "x\u0085y", "x\u2028y", "café", "_NOUN_", ",_.", "true",
]
ODD_ROWS = [(ngram, 1990 + year, 10 * at + year + 1, 1) for at, ngram in enumerate(ODD) for year in range(2)]
ODD_ROWS.append(("big", 2008, 5_733_114_685, 7))


def write_odd(file):
    with gzip.open(file, "wb") as out:
        for row in ODD_ROWS:
            out.write("\t".join(map(str, row)).encode() + b"\n")


def odd_answer():
    sums = {}
    for ngram, _, matches, _ in ODD_ROWS:
        sums[ngram] = sums.get(ngram, 0) + matches
    return sorted(f"{ngram}\t{matches}".encode() for ngram, matches in sums.items())


def rows(file):
    """The rows of an answer, sorted."""
    with open(file, "rb") as answer:
        found = answer.read().split(b"\n")
    if found.pop() != b"":
        raise ValueError("the last row has no end")
    return sorted(found)


def of_word(expected, word):
    """The row of one word."""
    start = word.encode() + b"\t"
    return [row for row in expected if row.startswith(start)] or [start + b"0"]
