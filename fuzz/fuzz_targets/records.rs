//! Fuzz target: any bytes as lines of each record format; see `tests/fuzz/entry/records.rs`.

#![no_main]

#[path = "../../tests/fuzz/entry/mod.rs"]
mod entry;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| entry::records::check(bytes));
