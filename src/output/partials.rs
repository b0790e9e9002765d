//! Partial sums as lines: `ngram⇥sum…`, by years `ngram⇥year⇥sum…`, byte for byte.

use std::io::{self, Write};

use crate::count::{CountError, Partial, Plan};

/// Writes a line for each n-gram of a partial count of `plan`, or for each of its years; gives how many that are.
///
/// # Errors
/// The writer's. A partial count that contradicts itself is an error too.
pub fn write_partial(partial: &Partial, plan: &Plan, out: &mut dyn Write) -> io::Result<u64> {
    let width = plan.measures.count();
    let mut rows = 0;
    let mut line = Vec::new();
    partial.visit(plan.by_year, width, |ngram, years, sums| {
        for (at, sums) in sums.chunks_exact(width).enumerate() {
            line.clear();
            line.extend_from_slice(ngram);
            if let Some(year) = years.get(at) {
                push_number((*year).into(), &mut line);
            }
            for sum in sums {
                push_number(*sum, &mut line);
            }
            line.push(b'\n');
            out.write_all(&line)?;
            rows += 1;
        }
        Ok::<_, Unwritten>(())
    })?;
    Ok(rows)
}

/// A tab and a number. With `write!` in its place a map step takes a twelfth longer.
fn push_number(mut number: u64, line: &mut Vec<u8>) {
    line.push(b'\t');
    let start = line.len();
    loop {
        line.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    line[start..].reverse();
}

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
