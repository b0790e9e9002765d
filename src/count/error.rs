use bstr::BStr;

use super::table::Overflow;

/// Why a count cannot be made. None of these is the fault of a single line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CountError {
    /// The matches of one n-gram do not fit 64 bits.
    #[error("the matches of `{}` add up to more than {}", BStr::new(.ngram), u64::MAX)]
    Overflow {
        /// The n-gram.
        ngram: Vec<u8>,
    },
    /// A partial count contradicts itself, so it was damaged or made by something else.
    #[error("a partial count is damaged: {0}")]
    Damaged(&'static str),
}

impl CountError {
    /// Names the n-gram whose sum overflowed.
    pub(super) fn overflow(ngram: &[u8]) -> impl FnOnce(Overflow) -> Self {
        |Overflow| Self::Overflow { ngram: ngram.to_vec() }
    }
}
