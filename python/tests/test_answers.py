"""Answers: rows, columns, statistics, pictures, and the forms of questions."""

import pickle
import re

import pytest
from conftest import A_SAMPLE, DATA, KJV, POEM, Q_SAMPLE, expected

import ngramcount as ng


def test_the_answer_is_that_of_the_samples():
    assert ng.count(A_SAMPLE).to_dict() == expected("googlebooks-eng-all-1gram-20120701-a.sample")
    assert ng.count(Q_SAMPLE).to_dict() == expected("googlebooks-eng-all-1gram-20120701-q.selected")


def test_rows_are_named_tuples_in_the_order_of_the_program(program):
    answer = ng.count(A_SAMPLE, words=["Aardvark"], by_year=True, count=["matches", "volumes"])
    assert answer.columns == ["ngram", "year", "matches", "volumes"]
    lines = program(A_SAMPLE, "--word", "Aardvark", "--by-year", "--count", "matches,volumes").stdout.splitlines()
    assert ["\t".join(map(str, row)) for row in answer] == lines
    first = answer[0]
    assert (first.ngram, first.year, first.matches, first._fields) == ("Aardvark", 1822, 2, tuple(answer.columns))
    assert answer[-1] == list(answer)[-1] and answer[1:] == list(answer)[1:] and len(answer) == 3
    with pytest.raises(IndexError):
        answer[3]


def test_a_long_answer_has_its_rows_in_order_across_batches():
    answer = ng.count(KJV, n=2)
    assert len(answer._batches) > 1
    rows = list(answer)
    assert len(rows) == len(answer) == 156_109
    assert [answer[at] for at in (0, 65_535, 65_536, 156_108)] == [rows[at] for at in (0, 65_535, 65_536, 156_108)]
    assert rows == sorted(rows, key=lambda row: (-row.matches, row.ngram.encode()))


def test_an_answer_by_files_has_the_name_of_the_file_in_front(tmp_path):
    (tmp_path / "a.txt").write_text("to be or not to be\n")
    (tmp_path / "b.jsonl").write_text('{"body": "be"}\n')
    first, second = str(tmp_path / "a.txt"), str(tmp_path / "b.jsonl")
    answer = ng.count(first, words=["be", "or"], per_file=True)
    assert [tuple(row) for row in answer] == [(first, "be", 2), (first, "or", 1)]
    answer = ng.count(second, field="body", count=["matches", "documents"], per_file=True)
    assert answer.to_dict() == {second: {"be": (1, 1)}}
    assert answer.to_polars().columns == ["file", "ngram", "matches", "documents"]
    assert list(answer.to_pandas().iloc[0]) == [second, "be", 1, 1]


def test_an_answer_by_year_is_a_dictionary_of_dictionaries():
    answer = ng.count(A_SAMPLE, words="Aardvark", by_year=True)
    assert answer.to_dict() == {"Aardvark": {1822: 2, 1824: 3, 1827: 10}}
    two = ng.count(A_SAMPLE, words="Aardvark", count="matches,lines")
    assert two.to_dict() == {"Aardvark": (15, 3)}


def test_fractions_and_shares_are_floats():
    answer = ng.count(
        Q_SAMPLE, words=["quick"], by_year=True, years=2008, relative_to=DATA / "googlebooks_eng_all_totalcounts_20120701.csv"
    )
    ((ngram, year, share),) = answer
    # 849,236 matches among the 19,482,936,409 of the year.
    assert (ngram, year) == ("quick", 2008) and share == pytest.approx(849_236 / 19_482_936_409)
    assert answer.columns[-1] == "matches_share"


def test_top_is_a_count_of_the_most_frequent():
    answer = ng.top(KJV, n=3, k=2, ignore_case=True)
    assert answer.to_dict() == {"of the lord": 1742, "the son of": 1451}
    with pytest.raises(TypeError, match=r"top\(\) got an unexpected keyword argument 'top'. Did you mean 'k'\?"):
        ng.top(KJV, top=3)


