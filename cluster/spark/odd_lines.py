"""Writes rows with n-grams that some readers change: line ends other than LF, bytes that are not text, quotes, blanks at the
ends."""

import sys

NGRAMS = [b"a\rb", b"\r", "x\u2028y".encode(), "x\u0085y".encode(), b"\xff\xfe", b"\xc3", b"a\x01", b"a", b" a ", b"9,000",
          b'"', b'say "it", now', b"\\", b"\x00z", b"\x0b\x0c", "été".encode(), b"a b"]

with open(sys.argv[1], "wb") as file:
    for year in range(1990, 2000):
        for number, ngram in enumerate(NGRAMS):
            file.write(b"%s\t%d\t%d\t%d%s" % (ngram, year, number * year, number, b"\r\n" if number % 3 else b"\n"))
    file.write(b"the last line has no end\t2000\t7\t1")
