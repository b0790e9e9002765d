"""Polars: a lazy scan, grouped by the streaming engine, which writes as it reads.

Usage: polars_count.py FILE OUTPUT [WORD]
"""

import sys

import polars as pl


def main(file, output, word=None):
    rows = pl.scan_csv(
        file,
        separator="\t",
        has_header=False,
        quote_char=None,
        schema={"ngram": pl.String, "year": pl.UInt16, "matches": pl.UInt64, "volumes": pl.UInt64},
    )
    if word is None:
        answer = rows.group_by("ngram").agg(pl.col("matches").sum())
    else:
        answer = rows.filter(pl.col("ngram") == word).select(pl.lit(word), pl.col("matches").sum())
    answer.sink_csv(output, separator="\t", include_header=False, quote_style="never", engine="streaming")


if __name__ == "__main__":
    main(*sys.argv[1:])
