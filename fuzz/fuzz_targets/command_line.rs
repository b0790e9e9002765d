//! Fuzz target: any bytes as the value of an option; see `tests/fuzz/entry/command_line.rs`.

#![no_main]

#[path = "../../tests/fuzz/entry/mod.rs"]
mod entry;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| entry::command_line::check(bytes));
