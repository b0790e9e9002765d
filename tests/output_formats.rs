//! Output formats: exact bytes written by hand, and the values that an independent reader reads from them.

#[path = "common/table.rs"]
mod table;

use std::io;

use ngramcount::output::{Destination, NgramError, OutputError, OutputFormat};
use ngramcount::record::{Format, Header, counts, lines, read_header};
use proptest::prelude::*;
use serde_json::Value as Json;

use table::HandMade;

/// N-grams that some readers misread: quotes, commas, backslashes, NUL, blanks, line ends other than LF, numbers, words
/// for a missing value, formulas.
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

const BYTES: [OutputFormat; 2] = [OutputFormat::Tsv, OutputFormat::Csv];
const TEXT: [OutputFormat; 2] = [OutputFormat::Json, OutputFormat::Jsonl];

fn small() -> HandMade {
    HandMade::by_year(&[("a,b", 1899, [3, 1]), ("a,b", 1900, [u64::MAX, 0]), ("\"", 2008, [7, 7])])
}

fn odd() -> HandMade {
    HandMade::counts((0..).zip(ODD).map(|(count, ngram)| (ngram, count)))
}

#[test]
fn each_format_writes_these_exact_bytes() {
    let cases = [
        (OutputFormat::Tsv, "a,b\t1899\t3\t1\na,b\t1900\t18446744073709551615\t0\n\"\t2008\t7\t7\n"),
        (OutputFormat::Csv, "\"a,b\",1899,3,1\n\"a,b\",1900,18446744073709551615,0\n\"\"\"\",2008,7,7\n"),
        (
            OutputFormat::Json,
            r#"[
{"ngram":"a,b","year":1899,"matches":3,"volumes":1},
{"ngram":"a,b","year":1900,"matches":18446744073709551615,"volumes":0},
{"ngram":"\"","year":2008,"matches":7,"volumes":7}
]
"#,
        ),
        (
            OutputFormat::Jsonl,
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
    for (format, header) in [
        (OutputFormat::Tsv, "ngram\tyear\tmatches\tvolumes\n"),
        (OutputFormat::Csv, "ngram,year,matches,volumes\n"),
    ] {
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
    let cases = [
        (OutputFormat::Tsv, ""),
        (OutputFormat::Csv, ""),
        (OutputFormat::Json, "[]\n"),
        (OutputFormat::Jsonl, ""),
    ];
    for (format, expected) in cases {
        assert_eq!(none.written(format, false), expected.as_bytes());
    }
}

/// The expected digits are those of `repr` in Python, without the exponent.
#[test]
fn fractions_are_the_shortest_that_give_the_same_number_back() {
    let numbers = [(0.1 + 0.2, "0.30000000000000004"), (1.7267e-5, "0.000017267"), (0.0, "0"), (2.0, "2")];
    for (number, expected) in numbers {
        let table = HandMade::shares(&[("a", 1736, number)]);
        assert_eq!(table.written(OutputFormat::Tsv, false), format!("a\t1736\t{expected}\n").as_bytes());
        assert_eq!(table.written(OutputFormat::Csv, false), format!("a,1736,{expected}\n").as_bytes());
        let json: Json = serde_json::from_slice(&table.written(OutputFormat::Jsonl, false)).unwrap();
        assert_eq!(json["matches_share"].as_f64(), Some(number));
    }
}

#[test]
fn tsv_keeps_the_bytes_of_every_ngram() {
    let lines: Vec<_> =
        (0..).zip(ODD).map(|(count, ngram): (u32, _)| format!("{ngram}\t{count}\n")).collect();
    assert_eq!(odd().written(OutputFormat::Tsv, false), lines.concat().as_bytes());
}

#[test]
fn csv_reads_back_unchanged() {
    let written = odd().written(OutputFormat::Csv, true);
    let mut reader = csv::Reader::from_reader(&*written);
    assert_eq!(reader.headers().unwrap(), &["ngram", "matches"][..]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), ODD.len());
    for (index, (row, ngram)) in rows.iter().zip(ODD).enumerate() {
        assert_eq!((&row[0], &row[1]), (ngram, &*index.to_string()));
    }
}

#[test]
fn json_and_json_lines_read_back_unchanged() {
    let array = String::from_utf8(odd().written(OutputFormat::Json, false)).unwrap();
    let lines = String::from_utf8(odd().written(OutputFormat::Jsonl, false)).unwrap();
    let array: Vec<Json> = serde_json::from_str(&array).unwrap();
    let lines: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for rows in [array, lines] {
        assert_eq!(rows.len(), ODD.len());
        for (index, (row, ngram)) in rows.iter().zip(ODD).enumerate() {
            assert_eq!(row, &serde_json::json!({ "ngram": ngram, "matches": index }));
        }
    }
}

/// Python's `splitlines` splits at each of these, as do many readers of JSON Lines.
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
    assert_eq!(table.written(OutputFormat::Tsv, false), b"caf\xe9 \"x\"\t1\n\xff\xfe\x00\t2\n");
    let csv = table.written(OutputFormat::Csv, false);
    assert_eq!(csv, b"\"caf\xe9 \"\"x\"\"\",1\n\xff\xfe\x00,2\n");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*csv);
    let read: Vec<_> = reader.byte_records().map(|record| record.unwrap()[0].to_vec()).collect();
    assert_eq!(read, [NOT_TEXT, b"\xff\xfe\x00"]);
}

