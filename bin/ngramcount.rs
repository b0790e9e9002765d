//! The program `ngramcount`: a worker if it was started as one, the command line otherwise.

mod closed;

use std::process::ExitCode;

use ngramcount::{cli, exec};

fn main() -> ExitCode {
    exec::serve_if_worker();
    cli::run()
}
