//! `ngramcount plot`: draws an answer that was written earlier.

use std::fs;
use std::io::{self, Read};
use std::process::ExitCode;

use anyhow::Context;

use crate::cli::flags::PlotArgs;
use crate::cli::report::messages;
use crate::input::Source;
use crate::output::OutputError;
use crate::output::plot::{SavedAnswer, by_year};

/// Reads the answer and writes the picture.
pub(in crate::cli) fn run(args: PlotArgs) -> anyhow::Result<ExitCode> {
    let (source, picture) = args.resolve()?;
    picture.file.check()?;
    let text = read(&source).with_context(|| source.to_string())?;
    let answer = SavedAnswer::parse(&text).with_context(|| source.to_string())?;
    let mut chart = by_year(&answer, picture.smoothing)?;
    picture.style(&mut chart);
    let drawn = picture.format.render(&chart)?;
    match picture.file.write(|out| out.write_all(&drawn.bytes)) {
        Ok(()) | Err(OutputError::BrokenPipe) => {}
        Err(error) => return Err(error.into()),
    }
    messages::missing_letters(&drawn);
    Ok(ExitCode::SUCCESS)
}

fn read(source: &Source) -> io::Result<Vec<u8>> {
    match source {
        Source::Path(path) => fs::read(path),
        Source::Stdin => {
            let mut text = Vec::new();
            io::stdin().lock().read_to_end(&mut text).map(|_| text)
        }
        Source::Url(_) => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "an answer on a server cannot be drawn; download it first",
        )),
    }
}
