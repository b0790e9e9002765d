//! The answer of a count: rows, their order, and what the sums become in them.
//!
//! The module owns the selection and sorting of rows, the division by corpus totals, the smoothing over years, and the
//! spelling of the query. It never writes a row anywhere.

mod build;
mod final_sums;
mod normalize;
mod options;
mod query_spelling;
mod row;
mod row_file;
mod row_store;
mod rows;
mod slots;
mod sort;
mod top_k;

pub(crate) use build::{answer_in_files, build_answer, first_ngrams, is_sorted_by_number};
pub(crate) use final_sums::FinalSums;
pub use normalize::MAX_SMOOTHED_YEARS;
pub use options::{AnswerOptions, Sort};
pub use query_spelling::spellings_of_rows;
pub use row::{Column, ColumnType, Row, Value, Values};
pub(crate) use row_file::{CHECKSUM, RowBytes, RowFiles, RowLayout, RowPart, seal_block};
pub(crate) use row_store::RowRef;
pub use rows::{Answer, Rows};
pub(crate) use sort::{SortKey, sort_by_ngram};
