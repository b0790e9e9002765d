"""Questions: keywords, values and files."""

import datetime
import inspect
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import A_SAMPLE, DATA, KJV, POEM, Q_SAMPLE, ROOT

import ngramcount as ng
from ngramcount._arguments import arguments
from ngramcount._options import OPTIONS


@pytest.fixture(scope="module")
def description():
    return json.loads(subprocess.run([ng.find_program(), "--describe-options"], stdout=subprocess.PIPE, check=True).stdout)


def test_hints_offer_a_list_only_where_one_is_taken():
    hints = re.findall(r"^        (\w+): .*\bIterable\b", (ROOT / "python/ngramcount/_options.py").read_text(), re.M)
    # `globs` is an option of two commands.
    assert sorted(set(hints)) == ["chaos", "count", "globs", "pos", "words"]
    for keyword in hints:
        assert typed(**{keyword: iter(["a", "b"])}) == typed(**{keyword: ["a", "b"]})


def test_the_keywords_are_the_options_of_the_program(description):
    generator = runpy.run_path(str(ROOT / "python" / "generate_options.py"))
    generated = generator["generated"](description)
    checked_in = (ROOT / "python" / "ngramcount" / "_options.py").read_text(encoding="utf-8")
    assert generated == checked_in, "run: target/debug/ngramcount --describe-options | python3 python/generate_options.py"


def test_every_option_of_the_help_has_a_keyword(program):
    shown = set(re.findall(r"^(?:  -\w, |      )(--[a-z-]+)", program("--help").stdout, re.MULTILINE))
    known = {option for option, _, _ in OPTIONS["count"].values()}
    assert len(shown) > 40
    # The module sets the first two itself.
    assert shown - known == {"--events", "--end-with-stdin", "--help", "--version"} and known <= shown


def test_folders_and_lists_are_files_too(tmp_path, monkeypatch):
    corpus = tmp_path / "corpus"
    (corpus / "sub").mkdir(parents=True)
    for name in ("a.txt", "sub/b.txt", "c.md", ".hidden"):
        (corpus / name).write_text((corpus / name).stem)
    assert ng.count(corpus).to_dict() == {"a": 1, "b": 1, "c": 1}
    assert ng.count(corpus, globs="*.txt").to_dict() == {"a": 1, "b": 1}
    assert ng.count(corpus, globs=["*.md", "sub/*"]).to_dict() == {"b": 1, "c": 1}
    names = tmp_path / "names"
    names.write_text(f"{corpus}/a.txt\n{corpus}/sub\n")
    assert ng.count(files_from=names).to_dict() == {"a": 1, "b": 1}
    assert ng.count(corpus / "c.md", files_from=names).to_dict() == {"a": 1, "b": 1, "c": 1}
    with pytest.raises(ng.BadInput) as error:
        ng.count(corpus, globs="*.gz")
    assert (error.value.file, error.value.reason) == (str(corpus), "no file in the folder fits *.gz; hidden files and indexes do not count")
    with pytest.raises(ValueError, match="files_from: `-` is standard input"):
        ng.count(files_from="-")
    ng.index(corpus, index_dir=tmp_path)
    monkeypatch.chdir(tmp_path)
    (corpus / "c.md").write_bytes(b"\xff")
    with pytest.raises(ng.BadInput) as error:
        ng.count("corpus")
    assert error.value.file == "corpus/c.md" and str(error.value).startswith("corpus/c.md: line 1: ")
    assert (tmp_path / "b.txt.ngx").exists()


def test_more_files_than_a_command_line_has_room_for(tmp_path):
    (tmp_path / "corpus").write_text("a")
    name = str(tmp_path) + "/" + "/".join(["."] * 1000) + "/corpus"
    files = [name] * 2000
    assert ng.count(files).to_dict() == {"a": 2000}
    with pytest.raises(ng.BadInput) as error:
        ng.count([*files, tmp_path / "none"])
    assert error.value.file == str(tmp_path / "none")


def test_keywords_are_in_the_docstrings():
    for name in OPTIONS["count"]:
        assert f"    {name}: " in ng.count.__doc__ and f"    {name}: " in ng.stream.__doc__
    assert "index_dir: " in ng.index.__doc__


