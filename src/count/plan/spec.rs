//! The plan of a count, and the check that a format can satisfy it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Filter, Measure, Measures, TextRules, Tokens, Years};
use crate::record::{Document, Encoding, Format, UnknownName};

/// What is counted, and what happens to malformed lines: all that a worker must know before its first chunk.
///
/// ```
/// use ngramcount::count::{Filter, Format, Mapper, Plan, Years};
///
/// let mut plan = Plan::default();
/// plan.filter.years = Years { first: 1900, last: 1999 };
/// let rows = b"watch\t1899\t5\t1\nwatch\t1900\t7\t1\n";
/// let partial = Mapper::new(&plan).map(Format::V2, rows)?;
/// assert_eq!(partial.iter()?.collect::<Vec<_>>(), [(&b"watch"[..], 7)]);
/// # Ok::<(), ngramcount::count::CountError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// The n-grams that are counted.
    pub selection: Selection,
    /// Further conditions on n-grams and years.
    pub filter: Filter,
    /// The numbers that are added up for each n-gram.
    pub measures: Measures,
    /// Whether each year has its own sums.
    pub by_year: bool,
    /// Whether each file has its own sums, over all years. They are kept like those of years, with the number of the file in place
    /// of the year, and only together with `by_year`.
    pub per_file: bool,
    /// How text is divided into n-grams.
    pub text: TextRules,
    /// The encoding of the input.
    pub encoding: Encoding,
    /// What happens to malformed lines.
    pub bad_lines: BadLines,
}

impl Plan {
    /// The most bytes of a split that a worker maps in one piece.
    ///
    /// Mostly that is what stays in the second-level cache. For n-grams of several words larger pieces are better: most
    /// n-grams are new in a small piece, and each piece that has one sends it anew. Of the 3-grams of the King James
    /// Bible 72 % are new in pieces of 512 KiB, 60 % in one piece.
    pub fn piece_bytes(&self) -> usize {
        if self.text.longest > 1 { 16 << 20 } else { 512 << 10 }
    }

    /// The plan with [`Selection::All`]. There may be a hundred thousand words, and mapper and reducer keep them in hash
    /// tables.
    pub(crate) fn without_words(&self) -> Self {
        let Self { selection: _, filter, measures, by_year, per_file, text, encoding, bad_lines } = self;
        Self {
            selection: Selection::All,
            filter: filter.clone(),
            measures: measures.clone(),
            by_year: *by_year,
            per_file: *per_file,
            text: text.clone(),
            encoding: *encoding,
            bad_lines: *bad_lines,
        }
    }

    /// Whether most n-grams can be expected to occur once or twice: those of several words, if all are counted. In 16 MB of a
    /// text with the frequencies of Zipf's law 72 % of the pairs of words are new, 96 % of the 3-grams and all 5-grams; in the King
    /// James Bible 21 %, 54 % and 88 %, and even its pairs, ten times over, take no longer to be sorted.
    pub(crate) fn has_rare_ngrams(&self) -> bool {
        let any_case = Filter { ignore_case: false, ..self.filter.clone() };
        let counts_all = self.selection == Selection::All && any_case == Filter::default();
        counts_all && !self.per_file && self.text.longest >= 2
    }

    /// Whether the years of a chunk have their own sums.
    pub(crate) fn separates_years(&self) -> bool {
        self.by_year && !self.per_file
    }

    /// Whether a line of text that is not UTF-8 is malformed. Cutting at white space needs no characters.
    pub(crate) fn needs_utf8(&self) -> bool {
        self.encoding != Encoding::Bytes && self.text.tokens != Tokens::Blanks
    }

    /// What the plan asks for and files in `format` do not hold, in the plural; `None` if they hold everything.
    pub(crate) fn missing_in(&self, format: Format) -> Option<&'static str> {
        let is_text = format.is_text();
        let has_years = matches!(format, Format::V1 | Format::V2 | Format::V3);
        let has_lines = match format {
            Format::Text => self.text.document() == Document::Line,
            Format::Wet | Format::Parquet | Format::Documents => false,
            _ => true,
        };
        let is_converted = matches!(self.encoding, Encoding::Named(_));
        if is_converted && matches!(format, Format::Wet | Format::Parquet) {
            Some("encoding but UTF-8")
        } else if !is_text && self.text != TextRules::default() {
            Some("text that is to be cut into n-grams")
        } else if self.text.field.is_some() && !matches!(format, Format::Jsonl | Format::Parquet) {
            Some("fields")
        } else if self.text.documents.is_some() && format.has_documents() {
            Some("documents but their records")
        } else if self.measures.has(Measure::Documents) && !is_text {
            Some("documents")
        } else if self.measures.has(Measure::Lines) && !has_lines {
            Some("lines to count; they have documents")
        } else if !has_years && (self.separates_years() || self.filter.years != Years::ALL) {
            Some("years")
        } else if self.measures.has(Measure::Pages) && format != Format::V1 {
            Some("pages")
        } else if self.measures.has(Measure::Volumes) && is_text {
            Some("volumes")
        } else {
            None
        }
    }
}

/// The n-grams that are counted. Every line is read and checked in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Selection {
    /// Every n-gram.
    #[default]
    All,
    /// These n-grams, byte for byte, in the order in which the answer lists them. One may be in the list twice.
    Words(Vec<Vec<u8>>),
}

/// What happens to a malformed line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum BadLines {
    /// The first one ends the count.
    #[default]
    Fail,
    /// They are counted and left out.
    Skip,
}

impl BadLines {
    /// All rules.
    pub const ALL: [Self; 2] = [Self::Fail, Self::Skip];

    /// The name of the rule.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }
}

impl FromStr for BadLines {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        UnknownName::find("rule for bad lines", &Self::ALL, Self::name, name)
    }
}
