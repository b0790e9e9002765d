//! The written forms: exact bytes written down by hand, and what an independent reader reads in them.

#[path = "common/table.rs"]
mod table;

use std::io;

use ngramcount::output::{Destination, Format, NotText, OutputError};
use serde_json::Value as Json;

use table::HandMade;

/// N-grams that are hard on somebody: quotes, commas, backslashes, NUL, blanks, line ends that are not LF, numbers,
/// words that some readers take for nothing, formulas.
const ODD: [&str; 17] = [
    "\"",
    "say \"hi\"",
    "9,000",
    "a\\nb",
    "\0",
    " blank ",
    "",
    "a\u{85}b",
    "a\u{2028}b\u{2029}",
    "a\rb",
    "\u{b}\u{c}\u{1b}\u{7f}",
    "1736",
    "NA",
    "null",
    "=>",
    "</script>",
    "Где😀",
];

const NOT_TEXT: &[u8] = b"caf\xe9 \"x\"";

const BYTES: [Format; 2] = [Format::Tsv, Format::Csv];
const TEXT: [Format; 2] = [Format::Json, Format::Jsonl];

fn small() -> HandMade {
    HandMade::by_year(&[("a,b", 1899, [3, 1]), ("a,b", 1900, [u64::MAX, 0]), ("\"", 2008, [7, 7])])
}

fn odd() -> HandMade {
    HandMade::counts((0..).zip(ODD).map(|(count, ngram)| (ngram, count)))
}

#[test]
fn the_bytes_are_those_written_down_here() {
    let cases = [
        (Format::Tsv, "a,b\t1899\t3\t1\na,b\t1900\t18446744073709551615\t0\n\"\t2008\t7\t7\n"),
        (Format::Csv, "\"a,b\",1899,3,1\n\"a,b\",1900,18446744073709551615,0\n\"\"\"\",2008,7,7\n"),
        (
            Format::Json,
            r#"[
{"ngram":"a,b","year":1899,"matches":3,"volumes":1},
{"ngram":"a,b","year":1900,"matches":18446744073709551615,"volumes":0},
{"ngram":"\"","year":2008,"matches":7,"volumes":7}
]
"#,
        ),
        (
            Format::Jsonl,
            r#"{"ngram":"a,b","year":1899,"matches":3,"volumes":1}
{"ngram":"a,b","year":1900,"matches":18446744073709551615,"volumes":0}
{"ngram":"\"","year":2008,"matches":7,"volumes":7}
"#,
        ),
    ];
    for (format, expected) in cases {
        assert_eq!(String::from_utf8(small().written(format, false)).unwrap(), expected);
    }
}

#[test]
fn a_header_stands_above_tsv_and_csv_and_changes_nothing_else() {
    for (format, header) in
        [(Format::Tsv, "ngram\tyear\tmatches\tvolumes\n"), (Format::Csv, "ngram,year,matches,volumes\n")]
    {
        let expected = [header.as_bytes(), &small().written(format, false)].concat();
        assert_eq!(small().written(format, true), expected);
    }
    for format in TEXT {
        assert_eq!(small().written(format, true), small().written(format, false));
    }
}

#[test]
fn no_rows_are_an_empty_file_or_an_empty_array() {
    let none = HandMade::by_year(&[]);
    let cases = [(Format::Tsv, ""), (Format::Csv, ""), (Format::Json, "[]\n"), (Format::Jsonl, "")];
    for (format, expected) in cases {
        assert_eq!(none.written(format, false), expected.as_bytes());
    }
}

/// The expected digits are those of `repr` in Python, but for the exponent.
#[test]
fn fractions_are_the_shortest_that_give_the_same_number_back() {
    let numbers = [(0.1 + 0.2, "0.30000000000000004"), (1.7267e-5, "0.000017267"), (0.0, "0"), (2.0, "2")];
    for (number, expected) in numbers {
        let table = HandMade::shares(&[("a", 1736, number)]);
        assert_eq!(table.written(Format::Tsv, false), format!("a\t1736\t{expected}\n").as_bytes());
        assert_eq!(table.written(Format::Csv, false), format!("a,1736,{expected}\n").as_bytes());
        let json: Json = serde_json::from_slice(&table.written(Format::Jsonl, false)).unwrap();
        assert_eq!(json["matches_share"].as_f64(), Some(number));
    }
}

