//! Fuzz target: any bytes as a gzip file; see `tests/fuzz/entry/gzip.rs`.

#![no_main]

#[path = "../../tests/fuzz/entry/mod.rs"]
mod entry;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| entry::gzip::check(bytes));
