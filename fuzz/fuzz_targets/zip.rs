//! Fuzz target: any bytes as a zip archive; see `tests/fuzz/entry/zip.rs`.

#![no_main]

#[path = "../../tests/fuzz/entry/mod.rs"]
mod entry;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| entry::zip::check(bytes));
