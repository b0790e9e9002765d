//! Flags of `ngramcount plot`.

use std::path::{Path, PathBuf};

use super::error::UsageError;
use super::paths::{INPUT, check_overwrites, destination};
use super::picture::{PictureArgs, ResolvedPicture};
use super::values;
use crate::input::Source;
use crate::output::plot::ImageFormat;

const EXAMPLES: &str = "\
Examples:
  Count once, draw twice:
    ngramcount 1-*.gz --word fish --by-year --header -o fish.tsv
    ngramcount plot fish.tsv -o fish.svg
    ngramcount plot fish.tsv -o fish.png --title Fish --size 1200x600";

/// Draw an answer by years
///
/// Reads rows that a count wrote with --by-year and --header, and draws them as
/// --plot does: one line for each n-gram, at most 12.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, verbatim_doc_comment)]
pub(in crate::cli) struct PlotArgs {
    /// File of the answer; `-` or none: standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Write to FILE.svg or FILE.png; `-`: SVG to stdout
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    plot: PathBuf,

    #[command(flatten)]
    picture: PictureArgs,

    /// The numbers are means over N years either side
    ///
    /// The picture says so. Give what the count was given.
    #[arg(long, value_name = "N", value_parser = values::whole_number::<u32>)]
    smoothing: Option<u32>,
}

impl PlotArgs {
    /// The output with the option that names it.
    pub(super) fn output(&self) -> (&'static str, Option<&Path>) {
        ("-o", Some(&self.plot))
    }

    /// The answer that is drawn, and the picture.
    pub fn resolve(self) -> Result<(Source, ResolvedPicture), UsageError> {
        let source = self.file.clone().map_or(Source::Stdin, Source::from);
        check_overwrites(&[(INPUT, source.clone())], [self.output()])?;
        let format = match destination(self.plot.clone()) {
            crate::output::Destination::Stdout => ImageFormat::Svg,
            crate::output::Destination::File(path) => {
                ImageFormat::from_path(&path).ok_or(UsageError::PictureName { option: "-o", path })?
            }
        };
        Ok((source, self.picture.in_format(destination(self.plot), format, self.smoothing)))
    }
}
