//! Tab-separated rows, byte for byte.

use std::io::{self, Write};

use crate::count::Answer;

/// Writes one line for each row: the n-gram's bytes as they stood in the input, a tab, the matches.
///
/// # Errors
/// The writer's.
pub fn write_tsv(answer: &Answer, out: &mut impl Write) -> io::Result<()> {
    for (ngram, matches) in answer.iter() {
        out.write_all(ngram)?;
        writeln!(out, "\t{matches}")?;
    }
    Ok(())
}
