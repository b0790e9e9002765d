"""The contenders and their commands."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parent / "programs"

UNPACK = "decompression alone"
WORD = "one word"
TABLE = "the full table, into a file"

# Runs of `ngramcount` that the others are compared with.
COUNT = "ngramcount"
ISAL = "ngramcount with ISA-L"
ALONE = "zlib-rs"
IGZIP = "igzip -dc"


@dataclass
class Contender:
    question: str
    name: str
    # An argv, or a string for the shell. It writes its answer to stdout, unless it contains `{output}`.
    command: object
    # It takes minutes and runs in fewer rounds.
    slow: bool = False
    # It keeps all lines in memory.
    hoards: bool = False
    note: str = ""
    runs: list = field(default_factory=list)
    peak_bytes: int = 0
    failure: str = ""
    # Names of the failed checks.
    wrong: list = field(default_factory=list)

    def filled(self, file, output, word):
        """The command for this file."""
        quote = shlex.quote if isinstance(self.command, str) else str
        names = {"file": quote(str(file)), "output": quote(str(output)), "word": quote(word)}
        if isinstance(self.command, str):
            return self.command.format(**names)
        return [part.format(**names) for part in self.command]


def contenders(tools):
    """All contenders whose tools are installed."""
    found = []

    def add(question, name, command, needs=True, **more):
        if needs:
            found.append(Contender(question, name, command, **more))

    def program(name, *args):
        return [tools.python, str(PROGRAMS / name), *args]

    add(UNPACK, ALONE, [tools.decompress, "{file}"], note="flate2 as the default build has it, and nothing behind it")
    add(UNPACK, "the reader of ngramcount", [tools.decompress, "--reader", "{file}"], note="also cuts into chunks")
    add(UNPACK, IGZIP, "igzip -dc {file} > /dev/null", tools.igzip)
    add(UNPACK, "the reader with ISA-L", [tools.isal_decompress, "--reader", "{file}"], tools.isal_decompress)
    add(UNPACK, "gzip -dc", "gzip -dc {file} > /dev/null", tools.gzip)

    def count(question, build, binary, executors, args):
        for executor in executors:
            name = build if executor == "processes" else f"{build}, {executor}"
            add(question, name, [binary, "{file}", *args, "--executor", executor], binary)

    everywhere = ("processes", "threads", "sequential")
    count(WORD, COUNT, tools.count, everywhere, ["--word", "{word}"])
    count(WORD, ISAL, tools.isal_count, everywhere, ["--word", "{word}"])
    add(WORD, "Polars", program("polars_count.py", "{file}", "{output}", "{word}"), tools.polars)
    add(WORD, "DuckDB", program("duckdb_count.py", "{file}", "{output}", "{word}"), tools.duckdb)
    add(WORD, "chDB (TSV)", program("chdb_count.py", "TSV", "{file}", "{output}", "{word}"), tools.chdb)
    # %.0f: in mawk 1.3.4 %d ends at 2³¹ - 1.
    awk_word = r"""mawk -F '\t' -v word={word} '$1 == word {{ sum += $3 }} END {{ printf "%s\t%.0f\n", word, sum }}'"""
    add(WORD, "gzip | mawk", "gzip -dc {file} | " + awk_word, tools.gzip and tools.mawk)
    find = "LC_ALL=C grep -a ^{word} | "
    add(WORD, "gzip | grep | mawk", "gzip -dc {file} | " + find + awk_word, tools.gzip and tools.mawk)
    add(WORD, "igzip | grep | mawk", "igzip -dc {file} | " + find + awk_word, tools.igzip and tools.mawk)

    count(TABLE, COUNT, tools.count, everywhere, ["-o", "{output}"])
    count(TABLE, ISAL, tools.isal_count, everywhere, ["-o", "{output}"])
    add(TABLE, "Polars", program("polars_count.py", "{file}", "{output}"), tools.polars)
    add(TABLE, "DuckDB", program("duckdb_count.py", "{file}", "{output}"), tools.duckdb)
    add(TABLE, "chDB (TSV)", program("chdb_count.py", "TSV", "{file}", "{output}"), tools.chdb)
    add(TABLE, "chDB (TSVRaw)", program("chdb_count.py", "TSVRaw", "{file}", "{output}"), tools.chdb)
    awk_table = r"""mawk -F '\t' '{{ sum[$1] += $3 }} END {{ for (w in sum) printf "%s\t%.0f\n", w, sum[w] }}'"""
    awk_table += " > {output}"
    add(TABLE, "gzip | mawk", "gzip -dc {file} | " + awk_table, tools.gzip and tools.mawk)
    add(TABLE, "igzip | mawk", "igzip -dc {file} | " + awk_table, tools.igzip and tools.mawk)
    add(TABLE, "Python, one process", program("sequential.py", "{file}", "{output}"), slow=True)
    fed = program("fed_pool.py", "{file}", "{output}")
    add(TABLE, "Python, pool, fed", fed, slow=True, note="bytes, few chunks in flight")
    loaded = program("loaded_pool.py", "{file}", "{output}")
    note = "the textbook's: all lines loaded first; loading included"
    add(TABLE, "Python, pool, loaded", loaded, slow=True, hoards=True, note=note)
    return found
