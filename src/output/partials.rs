//! Partial sums as lines: `ngram⇥sum…`, by years `ngram⇥year⇥sum…`, byte for byte.

use std::io::{self, Write};

use bstr::BString;
use memchr::memchr;

use super::tsv::push_number;
use crate::count::{CountError, Partial, Plan};

/// Writes a line for each n-gram of a partial count of `plan`, or for each of its years; gives how many that are.
///
/// # Errors
/// The writer's. An n-gram that holds a tab is an error too, and a partial count that contradicts itself.
pub fn write_partial(partial: &Partial, plan: &Plan, out: &mut dyn Write) -> io::Result<u64> {
    let width = plan.measures.count();
    let mut rows = 0;
    let mut line = Vec::new();
    let mut digits = itoa::Buffer::new();
    partial.visit(plan.by_year, width, |ngram, years, sums| {
        // Only `--tokens regex=` finds such an n-gram.
        if memchr(b'\t', ngram).is_some() {
            return Err(Unwritten(io::Error::new(io::ErrorKind::InvalidData, HoldsTab(ngram.into()))));
        }
        for (at, sums) in sums.chunks_exact(width).enumerate() {
            line.clear();
            line.extend_from_slice(ngram);
            if let Some(year) = years.get(at) {
                push_number(&mut line, &mut digits, *year);
            }
            for sum in sums {
                push_number(&mut line, &mut digits, *sum);
            }
            line.push(b'\n');
            out.write_all(&line)?;
            rows += 1;
        }
        Ok::<_, Unwritten>(())
    })?;
    Ok(rows)
}

/// An n-gram that would look like several fields.
#[derive(Debug, thiserror::Error)]
#[error("the n-gram {0:?} holds a tab, which ends a field of partial sums")]
struct HoldsTab(BString);

struct Unwritten(io::Error);

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

impl From<CountError> for Unwritten {
    fn from(error: CountError) -> Self {
        Self(io::Error::other(error))
    }
}

impl From<Unwritten> for io::Error {
    fn from(Unwritten(error): Unwritten) -> Self {
        error
    }
}
