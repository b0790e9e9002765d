//! Flags for the look of a picture, and the checks that a picture can be drawn.

use std::path::PathBuf;

use super::answer_shape::AnswerShape;
use super::error::UsageError;
use super::paths::destination;
use super::values;
use crate::output::Destination;
use crate::output::plot::{Chart, ImageFormat, MAX_SERIES, PlotError, Size};

/// What was typed about the look of a picture.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct PictureArgs {
    /// Headline of the picture
    #[arg(long, value_name = "TEXT", requires = "plot")]
    title: Option<String>,

    /// Pixels of the picture, as 1200x600
    ///
    /// The default is 960x540, and 1920x1080 for .png.
    #[arg(long, value_name = "WxH", requires = "plot", value_parser = values::picture_size)]
    size: Option<Size>,
}

/// A picture: where it goes, and how it looks.
pub(in crate::cli) struct ResolvedPicture {
    pub file: Destination,
    pub format: ImageFormat,
    /// Over how many years on each side the numbers are means.
    pub smoothing: Option<u32>,
    look: PictureArgs,
}

impl PictureArgs {
    /// Checks that an answer of this shape can be drawn, if it is to be.
    pub fn resolve(
        self,
        path: Option<PathBuf>,
        shape: &AnswerShape,
    ) -> Result<Option<ResolvedPicture>, UsageError> {
        let error = match *shape {
            _ if path.is_none() => return Ok(None),
            AnswerShape { by_year: false, .. } => PlotError::NoYears,
            AnswerShape { measures, .. } if measures > 1 => PlotError::SeveralMeasures(measures),
            AnswerShape { ngrams: Some(ngrams), .. } if ngrams > MAX_SERIES => PlotError::TooMany(ngrams),
            AnswerShape { smoothing, .. } => return self.of_chart(path, smoothing),
        };
        Err(UsageError::Picture { error })
    }

    /// The picture of any chart.
    pub fn of_chart(
        self,
        path: Option<PathBuf>,
        smoothing: Option<u32>,
    ) -> Result<Option<ResolvedPicture>, UsageError> {
        let Some(path) = path else { return Ok(None) };
        let format = ImageFormat::from_path(&path)
            .ok_or_else(|| UsageError::PictureName { option: "--plot", path: path.clone() })?;
        Ok(Some(self.in_format(destination(path), format, smoothing)))
    }

    /// The picture of any chart, in this format.
    pub(super) fn in_format(
        self,
        file: Destination,
        format: ImageFormat,
        smoothing: Option<u32>,
    ) -> ResolvedPicture {
        ResolvedPicture { file, format, smoothing, look: self }
    }
}

impl ResolvedPicture {
    /// Gives the chart the headline and the size that were asked for.
    pub fn style(&self, chart: &mut Chart) {
        if let Some(title) = &self.look.title {
            chart.title.clone_from(title);
        }
        chart.size = self.look.size;
    }
}
