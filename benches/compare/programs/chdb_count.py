"""chDB, ClickHouse as a library.

Its format TSVRaw takes the data as they are. TSV is faster and takes a backslash for the start of an escape.

Usage: chdb_count.py FORMAT FILE OUTPUT [WORD]
"""

import sys

import chdb


def text(value):
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def main(form, file, output, word=None):
    rows = f"file({text(file)}, '{form}', 'ngram String, year UInt16, matches UInt64, volumes UInt64')"
    if word is None:
        answer = f"SELECT ngram, sum(matches) FROM {rows} GROUP BY ngram"
    else:
        answer = f"SELECT {text(word)}, sum(matches) FROM {rows} WHERE ngram = {text(word)}"
    # Its default text for NULL is \N, also in TSVRaw. This one is no n-gram of the data.
    answer += r" SETTINGS format_tsv_null_representation = 'a\tb'"
    with open(output, "wb") as out:
        out.write(chdb.query(answer, "TSVRaw").bytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
