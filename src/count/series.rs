use std::mem::take;
use std::ops::Range;

use super::packed::{Packed, Packer};
use super::plan::MEASURES;
use super::table::{Names, Overflow, Table};

/// N-grams and their sums in each year.
///
/// The rows of all n-grams stand packed in one buffer. Parts of an n-gram's years come from different chunks in any
/// order: the first part is taken as it is; what comes later is unpacked with what is there, added, and written anew at
/// the end of the buffer, and the old place is left empty, until half of the buffer is.
pub(super) struct Series {
    /// For each n-gram, the position of its span.
    names: Table,
    spans: Vec<Span>,
    bytes: Vec<u8>,
    width: usize,
    /// Bytes that nobody owns any more.
    unused: usize,
    /// Where two parts of an n-gram become one.
    scratch: Vec<u8>,
}

/// Which bytes are an n-gram's.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub start: usize,
    pub len: u32,
}

impl Span {
    pub(super) fn range(self) -> Range<usize> {
        self.start..self.start + self.len as usize
    }
}

/// What is left when all has come in.
pub(super) struct PackedSeries {
    pub names: Names,
    pub spans: Vec<Span>,
    pub bytes: Vec<u8>,
}

impl Series {
    /// Series of `width` sums a year.
    pub(super) fn with_width(width: usize) -> Self {
        let names = Table::with_width(0);
        Self { names, spans: vec![], bytes: vec![], width, unused: 0, scratch: vec![] }
    }

    /// The position of `ngram`, which comes in without years if it is new.
    pub(super) fn slot(&mut self, ngram: &[u8]) -> u32 {
        let slot = self.names.slot(ngram);
        if slot as usize == self.spans.len() {
            self.spans.push(Span::default());
        }
        slot
    }

    /// The table that hashes and finds the n-grams.
    pub(super) fn names(&self) -> &Table {
        &self.names
    }

    /// About how much memory they take.
    pub(super) fn bytes(&self) -> usize {
        self.names.bytes() + self.spans.len() * size_of::<Span>() + self.bytes.len()
    }

    /// Adds packed rows, the years of which ascend, to those of `ngram`.
    pub(super) fn add(&mut self, ngram: &[u8], rows: &[u8]) -> Result<(), Overflow> {
        let slot = self.slot(ngram) as usize;
        if self.spans[slot].len == 0 {
            self.put(slot, rows);
            return Ok(());
        }
        let mut merged = take(&mut self.scratch);
        merged.clear();
        let there = &self.bytes[self.spans[slot].range()];
        merge(Packed::new(there, self.width), Packed::new(rows, self.width), self.width, &mut merged)?;
        self.unused += there.len();
        self.put(slot, &merged);
        self.scratch = merged;
        if self.unused > self.bytes.len() / 2 {
            self.tidy();
        }
        Ok(())
    }

    fn put(&mut self, slot: usize, rows: &[u8]) {
        // Years are 32 bits, so this takes billions of rows of one n-gram.
        let len = u32::try_from(rows.len()).expect("less than 4 GiB of years of one n-gram");
        self.spans[slot] = Span { start: self.bytes.len(), len };
        self.bytes.extend_from_slice(rows);
    }

    /// Leaves no byte unused, and puts the n-grams into the order in which they came.
    fn tidy(&mut self) {
        let mut bytes = Vec::with_capacity(self.bytes.len() - self.unused);
        for span in &mut self.spans {
            let range = span.range();
            span.start = bytes.len();
            bytes.extend_from_slice(&self.bytes[range]);
        }
        self.bytes = bytes;
        self.unused = 0;
    }

    pub(super) fn into_packed(self) -> PackedSeries {
        let Self { names, spans, bytes, .. } = self;
        PackedSeries { names: names.into_parts().0, spans, bytes }
    }
}

/// Packs the years of both, with the sums added where both have one.
fn merge(a: Packed<'_>, b: Packed<'_>, width: usize, merged: &mut Vec<u8>) -> Result<(), Overflow> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    let mut packer = Packer::default();
    loop {
        let (year, sums) = match (a.peek(), b.peek()) {
            (None, None) => return Ok(()),
            (Some(&(year, ours)), Some(&(other, theirs))) if year == other => {
                a.next();
                b.next();
                let mut sums = [0; MEASURES];
                for (index, sum) in sums.iter_mut().enumerate() {
                    *sum = ours[index].checked_add(theirs[index]).ok_or(Overflow { sum: index })?;
                }
                (year, sums)
            }
            (Some(&(year, _)), Some(&(other, theirs))) if other < year => {
                b.next();
                (other, theirs)
            }
            (Some(&row), _) => {
                a.next();
                row
            }
            (None, Some(&row)) => {
                b.next();
                row
            }
        };
        packer.push(merged, year, sums[0], sums[1..width].iter().copied());
    }
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
                series.add(ngram.as_bytes(), &packed(part.iter().map(|(&year, &(a, b))| (year, [a, b])))).unwrap();
                for (&year, (a, b)) in part {
                    let sums = expected.entry((ngram.clone(), year)).or_default();
                    sums.0 += a;
                    sums.1 += b;
                }
            }
            let PackedSeries { names, spans, bytes } = series.into_packed();
            let mut found = BTreeMap::new();
            for (slot, span) in (0..).zip(&spans) {
                let ngram = String::from_utf8(names.get(slot).to_vec()).unwrap();
                let rows: Vec<_> = Packed::new(&bytes[span.range()], 2).collect();
                prop_assert!(rows.is_sorted_by(|a, b| a.0 < b.0));
                for (year, sums) in rows {
                    found.insert((ngram.clone(), year), (sums[0], sums[1]));
                }
            }
            prop_assert_eq!(found, expected);
            prop_assert!(bytes.len() < 400, "the unused places are taken back");
        }
    }

    #[test]
    fn a_sum_that_does_not_fit_is_refused() {
        let mut series = Series::with_width(1);
        series.add(b"a", &packed([(1999, [1]), (2000, [u64::MAX])])).unwrap();
        assert_eq!(series.add(b"a", &packed([(2000, [1])])), Err(Overflow { sum: 0 }));
        assert_eq!(series.add(b"a", &packed([(1998, [1]), (2000, [1])])), Err(Overflow { sum: 0 }));
    }

    fn packed<const WIDTH: usize>(rows: impl IntoIterator<Item = (u32, [u64; WIDTH])>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut packer = Packer::default();
        rows.into_iter()
            .for_each(|(year, sums)| packer.push(&mut bytes, year, sums[0], sums[1..].iter().copied()));
        bytes
    }
}
