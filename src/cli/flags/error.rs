//! Errors of usage: the command line is wrong, and nothing was done.

use std::path::PathBuf;

use bstr::{BStr, ByteSlice};

use crate::count::{MAX_SMOOTHED_YEARS, Mismatch};
use crate::counter::QuestionError;
#[cfg(feature = "plot")]
use crate::output::plot::PlotError;

/// The endings of names that stand for a format. A test compares them with [`OutputFormat`](crate::output::OutputFormat).
const ENDINGS: &str = "use .tsv, .txt, .csv, .json, .jsonl, .ndjson, .arrows or .parquet, with .gz or .zst behind any but \
                       the last to compress, or no ending for tsv";

/// Why the command line is refused. The message names the option.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum UsageError {
    /// A word that no line of any input can match, with the place where it was given.
    #[error("{0}: an n-gram is not empty and holds no tab or line end")]
    NotAnNgram(String),
    /// A file of n-grams that holds none.
    #[error("--words-file {}: there is no n-gram in it", .0.display())]
    NoWords(PathBuf),
    /// An output is a file that is read, or another output.
    #[error("{output}: {other} is the same file")]
    SameFile {
        /// The option and its path, as they were typed, or standard output.
        output: String,
        /// The other option, or `the input`.
        other: &'static str,
    },
    /// An output is a file that was found in a folder of the input.
    #[error(
        "{output}: is read as a file of its folder; write it elsewhere, or choose other files with --glob"
    )]
    InInputFolder {
        /// The option and its path, as they were typed, or standard output.
        output: String,
    },
    /// A folder for files that are kept is in a folder of the input, so that the next run would read them.
    #[error("{option} {}: lies in {}, which is read; name a folder elsewhere", kept.display(), folder.display())]
    KeptInInput {
        /// The option.
        option: &'static str,
        /// Its folder.
        kept: PathBuf,
        /// The folder of the input.
        folder: PathBuf,
    },
    /// Standard input is both the input and a list of files.
    #[error("--files-from -: standard input is the list of files, and cannot be counted as well")]
    ListOnStdin,
    /// Patterns choose files of folders, and none is named.
    #[error("--glob: it chooses files of folders, and no folder is among the input")]
    GlobWithoutFolder,
    /// An option, or a command, of a count that a sweep would ignore.
    #[error("a sweep has no use for {0} behind `--`")]
    NotInSweep(String),
    /// An option without effect on the chosen executor.
    #[error("{0} is for worker processes; leave out --executor")]
    ProcessesOnly(&'static str),
    /// A measure is named twice.
    #[error("--count: a measure is named twice")]
    DuplicateMeasure,
    /// The index of a remote file, which cannot be written beside it.
    #[error("{option}: {file} is on a server, where no index can be written; add --index-dir DIR")]
    IndexOnServer {
        /// The option or command.
        option: &'static str,
        /// The file.
        file: String,
    },
    /// A file on a server that is none of those to count.
    #[error("{option} {url}: only files to count are fetched; download it first")]
    OnServer {
        /// The option.
        option: &'static str,
        /// The file.
        url: String,
    },
    /// The files of the corpus are numbered.
    #[error("--starting-with: the files of {0} are numbered, and any of them may hold such n-grams")]
    NotByLetters(&'static str),
    /// The list of files is not in the program.
    #[error(
        "the files of {corpus} with {words}-grams are not listed here; see \
         https://storage.googleapis.com/books/ngrams/books/datasetsv2.html"
    )]
    UnknownFiles {
        /// The corpus.
        corpus: &'static str,
        /// Words of an n-gram.
        words: u32,
    },
    /// A question without an answer.
    #[error("{}", question(.0))]
    Question(QuestionError),
    /// A Cargo feature is off.
    #[error("this program was built without {0}; build it with `--features {1}`")]
    NotBuilt(&'static str, &'static str),
    /// Parquet within gzip or zstd, which no reader of Parquet opens.
    #[error("-o: a Parquet file is compressed inside; leave out the ending .gz or .zst")]
    CompressedParquet,
    /// Binary output to a terminal.
    #[error("{0} cannot be written to a terminal; name a file with --output")]
    BinaryToTerminal(&'static str),
    /// Standard input is the sign of life of the caller, and cannot be counted as well.
    #[error("--end-with-stdin: standard input cannot be counted then; name a file")]
    CountsSignOfLife,
    /// The ending of the file's name stands for no format.
    #[error(
        "{option} {}: the ending of the name stands for no format; {ENDINGS}; or name the format with --output-format",
        path.display()
    )]
    UnknownEnding {
        /// The option that names the file.
        option: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The ending of the file's name is not that of tab-separated values, which are all that the command writes.
    #[error(
        "{option} {}: this command writes tab-separated lines; use .tsv or .txt, with .gz or .zst behind it to compress, \
         or no ending",
        path.display()
    )]
    NotTsv {
        /// The option that names the file.
        option: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A dialect of CSV for another format.
    #[error(
        "--csv-dialect is for csv, and the format is {0}; add --output-format csv, or -o with a name that ends in .csv"
    )]
    NoCsv(&'static str),
    /// The ending of the file's name is not that of a picture.
    #[cfg(feature = "plot")]
    #[error("{option} {}: the file name must end in .svg or .png", path.display())]
    PictureName {
        /// The option that names the file.
        option: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The answer cannot be drawn.
    #[cfg(feature = "plot")]
    #[error("--plot: {error}{}", picture_advice(.error))]
    Picture {
        /// Why.
        error: PlotError,
    },
}

/// The option that makes a picture possible, as the end of the message.
#[cfg(feature = "plot")]
pub(in crate::cli) fn picture_advice(error: &PlotError) -> &'static str {
    match error {
        PlotError::NoYears => "; add --by-year",
        PlotError::TooMany(_) => "; choose some with --word, or the most frequent ones with --top",
        _ => "",
    }
}

