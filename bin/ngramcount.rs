//! The program `ngramcount`: a pool worker if it was started as one, otherwise the command line.

mod stdio_guard;

use std::process::ExitCode;

use ngramcount::{cli, exec};

fn main() -> ExitCode {
    exec::serve_if_worker();
    cli::run()
}
