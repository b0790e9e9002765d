//! Flags for what is written and drawn.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::builder::TypedValueParser;

use super::answer_shape::AnswerShape;
use super::error::UsageError;
use super::paths::{destination, second_output};
#[cfg(feature = "plot")]
use super::picture::{PictureArgs, ResolvedPicture};
use super::values::named;
use crate::output::{Compression, CsvDialect, Destination, OutputFormat, Table};

/// What was typed about the output.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Answer")]
pub(super) struct OutputArgs {
    /// Write to FILE, all or nothing [default: stdout]
    ///
    /// FILE is replaced when the answer is complete. Its ending chooses the
    /// format: .tsv, .txt, .csv, .json, .jsonl, .arrows or .parquet. With
    /// .gz or .zst behind it, as in a.csv.gz, the file is compressed.
    #[arg(short, long, value_name = "FILE", verbatim_doc_comment)]
    pub output: Option<PathBuf>,

    /// tsv, csv, json, jsonl, arrow, parquet, aligned
    ///
    /// Without this option the ending of --output decides. Without --output
    /// it is aligned columns on a terminal and tsv in a pipe or a file.
    /// N-grams that are not UTF-8 can be written as tsv, csv and arrow only.
    /// arrow: a stream of record batches, as Polars and pyarrow read.
    #[arg(long, value_name = "NAME", hide_possible_values = true, verbatim_doc_comment)]
    #[arg(value_parser = output_format())]
    output_format: Option<OutputFormat>,

    /// Name the columns of tsv in a first row
    ///
    /// csv and aligned columns have their names anyway.
    #[arg(long)]
    header: bool,

    /// Do not name the columns of csv
    #[arg(long, conflicts_with = "header")]
    no_header: bool,

    /// plain, excel or excel-semicolon
    ///
    /// The dialect of csv.
    /// plain: commas, line ends of one character, no byte order mark.
    /// excel: with a byte order mark, by which Excel knows UTF-8.
    /// excel-semicolon: the same, with semicolons between the fields and a
    /// comma in fractions, for countries that write 0,5.
    #[arg(long, value_name = "NAME", hide_possible_values = true, verbatim_doc_comment)]
    #[arg(value_parser = csv_dialect())]
    csv_dialect: Option<CsvDialect>,

    /// Plot the years to FILE.svg or FILE.png
    ///
    /// One line for each n-gram, at most 12. The answer is written as well.
    /// Needs --by-year.
    #[arg(long, value_name = "FILE", value_parser = second_output(), verbatim_doc_comment)]
    pub plot: Option<PathBuf>,

    #[cfg(feature = "plot")]
    #[command(flatten)]
    picture: PictureArgs,
}

fn output_format() -> impl TypedValueParser<Value = OutputFormat> {
    named(&OutputFormat::ALL, OutputFormat::name, |format| match format {
        OutputFormat::Tsv => "Tab-separated, never quoted",
        OutputFormat::Csv => "Comma-separated",
        OutputFormat::Json => "One array of objects",
        OutputFormat::Jsonl => "One object per line",
        OutputFormat::Parquet => "Typed columns, compressed",
        OutputFormat::Arrow => "Typed columns, as a stream",
        OutputFormat::Aligned => "Aligned columns, for reading",
    })
}

fn csv_dialect() -> impl TypedValueParser<Value = CsvDialect> {
    named(&CsvDialect::ALL, CsvDialect::name, |dialect| match dialect {
        CsvDialect::Plain => "Commas, one-character line ends",
        CsvDialect::Excel => "A byte order mark, two-character line ends",
        CsvDialect::ExcelSemicolon => "As excel, with semicolons, and commas in fractions",
    })
}

/// Where the answer and its picture go, and in which form.
pub(in crate::cli) struct ResolvedOutput {
    pub answer: Destination,
    compression: Compression,
    format: OutputFormat,
    header: bool,
    csv_dialect: CsvDialect,
    #[cfg(feature = "plot")]
    pub picture: Option<ResolvedPicture>,
}

