//! Flags for what is written and drawn.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::builder::TypedValueParser;

use super::error::UsageError;
use super::paths::{destination, second_output};
use super::values::named;
#[cfg(feature = "plot")]
use crate::output::plot::{ImageFormat, MAX_SERIES, PlotError};
use crate::output::{Destination, OutputFormat};

/// What was typed about the output.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Answer")]
pub(super) struct OutputArgs {
    /// Write to FILE, all or nothing [default: stdout]
    ///
    /// FILE is replaced when the answer is complete.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Format: tsv, csv, json, jsonl or parquet
    ///
    /// Without this option the ending of --output decides; any other ending
    /// is tsv. N-grams that are not UTF-8 can be written as tsv and csv only.
    #[arg(long, value_name = "NAME", hide_possible_values = true, verbatim_doc_comment)]
    #[arg(value_parser = output_format())]
    output_format: Option<OutputFormat>,

    /// Name the columns of tsv and csv in a first row
    #[arg(long)]
    header: bool,

    /// Plot the years to FILE.svg or FILE.png
    ///
    /// One line for each n-gram, at most 12. The answer is written as well.
    /// Needs --by-year.
    #[arg(long, value_name = "FILE", value_parser = second_output(), verbatim_doc_comment)]
    pub plot: Option<PathBuf>,
}

fn output_format() -> impl TypedValueParser<Value = OutputFormat> {
    named(&OutputFormat::ALL, OutputFormat::name, |format| match format {
        OutputFormat::Tsv => "Tab-separated, never quoted",
        OutputFormat::Csv => "Comma-separated",
        OutputFormat::Json => "One array of objects",
        OutputFormat::Jsonl => "One object per line",
        OutputFormat::Parquet => "Typed columns, compressed",
    })
}

/// What is known of an answer before the count.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "plot"), allow(dead_code, reason = "only pictures depend on it"))]
pub(super) struct AnswerShape {
    /// Whether it has one row per year.
    pub by_year: bool,
    /// Whether rows are cut off at a fixed number.
    pub top: bool,
    /// The number of measures in a row.
    pub measures: usize,
    /// The number of n-grams, where it is known.
    pub ngrams: Option<usize>,
}

/// Where the answer and its picture go, and in which form.
pub(in crate::cli) struct ResolvedOutput {
    pub answer: Destination,
    pub format: OutputFormat,
    pub header: bool,
    #[cfg(feature = "plot")]
    pub picture: Option<(Destination, ImageFormat)>,
}

impl OutputArgs {
    /// Checks that the output can be made of an answer of this shape.
    pub fn resolve(self, shape: &AnswerShape) -> Result<ResolvedOutput, UsageError> {
        let format = self
            .output_format
            .unwrap_or_else(|| self.output.as_deref().map_or(OutputFormat::Tsv, OutputFormat::from_path));
        if !format.is_available() {
            return Err(UsageError::NotBuilt("Parquet", "parquet"));
        }
        let answer = self.output.map_or(Destination::Stdout, destination);
        if format == OutputFormat::Parquet && answer == Destination::Stdout && io::stdout().is_terminal() {
            return Err(UsageError::ParquetToTerminal);
        }
        #[cfg(not(feature = "plot"))]
        if self.plot.is_some() {
            return Err(UsageError::NotBuilt("pictures", "plot"));
        }
        #[cfg(not(feature = "plot"))]
        let _ = shape;
        Ok(ResolvedOutput {
            #[cfg(feature = "plot")]
            picture: self.plot.map(|path| picture(path, shape)).transpose()?,
            answer,
            format,
            header: self.header,
        })
    }
}

/// Checks that an answer of this shape can be drawn.
#[cfg(feature = "plot")]
fn picture(path: PathBuf, shape: &AnswerShape) -> Result<(Destination, ImageFormat), UsageError> {
    let Some(picture) = ImageFormat::from_path(&path) else {
        return Err(UsageError::PictureName(path));
    };
    let error = match *shape {
        AnswerShape { top: true, .. } => return Err(UsageError::PictureOfTop),
        AnswerShape { by_year: false, .. } => PlotError::NoYears,
        AnswerShape { measures, .. } if measures > 1 => PlotError::SeveralMeasures(measures),
        AnswerShape { ngrams: Some(ngrams), .. } if ngrams > MAX_SERIES => PlotError::TooMany(ngrams),
        _ => return Ok((destination(path), picture)),
    };
    Err(UsageError::Picture { error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct OutputCommand {
        #[command(flatten)]
        output: OutputArgs,
    }

    const BY_YEAR: AnswerShape = AnswerShape { by_year: true, top: false, measures: 1, ngrams: Some(3) };

    fn resolve(typed: &str, shape: &AnswerShape) -> Result<ResolvedOutput, String> {
        let typed = OutputCommand::parse_from(std::iter::once("ngramcount").chain(typed.split_whitespace()));
        typed.output.resolve(shape).map_err(|error| error.to_string())
    }

    #[test]
    fn the_option_chooses_the_format_or_else_the_ending() {
        let cases = [
            ("", OutputFormat::Tsv),
            ("-o a.csv", OutputFormat::Csv),
            ("-o a.jsonl", OutputFormat::Jsonl),
            ("-o a.csv --output-format json", OutputFormat::Json),
            ("--output-format csv", OutputFormat::Csv),
            ("-o a.txt", OutputFormat::Tsv),
            ("-o -", OutputFormat::Tsv),
        ];
        for (typed, format) in cases {
            assert_eq!(resolve(typed, &BY_YEAR).unwrap().format, format, "{typed}");
        }
    }

    #[cfg(not(feature = "parquet"))]
    #[test]
    fn a_format_that_is_not_built_is_refused_before_the_count() {
        let refused = resolve("-o a.parquet", &BY_YEAR).err().unwrap();
        assert_eq!(refused, "this program was built without Parquet; build it with `--features parquet`");
    }

    #[cfg(feature = "plot")]
    #[test]
    fn a_picture_that_cannot_be_drawn_is_refused_before_the_count() {
        assert!(resolve("--plot a.PNG", &BY_YEAR).unwrap().picture.is_some());
        let cases = [
            ("--plot a.jpg", BY_YEAR, "--plot a.jpg: the file name must end in .svg or .png"),
            (
                "--plot a.svg",
                AnswerShape { by_year: false, ..BY_YEAR },
                "--plot: a picture needs an answer by years; add --by-year",
            ),
            (
                "--plot a.svg",
                AnswerShape { top: true, ..BY_YEAR },
                "--plot: --top leaves out years, which would be drawn as 0; choose n-grams with --word or --min-count",
            ),
            (
                "--plot a.svg",
                AnswerShape { measures: 2, ..BY_YEAR },
                "--plot: a picture shows one measure, and 2 were asked for",
            ),
            (
                "--plot a.svg",
                AnswerShape { ngrams: Some(13), ..BY_YEAR },
                "--plot: 13 n-grams are too many for one picture, which has room for 12; choose some with --word",
            ),
        ];
        for (typed, shape, message) in cases {
            assert_eq!(resolve(typed, &shape).err().as_deref(), Some(message));
        }
    }
}
