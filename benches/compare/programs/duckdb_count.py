"""DuckDB: read_csv with explicit types and without detection. Other options did not make it faster.

Usage: duckdb_count.py FILE OUTPUT [WORD] [--memory SIZE --temp-dir FOLDER]
"""

import argparse

import duckdb


def text(value):
    return "'" + value.replace("'", "''") + "'"


def main(file, output, word, memory, temp_dir):
    rows = f"""read_csv({text(file)}, delim = '\t', quote = '', escape = '', header = false, auto_detect = false,
        columns = {{'ngram': 'VARCHAR', 'year': 'USMALLINT', 'matches': 'UBIGINT', 'volumes': 'UBIGINT'}})"""
    if word is None:
        answer = f"SELECT ngram, sum(matches)::UBIGINT FROM {rows} GROUP BY ngram"
    else:
        answer = f"SELECT {text(word)}, sum(matches)::UBIGINT FROM {rows} WHERE ngram = {text(word)}"
    duckdb.execute("SET preserve_insertion_order = false")
    if memory is not None:
        duckdb.execute(f"SET memory_limit = {text(memory)}")
        duckdb.execute(f"SET temp_directory = {text(temp_dir)}")
    duckdb.execute(
        f"COPY ({answer}) TO {text(output)} (FORMAT csv, DELIMITER '\t', QUOTE '', ESCAPE '', HEADER false)"
    )


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("file")
    arguments.add_argument("output")
    arguments.add_argument("word", nargs="?")
    arguments.add_argument("--memory")
    arguments.add_argument("--temp-dir", default=".")
    main(**vars(arguments.parse_args()))