@pytest.mark.parametrize(
    "call, wrong, nearest",
    [(ng.count, "word", "words"), (ng.stream, "ignorecase", "ignore_case"), (ng.top, "by_years", "by_year"), (ng.index, "index_dirs", "index_dir")],
)
def test_a_wrong_keyword_is_answered_with_the_nearest(call, wrong, nearest):
    with pytest.raises(TypeError) as error:
        call(POEM, **{wrong: 1})
    assert str(error.value) == f"{call.__name__}() got an unexpected keyword argument {wrong!r}. Did you mean {nearest!r}?"


def test_a_keyword_that_is_like_no_other_is_answered_without_a_guess():
    with pytest.raises(TypeError, match=r"count\(\) got an unexpected keyword argument 'zzzzzz'$"):
        ng.count(POEM, zzzzzz=1)


@pytest.mark.parametrize(
    "keyword, value, args",
    [
        ("years", "soon", ["--years=soon"]),
        ("n", 0, ["--n=0"]),
        ("top", -1, ["--top=-1"]),
        ("sort", "size", ["--sort=size"]),
        ("smoothing", 3, ["--smoothing=3"]),
        ("regex", "(", ["--regex=("]),
        ("strip_pos", True, ["--strip-pos"]),
        ("words", ["a\tb"], ["--word=a\tb"]),
        ("count", ["matches", "matches"], ["--count=matches,matches"]),
        ("worker_memory", "1", ["--worker-memory=1"]),
    ],
)
def test_a_wrong_value_is_refused_in_the_words_of_the_program(keyword, value, args, program):
    with pytest.raises(ValueError) as error:
        ng.count(A_SAMPLE, **{keyword: value})
    run = program(A_SAMPLE, *args)
    assert run.returncode == 2 and f"ngramcount: {error.value}\n" == run.stderr


