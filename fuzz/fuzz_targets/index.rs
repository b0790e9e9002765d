//! Fuzz target: any bytes as the index of a file; see `tests/fuzz/entry/index.rs`.

#![no_main]

#[path = "../../tests/fuzz/entry/mod.rs"]
mod entry;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static INDEXED: LazyLock<entry::index::Indexed> = LazyLock::new(entry::index::Indexed::new);

fuzz_target!(|bytes: &[u8]| INDEXED.check(bytes));
