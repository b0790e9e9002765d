//! The options that say what is counted, and what they mean.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context;
use clap::ValueEnum;

use super::plan::UsageError;
use crate::count::{
    Filter, Format, Measure, Measures, Order, Pattern, Plan, Pos, TAGS, TextRules, Tokens, Totals, Years,
};
use crate::record::totals;

/// What was typed about the input.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Input")]
pub(super) struct FormatArgs {
    /// auto, v1, v2, v3, text or counts
    ///
    /// v1, v2, v3: Google Books Ngrams of 2009, 2012 and 2020. counts: what
    /// this program writes, as n-gram, matches and perhaps volumes. Auto
    /// finds it by the first lines of each file, or by its --header. An
    /// answer by year is v2 if it has --count matches,volumes. Without
    /// volumes its years would look like matches, so auto refuses three
    /// columns whose second has numbers from 1400 to 2100 only.
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "auto",
        hide_possible_values = true,
        verbatim_doc_comment
    )]
    pub format: FormatArg,

    /// Text: words in an n-gram, as 2 or 1..3
    ///
    /// N-grams do not cross line ends.
    #[arg(short, long = "n", value_name = "N", default_value = "1", value_parser = lengths)]
    n: Lengths,

    /// Text: words, blanks or regex=R
    ///
    /// words: by Unicode's word boundaries, without punctuation; blanks: what
    /// stands between white space; regex=R: what R matches.
    #[arg(long, value_name = "HOW", default_value = "words", value_parser = tokens, verbatim_doc_comment)]
    tokens: Tokens,
}

/// `--format`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FormatArg {
    /// By the first lines of each file
    Auto,
    /// Google's of 2009
    V1,
    /// Google's of 2012
    V2,
    /// Google's of 2020
    V3,
    /// Words
    Text,
    /// What this program writes
    Counts,
}

impl FormatArg {
    pub fn format(self) -> Option<Format> {
        match self {
            Self::Auto => None,
            Self::V1 => Some(Format::V1),
            Self::V2 => Some(Format::V2),
            Self::V3 => Some(Format::V3),
            Self::Text => Some(Format::Text),
            Self::Counts => Some(Format::Counts),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Lengths(u32, u32);

/// What was typed about n-grams and years.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What to count")]
pub(super) struct FilterArgs {
    /// Only n-grams that begin with P
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    prefix: Option<OsString>,

    /// Only n-grams in which R is found
    ///
    /// R is a regular expression; ^ and $ tie it to the ends.
    #[arg(long, value_name = "R", value_parser = pattern, allow_hyphen_values = true)]
    regex: Option<Pattern>,

    /// Only these years: A..B, A.., ..B or A
    #[arg(long, value_name = "YEARS", value_parser = years, allow_hyphen_values = true)]
    years: Option<Years>,

    /// Count Word, WORD and word as word
    ///
    /// Rows are in small letters, those of --word as it spells them.
    #[arg(long)]
    ignore_case: bool,

    /// all, untagged, tagged or NOUN,VERB,...
    ///
    /// Only n-grams without part-of-speech tags; or those whose words all
    /// have one; or one of these: NOUN VERB ADJ ADV PRON DET ADP NUM CONJ PRT
    /// X and . (for punctuation).
    #[arg(long, value_name = "TAGS", default_value = "all", value_parser = pos, verbatim_doc_comment)]
    pos: Pos,

    /// Count watch_NOUN as watch; needs --pos
    ///
    /// With --pos tagged or a list of tags. The tags go, the matches of what
    /// is then the same n-gram are added up.
    #[arg(long, verbatim_doc_comment)]
    strip_pos: bool,
}

/// What was typed about the numbers that are added up.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Numbers")]
pub(super) struct MeasureArgs {
    /// matches, volumes, pages or lines
    ///
    /// One column each, several with commas between them. Volumes and pages
    /// are added up over the years; lines are those of the input.
    #[arg(long, value_name = "WHAT", default_value = "matches", hide_possible_values = true)]
    #[arg(value_delimiter = ',', verbatim_doc_comment)]
    count: Vec<MeasureArg>,

    /// One row for each n-gram and year
    #[arg(long)]
    by_year: bool,
}

/// What was typed about what becomes of the sums.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Numbers")]
pub(super) struct ScaleArgs {
    /// Divide by the totals of the same years
    ///
    /// F is Google's file of totals, as published or as CSV.
    #[arg(long, value_name = "F")]
    pub relative_to: Option<PathBuf>,

    /// Mean over N years on both sides
    ///
    /// With --by-year, for each year from the first to the last; fewer years
    /// at the ends, a year without the n-gram counts as 0.
    #[arg(long, value_name = "N", requires = "by_year", verbatim_doc_comment)]
    smoothing: Option<u32>,
}

/// `--count`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum MeasureArg {
    /// Occurrences
    Matches,
    /// Books
    Volumes,
    /// Pages
    Pages,
    /// Lines of the input
    Lines,
}

impl MeasureArgs {
    /// Adds to the plan what these options ask for.
    pub fn resolve(self, plan: &mut Plan) -> Result<(), UsageError> {
        let measures = self.count.iter().map(|measure| match measure {
            MeasureArg::Matches => Measure::Matches,
            MeasureArg::Volumes => Measure::Volumes,
            MeasureArg::Pages => Measure::Pages,
            MeasureArg::Lines => Measure::Lines,
        });
        plan.measures = Measures::new(measures.collect()).ok_or(UsageError::CountTwice)?;
        plan.by_year = self.by_year;
        Ok(())
    }
}

impl ScaleArgs {
    /// Adds to the order what these options ask for, and to the plan what they need.
    pub fn resolve(self, plan: &mut Plan, order: &mut Order) -> anyhow::Result<()> {
        if self.relative_to.is_some() && plan.measures.has(Measure::Lines) {
            return Err(UsageError::NoTotalLines.into());
        }
        let Years { first, last } = plan.filter.years;
        let closed = first != Years::ALL.first && last != Years::ALL.last;
        if self.smoothing.is_some() && closed && last - first > crate::count::MAX_SMOOTHED_YEARS {
            return Err(UsageError::ManyYears.into());
        }
        order.by_year = plan.by_year;
        plan.by_year |= self.relative_to.is_some();
        order.smoothing = self.smoothing;
        order.relative_to = self.relative_to.map(read_totals).transpose()?;
        Ok(())
    }
}

fn read_totals(path: PathBuf) -> anyhow::Result<Totals> {
    let name = path.display();
    let text = fs::read(&path).with_context(|| name.to_string())?;
    let totals = totals::parse(&text)
        .map_err(|(line, error)| anyhow::Error::new(error).context(format!("{name}: line {line}")))?;
    anyhow::ensure!(!totals.is_empty(), "{name}: line 1: there is no year,matches,pages,volumes in it");
    Ok(totals)
}

impl FilterArgs {
    /// The filter that these options ask for.
    pub fn resolve(self) -> Result<Filter, UsageError> {
        match self.pos {
            Pos::All if self.strip_pos => return Err(UsageError::CountsTwice),
            Pos::Untagged if self.strip_pos => return Err(UsageError::NothingToStrip),
            _ => {}
        }
        Ok(Filter {
            prefix: self.prefix.map(OsStringExt::into_vec),
            pattern: self.regex,
            years: self.years.unwrap_or_default(),
            pos: self.pos,
            strip_pos: self.strip_pos,
            ignore_case: self.ignore_case,
        })
    }
}

impl FormatArgs {
    /// How text is cut.
    pub fn text(&self) -> TextRules {
        let Lengths(shortest, longest) = self.n;
        TextRules { shortest, longest, tokens: self.tokens.clone() }
    }
}

/// The ends of `A..B`; `A` alone is `A..A`.
fn ends<N: FromStr + Copy>(text: &str) -> Result<(Option<N>, Option<N>), N::Err> {
    let end = |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some) };
    match text.split_once("..") {
        Some((first, last)) => Ok((end(first)?, end(last.strip_prefix('=').unwrap_or(last))?)),
        None => text.parse().map(|only| (Some(only), Some(only))),
    }
}