def test_an_empty_answer_has_columns_and_no_rows():
    answer = ng.count(POEM, prefix="Нигде")
    assert len(answer) == 0 and list(answer) == [] and answer.to_dict() == {}
    assert answer.columns == ["ngram", "matches"]
    assert repr(answer) == "ngram  matches\n0 rows"
    assert "0 rows" in answer._repr_html_()
    absent = ng.count(POEM, words=["Нигде"])
    assert absent.to_dict() == {"Нигде": 0} and absent.notes == ["`Нигде` does not occur"]


@pytest.mark.parametrize("rows", ["arrow", "plain"])
def test_ngrams_that_are_not_utf8_are_bytes(rows, tmp_path, request):
    if rows == "plain":
        request.getfixturevalue("without_arrow")
    file = tmp_path / "odd.tsv"
    file.write_bytes(b"caf\xe9\t1999\t7\t1\nplain\t1999\t2\t1\n")
    answer = ng.count(file)
    assert answer.to_dict() == {b"caf\xe9": 7, b"plain": 2}
    assert ng.count(file, words=[b"caf\xe9", "none"]).to_dict() == {b"caf\xe9": 7, b"none": 0}
    assert ng.count(file, words=["plain"]).to_dict() == {"plain": 2}


def test_odd_ngrams_come_as_they_are(tmp_path):
    odd = ['"', 'say "hi"', "9,000", "a\\nb", " blank ", "a\u0085b", "a\u2028b", "NA", "null", "=>", "<b>", "Где😀", "a\rb"]
    file = tmp_path / "odd.tsv"
    file.write_bytes("".join(f"{ngram}\t2000\t{at}\t1\n" for at, ngram in enumerate(odd, 1)).encode())
    assert ng.count(file).to_dict() == {ngram: at for at, ngram in enumerate(odd, 1)}
    assert "&lt;b&gt;" in ng.count(file, words="<b>")._repr_html_()


def test_numbers_are_exact_up_to_64_bits(tmp_path):
    file = tmp_path / "large.tsv"
    file.write_text(f"a\t2000\t{2**64 - 1}\t1\n")
    assert ng.count(file)[0].matches == 2**64 - 1


def test_statistics_are_those_of_the_program(tmp_path):
    file = tmp_path / "stats.json"
    answer = ng.count(A_SAMPLE, words=["Aardvark"], stats_json=file)
    import json

    assert answer.stats == json.loads(file.read_text())
    assert answer.stats["input"]["lines"] == 50_029 and answer.stats["matches"] == 15


def test_a_table_shows_its_head_and_its_length():
    answer = ng.top(KJV, k=12)
    lines = repr(answer).splitlines()
    assert len(lines) == 1 + 10 + 2 and lines[-2:] == ["…", "12 rows"]
    shown = answer._repr_html_()
    assert shown.count("<tr>") == 11 and "<th>ngram</th>" in shown and "12 rows" in shown


def test_a_picture_is_that_of_the_program(tmp_path, program):
    question = {"words": ["quality", "queen"], "by_year": True, "years": range(1900, 2009)}
    answer = ng.count(Q_SAMPLE, **question)
    args = ["--word", "quality", "--word", "queen", "--by-year", "--years", "1900..2008", "-o", "/dev/null"]
    drawn = tmp_path / "program.svg"
    assert program(Q_SAMPLE, *args, "--plot", drawn, "--title", "Q").returncode == 0
    picture = answer.plot(tmp_path / "module.png", title="Q")
    assert picture._repr_svg_() == drawn.read_text()
    assert (tmp_path / "module.png").read_bytes().startswith(b"\x89PNG")
    picture.save(tmp_path / "module.svg")
    assert (tmp_path / "module.svg").read_text() == drawn.read_text()


