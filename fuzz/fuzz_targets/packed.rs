//! Fuzz target: any bytes as a packed file; see `tests/fuzz/entry/packed.rs`.

#![no_main]

#[path = "../../tests/fuzz/entry/mod.rs"]
mod entry;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| entry::packed::check(bytes));