fn lengths(text: &str) -> Result<Lengths, &'static str> {
    match ends(text) {
        Ok((Some(first), Some(last))) if (1..=last).contains(&first) && last <= 100 => {
            Ok(Lengths(first, last))
        }
        _ => Err("expected a number from 1 to 100, or a range as 1..3"),
    }
}

fn years(text: &str) -> Result<Years, &'static str> {
    let (first, last) = ends(text).map_err(|_| "expected years as 1900..2000, 1900.., ..2000 or 1900")?;
    let years = Years { first: first.unwrap_or(Years::ALL.first), last: last.unwrap_or(Years::ALL.last) };
    if years.first > years.last { Err("the first year comes after the last") } else { Ok(years) }
}

fn pos(text: &str) -> Result<Pos, String> {
    match text {
        "all" => Ok(Pos::All),
        "untagged" => Ok(Pos::Untagged),
        "tagged" => Ok(Pos::Tagged),
        tags => Pos::tags(tags.split(',')).ok_or_else(|| {
            format!("expected all, untagged, tagged, or tags with commas between them: {}", TAGS.join(" "))
        }),
    }
}

fn tokens(text: &str) -> Result<Tokens, String> {
    match text {
        "words" => Ok(Tokens::Words),
        "blanks" => Ok(Tokens::Blanks),
        _ => match text.strip_prefix("regex=") {
            Some(text) => pattern(text).map(Tokens::Matching),
            None => Err("expected words, blanks or regex=R".to_owned()),
        },
    }
}

/// The error of the regex crate is a drawing of several lines; its last one says what is wrong.
fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).map_err(|error| {
        let error = error.to_string();
        let last = error.lines().last().unwrap_or_default();
        last.strip_prefix("error: ").unwrap_or(last).to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_as_in_rust_and_in_the_tables_of_contents() {
        let range = |first, last| Ok(Years { first, last });
        assert_eq!(years("1900..2000"), range(1900, 2000));
        assert_eq!(years("1900..=2000"), range(1900, 2000));
        assert_eq!(years("1900.."), range(1900, u32::MAX));
        assert_eq!(years("..2000"), range(0, 2000));
        assert_eq!(years("1900"), range(1900, 1900));
        for wrong in ["", "2000..1900", "1900-2000", "a..b", "-5"] {
            assert!(years(wrong).is_err(), "{wrong}");
        }
        assert!(lengths("1..3").is_ok_and(|Lengths(first, last)| (first, last) == (1, 3)));
        for wrong in ["0", "3..1", "1..", "..2", "x", "1000"] {
            assert!(lengths(wrong).is_err(), "{wrong}");
        }
    }
}