#[test]
fn text_formats_name_the_ngram_that_is_not_utf_8_and_write_nothing() {
    let table = HandMade::counts([(&b"fine"[..], 1), (NOT_TEXT, 2)]);
    for format in TEXT {
        let mut bytes = Vec::new();
        let error = format.write(&table, false, &mut bytes).unwrap_err();
        assert_eq!(bytes, b"");
        let error = error.downcast::<NgramError>().unwrap();
        assert_eq!(error, NgramError::NotUtf8 { ngram: NOT_TEXT.into(), format: format.title() });
        let shown = error.to_string();
        let expected =
            format!(r#"the n-gram "caf\xe9 \"x\"" is not UTF-8, which {} cannot hold"#, format.title());
        assert!(shown.starts_with(&expected), "{shown}");
    }
}

#[test]
fn an_ngram_that_is_not_utf_8_is_an_error_that_names_the_file_and_leaves_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.json");
    let table = HandMade::counts([(NOT_TEXT, 2)]);
    let error = Destination::File(path.clone())
        .write(|out| OutputFormat::Json.write(&table, false, out))
        .unwrap_err();
    assert!(error.to_string().starts_with(&format!("{}: the n-gram ", path.display())), "{error}");
    assert_eq!(dir.path().read_dir().unwrap().count(), 0);
}

proptest! {
    #[test]
    fn an_answer_reads_back_as_itself_or_is_refused_before_anything_is_written(
        ngrams in prop::collection::vec("([ab\t\n\r\",\0\u{85}\u{2028}\u{feff}é]|\\PC){1,6}", 0..6),
        not_text: bool,
    ) {
        let mut ngrams: Vec<Vec<u8>> = ngrams.into_iter().map(String::into_bytes).collect();
        if not_text && let Some(last) = ngrams.last_mut() {
            last.push(0xff);
        }
        let table = HandMade::counts(ngrams.iter().zip(7..));
        for format in [&BYTES[..], &TEXT].concat() {
            let mut written = Vec::new();
            let outcome = format.write(&table, true, &mut written);
            let can_hold = |ngram: &Vec<u8>| match format {
                OutputFormat::Tsv => !ngram.contains(&b'\t') && !ngram.contains(&b'\n'),
                OutputFormat::Csv => true,
                _ => std::str::from_utf8(ngram).is_ok(),
            };
            if !ngrams.iter().all(can_hold) {
                prop_assert!(outcome.unwrap_err().downcast::<NgramError>().is_ok());
                prop_assert_eq!(written, b"");
                continue;
            }
            outcome.unwrap();
            let read: Vec<Vec<u8>> = match format {
                OutputFormat::Tsv => {
                    let Header { format, skip } = read_header(&written, true, None).unwrap().unwrap();
                    prop_assert_eq!(format, Format::Counts);
                    lines(&written[skip..]).map(|line| counts::parse(line).unwrap().ngram.to_vec()).collect()
                }
                OutputFormat::Csv => csv::Reader::from_reader(&written[..])
                    .byte_records()
                    .map(|record| record.unwrap()[0].to_vec())
                    .collect(),
                _ => serde_json::Deserializer::from_slice(&written)
                    .into_iter::<Json>()
                    .map(|value| value.unwrap())
                    .flat_map(|value| value.as_array().cloned().unwrap_or_else(|| vec![value]))
                    .map(|row| row["ngram"].as_str().unwrap().as_bytes().to_vec())
                    .collect(),
            };
            prop_assert_eq!(&read, &ngrams);
        }
    }
}

#[test]
fn a_full_disk_is_an_error_in_every_format() {
    let table = HandMade::counts((0..100_000).map(|count| (count.to_string(), count)));
    let all = [&BYTES[..], &TEXT, &[OutputFormat::Parquet]].concat();
    for format in all.into_iter().filter(|format| format.is_available()) {
        let error =
            Destination::File("/dev/full".into()).write(|out| format.write(&table, false, out)).unwrap_err();
        let OutputError::File { error, .. } = error else { panic!("{format:?}: {error}") };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{format:?}");
    }
}
