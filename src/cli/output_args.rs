//! The options for what is written, and what they mean.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::signals::Signals;
use crate::count::QuerySpelling;
#[cfg(feature = "plot")]
use crate::output::plot::{self, MAX_SERIES, Picture};
use crate::output::{Destination, Format, OutputError, Staged};

/// What was typed about the output.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Answer")]
pub(super) struct OutputArgs {
    /// Write here, whole or not at all [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// tsv, csv, json, jsonl or parquet
    ///
    /// Without this option the ending of --output decides, and tsv is for
    /// all other endings. N-grams that are not UTF-8 go to tsv and csv only.
    #[arg(long, value_name = "NAME", hide_possible_values = true, verbatim_doc_comment)]
    output_format: Option<OutputFormat>,

    /// Name the columns of tsv and csv in a first row
    #[arg(long)]
    header: bool,

    /// Draw the years into FILE.svg or FILE.png
    ///
    /// A line for each n-gram, of which there may be 12. The answer itself
    /// is written as without this option. Needs --by-year.
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    pub plot: Option<PathBuf>,
}

/// `--output-format`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum OutputFormat {
    /// Tab-separated, byte for byte
    Tsv,
    /// Comma-separated
    Csv,
    /// One array
    Json,
    /// One object a line
    Jsonl,
    /// Typed columns, compressed
    Parquet,
}

/// What is known of an answer before it is counted.
#[cfg_attr(not(feature = "plot"), allow(dead_code, reason = "only pictures depend on it"))]
pub(super) struct Expected {
    /// Whether it has a row a year.
    pub by_year: bool,
    /// Whether rows are left out, whatever their n-gram.
    pub cut: bool,
    /// The numbers in a row.
    pub measures: usize,
    /// The n-grams, if they were chosen one by one.
    pub ngrams: Option<usize>,
}

/// The command line asks for an output that cannot be.
#[derive(Debug, thiserror::Error)]
pub(super) enum OutputUsageError {
    /// A Cargo feature is off.
    #[error("this program was built without {0}; build it with `--features {1}`")]
    NotBuilt(&'static str, &'static str),
    /// Nobody can read that.
    #[error("Parquet is not for a terminal; name a file with --output")]
    ParquetToTerminal,
    #[cfg(feature = "plot")]
    #[error("--plot {}: a picture is named .svg or .png", .0.display())]
    NoPicture(PathBuf),
    #[cfg(feature = "plot")]
    #[error("--plot {}: the answer goes there too", .0.display())]
    SameFile(PathBuf),
    #[cfg(feature = "plot")]
    #[error(
        "--plot: --top leaves out years, which would be drawn as 0; choose n-grams with --word or --min-count"
    )]
    Cut,
    #[cfg(feature = "plot")]
    #[error("--plot: {0}")]
    Plot(plot::PlotError),
}

/// What is written where.
pub(super) struct Outputs {
    answer: Destination,
    format: Format,
    header: bool,
    picture: Planned,
}

/// The picture, if one was asked for.
#[cfg(feature = "plot")]
type Planned = Option<(Destination, Picture)>;
#[cfg(not(feature = "plot"))]
type Planned = ();

impl OutputArgs {
    /// What is meant.
    pub(super) fn resolve(self, expected: &Expected) -> Result<Outputs, OutputUsageError> {
        let format = match self.output_format {
            Some(OutputFormat::Tsv) => Format::Tsv,
            Some(OutputFormat::Csv) => Format::Csv,
            Some(OutputFormat::Json) => Format::Json,
            Some(OutputFormat::Jsonl) => Format::Jsonl,
            Some(OutputFormat::Parquet) => Format::Parquet,
            None => self.output.as_deref().map_or(Format::Tsv, Format::of),
        };
        if !format.is_built() {
            return Err(OutputUsageError::NotBuilt("Parquet", "parquet"));
        }
        let answer = self.output.clone().map_or(Destination::Stdout, destination);
        if format == Format::Parquet && answer == Destination::Stdout && io::stdout().is_terminal() {
            return Err(OutputUsageError::ParquetToTerminal);
        }
        Ok(Outputs { picture: self.picture(expected)?, answer, format, header: self.header })
    }

    #[cfg(feature = "plot")]
    fn picture(&self, expected: &Expected) -> Result<Planned, OutputUsageError> {
        let Some(path) = &self.plot else {
            return Ok(None);
        };
        let Some(picture) = Picture::of(path) else {
            return Err(OutputUsageError::NoPicture(path.clone()));
        };
        if self.output.as_ref() == Some(path) {
            return Err(OutputUsageError::SameFile(path.clone()));
        }
        let refused = match *expected {
            Expected { cut: true, .. } => return Err(OutputUsageError::Cut),
            Expected { by_year: false, .. } => plot::PlotError::NoYears,
            Expected { measures, .. } if measures > 1 => plot::PlotError::SeveralMeasures(measures),
            Expected { ngrams: Some(ngrams), .. } if ngrams > MAX_SERIES => plot::PlotError::TooMany(ngrams),
            _ => return Ok(Some((destination(path.clone()), picture))),
        };
        Err(OutputUsageError::Plot(refused))
    }