@pytest.mark.parametrize(
    "keyword, value",
    [
        ("by_year", "yes"), ("words", [3.5j]), ("regex", object()), ("top", True), ("output", 5), ("output", ["a.tsv"]),
        ("words_file", 5), ("relative_to", 5.0), ("index_dir", 5), ("cache", True), ("plot", 5), ("sort", Path("ngram")),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_a_type_error(keyword, value):
    with pytest.raises(TypeError, match=f"{keyword}: expected "):
        ng.count(POEM, **{keyword: value})


def typed(**keywords):
    return arguments("count", "count", "x.gz", keywords)[:-2]


def test_values_are_written_as_on_the_command_line():
    assert typed(years=range(1900, 2001)) == typed(years=(1900, 2000)) == [b"--years=1900..2000"]
    assert typed(years=(1900, None)) == [b"--years=1900.."] and typed(years=1900) == [b"--years=1900"]
    assert typed(n=range(1, 4)) == typed(n="1..3") == [b"--n=1..3"]
    assert typed(words="one word") == [b"--word=one word"]
    assert typed(words=["a", b"\xff"]) == [b"--word=a", b"--word=\xff"]
    assert typed(pos=["NOUN", "VERB"]) == [b"--pos=NOUN,VERB"]
    assert typed(by_year=True, strip_pos=False, top=None) == [b"--by-year"]
    assert typed(task_timeout=datetime.timedelta(minutes=1)) == typed(task_timeout=60) == [b"--task-timeout=60"]
    assert typed(task_timeout=0.5) == [b"--task-timeout=0.5"]
    assert typed(relative_to=DATA / "a b") == [b"--relative-to=" + os.fsencode(DATA) + b"/a b"]
    with pytest.raises(ValueError, match="years: expected a range in steps of 1"):
        typed(years=range(1900, 2000, 10))
    with pytest.raises(ValueError, match="holds a NUL character"):
        typed(words="a\0b")


def test_words_are_utf8_in_any_locale(script):
    run = script("""
        import os
        os.environ["LC_ALL"] = "C"
        print(ng.count("data/poem.txt", words=["Где"]).to_dict() == {"Где": 3})
    """)
    assert run.end()[:2] == (0, "True\n")


def test_thousands_of_words_are_no_more_trouble_than_one():
    words = [f"word {at} of a long list" for at in range(20_000)]
    answer = ng.count(KJV, words=[*words, "Aaron"])
    assert len(answer) == 20_001 and answer[-1] == ("Aaron", ng.count(KJV, words="Aaron")[0].matches)
    assert [row.ngram for row in answer[:3]] == words[:3]
    # A line end within a word would make two of it in a file.
    with pytest.raises(ValueError, match="an n-gram is not empty and holds no tab or line end"):
        ng.count(KJV, words=[*words[:2000], "two\nlines"])


def test_files_are_paths_patterns_or_lists_of_them(tmp_path):
    folder = tmp_path / "a folder [with] blanks"
    folder.mkdir()
    for name in ("b.txt", "a.txt", "it's.txt"):
        (folder / name).write_text("one two\n")
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("one\n")

    def count(files):
        return ng.count(files, words="one")[0].matches

    assert count(folder / "a.txt") == count(str(folder / "a.txt")) == count(os.fsencode(folder / "a.txt")) == 1
    assert count([folder / "a.txt", str(folder / "b.txt")]) == count(iter([folder / "a.txt", folder / "b.txt"])) == 2
    assert count(folder.glob("*.txt")) == 3
    assert count(f"{tmp_path}/a folder ?with? blanks/*.txt") == 3
    assert count(f"{tmp_path}/**/*.txt") == 4
    assert count([f"{tmp_path}/a folder*/[ab].txt", tmp_path / os.fsdecode(b"caf\xe9.txt")]) == 3
    # A file whose name reads as a pattern is that file.
    (tmp_path / "[1]*.txt").write_text("one one\n")
    assert count(str(tmp_path / "[1]*.txt")) == 2


def test_names_that_read_as_options_or_commands_are_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("index", "--top", "sweep"):
        (tmp_path / name).write_text("one\n")
    assert ng.count(["index", "--top", "sweep"]).to_dict() == {"one": 3}


def test_no_file_is_refused_and_so_is_standard_input():
    with pytest.raises(ValueError, match="files: no file is named"):
        ng.count([])
    with pytest.raises(ValueError, match="files: `-` is standard input"):
        ng.count("-")


def test_an_index_is_made_and_used(tmp_path):
    ng.index([A_SAMPLE, Q_SAMPLE], index_dir=tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {f"{A_SAMPLE.name}.ngx", f"{Q_SAMPLE.name}.ngx"}
    answer = ng.count(A_SAMPLE, words="Aardvark", index_dir=tmp_path, index="require")
    assert answer[0].matches == 15 and answer.stats["input"]["spans"]["read"] >= 1
    with pytest.raises(ng.BadInput, match="no such file"):
        ng.index("no-such-file.gz", index_dir=tmp_path)


def test_the_lines_of_the_readme_run(capsys):
    lines = (ROOT / "README.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    pytest.importorskip("polars")
    names = {}
    exec(lines, names)
    assert f"# {capsys.readouterr().out}" in lines and names["frame"].height == 3


def test_signatures_show_what_comes_first():
    assert list(inspect.signature(ng.count).parameters) == ["files", "options"]
    assert list(inspect.signature(ng.top).parameters) == ["files", "k", "options"]


def test_importing_loads_nothing_but_the_standard_library():
    code = "import sys; before = set(sys.modules); import ngramcount as ng; ng.count('data/poem.txt').to_dict()\n"
    code += "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    loaded = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    if sys.version_info >= (3, 10):
        assert set(loaded) - set(sys.stdlib_module_names) == {"ngramcount"}
    assert not {"pandas", "polars", "pyarrow", "numpy", "tqdm", "typing_extensions"} & set(loaded)


@pytest.mark.parametrize("words", [[], (), iter([])])
def test_no_words_are_refused(words):
    with pytest.raises(ValueError, match="words: the list is empty"):
        ng.count(POEM, words=words)


@pytest.mark.parametrize("keyword, value", [("prefix", ["a", "b"]), ("regex", ["a"]), ("words", 5), ("pos", [3j])])
def test_a_list_for_one_value_is_a_type_error(keyword, value):
    with pytest.raises(TypeError, match=f"{keyword}: expected "):
        ng.count(POEM, **{keyword: value})


@pytest.mark.parametrize("keyword", ["output", "stats_json", "ledger"])
def test_the_pipes_of_the_module_are_no_files_of_a_count(keyword, tmp_path):
    (tmp_path / "link").symlink_to("/dev/stdout")
    for path in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", tmp_path / "link"):
        with pytest.raises(ValueError, match=f"{keyword}: .* is a descriptor of Python"):
            ng.count(POEM, **{keyword: path})


def test_long_words_go_through_a_file_and_another_long_value_is_refused():
    words = ["x" * 10_000 + str(at) for at in range(500)]
    assert len(ng.count(POEM, words=words)) == 500
    with pytest.raises(ValueError, match="prefix: a value of 200,000 bytes"):
        ng.count(POEM, prefix="a" * 200_000)
    with pytest.raises(ValueError, match="files: an empty name"):
        ng.count("")
