"""Data frames: types, values, and the way there and back."""

import pytest
from conftest import A_SAMPLE, DATA, KJV, POEM, Q_SAMPLE

import ngramcount as ng

duckdb = pytest.importorskip("duckdb")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")

QUESTIONS = [
    (A_SAMPLE, {"by_year": True, "count": "matches,volumes"}),
    (POEM, {}),
    (POEM, {"prefix": "Нигде"}),
    (KJV, {"n": 2}),
    (Q_SAMPLE, {"relative_to": DATA / "googlebooks_eng_all_totalcounts_20120701.csv", "by_year": True}),
]


@pytest.fixture(params=["arrow", "plain"])
def rows(request):
    """Rows as Arrow, and rows of a program that has none."""
    if request.param == "plain":
        request.getfixturevalue("without_arrow")


@pytest.mark.parametrize("file, options", QUESTIONS)
def test_each_frame_has_the_rows_of_the_answer(file, options, rows):
    answer = ng.count(file, **options)
    expected = [tuple(row) for row in answer]
    assert answer.to_polars().rows() == expected
    assert list(answer.to_pandas().itertuples(index=False, name=None)) == expected
    assert [tuple(row.values()) for row in answer.to_arrow().to_pylist()] == expected
    assert pyarrow.table(answer).equals(answer.to_arrow())
    assert polars.DataFrame(answer).rows() == expected
    assert duckdb.sql("SELECT * FROM answer").fetchall() == expected


@pytest.mark.parametrize("file, options", [QUESTIONS[0], QUESTIONS[4], (A_SAMPLE, {"by_year": True, "prefix": "no such"})])
def test_columns_are_typed(file, options, rows):
    answer = ng.count(file, **options)
    share = "relative_to" in options
    numbers = len(answer.columns) - 2
    kinds = [polars.Float64] if share else [polars.UInt64] * numbers
    assert answer.to_polars().dtypes == [polars.String, polars.UInt32, *kinds]
    arrow = answer.to_arrow().schema.types
    assert arrow[:2] == [pyarrow.string(), pyarrow.uint32()]
    assert set(arrow[2:]) == {pyarrow.float64() if share else pyarrow.uint64()}
    dtypes = answer.to_pandas().dtypes
    assert list(dtypes[1:]) == ["uint32", *(["float64"] if share else ["uint64"] * numbers)]
    assert pandas.api.types.is_string_dtype(dtypes["ngram"])


def test_ngrams_that_are_not_utf8_are_binary(tmp_path, rows):
    file = tmp_path / "odd.tsv"
    file.write_bytes(b"caf\xe9\t1999\t7\t1\nplain\t1999\t2\t1\n")
    answer = ng.count(file)
    expected = [(b"caf\xe9", 7), (b"plain", 2)]
    assert answer.to_polars().rows() == expected and answer.to_polars().dtypes[0] == polars.Binary
    assert answer.to_arrow().schema.types[0] == pyarrow.binary()
    assert list(answer.to_pandas().itertuples(index=False, name=None)) == expected
    assert duckdb.sql("SELECT * FROM answer").fetchall() == expected


def test_what_a_frame_writes_is_counted_to_the_same_answer(tmp_path):
    answer = ng.count(KJV, n=2, top=5000)
    csv = {"separator": "\t", "include_header": False, "quote_style": "never"}
    answer.to_polars().write_csv(tmp_path / "polars.tsv", **csv)
    answer.to_pandas().to_csv(tmp_path / "pandas.tsv", sep="\t", index=False, header=False, quoting=3)
    duckdb.sql("SELECT * FROM answer").write_csv(str(tmp_path / "duckdb.tsv"), sep="\t", header=False)
    for name in ("polars", "pandas", "duckdb"):
        again = ng.count(tmp_path / f"{name}.tsv", format="counts")
        assert list(again) == list(answer), name


def test_an_arrow_file_is_read_by_polars_and_pyarrow(tmp_path):
    file = tmp_path / "answer.arrows"
    ng.count(KJV, output=file)
    expected = [tuple(row) for row in ng.count(KJV)]
    assert polars.read_ipc_stream(file).rows() == expected
    assert [tuple(row.values()) for row in pyarrow.ipc.open_stream(file.read_bytes()).read_all().to_pylist()] == expected


def test_batches_of_a_stream_are_frames_too():
    with ng.stream(KJV, n=2) as batches:
        frames = [batch.to_polars() for batch in batches]
    assert len(frames) > 1
    assert polars.concat(frames).equals(ng.count(KJV, n=2).to_polars())
