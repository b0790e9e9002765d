#!/usr/bin/env python3
"""Compares ngramcount with other tools on one generated file, and writes a table to `benches/runs/`.

    python3 benches/compare/run.py            # about half an hour and 8 GiB of memory on 2 cores
    python3 benches/compare/run.py --small    # a quick check that everything works

It builds ngramcount (also with ISA-L, if that can be built), installs the peers it can (by apt if run by root, and by
pip into a virtual environment), generates the data, checks that all give the same answer, and times them in turn.
"""

import argparse
import datetime
import gzip
import os
import re
import shlex
import sys
from pathlib import Path

import answers
import measure
import prepare
import report
from contenders import TABLE, UNPACK, contenders
from prepare import ROOT, say

# Memory of a line of the data in a Python process that keeps it, with the copies of the pool, in bytes.
BYTES_A_HOARDED_LINE = 130


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bytes", default="1500MB", help="size of the data, unpacked [%(default)s]")
    parser.add_argument("--ngrams", type=int, default=720_000, help="distinct n-grams [%(default)s]")
    parser.add_argument("--file", type=Path, help="use this v2 file, gzip, instead of generated data")
    parser.add_argument("--expected", type=Path, help="its answer [what sequential.py says]")
    parser.add_argument("--word", default="Aardvark", help="the word to ask for [%(default)s]")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that are counted [%(default)s]")
    parser.add_argument("--slow-rounds", type=int, default=3, help="of them, those for Python [%(default)s]")
    parser.add_argument("--only", type=re.compile, help="only those whose question and name match this pattern")
    parser.add_argument("--limit", type=float, default=900, help="seconds that a command may take [%(default)s]")
    parser.add_argument("--no-install", dest="install", action="store_false", help="use only what is there")
    parser.add_argument("--small", action="store_true", help="60 MB, 30,000 n-grams, one round")
    parser.add_argument("--output", type=Path, help="where the table goes [benches/runs/DATE-compare.md]")
    options = parser.parse_args()
    if options.small:
        options.bytes, options.ngrams, options.rounds, options.slow_rounds = "60MB", 30_000, 1, 1
    options.slow_rounds = min(options.slow_rounds, options.rounds)
    default = "small-compare.md" if options.small else f"benches/runs/{datetime.date.today()}-compare.md"
    options.output = options.output or (prepare.target() / "compare" if options.small else ROOT) / default
    words = [Path(word).name if os.path.isabs(word) else word for word in sys.argv[1:]]
    options.invocation = shlex.join(["benches/compare/run.py", *words])
    return options


def main():
    options = arguments()
    folder = prepare.target() / "compare"
    folder.mkdir(parents=True, exist_ok=True)
    tools = prepare.tools(folder, options.install)
    arena = Arena(folder, options)
    if options.file:
        file, expected = options.file, options.expected or arena.own_answer(tools, options.file)
    else:
        file, expected = prepare.generated(tools, folder / "data", options.bytes, options.ngrams)

    all_of_them = contenders(tools)
    if options.only:
        all_of_them = [c for c in all_of_them if options.only.search(f"{c.question}: {c.name}")]
    unpacked, lines = sizes(file)
    arena.try_all(all_of_them, file, answers.rows(expected), lines)
    arena.time_all(all_of_them, file)

    data = f"{unpacked / 1e9:.2f} GB unpacked, {file.stat().st_size / 1e6:.0f} MB as one .gz, {lines:,} lines"
    options.output.parent.mkdir(parents=True, exist_ok=True)
    text = report.report(all_of_them, data, tools, options)
    # The report does not show paths of this machine.
    for path, name in ((folder, "target/compare"), (prepare.target(), "target"), (ROOT, ".")):
        text = text.replace(str(path), name)
    options.output.write_text(text)
    print(text)
    say(f"written to {options.output}")
    if any(c.wrong for c in all_of_them if c.name.startswith("ngramcount")):
        sys.exit("ngramcount gave a wrong answer")


def sizes(file):
    """Bytes and lines after decompression."""
    size = lines = 0
    with gzip.open(file, "rb") as unpacked:
        while block := unpacked.read(1 << 20):
            size += len(block)
            lines += block.count(b"\n")
    return size, lines


class Arena:
    """Runs contenders."""

    def __init__(self, folder, options):
        self.stdout, self.output, self.log = folder / "stdout", folder / "output.tsv", folder / "stderr"
        self.odd = folder / "odd.gz"
        self.options = options

    def run(self, contender, file, memory=False):
        self.output.unlink(missing_ok=True)
        command = contender.filled(file, self.output, self.options.word)
        return measure.run(command, self.stdout, self.log, self.options.limit, memory)

    def answer(self):
        return answers.rows(self.output if self.output.exists() else self.stdout)

    def own_answer(self, tools, file):
        say("asking sequential.py for the answer")
        only = next(c for c in contenders(tools) if c.name == "Python, one process")
        self.run(only, file)
        return self.output.rename(self.output.with_name("expected.tsv"))

    def try_all(self, them, file, expected, lines):
        """Checks every answer and samples the memory. A contender that fails or gives a wrong answer is not timed."""
        answers.write_odd(self.odd)
        word = answers.of_word(expected, self.options.word)
        for c in them:
            needed = lines * BYTES_A_HOARDED_LINE if c.hoards else 0
            free = int(report.first_line("/proc/meminfo", "MemAvailable").split()[0]) << 10
            if needed > free:
                c.failure = f"not run: wants about {needed >> 30} GiB of memory"
                continue
            try:
                c.peak_bytes = self.run(c, file, memory=True).peak_bytes
                if c.question != UNPACK and self.answer() != (expected if c.question == TABLE else word):
                    c.wrong.append("this file")
            except (measure.Failed, OSError, ValueError) as error:
                c.failure = f"failed: {error}"
            if c.question == TABLE and not c.failure and not self.is_right_about_odd(c):
                c.wrong.append("odd n-grams")
            fault = c.failure or ("wrong: " + ", ".join(c.wrong) if c.wrong else "right")
            say(f"{c.question}: {c.name}: {fault}, {c.peak_bytes >> 20} MiB")

    def is_right_about_odd(self, contender):
        try:
            self.run(contender, self.odd)
            return self.answer() == answers.odd_answer()
        except (measure.Failed, OSError, ValueError):
            return False

    def time_all(self, them, file):
        for number in range(self.options.rounds):
            for c in them:
                slow = c.slow and number >= self.options.slow_rounds
                if slow or c.failure or "this file" in c.wrong:
                    continue
                try:
                    c.runs.append(self.run(c, file))
                except (measure.Failed, OSError) as error:
                    c.failure = f"failed in round {number + 1}: {error}"
                    c.runs.clear()
                    continue
                run = c.runs[-1]
                took = f"{run.seconds:.2f} s, {run.cpu_seconds:.2f} s CPU, others {run.others:.0%}"
                say(f"round {number + 1}: {c.question}: {c.name}: {took}")


if __name__ == "__main__":
    main()
