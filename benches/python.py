#!/usr/bin/env python3
"""Times the Python package beside the program, Polars and a process pool, and writes a table to `benches/runs/`.

    python3 benches/python.py            # some ten minutes and 4 GiB of memory on 2 cores
    python3 benches/python.py --small    # a quick check that everything works

It builds a wheel with optimizations, installs it and Polars into a virtual environment, and generates the data. Each run is a
process of its own. Where Python is timed, the clock starts when its modules are imported; the table says so.
"""

import argparse
import datetime
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "compare"))
import prepare  # noqa: E402
from prepare import ROOT, say  # noqa: E402

POOL = ROOT / "benches" / "compare" / "programs" / "loaded_pool.py"
SCAN = """polars.scan_csv({file!r}, separator="\\t", has_header=False, quote_char=None,
    schema={{"ngram": polars.String, "year": polars.UInt16, "matches": polars.UInt64, "volumes": polars.UInt64}})"""

# Each contender: Python code that is timed behind its imports, or a command.
COMMAND = "the command, into a file"
FRAME = "`ng.count(big).to_polars()`"
WORD = "`ng.count(big, words=[word])`"
INDEXED = "the same, with an index"
POLARS = "Polars: scan, filter, sum"
TO_FILE = "`ng.count(middle, output=file)`"
TO_FRAME = "`ng.count(middle).to_polars()`"
TO_DICT = "`ng.count(middle).to_dict()`"
POOLED = "`concurrent.futures`, lines loaded, two processes"
# The piece is a fifth of the big file: as many lines an n-gram. The middle file has as many n-grams as the big one.
PIECE_TO_FILE = "`ng.count(piece, output=file)`"
PIECE_INDEXED = "`ng.count(piece, output=file)`, with an index"
PIECE_WORD = "`ng.count(piece, words=[word])`"
PIECE_POOLED = "`concurrent.futures`, the piece"
IMPORT = "`import ngramcount`"

# What is compared: the time of the first over that of the second, and the goal.
RATIOS = [
    (FRAME, COMMAND, "at most 1.15"),
    (POLARS, WORD, "at least 2"),
    (POLARS, INDEXED, "at least 60"),
    (POOLED, TO_FILE, "at least 25"),
    (POOLED, TO_FRAME, ""),
    (POOLED, TO_DICT, ""),
    (PIECE_POOLED, PIECE_TO_FILE, "at least 25"),
    (PIECE_POOLED, PIECE_INDEXED, "at least 25"),
    (PIECE_POOLED, PIECE_WORD, "at least 25"),
]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="60 MB and 30,000 n-grams, one round")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="only those whose name matches")
    parser.add_argument("--wheel", type=Path, help="use this wheel, and do not build one")
    parser.add_argument("--generate", type=Path, help="use this example `generate`, and do not build one")
    parser.add_argument("--output", type=Path, help="where the table goes [benches/runs/DATE-python-package.md]")
    options = parser.parse_args()
    if options.small:
        options.rounds = 1
    name = f"benches/runs/{datetime.date.today()}-python-package.md"
    options.output = options.output or (prepare.target() / "small-python.md" if options.small else ROOT / name)
    return options


