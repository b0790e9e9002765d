//! Counting: from bytes to partial counts, from partial counts to an answer.
//!
//! This module owns the plan of a count ([`Plan`]), the count of one chunk ([`Mapper`], [`Partial`]), the sum of all of
//! them ([`Reducer`]) and the rows of the result ([`Answer`]). Partial counts can be merged in any order and on any
//! machine; the answer is the same. The module never opens a file, and it does not know in which process it runs.
//!
//! Its modules, each of which imports only those above it: `encoding`, `plan`, `error`, `ngram_table`, `partial`,
//! `map`, `answer`, `reduce`.

mod answer;
mod encoding;
mod error;
mod map;
mod ngram_table;
mod partial;
mod plan;
mod reduce;

pub use answer::{
    Answer, AnswerOptions, Column, ColumnType, MAX_SMOOTHED_YEARS, Row, Rows, Sort, Value, Values,
    spellings_of_rows,
};
pub(crate) use answer::{
    CHECKSUM, FinalSums, RowBlocks, RowFiles, RowLayout, RowPart, answer_in_files, build_answer,
    first_ngrams, is_sorted_by_number, seal_block,
};
pub(crate) use encoding::{MAX_SUMS, YearRows, common_prefix, varint};
pub use error::CountError;
pub use map::Mapper;
pub use ngram_table::{NgramTable, TableError};
pub(crate) use partial::NgramSums;
pub use partial::{BadLine, LineTally, Partial, SHOWN_BAD_LINES};
pub use plan::{
    BadLines, Filter, KeyRanges, Measure, Measures, Mismatch, MismatchFinder, NormalForm, Pattern, Plan, Pos,
    Selection, Stop, StopWords, TAGS, TextRules, Tokens, Years,
};
pub(crate) use reduce::visit_sorted;
pub use reduce::{Combiner, Reducer};

pub use crate::record::{Document, Encoding, FieldPath, UnknownName};
/// The error in a [`BadLine`], the formats that a [`Mapper`] reads, and the totals that an [`AnswerOptions`] divides by.
pub use crate::record::{Format, Header, LineError, read_header, strip_byte_order_mark, totals::Totals};
