//! Parquet files, read by the reader of the Rust crate and by two readers that share no code with it.
#![cfg(feature = "parquet")]

#[path = "common/table.rs"]
mod table;

use std::path::Path;
use std::process::Command;

use ngramcount::output::{NgramError, OutputFormat};
use parquet::file::reader::{FileReader, SerializedFileReader};

use table::HandMade;

/// Environment variable with the path of a Python that has pyarrow and duckdb. Without it the test may be skipped.
const PYTHON: &str = "NGRAMCOUNT_TEST_PYTHON";

fn by_year() -> HandMade {
    HandMade::by_year(&[
        ("Где", 1505, [u64::MAX, 1]),
        ("\0 \"x\",\u{2028}", u32::MAX, [0, 2]),
        ("", 2008, [5_733_114_685, 3]),
    ])
}

#[test]
fn columns_are_typed_and_compressed_with_zstd() {
    let bytes = by_year().written(OutputFormat::Parquet, false);
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let metadata = reader.metadata();
    let columns: Vec<_> = (metadata.file_metadata().schema_descr().columns().iter())
        .zip(metadata.row_group(0).columns())
        .map(|(kind, data)| {
            format!(
                "{} {} {:?} {}",
                kind.name(),
                kind.physical_type(),
                kind.logical_type_ref(),
                data.compression()
            )
        })
        .collect();
    let unsigned = |bits| format!("Some(Integer(IntType {{ bit_width: {bits}, is_signed: false }}))");
    let expected = [
        "ngram BYTE_ARRAY Some(String) ZSTD(ZstdLevel(1))".to_owned(),
        format!("year INT32 {} ZSTD(ZstdLevel(1))", unsigned(32)),
        format!("matches INT64 {} ZSTD(ZstdLevel(1))", unsigned(64)),
        format!("volumes INT64 {} ZSTD(ZstdLevel(1))", unsigned(64)),
    ];
    assert_eq!(columns, expected);
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
    assert_eq!(rows[0], r#"{ngram: "Где", year: 1505, matches: 18446744073709551615, volumes: 1}"#);
}

#[test]
fn row_groups_are_bounded_and_hold_every_row() {
    let table = HandMade::counts((0..300_000).map(|count| (format!("w{count}"), count)));
    let reader =
        SerializedFileReader::new(bytes::Bytes::from(table.written(OutputFormat::Parquet, false))).unwrap();
    let groups: Vec<_> = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(groups, [122_880, 122_880, 54_240]);
    for (index, row) in reader.get_row_iter(None).unwrap().enumerate() {
        assert_eq!(row.unwrap().to_string(), format!("{{ngram: \"w{index}\", matches: {index}}}"));
    }
}

#[test]
fn no_rows_are_a_file_with_columns() {
    let bytes = HandMade::shares(&[]).written(OutputFormat::Parquet, false);
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    assert_eq!(reader.metadata().file_metadata().schema_descr().num_columns(), 3);
}

#[test]
fn an_ngram_that_is_not_utf_8_is_named_and_nothing_is_written() {
    let mut bytes = Vec::new();
    let error =
        OutputFormat::Parquet.write(&HandMade::counts([(b"\xff", 1)]), false, &mut bytes).unwrap_err();
    let expected = NgramError::NotUtf8 { ngram: b"\xff".into(), format: "Parquet" };
    assert_eq!(error.downcast::<NgramError>().unwrap(), expected);
    assert_eq!(bytes, b"");
}

#[test]
fn pyarrow_and_duckdb_read_the_same_types_and_rows() {
    let dir = tempfile::tempdir().unwrap();
    let counts = dir.path().join("counts.parquet");
    let shares = dir.path().join("shares.parquet");
    std::fs::write(&counts, by_year().written(OutputFormat::Parquet, false)).unwrap();
    std::fs::write(
        &shares,
        HandMade::shares(&[("a", 1736, 1.7267e-5)]).written(OutputFormat::Parquet, false),
    )
    .unwrap();
    let Some(python) = python() else {
        eprintln!("skipped: no Python with pyarrow and duckdb; name one in {PYTHON}");
        return;
    };
    let expected_counts = r#"[["Где", 1505, 18446744073709551615, 1], ["\u0000 \"x\",\u2028", 4294967295, 0, 2], ["", 2008, 5733114685, 3]]"#;
    let expected_shares = r#"[["a", 1736, 1.7267e-05]]"#;
    let cases = [
        (&counts, expected_counts, "string uint32 uint64 uint64", "VARCHAR UINTEGER UBIGINT UBIGINT"),
        (&shares, expected_shares, "string uint32 double", "VARCHAR UINTEGER DOUBLE"),
    ];
    for (path, expected, arrow, duck) in cases {
        assert_eq!(run(&python, READ, path), format!("{arrow}\n{duck}\nTrue True\n"), "{expected}");
        let rows = run(&python, ROWS, path);
        let rows: serde_json::Value = serde_json::from_str(&rows).unwrap();
        assert_eq!(rows, serde_json::from_str::<serde_json::Value>(expected).unwrap());
    }
}

const READ: &str = "
import sys, pyarrow.parquet, duckdb
arrow = pyarrow.parquet.read_table(sys.argv[1])
duck = duckdb.read_parquet(sys.argv[1])
print(*arrow.schema.types)
print(*duck.types)
rows = [tuple(row.values()) for row in arrow.to_pylist()]
print(rows == duck.fetchall(), arrow.schema.names == duck.columns)
";

const ROWS: &str = "
import sys, json, pyarrow.parquet
print(json.dumps([list(row.values()) for row in pyarrow.parquet.read_table(sys.argv[1]).to_pylist()]))
";

/// The Python of the environment variable, or the default one if it has the packages.
fn python() -> Option<String> {
    std::env::var(PYTHON).ok().or_else(|| {
        let usual = "python3".to_owned();
        let has_both = Command::new(&usual).args(["-c", "import pyarrow.parquet, duckdb"]).output();
        has_both.is_ok_and(|output| output.status.success()).then_some(usual)
    })
}

#[track_caller]
fn run(python: &str, script: &str, path: &Path) -> String {
    let output = Command::new(python).args(["-c", script]).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_answer_from_disk_is_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let sample = "data/googlebooks-eng-all-1gram-20120701-a.sample.gz";
    for question in [&[][..], &["--by-year"], &["--top", "100"]] {
        let written = |name: &str, how: &[&str]| {
            let path = folder.path().join(name);
            let mut count = Command::new(env!("CARGO_BIN_EXE_ngramcount"));
            count.arg(sample).args(question).args(how).arg("-o").arg(&path);
            assert!(count.status().unwrap().success());
            std::fs::read(path).unwrap()
        };
        let plain = written("plain.parquet", &[]);
        let spilled = written("spilled.parquet", &["--chunk", "1000", "--spill-bytes", "1000"]);
        assert!(spilled == plain, "{question:?}");
    }
}
