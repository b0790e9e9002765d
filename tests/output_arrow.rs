//! Arrow streams, read by the reader of the Rust crate. `python/tests` read them by three readers that share no code with it.
#![cfg(feature = "arrow")]

#[path = "common/table.rs"]
mod table;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_ipc::reader::StreamReader;
use ngramcount::output::OutputFormat;

use table::HandMade;

/// The columns with their types, and the batches.
fn read(table: &HandMade) -> (Vec<String>, Vec<RecordBatch>) {
    let bytes = table.written(OutputFormat::Arrow, false);
    let reader = StreamReader::try_new(&bytes[..], None).unwrap();
    let schema = reader.schema();
    let columns = schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type()));
    (columns.collect(), reader.collect::<Result<_, _>>().unwrap())
}

#[test]
fn columns_are_typed_and_rows_in_order() {
    let (columns, batches) = read(&HandMade::by_year(&[
        ("Где", 1505, [u64::MAX, 1]),
        ("\0 \"x\",\u{2028}", u32::MAX, [0, 2]),
        ("", 2008, [5_733_114_685, 3]),
    ]));
    assert_eq!(columns, ["ngram Utf8", "year UInt32", "matches UInt64", "volumes UInt64"]);
    let [batch] = &batches[..] else { panic!("{} batches", batches.len()) };
    let ngrams: Vec<_> = batch.column(0).as_string::<i32>().iter().flatten().collect();
    assert_eq!(ngrams, ["Где", "\0 \"x\",\u{2028}", ""]);
    assert_eq!(batch.column(1).as_primitive::<UInt32Type>().values()[..], [1505, u32::MAX, 2008]);
    assert_eq!(batch.column(2).as_primitive::<UInt64Type>().values()[..], [u64::MAX, 0, 5_733_114_685]);
    assert_eq!(batch.column(3).as_primitive::<UInt64Type>().values()[..], [1, 2, 3]);
    assert!(batch.columns().iter().all(|column| column.null_count() == 0));

    let (columns, batches) = read(&HandMade::shares(&[("a", 1736, 1.7267e-05)]));
    assert_eq!(columns, ["ngram Utf8", "year UInt32", "matches_share Float64"]);
    assert_eq!(batches[0].column(2).as_primitive::<Float64Type>().values()[..], [1.7267e-05]);
}

#[test]
fn one_ngram_that_is_not_utf8_makes_the_column_binary() {
    let (columns, batches) = read(&HandMade::counts([(&b"caf\xe9"[..], 1), (&b"plain"[..], 2)]));
    assert_eq!(columns, ["ngram Binary", "matches UInt64"]);
    let ngrams: Vec<_> = batches[0].column(0).as_binary::<i32>().iter().flatten().collect();
    assert_eq!(ngrams, [&b"caf\xe9"[..], b"plain"]);
    // Two n-grams that are UTF-8 only together.
    let (columns, _) = read(&HandMade::counts([(&b"\xd0"[..], 1), (&b"\x93"[..], 2)]));
    assert_eq!(columns[0], "ngram Binary");
}

#[test]
fn an_answer_without_rows_has_its_columns() {
    let (columns, batches) = read(&HandMade::counts::<&str>([]));
    assert_eq!((columns, batches.len()), (vec!["ngram Utf8".to_owned(), "matches UInt64".to_owned()], 0));
}

#[test]
fn batches_are_bounded_in_rows_and_bytes_and_hold_every_row() {
    let rows = |batches: &[RecordBatch]| batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>();
    let (_, batches) = read(&HandMade::counts((0..150_000).map(|count| (format!("w{count}"), count))));
    assert_eq!(rows(&batches), [65_536, 65_536, 18_928]);
    let counts =
        batches.iter().flat_map(|batch| batch.column(1).as_primitive::<UInt64Type>().values().to_vec());
    assert!(counts.eq(0..150_000));
    // A line of the input has up to 16 MiB.
    let long = "x".repeat(3 << 20);
    let (_, batches) =
        read(&HandMade::counts([(&*long, 1), ("a", 2), (&long, 3), (&"y".repeat(9 << 20), 4)]));
    assert_eq!(rows(&batches), [2, 1, 1]);
}
