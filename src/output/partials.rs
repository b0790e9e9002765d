//! Partial sums as lines: `ngram⇥sum…`, or by years `ngram⇥year⇥sum…`.

use std::io::{self, Write};

use bstr::BString;
use memchr::memchr;

use super::tsv::push_number;
use crate::count::{CountError, Partial, Plan};

/// Writes a line for each n-gram of a partial count of `plan`, or by years for each year of each n-gram. Returns the number
/// of lines.
///
/// # Errors
/// The error of the writer; an n-gram that contains a tab; a damaged partial count.
pub fn write_partial(partial: &Partial, plan: &Plan, out: &mut dyn Write) -> io::Result<u64> {
    let width = plan.measures.count();
    let mut rows = 0;
    let mut line = Vec::new();
    let mut digits = itoa::Buffer::new();
    partial.visit(plan.by_year, width, |ngram, years, sums| {
        // Only tokens that are defined by a regular expression can contain a tab.
        if memchr(b'\t', ngram).is_some() {
            return Err(WriteError(io::Error::new(io::ErrorKind::InvalidData, TabInNgram(ngram.into()))));
        }
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

/// An n-gram with a tab, which a reader would take for several fields.
#[derive(Debug, thiserror::Error)]
#[error("the n-gram {0:?} holds a tab, which ends a field of partial sums")]
struct TabInNgram(BString);

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