def environment(folder, wheel):
    """A virtual environment with the package and Polars."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if wheel is None:
        say("building a wheel")
        subprocess.run([*pip, "--force-reinstall", "--no-deps", ROOT], check=True)
    else:
        subprocess.run([*pip, "--force-reinstall", "--no-deps", wheel], check=True)
    subprocess.run([*pip, "polars"], check=True)
    return str(python)


def generator(options):
    if options.generate:
        return options.generate
    command = ["cargo", "build", "--release", "--locked", "--example", "generate"]
    subprocess.run(command, cwd=ROOT, check=True)
    return prepare.target() / "release" / "examples" / "generate"


def timed_python(python, imports, code):
    """Seconds of the code in a new Python, behind the imports."""
    script = f"import time\n{imports}\nstart = time.perf_counter()\n{code}\nprint(time.perf_counter() - start)"
    run = subprocess.run([python, "-I", "-c", script], check=True, stdout=subprocess.PIPE, text=True)
    return float(run.stdout.split()[-1])


def timed_command(command):
    start = time.perf_counter()
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def contenders(python, folder, big, middle, piece, indexes):
    """What is run in each round, in this order."""
    ng = "import ngramcount as ng"
    frames = "import polars, ngramcount as ng"
    scan = SCAN.format(file=str(big))
    output = folder / "output.tsv"
    program = Path(python).parent / "ngramcount"
    word = f"[row] = ng.count({str(big)!r}, words=['Aardvark']"
    return {
        COMMAND: lambda: timed_command([program, big, "-o", output]),
        FRAME: lambda: timed_python(python, frames, f"ng.count({str(big)!r}).to_polars()"),
        WORD: lambda: timed_python(python, ng, f"{word})"),
        INDEXED: lambda: timed_python(python, ng, f"{word}, index='require', index_dir={str(indexes)!r})"),
        POLARS: lambda: timed_python(
            python,
            "import polars",
            f"{scan}.filter(polars.col('ngram') == 'Aardvark').select(polars.col('matches').sum())"
            ".collect(engine='streaming')",
        ),
        TO_FILE: lambda: timed_python(python, ng, f"ng.count({str(middle)!r}, output={str(output)!r})"),
        TO_FRAME: lambda: timed_python(python, frames, f"ng.count({str(middle)!r}).to_polars()"),
        TO_DICT: lambda: timed_python(python, ng, f"ng.count({str(middle)!r}).to_dict()"),
        POOLED: lambda: timed_command([python, POOL, middle, output]),
        PIECE_TO_FILE: lambda: timed_python(python, ng, f"ng.count({str(piece)!r}, output={str(output)!r})"),
        PIECE_INDEXED: lambda: timed_python(
            python, ng, f"ng.count({str(piece)!r}, output={str(output)!r}, index='require', index_dir={str(indexes)!r})"
        ),
        PIECE_WORD: lambda: timed_python(python, ng, f"ng.count({str(piece)!r}, words=['Aardvark'])"),
        PIECE_POOLED: lambda: timed_command([python, POOL, piece, output]),
        IMPORT: lambda: timed_python(python, "", "import ngramcount"),
    }


def main():
    options = arguments()
    folder = prepare.target() / "python-bench"
    folder.mkdir(parents=True, exist_ok=True)
    python = environment(folder / "venv", options.wheel)
    tools = argparse.Namespace(generate=str(generator(options)))
    sizes = (("1500MB", 720_000), ("300MB", 720_000), ("300MB", 144_000))
    if options.small:
        sizes = (("60MB", 30_000), ("10MB", 5_000), ("12MB", 6_000))
    big, middle, piece = (prepare.generated(tools, folder / "data", *size)[0] for size in sizes)
    indexes = folder / "indexes"
    indexes.mkdir(exist_ok=True)
    subprocess.run([Path(python).parent / "ngramcount", "index", big, piece, "--index-dir", indexes], check=True)

    runs = contenders(python, folder, big, middle, piece, indexes)
    runs = {name: run for name, run in runs.items() if options.only.search(name)}
    for run in runs.values():
        run()  # not counted: the file comes into the page cache
    times = {name: [] for name in runs}
    for number in range(options.rounds):
        for name, run in runs.items():
            times[name].append(run())
            say(f"round {number + 1}: {name}: {times[name][-1]:.4f} s")
    text = report(times, python, big, middle, piece, options)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text)
    print(text)


def report(times, python, big, middle, piece, options):
    def first_line(path, key):
        lines = Path(path).read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith(key))

    lines = [
        "# The Python package",
        "",
        f"{datetime.date.today()}, made by `benches/python.py`. Python {platform.python_version()}, "
        f"polars {prepare.version(python, 'polars')}, {prepare.os.cpu_count()} cores of "
        f"{first_line('/proc/cpuinfo', 'model name')}.",
        "",
        f"Big: {big.stat().st_size / 1e6:.0f} MB of gzip ({big.stem}: bytes unpacked and n-grams). Middle: "
        f"{middle.stat().st_size / 1e6:.0f} MB ({middle.stem}). Piece: {piece.stat().st_size / 1e6:.0f} MB ({piece.stem}). "
        "All are in the page cache. The runs are interleaved, and one round before them is not counted. The command is timed "
        "from its start to its end; of Python the time is taken behind the imports, in a new process each. The pool is timed as a command that writes a file, with the loading of the lines.",
        "",
        "| what | s, median | least – most |",
        "|---|--:|--:|",
    ]
    for name, seconds in times.items():
        lines.append(
            f"| {name} | {statistics.median(seconds):.4f} | {min(seconds):.4f} – {max(seconds):.4f} |"
        )
    lines += ["", "Ratios of two times of one round: the median, and the least and the most.", ""]
    lines += ["| what | times | goal |", "|---|--:|---|"]
    for one, other, goal in RATIOS:
        if one not in times or other not in times:
            continue
        ratios = [a / b for a, b in zip(times[one], times[other])]
        spread = f"{min(ratios):.2f} – {max(ratios):.2f}"
        lines.append(f"| {one} : {other} | {statistics.median(ratios):.2f} ({spread}) | {goal} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
