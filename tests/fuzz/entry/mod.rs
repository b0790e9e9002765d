//! Entry points of the fuzzers: each takes any bytes and panics if a property does not hold. The tests in `tests/fuzz`
//! and the targets of cargo-fuzz in `fuzz/` share them.
// Each target compiles all of them and uses one.
#![allow(dead_code)]

pub mod command_line;
pub mod gzip;
pub mod index;
mod input;
pub mod packed;
pub mod partials;
pub mod records;
pub mod zip;
