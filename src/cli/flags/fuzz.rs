//! Entry point of the fuzzers in `tests/fuzz` and `fuzz/`.

use std::ffi::OsString;

use clap::Parser;

use super::args::Args;

/// Parses arguments, without the name of the program, and does nothing else. Gives the values as parsed; or the exit code
/// and the message.
#[doc(hidden)]
pub fn fuzz_command_line(arguments: Vec<OsString>) -> Result<String, (i32, String)> {
    let arguments = [OsString::from("ngramcount")].into_iter().chain(arguments);
    match Args::try_parse_from(arguments) {
        Ok(args) => Ok(format!("{args:?}")),
        Err(error) => Err((error.exit_code(), error.to_string())),
    }
}
