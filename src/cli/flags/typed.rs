//! What was typed about files and n-grams, for messages about them.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::args::{Args, Command};

/// The outputs with the options that name them, and the n-grams of the command line.
#[derive(Debug, Default)]
pub(in crate::cli) struct Typed {
    outputs: Vec<(&'static str, PathBuf)>,
    words: Vec<Vec<u8>>,
}

impl Typed {
    /// What was typed in these arguments.
    pub fn new(args: &Args) -> Self {
        let (outputs, words) = match &args.command {
            None => (args.outputs(), args.query.words()),
            // Indexes have names of their own, and a list of URLs goes to standard output.
            Some(Command::Index(_) | Command::Corpus(_)) => (Vec::new(), Vec::new()),
            #[cfg(feature = "plot")]
            Some(Command::Plot(plot)) => (vec![plot.output()], Vec::new()),
            Some(Command::Sweep(sweep)) => (sweep.outputs(), Vec::new()),
            Some(Command::Map(map)) => (vec![map.step.output()], map.query.words()),
            Some(Command::Combine(combine)) => (vec![combine.step.output()], Vec::new()),
            Some(Command::Reduce(reduce)) => (vec![reduce.step.output()], Vec::new()),
        };
        let named = |(option, path): (_, Option<&Path>)| Some((option, path?.to_owned()));
        Self { outputs: outputs.into_iter().filter_map(named).collect(), words }
    }

    /// The option that names this output.
    pub fn option_of(&self, path: &Path) -> Option<&'static str> {
        self.outputs.iter().find(|(_, output)| output == path).map(|&(option, _)| option)
    }

    /// The n-gram of which a file that is not there may be the second word, as in `--word New York`.
    pub fn unquoted(&self, file: &Path) -> Option<String> {
        let (last, word) = (self.words.last()?.to_str().ok()?, file.to_str()?);
        let is_word = !word.contains(|c: char| c.is_whitespace() || matches!(c, '.' | '/'));
        is_word.then(|| format!("{last} {word}"))
    }
}
