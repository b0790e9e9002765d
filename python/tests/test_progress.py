"""Progress: the callback and the bars, and what is written to stderr."""

import os
import subprocess
import sys
import textwrap

import pytest
from conftest import A_SAMPLE, POEM, ROOT

import ngramcount as ng


def test_a_function_is_called_until_all_is_read():
    reports = []
    ng.count(A_SAMPLE, progress=reports.append)
    size = A_SAMPLE.stat().st_size
    assert reports[-1][:3] == (size, size, 50_029)
    assert [report.read_bytes for report in reports] == sorted(report.read_bytes for report in reports)


def test_a_function_is_called_while_a_pipe_is_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    seen = []

    def write(progress):
        # The writer goes on only when the reading of the first half was reported.
        seen.append(progress)
        if progress.read_bytes == 5 * 1000 and not out.closed:
            out.close()

    stream = ng.stream(pipe, progress=write, format="text", executor="threads")
    out = open(pipe, "w")
    out.write("word\n" * 1000)
    out.flush()
    assert next(stream).to_dict() == {"word": 1000} and len(seen) > 1
    stream.close()


def run(code, tmp_path, **env):
    """What a Python program writes to stderr."""
    env = {**os.environ, **env}
    code = "import ngramcount as ng\n" + textwrap.dedent(code)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, stderr=subprocess.PIPE)
    assert run.returncode == 0, run.stderr
    # Not as text, in which a carriage return would be a line end.
    return run.stderr.decode()


BAR = f"ng.count({str(A_SAMPLE)!r}, progress=True)"


def test_the_bar_is_that_of_tqdm_if_there_is_one(tmp_path):
    pytest.importorskip("tqdm")
    assert "ngramcount: 100%" in run(BAR, tmp_path)


def test_without_tqdm_the_bar_is_a_line(tmp_path):
    (tmp_path / "tqdm").mkdir()
    (tmp_path / "tqdm" / "__init__.py").write_text("raise ImportError")
    shown = run(BAR, tmp_path, PYTHONPATH=str(tmp_path))
    assert "100%  0.4 MB  50,029 lines" in shown and shown.count("\n") == 1


def test_nothing_is_shown_unless_it_is_asked_for(tmp_path):
    sample = f"ng.count({str(POEM)!r}, words=['Yeti'], progress={{}})"
    assert run(sample.format("None"), tmp_path) == run(sample.format("'auto'"), tmp_path) == ""
    shown = run(f"ng.count({str(POEM)!r}, words=['Yeti'], verbose=True, executor='threads')", tmp_path)
    assert "ngramcount: counting " in shown and "ngramcount: note: `Yeti` does not occur" in shown
    assert "lines   7 counted" in run(f"ng.count({str(POEM)!r}, stats=True)", tmp_path)


def test_any_other_progress_is_refused():
    with pytest.raises(ValueError, match="progress: expected True, False, a function"):
        ng.count(POEM, progress="sometimes")
