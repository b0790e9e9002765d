//! `ngramcount corpus`: what Google publishes.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::cli::flags::{CorpusArgs, CorpusList, folder_of_that_name};
use crate::cli::report::messages;
use crate::input::Corpus;
use crate::output::{Destination, OutputError};

/// Writes the corpora, or the URLs of one.
pub(in crate::cli) fn run(args: CorpusArgs) -> anyhow::Result<ExitCode> {
    let list = args.resolve()?;
    if let Some(meant) = folder_of_that_name() {
        messages::note(meant);
    }
    let written = Destination::Stdout.write(|out| match &list {
        CorpusList::Corpora => write_corpora(out),
        CorpusList::Urls(urls) => urls.iter().try_for_each(|url| writeln!(out, "{url}")),
    });
    match written {
        Err(OutputError::BrokenPipe) => Ok(ExitCode::SUCCESS),
        written => Ok(written.map(|()| ExitCode::SUCCESS)?),
    }
}

/// One line for each corpus: its name, its language, and its numbers of files; `-` where the list is not known.
fn write_corpora(out: &mut dyn Write) -> io::Result<()> {
    let line = |name: &str, title: &str, files: [String; 5]| {
        let files: String = files.iter().map(|files| format!("  {files:>7}")).collect();
        format!("{name:<16}  {title:<20}{files}")
    };
    let headings = ["1-grams", "2-grams", "3-grams", "4-grams", "5-grams"].map(str::to_owned);
    writeln!(out, "{}", line("corpus", "language", headings))?;
    for corpus in Corpus::ALL {
        let files =
            [1, 2, 3, 4, 5].map(|words| corpus.files(words).map_or("-".into(), |files| files.to_string()));
        writeln!(out, "{}", line(corpus.name, corpus.title, files))?;
    }
    Ok(())
}
