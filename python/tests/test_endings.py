"""Endings: every exit code as an exception, signals, and deaths. No process is left behind."""

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading

import pytest
from conftest import A_SAMPLE, ENDLESS, KJV, POEM, until

import ngramcount as ng


def test_a_malformed_line_is_bad_input_with_its_place(tmp_path):
    file = tmp_path / "bad: line 9.tsv"
    file.write_text("a\t1999\t1\t1\nb\t1999\t1\n")
    with pytest.raises(ng.BadInput) as error:
        ng.count(file)
    found = error.value
    assert (found.file, found.line) == (str(file), 2)
    assert found.reason == "expected 4 tab-separated fields, found 3"
    assert str(found) == f"{file}: line 2: expected 4 tab-separated fields, found 3"
    again = pickle.loads(pickle.dumps(found))
    assert (type(again), str(again), again.file, again.line) == (ng.BadInput, str(found), str(file), 2)


@pytest.mark.parametrize("call", [ng.count, lambda files: list(ng.stream(files))])
def test_a_missing_file_is_bad_input(call, tmp_path):
    with pytest.raises(ng.BadInput) as error:
        call(tmp_path / "none.gz")
    assert (error.value.file, error.value.line, error.value.reason) == (f"{tmp_path}/none.gz", None, "no such file")
    with pytest.raises(ng.BadInput, match="no such file"):
        call(f"{tmp_path}/*.gz")


def test_a_damaged_file_is_bad_input(tmp_path):
    file = tmp_path / "cut.gz"
    file.write_bytes(A_SAMPLE.read_bytes()[:100_000])
    with pytest.raises(ng.BadInput) as error:
        ng.count(file)
    assert error.value.file == str(file) and "truncated" in error.value.reason


def test_an_output_that_cannot_be_written_is_no_bad_input(tmp_path):
    with pytest.raises(ng.Error) as error:
        ng.count(POEM, output=tmp_path / "none" / "a.tsv")
    assert type(error.value) is ng.Error and "cannot write" in str(error.value)


def test_a_line_that_crashes_every_worker_makes_the_program_give_up():
    with pytest.raises(ng.GaveUp) as error:
        ng.count(A_SAMPLE, chaos="kill-on=AMNH", executor="processes")
    assert (error.value.file, error.value.line) == (str(A_SAMPLE), 2718)
    assert error.value.reason == "this line crashed 3 workers (signal 9, SIGKILL)"


def test_an_answer_without_malformed_lines_is_incomplete_and_in_the_error(tmp_path):
    file = tmp_path / "bad.tsv"
    file.write_text("a\t1999\t1\t1\nb\t1999\t1\na\t2000\t2\t1\n")
    with pytest.raises(ng.Incomplete) as error:
        ng.count(file, bad_lines="skip")
    assert error.value.answer.to_dict() == {"a": 3} and error.value.answer.stats["lines"]["bad"] == 1
    assert error.value.left_out == [(str(file), 2, "expected 4 tab-separated fields, found 3")]
    assert str(error.value).startswith("1 line left out, the first is ")
    assert pickle.loads(pickle.dumps(error.value)).answer.to_dict() == {"a": 3}

    batches = ng.stream(file, bad_lines="skip")
    assert next(batches).to_dict() == {"a": 3}
    with pytest.raises(ng.Incomplete):
        next(batches)


def test_an_answer_without_lines_that_crash_workers_is_incomplete():
    with pytest.raises(ng.Incomplete) as error:
        ng.count(A_SAMPLE, chaos="kill-on=AMNH", on_poison="skip", words=["Aardvark"], executor="processes")
    assert error.value.answer.to_dict() == {"Aardvark": 15}
    assert all(line.file == str(A_SAMPLE) and "crashed" in line.reason for line in error.value.left_out)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_program_interrupts_it(number):
    stream = ng.stream(A_SAMPLE, **ENDLESS)
    threading.Timer(0.5, stream._counting.run.process.send_signal, [number]).start()
    with pytest.raises(ng.Interrupted) as error:
        next(stream)
    assert error.value.signal == number and "interrupted" in str(error.value)


def test_a_killed_program_is_named():
    stream = ng.stream(A_SAMPLE, **ENDLESS)
    threading.Timer(0.5, stream._counting.run.process.kill).start()
    with pytest.raises(ng.Error, match="killed by signal 9"):
        next(stream)