    #[cfg(not(feature = "plot"))]
    fn picture(&self, _: &Expected) -> Result<Planned, OutputUsageError> {
        match self.plot {
            Some(_) => Err(OutputUsageError::NotBuilt("pictures", "plot")),
            None => Ok(()),
        }
    }
}

/// `-` is standard output, as it is standard input among the files to count.
pub(super) fn destination(path: PathBuf) -> Destination {
    if path == Path::new("-") { Destination::Stdout } else { Destination::File(path) }
}

impl Outputs {
    /// Finds out whether there is hope of writing, without touching anything.
    pub(super) fn check(&self) -> Result<(), OutputError> {
        #[cfg(feature = "plot")]
        if let Some((file, _)) = &self.picture {
            file.check()?;
        }
        self.answer.check()
    }

    /// Draws the picture, if one was asked for, under a temporary name.
    #[cfg(feature = "plot")]
    pub(super) fn stage_picture(&self, answer: &QuerySpelling<'_>) -> anyhow::Result<Option<Staged<'_>>> {
        let Some((file, picture)) = &self.picture else {
            return Ok(None);
        };
        let drawn = picture.draw(&plot::by_year(answer)?)?;
        Ok(Some(file.stage(|out| out.write_all(&drawn))?))
    }

    /// No picture.
    #[cfg(not(feature = "plot"))]
    pub(super) fn stage_picture(&self, _: &QuerySpelling<'_>) -> anyhow::Result<Option<Staged<'_>>> {
        let () = self.picture;
        Ok(None)
    }

    /// Writes the answer.
    pub(super) fn write(&self, answer: &QuerySpelling<'_>, signals: &Signals) -> Result<(), OutputError> {
        self.answer.write(|out| self.format.write(answer, self.header, &mut signals.guard(out)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        output: OutputArgs,
    }

    const BY_YEAR: Expected = Expected { by_year: true, cut: false, measures: 1, ngrams: Some(3) };

    fn resolve(typed: &str, expected: &Expected) -> Result<Outputs, String> {
        let typed = Typed::parse_from(std::iter::once("ngramcount").chain(typed.split_whitespace()));
        typed.output.resolve(expected).map_err(|error| error.to_string())
    }

    #[test]
    fn the_format_is_that_of_the_option_or_else_of_the_ending() {
        let cases = [
            ("", Format::Tsv),
            ("-o a.csv", Format::Csv),
            ("-o a.jsonl", Format::Jsonl),
            ("-o a.csv --output-format json", Format::Json),
            ("--output-format csv", Format::Csv),
            ("-o a.txt", Format::Tsv),
            ("-o -", Format::Tsv),
        ];
        for (typed, format) in cases {
            assert_eq!(resolve(typed, &BY_YEAR).unwrap().format, format, "{typed}");
        }
    }

    #[cfg(not(feature = "parquet"))]
    #[test]
    fn a_format_that_is_not_built_is_refused_before_the_counting() {
        let refused = resolve("-o a.parquet", &BY_YEAR).err().unwrap();
        assert_eq!(refused, "this program was built without Parquet; build it with `--features parquet`");
    }

    #[cfg(feature = "plot")]
    #[test]
    fn a_picture_that_cannot_be_is_refused_before_the_counting() {
        assert!(resolve("--plot a.PNG", &BY_YEAR).unwrap().picture.is_some());
        let cases = [
            ("--plot a.jpg", BY_YEAR, "--plot a.jpg: a picture is named .svg or .png"),
            ("--plot a.svg -o a.svg", BY_YEAR, "--plot a.svg: the answer goes there too"),
            (
                "--plot a.svg",
                Expected { by_year: false, ..BY_YEAR },
                "--plot: a picture needs an answer by years; add --by-year",
            ),
            (
                "--plot a.svg",
                Expected { cut: true, ..BY_YEAR },
                "--plot: --top leaves out years, which would be drawn as 0; choose n-grams with --word or --min-count",
            ),
            (
                "--plot a.svg",
                Expected { measures: 2, ..BY_YEAR },
                "--plot: a picture shows one measure, and 2 were asked for",
            ),
            (
                "--plot a.svg",
                Expected { ngrams: Some(13), ..BY_YEAR },
                "--plot: 13 n-grams are too many for one picture, which has room for 12; choose some with --word",
            ),
        ];
        for (typed, expected, message) in cases {
            assert_eq!(resolve(typed, &expected).err().as_deref(), Some(message));
        }
    }
}
