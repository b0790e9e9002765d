use foldhash::fast::RandomState;

use super::table::{Names, Overflow, Table};

/// N-grams and their sums in each year.
///
/// The years of an n-gram stand together, ascending, in two arrays that all n-grams share. Parts of an n-gram's years
/// come from different chunks in any order: where the years are there already they are added to, otherwise the whole is
/// written anew at the end of the arrays and the old place is left empty, until half of the arrays is.
pub(super) struct Series {
    /// For each n-gram, the position of its span.
    names: Table,
    spans: Vec<Span>,
    years: Vec<u32>,
    /// For each year of each n-gram, `width` sums.
    sums: Vec<u64>,
    width: usize,
    /// Years that nobody owns any more.
    unused: usize,
}

/// Which years are an n-gram's.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    pub start: usize,
    pub len: usize,
}

/// What is left when all has come in.
pub(super) struct Parts {
    pub names: Names,
    pub spans: Vec<Span>,
    pub years: Vec<u32>,
    pub sums: Vec<u64>,
}

impl Series {
    #[cfg(test)]
    pub(super) fn with_width(width: usize) -> Self {
        Self::with_names(Table::with_width(0), width)
    }

    /// Series that take the hashes of `hasher`.
    pub(super) fn with_hasher(width: usize, hasher: RandomState) -> Self {
        Self::with_names(Table::with_hasher(0, hasher), width)
    }

    fn with_names(names: Table, width: usize) -> Self {
        Self { names, spans: vec![], years: vec![], sums: vec![], width, unused: 0 }
    }

    /// The position of `ngram`, which comes in without years if it is new.
    pub(super) fn slot(&mut self, ngram: &[u8]) -> u32 {
        self.slot_hashed(self.names.hash(ngram), ngram)
    }

    /// The table that hashes and finds the n-grams.
    pub(super) fn names(&self) -> &Table {
        &self.names
    }

    /// The years of all n-grams, also those that nobody owns any more.
    pub(super) fn places(&self) -> usize {
        self.years.len()
    }

    fn slot_hashed(&mut self, hash: u64, ngram: &[u8]) -> u32 {
        let slot = self.names.slot_hashed(hash, ngram);
        if slot as usize == self.spans.len() {
            self.spans.push(Span::default());
        }
        slot
    }

    /// Adds `sums` to those of `ngram` in `years`, which ascend.
    #[cfg(test)]
    pub(super) fn add(&mut self, ngram: &[u8], years: &[u32], sums: &[u64]) -> Result<(), Overflow> {
        self.add_hashed(self.names.hash(ngram), ngram, years, sums)
    }

    /// Adds `sums` to those of `ngram` in `years`, which ascend; with the n-gram's hash.
    pub(super) fn add_hashed(
        &mut self,
        hash: u64,
        ngram: &[u8],
        years: &[u32],
        sums: &[u64],
    ) -> Result<(), Overflow> {
        let slot = self.slot_hashed(hash, ngram) as usize;
        let Span { start, len } = self.spans[slot];
        let at_the_end = start + len == self.years.len();
        let (Some(&first), last) = (years.first(), self.years[start..start + len].last()) else {
            return Ok(());
        };
        match last {
            None => {
                self.spans[slot] = Span { start: self.years.len(), len: years.len() };
                self.years.extend_from_slice(years);
                self.sums.extend_from_slice(sums);
            }
            Some(&last) if last < first && at_the_end => {
                self.spans[slot].len += years.len();
                self.years.extend_from_slice(years);
                self.sums.extend_from_slice(sums);
            }
            Some(_) => self.merge(slot, years, sums)?,
        }
        Ok(())
    }

