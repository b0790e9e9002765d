//! Fuzz target: any bytes as lines of partial sums, and as a message of a worker; see `tests/fuzz/entry/partials.rs`.

#![no_main]

#[path = "../../tests/fuzz/entry/mod.rs"]
mod entry;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for by_year in [false, true] {
        entry::partials::check_lines(bytes, by_year);
        entry::partials::check_message(bytes, by_year);
    }
});
