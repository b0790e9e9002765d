"""What the tests share. They test the package that is installed, and are run from the folder of the project."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import ngramcount

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
A_SAMPLE = DATA / "googlebooks-eng-all-1gram-20120701-a.sample.gz"
Q_SAMPLE = DATA / "googlebooks-eng-all-1gram-20120701-q.selected.crlf.gz"
POEM = DATA / "poem.txt"
KJV = DATA / "kjv.txt.gz"
#: A count of the sample that never ends, with a worker that spins.
ENDLESS = {"chaos": "spin-on=Aardvark", "task_timeout": 0, "executor": "processes"}

_MARK = "NGRAMCOUNT_TEST_MARK"


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def expected(name):
    """The rows of an answer that was made without this project."""
    text = (DATA / f"{name}.expected.tsv").read_text(encoding="utf-8")
    return {ngram: int(matches) for ngram, matches in (line.split("\t") for line in text.splitlines())}


@pytest.fixture
def program():
    """Runs the program itself."""

    def run(*args):
        command = [ngramcount.find_program(), *map(str, args)]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    return run


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Puts a shell script in the place of the program, which is `$PROGRAM` in it."""

    def install(lines):
        real = ngramcount.find_program()
        script = tmp_path / "stand-in"
        script.write_text(f"#!/bin/sh\nPROGRAM='{real}'\n{textwrap.dedent(lines)}\n")
        script.chmod(0o755)
        monkeypatch.setenv("NGRAMCOUNT_BIN", str(script))

    return install


@pytest.fixture
def without_arrow(stand_in):
    """A program that was built without Arrow."""
    stand_in("""
        case "$*" in *--output-format=arrow*)
            echo 'ngramcount: this program was built without Arrow; build it with `--features arrow`' >&2
            exit 2 ;;
        esac
        exec "$PROGRAM" "$@"
    """)


class Script:
    """A Python program in a process of its own, all descendants of which can be found."""

    def __init__(self, mark, text):
        self.mark = f"{_MARK}={mark}".encode()
        env = {**os.environ, _MARK: mark, "PYTHONUNBUFFERED": "1"}
        head = f"import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        head += "import ngramcount as ng\nfrom conftest import *\n"
        self.process = subprocess.Popen(
            [sys.executable, "-c", head + textwrap.dedent(text)],
            cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def descendants(self):
        """The ids of the processes that it started and that run, those whose parents have ended among them."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == self.process.pid:
                continue
            try:
                is_ours = self.mark in (entry / "environ").read_bytes().split(b"\0")
                if is_ours and (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def wait_for_workers(self, least=3):
        """Waits until the program and two workers run."""
        until(lambda: len(self.descendants()) >= least or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.communicate()

    def end(self):
        """Its exit code, stdout and stderr."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture
def script(tmp_path):
    """Starts Python programs, and ends what is left of them."""
    started = []

    def start(text):
        started.append(Script(f"{tmp_path}-{len(started)}", text))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()
        until(lambda: not one.descendants())


def until(done, limit=20):
    """Waits until `done`, but no longer than `limit` seconds."""
    end = time.monotonic() + limit
    while not done():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.02)