def test_killed_workers_change_nothing(program):
    answer = ng.count(A_SAMPLE, chunk=500, chaos="kill=0.2,panic=0.1,garbage=0.05,seed=3", executor="processes")
    assert list(answer) == list(ng.count(A_SAMPLE, executor="sequential"))
    assert answer.stats["workers"]["restarts"] > 0


def test_a_worker_that_is_killed_in_the_middle_changes_nothing(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    stream = ng.stream(pipe, executor="processes", workers=2, format="text", chunk=1000)
    with open(pipe, "w") as out:
        out.write("one two\n" * 100_000)
        out.flush()
        parent = stream._counting.run.process.pid

        def workers():
            found = subprocess.run(["ps", "--ppid", str(parent), "-o", "pid="], stdout=subprocess.PIPE, text=True)
            return [int(pid) for pid in found.stdout.split()]

        until(lambda: len(workers()) == 2)
        for worker in workers():
            os.kill(worker, signal.SIGKILL)
        out.write("two\n" * 50_000)
    with stream:
        assert next(stream).to_dict() == {"one": 100_000, "two": 150_000}


ENDLESS_COUNT = "ng.count(A_SAMPLE, **ENDLESS)"


@pytest.mark.parametrize("to_the_group", [False, True])
def test_ctrl_c_is_a_keyboard_interrupt_and_leaves_no_process(script, to_the_group):
    running = script(f"""
        import os, signal
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            {ENDLESS_COUNT}
        except KeyboardInterrupt:
            print("interrupted")
    """)
    running.wait_for_workers()
    # A terminal sends the signal to the program as well.
    (os.killpg if to_the_group else os.kill)(running.process.pid, signal.SIGINT)
    assert running.end()[:2] == (0, "interrupted\n")
    assert running.descendants() == []


@pytest.mark.parametrize("fork", [False, True])
def test_the_death_of_python_ends_the_program_and_its_workers(script, fork):
    # A process that was forked meanwhile holds all pipes open.
    forked = "import os, time\nthreading.Timer(1, lambda: os.fork() or time.sleep(30)).start()" if fork else ""
    running = script(f"import threading\n{forked}\n{ENDLESS_COUNT}")
    running.wait_for_workers(4 if fork else 3)
    running.process.kill()
    running.process.wait()
    until(lambda: len(running.descendants()) == fork, limit=8)
    for pid in running.descendants():
        os.kill(pid, signal.SIGKILL)


def test_the_death_of_a_thread_leaves_the_program_running(script):
    # The signal of a parent's death follows the thread that started the program.
    running = script("""
        import threading
        streams = []
        thread = threading.Thread(target=lambda: streams.append(ng.stream("data/kjv.txt.gz", n=2)))
        thread.start()
        thread.join()
        print(sum(len(batch) for batch in streams[0]))
    """)
    assert running.end()[:2] == (0, "156109\n")


def test_ctrl_c_ends_a_count_in_a_thread_of_asyncio(script):
    running = script(f"""
        import asyncio, os, signal
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        asyncio.run(asyncio.to_thread(lambda: {ENDLESS_COUNT}))
    """)
    running.wait_for_workers()
    os.killpg(running.process.pid, signal.SIGINT)
    code, _, _ = running.end()
    assert code != 0 and running.descendants() == []


def test_a_stream_that_is_left_early_ends_the_program():
    with ng.stream(KJV, n="1..3") as batches:
        process = batches._counting.run.process
        assert len(next(batches)) == 65_536
        # The rest waits in the program, not here.
        assert process.poll() is None
    assert process.returncode is not None
    forgotten = ng.stream(A_SAMPLE, **ENDLESS)
    process = forgotten._counting.run.process
    del forgotten
    until(lambda: process.poll() is not None)


def test_an_error_of_the_callback_ends_the_program(tmp_path):
    class Mine(Exception):
        pass

    def fail(progress):
        raise Mine

    stream = ng.stream(A_SAMPLE, progress=fail, **ENDLESS)
    process = stream._counting.run.process
    with pytest.raises(Mine):
        next(stream)
    assert process.returncode is not None


def test_nothing_is_left_open(tmp_path):
    def open_files():
        return sorted(os.listdir("/proc/self/fd"))

    before = open_files()
    ng.count(POEM)
    with pytest.raises(ng.BadInput):
        ng.count(tmp_path / "none")
    with pytest.raises(ValueError):
        ng.count(POEM, n=0)
    with ng.stream(KJV, n=2) as batches:
        next(batches)
    ng.count(KJV, words=[str(at) for at in range(2000)])
    assert open_files() == before
    assert threading.active_count() == 1


def test_a_program_that_cannot_be_found_or_started_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("NGRAMCOUNT_BIN", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match="NGRAMCOUNT_BIN=.*none: there is no program"):
        ng.count(POEM)


def test_the_module_as_a_program_is_the_program(tmp_path):
    def run(*args):
        return subprocess.run([sys.executable, "-m", "ngramcount", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    assert run("--version").stdout == f"ngramcount {ng.__version__}\n"
    assert run(str(POEM), "--top", "1").stdout == "Где\t3\n"
    assert run(str(tmp_path / "none")).returncode == 1 and run("--top", "x").returncode == 2


@pytest.mark.parametrize("program", ["true", "echo"])
def test_a_program_that_tells_no_result_is_an_error(program, monkeypatch):
    monkeypatch.setenv("NGRAMCOUNT_BIN", f"/bin/{program}")
    for call in (ng.count, ng.index):
        with pytest.raises(ng.Error, match="no result"):
            call(POEM)


def test_failures_are_seen_where_sigchld_is_ignored(script):
    run = script("""
        import signal
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        print(len(ng.count(POEM, top=1)))
        for call in (ng.count, ng.index):
            try:
                call("no-such-file")
            except ng.Error as error:
                print(error)
    """)
    assert run.end()[:2] == (0, "1\nno-such-file: no such file\nno-such-file: no such file\n")


def test_a_picture_that_fails_is_seen_where_sigchld_is_ignored(script, tmp_path):
    run = script(f"""
        import signal
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        by_year = ng.count(A_SAMPLE, words=["Aardvark"], by_year=True)
        print(by_year.plot({str(tmp_path / "good.svg")!r}))
        for answer, file in ((ng.top(KJV, k=3), None), (by_year, {str(tmp_path / "no/folder.svg")!r}), (by_year, "x.gif")):
            try:
                answer.plot(file)
            except ValueError as error:
                print("refused")
    """)
    code, out, err = run.end()
    assert code == 0 and out.startswith("<Picture: ") and out.endswith("\nrefused\nrefused\nrefused\n"), (out, err)
    assert (tmp_path / "good.svg").read_text().rstrip().endswith("</svg>")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_python_may_have_closed_its_standard_streams(closed, tmp_path):
    found = tmp_path / "found"
    code = f"""
        import ngramcount as ng
        answer = ng.count({str(POEM)!r}, top=1)
        try:
            ng.count("no-such-file")
        except ng.BadInput as error:
            reason = error.reason
        rows = sum(len(batch) for batch in ng.stream({str(POEM)!r}))
        picture = ng.count({str(A_SAMPLE)!r}, words=["Aardvark"], by_year=True).plot()
        open({str(found)!r}, "w", encoding="utf-8").write(f"{{answer.to_dict()}} {{reason}} {{rows > 9}} {{picture.svg[:4]}}")
    """
    shell = f'exec "$0" -c "$1" {closed}'
    subprocess.run(["sh", "-c", shell, sys.executable, textwrap.dedent(code)], timeout=60, check=True)
    assert found.read_text(encoding="utf-8") == "{'Где': 3} no such file True <svg"


def test_a_name_that_could_be_a_command_is_shown_as_it_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plot").write_text("to be or not to be\n")
    (tmp_path / "plot.ngx").write_text("no index")
    answer = ng.count("plot", words=["be"])
    assert answer.to_dict() == {"be": 2}
    assert answer.notes[0].startswith("plot.ngx is not used: it is not an index")


@pytest.mark.parametrize("name", ["none", b"caf\xe9", "./none"])
def test_a_file_in_an_error_is_as_it_was_named(name):
    with pytest.raises(ng.BadInput) as error:
        ng.count(name)
    assert error.value.file == os.fsdecode(name)
