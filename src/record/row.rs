/// One observation: how often an n-gram was printed in one year, and in how many books.
///
/// The n-gram is borrowed from the input as it stands there: any bytes, usually UTF-8, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
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