/// What a person would type in place of an n-gram that is never counted, as the end of a message.
pub(in crate::cli) fn mismatch_advice(ngram: &[u8], why: &Mismatch) -> String {
    match why {
        Mismatch::LacksTag { tagged } => format!("; type `{}`, or add --strip-pos", BStr::new(tagged)),
        Mismatch::HasTag => "; leave out its tag, or --pos untagged".to_owned(),
        Mismatch::Prefix => "; leave out --prefix".to_owned(),
        Mismatch::Pattern => "; leave out --regex".to_owned(),
        Mismatch::Length(words) => format!("; add -n {words}"),
        Mismatch::StopWord(_) => "; leave it out of --stop-words".to_owned(),
        Mismatch::Words(words) => {
            let blanks = match ngram.fields().eq(ngram.split(|&byte| byte == b' ')) {
                true => ", or add --tokens blanks",
                false => "",
            };
            match &words[..] {
                [] => blanks.replace(", or", ";"),
                [word] => format!("; type `{}`{blanks}", BStr::new(word)),
                words if ngram.contains(&b',') => {
                    let options: Vec<_> =
                        words.iter().map(|word| format!("--word {}", BStr::new(word))).collect();
                    format!("; type {}{blanks}", options.join(" "))
                }
                words => {
                    let joined = words.join(&b' ');
                    format!("; type `{}` and add -n {}{blanks}", BStr::new(&joined), words.len())
                }
            }
        }
    }
}

impl From<QuestionError> for UsageError {
    /// Not as the source of the error: its message is that of the library, which would follow ours.
    fn from(error: QuestionError) -> Self {
        Self::Question(error)
    }
}

/// The message of a question without an answer, in terms of the options that asked it.
fn question(error: &QuestionError) -> String {
    match error {
        QuestionError::CountsTwice => "--strip-pos over all rows would count every word twice, since `watch` already \
                                       is the sum of `watch_NOUN` and `watch_VERB`; add --pos tagged, or a list of tags"
            .into(),
        QuestionError::NoTagsToStrip => "--strip-pos: with --pos untagged there is no tag to remove".into(),
        QuestionError::NoTotalLines => {
            "--relative-to: the totals of a corpus have no number of lines or documents".into()
        }
        QuestionError::AcrossNoLines => {
            "--across-lines: with --document line there is no line to cross; leave out one of them".into()
        }
        QuestionError::TooManyYears => {
            format!("--smoothing: --years spans more than {MAX_SMOOTHED_YEARS} years, and each would be a row")
        }
        QuestionError::NeverMatches { ngram, why } => format!("{error}{}", mismatch_advice(ngram, why)),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::ENDINGS;
    use crate::output::OutputFormat;

    #[test]
    fn a_refused_ending_is_answered_with_all_that_are_accepted() {
        let listed: Vec<_> = ENDINGS.split_whitespace().filter_map(|word| word.strip_prefix('.')).collect();
        let listed: Vec<_> = listed.iter().map(|word| word.trim_end_matches(',')).collect();
        assert_eq!(listed[..8], OutputFormat::EXTENSIONS);
    }
}