#[test]
fn tsv_holds_every_ngram_as_it_is() {
    let lines: Vec<_> =
        (0..).zip(ODD).map(|(count, ngram): (u32, _)| format!("{ngram}\t{count}\n")).collect();
    assert_eq!(odd().written(Format::Tsv, false), lines.concat().as_bytes());
}

#[test]
fn csv_reads_back_as_it_was() {
    let written = odd().written(Format::Csv, true);
    let mut reader = csv::Reader::from_reader(&*written);
    assert_eq!(reader.headers().unwrap(), &["ngram", "matches"][..]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), ODD.len());
    for (index, (row, ngram)) in rows.iter().zip(ODD).enumerate() {
        assert_eq!((&row[0], &row[1]), (ngram, &*index.to_string()));
    }
}

#[test]
fn json_and_json_lines_read_back_as_they_were() {
    let array = String::from_utf8(odd().written(Format::Json, false)).unwrap();
    let lines = String::from_utf8(odd().written(Format::Jsonl, false)).unwrap();
    let array: Vec<Json> = serde_json::from_str(&array).unwrap();
    let lines: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for rows in [array, lines] {
        assert_eq!(rows.len(), ODD.len());
        for (index, (row, ngram)) in rows.iter().zip(ODD).enumerate() {
            assert_eq!(row, &serde_json::json!({ "ngram": ngram, "matches": index }));
        }
    }
}

/// Python's `splitlines` cuts at every one of these, as do many that read JSON lines.
#[test]
fn a_row_of_json_is_one_line_for_any_reader() {
    for format in TEXT {
        let text = String::from_utf8(odd().written(format, false)).unwrap();
        for end in ['\r', '\u{b}', '\u{c}', '\u{1c}', '\u{85}', '\u{2028}', '\u{2029}'] {
            assert!(!text.contains(end), "{end:?} in {format:?}");
        }
        assert!(text.contains(r#""a\u2028b\u2029""#) && text.contains(r#""a\u0085b""#));
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_exact_in_tsv_and_csv() {
    let table = HandMade::counts([(NOT_TEXT, 1), (b"\xff\xfe\x00", 2)]);
    assert_eq!(table.written(Format::Tsv, false), b"caf\xe9 \"x\"\t1\n\xff\xfe\x00\t2\n");
    let csv = table.written(Format::Csv, false);
    assert_eq!(csv, b"\"caf\xe9 \"\"x\"\"\",1\n\xff\xfe\x00,2\n");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*csv);
    let read: Vec<_> = reader.byte_records().map(|record| record.unwrap()[0].to_vec()).collect();
    assert_eq!(read, [NOT_TEXT, b"\xff\xfe\x00"]);
}

#[test]
fn formats_of_text_name_the_ngram_that_is_not_text_and_write_nothing() {
    let table = HandMade::counts([(&b"fine"[..], 1), (NOT_TEXT, 2)]);
    for format in TEXT {
        let mut bytes = Vec::new();
        let error = format.write(&table, false, &mut bytes).unwrap_err();
        assert_eq!(bytes, b"");
        let error = error.downcast::<NotText>().unwrap();
        assert_eq!(error.ngram, NOT_TEXT);
        let shown = error.to_string();
        let expected =
            format!(r#"the n-gram "caf\xe9 \"x\"" is not UTF-8, which {} cannot hold"#, format.title());
        assert!(shown.starts_with(&expected), "{shown}");
    }
}

#[test]
fn that_error_names_the_file_and_leaves_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.json");
    let table = HandMade::counts([(NOT_TEXT, 2)]);
    let error =
        Destination::File(path.clone()).write(|out| Format::Json.write(&table, false, out)).unwrap_err();
    assert!(error.to_string().starts_with(&format!("{}: the n-gram ", path.display())), "{error}");
    assert_eq!(dir.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_full_disk_is_an_error_of_every_format() {
    let table = HandMade::counts((0..100_000).map(|count| (count.to_string(), count)));
    let all = [&BYTES[..], &TEXT, &[Format::Parquet]].concat();
    for format in all.into_iter().filter(|format| format.is_built()) {
        let error =
            Destination::File("/dev/full".into()).write(|out| format.write(&table, false, out)).unwrap_err();
        let OutputError::File { error, .. } = error else { panic!("{format:?}: {error}") };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{format:?}");
    }
}
