//! Records of the tab-separated formats with one line a year.

use memchr::memchr_iter;

use super::error::LineError;

/// Record of one n-gram in one year: how often an n-gram was printed in one year, and in how many books.
///
/// The n-gram is borrowed from the input unchanged: any bytes, usually UTF-8, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The words, with their part-of-speech tags if they have any, separated by blanks.
    pub ngram: &'a [u8],
    /// The year of publication.
    pub year: u32,
    /// Occurrences in that year.
    pub matches: u64,
    /// Distinct books with at least one of those occurrences.
    pub volumes: u64,
    /// Distinct pages with at least one of those occurrences; 0 where the format does not say.
    pub pages: u64,
}

/// The fields of a line that must have `N` of them, the first of which is an n-gram.
///
/// # Errors
/// Another number of fields, or else an empty n-gram.
pub(super) fn fields<const N: usize>(line: &[u8]) -> Result<[&[u8]; N], LineError> {
    let mut split = line.split(|&byte| byte == b'\t');
    let mut fields: [&[u8]; N] = [&[]; N];
    for field in &mut fields {
        *field = split.next().ok_or_else(|| wrong_number(N, line))?;
    }
    if split.next().is_some() {
        return Err(wrong_number(N, line));
    }
    if fields[0].is_empty() { Err(LineError::EmptyNgram) } else { Ok(fields) }
}

#[cold]
fn wrong_number(expected: usize, line: &[u8]) -> LineError {
    let found = memchr_iter(b'\t', line).count() + 1;
    LineError::Fields { expected: expected as u64, found: found as u64 }
}
