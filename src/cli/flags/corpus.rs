//! Flags of `ngramcount corpus`.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::error::UsageError;
use crate::input::Corpus;

const EXAMPLES: &str = "\
Examples:
  What there is:
    ngramcount corpus
  The URLs of all English 1-grams of 2020, and a count of them:
    ngramcount corpus eng-2020 1
    ngramcount $(ngramcount corpus eng-2020 1) --word Aardvark
  Of 2012, only the files with 2-grams whose first word begins with `th`:
    ngramcount corpus eng-2012 2 --starting-with th";

/// List what Google publishes, and the URLs of its files
///
/// Without arguments: the corpora of 2012 and 2020 with their numbers of files.
/// With a corpus and a number of words: the URL of each file, one a line. The
/// lists are part of the program; nothing is fetched.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, verbatim_doc_comment)]
pub(in crate::cli) struct CorpusArgs {
    /// A corpus, as eng-2020
    #[arg(value_name = "CORPUS", requires = "words", value_parser = corpus(), hide_possible_values = true)]
    corpus: Option<&'static Corpus>,

    /// Words per n-gram, from 1 to 5
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=5))]
    words: Option<u32>,

    /// Only files with n-grams that begin so (2012)
    ///
    /// The files of 2012 are named after the first letter of their
    /// n-grams, or the first two where an n-gram has several words. Those
    /// of 2020 are numbered, and any of them may hold an n-gram.
    #[arg(long, value_name = "LETTERS", requires = "words", value_parser = letters, verbatim_doc_comment)]
    starting_with: Option<String>,
}

fn corpus() -> impl TypedValueParser<Value = &'static Corpus> {
    let names = PossibleValuesParser::new(Corpus::ALL.iter().map(|corpus| corpus.name));
    names.try_map(|name| Corpus::find(&name).ok_or("no corpus has this name"))
}

fn letters(text: &str) -> Result<String, &'static str> {
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => Ok(text.to_owned()),
        false => Err("expected letters from a to z, or a digit"),
    }
}

/// What is to be listed.
pub(in crate::cli) enum CorpusList {
    Corpora,
    Urls(Vec<String>),
}

impl CorpusArgs {
    /// Checks that the list is known.
    pub fn resolve(self) -> Result<CorpusList, UsageError> {
        let (Some(corpus), Some(words)) = (self.corpus, self.words) else { return Ok(CorpusList::Corpora) };
        if self.starting_with.is_some() && !corpus.is_by_letters() {
            return Err(UsageError::NotByLetters(corpus.name));
        }
        if corpus.files(words).is_none() {
            return Err(UsageError::UnknownFiles { corpus: corpus.name, words });
        }
        Ok(CorpusList::Urls(corpus.urls(words, self.starting_with.as_deref()).collect()))
    }
}
