//! Partial sums as lines: `ngram⇥sum…`, or by years `ngram⇥year⇥sum…`.

use std::io::{self, Write};

use super::ngram_error::one_field;
use super::tsv::push_number;
use crate::count::{CountError, Partial, Plan};

/// Writes a line for each n-gram of a partial count of `plan`, or by years for each year of each n-gram. Returns the number
/// of lines.
///
/// # Errors
/// The error of the writer; an [`NgramError`](super::NgramError) for an n-gram with a tab or a line end; a damaged
/// partial count.
pub fn write_partial(partial: &Partial, plan: &Plan, out: &mut dyn Write) -> io::Result<u64> {
    let width = plan.measures.count();
    let mut rows = 0;
    let mut line = Vec::new();
    let mut digits = itoa::Buffer::new();
    partial.visit(plan.by_year, width, |ngram, years, sums| {
        one_field(ngram, "partial sums").map_err(io::Error::from)?;
        for (index, sums) in sums.chunks_exact(width).enumerate() {
            line.clear();
            line.extend_from_slice(ngram);
            if let Some(year) = years.get(index) {
                push_number(&mut line, &mut digits, *year);
            }
            for sum in sums {
                push_number(&mut line, &mut digits, *sum);
            }
            line.push(b'\n');
            out.write_all(&line)?;
            rows += 1;
        }
        Ok::<_, WriteError>(())
    })?;
    Ok(rows)
}

/// Error of the visitor: of the writer, or of the partial count.
struct WriteError(io::Error);

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

impl From<CountError> for WriteError {
    fn from(error: CountError) -> Self {
        Self(io::Error::other(error))
    }
}

impl From<WriteError> for io::Error {
    fn from(WriteError(error): WriteError) -> Self {
        error
    }
}