impl OutputArgs {
    /// Checks that the output can be made of an answer of this shape.
    pub fn resolve(self, shape: &AnswerShape) -> Result<ResolvedOutput, UsageError> {
        let answer = self.output.map_or(Destination::Stdout, destination);
        let on_terminal = answer == Destination::Stdout && io::stdout().is_terminal();
        let compression = match &answer {
            Destination::File(path) => Compression::of_name(path).0,
            Destination::Stdout => Compression::None,
        };
        let by_name = match (format_of_name("-o", &answer), self.output_format) {
            (Ok((format, _)), _) => format,
            (Err(_), Some(named)) => named,
            (Err(unknown), None) => return Err(unknown),
        };
        let format = match self.output_format {
            Some(format) => format,
            None if on_terminal => OutputFormat::Aligned,
            None => by_name,
        };
        if !format.is_available() {
            return Err(UsageError::NotBuilt(format.title(), format.name()));
        }
        if format.is_binary() && on_terminal {
            return Err(UsageError::BinaryToTerminal(format.title()));
        }
        if format == OutputFormat::Parquet && compression != Compression::None {
            return Err(UsageError::CompressedParquet);
        }
        if self.csv_dialect.is_some() && format != OutputFormat::Csv {
            return Err(UsageError::NoCsv(format.name()));
        }
        #[cfg(not(feature = "plot"))]
        if self.plot.is_some() {
            return Err(UsageError::NotBuilt("pictures", "plot"));
        }
        #[cfg(not(feature = "plot"))]
        let _ = shape;
        Ok(ResolvedOutput {
            #[cfg(feature = "plot")]
            picture: self.picture.resolve(self.plot, shape)?,
            answer,
            compression,
            format,
            header: !self.no_header && (self.header || format.has_header_by_default()),
            csv_dialect: self.csv_dialect.unwrap_or_default(),
        })
    }
}

impl ResolvedOutput {
    /// Writes the rows to `out`.
    pub fn write(&self, answer: &impl Table, out: &mut dyn Write) -> io::Result<()> {
        self.compression.write(out, |out| match self.format {
            OutputFormat::Csv => self.csv_dialect.write(answer, self.header, out),
            format => format.write(answer, self.header, out),
        })
    }
}

/// The format and the compression that the name of an output stands for. What is no file of its own, such as a pipe, may have
/// any name.
pub(super) fn format_of_name(
    option: &'static str,
    output: &Destination,
) -> Result<(OutputFormat, Compression), UsageError> {
    let Destination::File(path) = output else {
        return Ok((OutputFormat::Tsv, Compression::None));
    };
    let compression = Compression::of_name(path).0;
    match OutputFormat::from_path(path) {
        Some(format) => Ok((format, compression)),
        None if output.replaced_file().is_none() => Ok((OutputFormat::Tsv, compression)),
        None => Err(UsageError::UnknownEnding { option, path: path.clone() }),
    }
}

/// The compression of an output that is always tab-separated.
pub(super) fn tsv_compression(option: &'static str, path: &Path) -> Result<Compression, UsageError> {
    match format_of_name(option, &destination(path.to_owned())) {
        Ok((OutputFormat::Tsv, compression)) => Ok(compression),
        _ => Err(UsageError::NotTsv { option, path: path.to_owned() }),
    }
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

    const BY_YEAR: AnswerShape = AnswerShape { by_year: true, smoothing: None, measures: 1, ngrams: Some(3) };

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
            ("-o a.csv.gz", OutputFormat::Csv),
            ("-o a.txt", OutputFormat::Tsv),
            ("-o a", OutputFormat::Tsv),
            ("-o a.xlsx --output-format csv", OutputFormat::Csv),
            ("-o /dev/null", OutputFormat::Tsv),
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
                AnswerShape { measures: 2, ..BY_YEAR },
                "--plot: a picture shows one measure, and 2 were asked for",
            ),
            (
                "--plot a.svg",
                AnswerShape { ngrams: Some(13), ..BY_YEAR },
                "--plot: 13 n-grams are too many for one picture, which has room for 12; choose some with --word, or the most frequent ones with --top",
            ),
        ];
        for (typed, shape, message) in cases {
            assert_eq!(resolve(typed, &shape).err().as_deref(), Some(message));
        }
    }
}