    fn merge(&mut self, slot: usize, years: &[u32], sums: &[u64]) -> Result<(), Overflow> {
        let width = self.width;
        let Span { start, len } = self.spans[slot];
        let mut known = start..start + len;
        let new_start = self.years.len();
        // First those that are there already; only what is new makes the whole move.
        let mut new = 0;
        for (index, year) in years.iter().enumerate() {
            match self.years[known.clone()].binary_search(year) {
                Ok(at) => {
                    let at = known.start + at;
                    add(&mut self.sums[at * width..][..width], &sums[index * width..][..width])?;
                    known.start = at + 1;
                }
                Err(at) => {
                    known.start += at;
                    new += 1;
                }
            }
        }
        if new == 0 {
            return Ok(());
        }
        let mut old = start..start + len;
        for (index, &year) in years.iter().enumerate() {
            while old.start < old.end && self.years[old.start] < year {
                self.copy(old.start);
                old.start += 1;
            }
            if old.start < old.end && self.years[old.start] == year {
                self.copy(old.start);
                old.start += 1;
            } else {
                self.years.push(year);
                self.sums.extend_from_slice(&sums[index * width..][..width]);
            }
        }
        for at in old {
            self.copy(at);
        }
        self.spans[slot] = Span { start: new_start, len: self.years.len() - new_start };
        self.unused += len;
        if self.unused > self.years.len() / 2 {
            self.tidy();
        }
        Ok(())
    }

    fn copy(&mut self, at: usize) {
        self.years.push(self.years[at]);
        self.sums.extend_from_within(at * self.width..(at + 1) * self.width);
    }

    /// Leaves no year unused, and puts the n-grams into the order in which they came.
    fn tidy(&mut self) {
        let mut years = Vec::with_capacity(self.years.len() - self.unused);
        let mut sums = Vec::with_capacity((self.years.len() - self.unused) * self.width);
        for span in &mut self.spans {
            let Span { start, len } = *span;
            *span = Span { start: years.len(), len };
            years.extend_from_slice(&self.years[start..start + len]);
            sums.extend_from_slice(&self.sums[start * self.width..(start + len) * self.width]);
        }
        self.years = years;
        self.sums = sums;
        self.unused = 0;
    }

    pub(super) fn into_parts(self) -> Parts {
        let Self { names, spans, years, sums, .. } = self;
        Parts { names: names.into_parts().0, spans, years, sums }
    }
}

fn add(sums: &mut [u64], amounts: &[u64]) -> Result<(), Overflow> {
    for (index, (sum, amount)) in sums.iter_mut().zip(amounts).enumerate() {
        *sum = sum.checked_add(*amount).ok_or(Overflow { sum: index })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn years_may_come_in_any_parts_and_order(
            parts in prop::collection::vec(
                ("[ab]", prop::collection::btree_map(1990..2010_u32, (0..9_u64, 0..9_u64), 0..6)),
                0..40,
            ),
        ) {
            let mut series = Series::with_width(2);
            let mut expected: BTreeMap<(String, u32), (u64, u64)> = BTreeMap::new();
            for (ngram, part) in &parts {
                let years: Vec<u32> = part.keys().copied().collect();
                let sums: Vec<u64> = part.values().flat_map(|&(a, b)| [a, b]).collect();
                series.add(ngram.as_bytes(), &years, &sums).unwrap();
                for (&year, (a, b)) in part {
                    let sums = expected.entry((ngram.clone(), year)).or_default();
                    sums.0 += a;
                    sums.1 += b;
                }
            }
            let Parts { names, spans, years, sums } = series.into_parts();
            let mut found = BTreeMap::new();
            for (slot, span) in (0..).zip(&spans) {
                let ngram = String::from_utf8(names.get(slot).to_vec()).unwrap();
                prop_assert!(years[span.start..span.start + span.len].is_sorted_by(|a, b| a < b));
                for at in span.start..span.start + span.len {
                    found.insert((ngram.clone(), years[at]), (sums[2 * at], sums[2 * at + 1]));
                }
            }
            prop_assert_eq!(found, expected);
            prop_assert!(years.len() < 100, "the unused places are taken back");
        }
    }

    #[test]
    fn a_sum_that_does_not_fit_is_refused() {
        let mut series = Series::with_width(1);
        series.add(b"a", &[1999, 2000], &[1, u64::MAX]).unwrap();
        assert_eq!(series.add(b"a", &[2000], &[1]), Err(Overflow { sum: 0 }));
        assert_eq!(series.add(b"a", &[1998, 2000], &[1, 1]), Err(Overflow { sum: 0 }));
    }
}