def test_a_picture_of_shares_and_means_is_that_of_the_program(tmp_path, program):
    totals = DATA / "googlebooks_eng_all_totalcounts_20120701.csv"
    answer = ng.count(Q_SAMPLE, words="queen", by_year=True, relative_to=totals, smoothing=3)
    drawn = tmp_path / "program.svg"
    args = ["--word", "queen", "--by-year", "--relative-to", totals, "--smoothing", 3, "-o", "/dev/null"]
    assert program(Q_SAMPLE, *args, "--plot", drawn).returncode == 0
    assert answer.plot().svg == drawn.read_text()


def test_an_answer_that_cannot_be_drawn_says_why():
    with pytest.raises(ValueError, match="line 1: expected the names of three columns"):
        ng.top(KJV, k=3).plot()
    with pytest.raises(ValueError, match="13 n-grams are too many for one picture"):
        ng.count(A_SAMPLE, top=13, by_year=True).plot()


@pytest.mark.parametrize("keyword, value", [("file", 5), ("title", 5), ("size", (800, 400))])
def test_a_picture_by_values_of_another_type_is_a_type_error(keyword, value):
    answer = ng.count(A_SAMPLE, words=["Aardvark"], by_year=True)
    with pytest.raises(TypeError, match=f"{keyword}: expected "):
        answer.plot(**{keyword: value})


def test_answers_and_rows_can_be_pickled():
    answer = ng.count(A_SAMPLE, words=["Aardvark"], by_year=True)
    again = pickle.loads(pickle.dumps(answer))
    assert list(again) == list(answer) and again.stats == answer.stats and again.columns == answer.columns
    row = pickle.loads(pickle.dumps(answer[0]))
    assert row == answer[0] and row.matches == 2


def test_an_output_file_takes_the_rows_and_leaves_the_statistics(tmp_path, program):
    file = tmp_path / "an answer.csv"
    answer = ng.count(KJV, top=3, output=file)
    assert file.read_text() == program(KJV, "--top", 3, "--output-format", "csv").stdout
    assert len(answer) == 3 and answer.stats["ngrams"] == 3
    for use in (list, lambda answer: answer.to_polars(), lambda answer: answer[0]):
        with pytest.raises(ValueError, match=re.escape(f"the rows were written to {file}")):
            use(answer)
    assert repr(answer) == f"<3 rows in {file}>"


def test_what_is_about_an_output_file_needs_one():
    with pytest.raises(ValueError, match="header: this is about the file of `output`"):
        ng.count(POEM, header=True)
    with pytest.raises(ValueError, match="output: `-` is standard output"):
        ng.count(POEM, output="-")
    with pytest.raises(ValueError, match="output: a stream gives the rows itself"):
        ng.stream(POEM, output="a.csv")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"by_year": True, "count": ["volumes", "matches"]},
        {"by_year": True, "smoothing": 1, "years": (1990, 2000)},
        {"prefix": "nothing begins like this"},
        {"words": ["Aardvark", "never"]},
        {"relative_to": DATA / "googlebooks_eng_all_totalcounts_20120701.csv"},
    ],
)
def test_a_program_without_arrow_gives_the_same_rows(options, request):
    arrow = ng.count(A_SAMPLE, **options)
    request.getfixturevalue("without_arrow")
    plain = ng.count(A_SAMPLE, **options)
    assert plain._schema.message is None and arrow._schema.message is not None
    assert list(plain) == list(arrow) and plain.columns == arrow.columns and len(plain) == len(arrow)
    with ng.stream(A_SAMPLE, **options) as batches:
        assert [row for batch in batches for row in batch] == list(arrow)


def test_a_program_without_arrow_gives_words_with_tabs(without_arrow, tmp_path):
    file = tmp_path / "text"
    file.write_text("a\tb c\na\tb d")
    assert ng.count(file, format="text", tokens="regex=a.b").to_dict() == {"a\tb": 2}
