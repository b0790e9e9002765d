//! Parquet as input: a column of texts, each a document.
#![cfg(feature = "parquet")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{EXECUTORS, Run, Scratch, ngramcount};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

const SCHEMA: &str = "message corpus { REQUIRED INT32 id; OPTIONAL BYTE_ARRAY text (UTF8); }";

/// A file with these texts, two in a row group.
fn corpus(scratch: &Scratch, texts: &[Option<&str>], compression: Compression) -> PathBuf {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    for rows in texts.chunks(2) {
        let mut group = writer.next_row_group().unwrap();
        let mut ids = group.next_column().unwrap().unwrap();
        ids.typed::<Int32Type>().write_batch(&vec![7; rows.len()], None, None).unwrap();
        ids.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let values: Vec<ByteArray> = rows.iter().flatten().map(|&text| text.into()).collect();
        let levels: Vec<i16> = rows.iter().map(|text| i16::from(text.is_some())).collect();
        column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    scratch.file("corpus.parquet", writer.into_inner().unwrap())
}

fn count(file: &Path, options: &[&str]) -> Run {
    let named = ["--format", "parquet"];
    ngramcount(named.iter().chain(options).map(AsRef::as_ref).chain([file.as_os_str()]))
}

#[test]
fn the_texts_of_a_column_are_documents_in_every_compression_and_executor() {
    let scratch = Scratch::new();
    let texts = ["to be\nor not", "", "be \\n \u{ef}", "to be", "or"].map(Some);
    let expected = "be\t3\t3\nto be\t2\t2\nto\t2\t2\nor\t2\t2\n\\n\t1\t1\n\\n \u{ef}\t1\t1\nbe \\n\t1\t1\n\
                    not\t1\t1\nor not\t1\t1\n\u{ef}\t1\t1\n";
    let mut expected: Vec<&str> = expected.lines().collect();
    expected.sort();
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
    ] {
        let file = corpus(&scratch, &texts, compression);
        for executor in EXECUTORS {
            let options = ["-n", "1..2", "--tokens", "blanks", "--count", "matches,documents"];
            let run = count(&file, &[&options[..], &["--executor", executor]].concat()).quietly();
            let mut found: Vec<&str> = run.text().lines().collect();
            found.sort();
            assert_eq!(found, expected, "{compression} {executor}");
        }
    }
}

#[test]
fn a_null_is_a_bad_document_and_a_missing_column_is_named() {
    let scratch = Scratch::new();
    let file = corpus(&scratch, &[Some("a"), None, Some("b")], Compression::SNAPPY);
    let at = |what: &str| format!("ngramcount: {}: {what}\n", file.display());
    let run = count(&file, &[]);
    assert_eq!((run.code, &*run.stderr), (Some(1), &*at("document 2: the text is null")));
    let run = count(&file, &["--bad-lines", "skip"]);
    assert_eq!((run.code, run.text()), (Some(3), "a\t1\nb\t1\n"));
    for (field, what) in [
        ("body", "no column `body`; the columns are id, text"),
        ("id", "the column `id` does not hold texts"),
    ] {
        let run = count(&file, &["--field", field]);
        assert_eq!((run.code, &*run.stderr), (Some(1), &*at(what)));
    }
}

#[test]
fn a_damaged_file_is_an_error_and_never_a_panic() {
    let scratch = Scratch::new();
    let file = corpus(&scratch, &[Some("to be or not to be"); 9], Compression::SNAPPY);
    let sound = std::fs::read(&file).unwrap();
    let answer = count(&file, &[]).quietly();
    for at in (0..sound.len()).step_by(11) {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x81;
        let file = scratch.file("damaged.parquet", &damaged);
        let run = count(&file, &["--executor", "sequential"]);
        assert!(!run.stderr.contains("panicked"), "{at}: {}", run.stderr);
        assert!(matches!(run.code, Some(0 | 1)), "{at}: {run:?}");
        let cut = count(&scratch.file("cut.parquet", &sound[..at]), &["--executor", "sequential"]);
        assert_eq!((cut.code, cut.text()), (Some(1), ""), "{at}");
        assert_ne!(cut, answer);
    }
}
