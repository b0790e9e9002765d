//! The sums of one n-gram in each of its years, as bytes: for each year its distance from the year before, then the
//! sums, all as in [`pack`](super::pack). Most rows of a real file take two or three bytes, an eighth of what they take
//! as numbers. They travel like that, wait like that until all is read, and nearly all of them are unpacked only to be
//! written: an n-gram stands in one chunk, or in two where one ends.

use super::pack;
use super::plan::MEASURES;
use super::sink::Amounts;

/// Appends rows to bytes.
#[derive(Default)]
pub(super) struct Packer {
    last: u32,
}

impl Packer {
    /// The year of the last row; without one it is 0.
    #[inline(always)]
    pub(super) fn last(&self) -> u32 {
        self.last
    }

    /// A row more: its year, its first sum, and the others if there are any. Years that do not ascend are kept too, but
    /// take more bytes.
    #[inline(always)]
    pub(super) fn push(
        &mut self,
        bytes: &mut Vec<u8>,
        year: u32,
        first: u64,
        others: impl IntoIterator<Item = u64>,
    ) {
        let distance = u64::from(year.wrapping_sub(self.last));
        self.last = year;
        // Nearly all rows: one look for room in place of two.
        if distance | first < 0x80 {
            bytes.extend_from_slice(&[distance as u8, first as u8]);
        } else {
            pack::push(bytes, distance);
            pack::push(bytes, first);
        }
        for sum in others {
            pack::push(bytes, sum);
        }
    }
}

/// The rows in some bytes.
#[derive(Clone, Default)]
pub(super) struct Packed<'a> {
    bytes: &'a [u8],
    width: usize,
    year: u32,
}

impl<'a> Packed<'a> {
    /// `bytes` hold rows of `width` sums.
    pub(super) fn new(bytes: &'a [u8], width: usize) -> Self {
        Self { bytes, width, year: 0 }
    }

    /// How many rows follow, if the bytes end where a row does. Each number has one byte without its high bit, the last.
    pub(super) fn count_rows(&self) -> Option<usize> {
        let numbers = self.bytes.iter().filter(|&&byte| byte < 0x80).count();
        let ends = self.bytes.last().is_none_or(|&byte| byte < 0x80);
        (ends && numbers.is_multiple_of(self.width + 1)).then(|| numbers / (self.width + 1))
    }
}

impl Iterator for Packed<'_> {
    /// The year, and as many sums as the rows are wide.
    type Item = (u32, Amounts);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        // Only the low bits of it ever are more than zeros.
        self.year = self.year.wrapping_add(pack::take(&mut self.bytes) as u32);
        let mut sums = [0; MEASURES];
        sums[0] = pack::take(&mut self.bytes);
        for sum in &mut sums[1..self.width] {
            *sum = pack::take(&mut self.bytes);
        }
        Some((self.year, sums))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_come_back_as_they_went(
            width in 1..=MEASURES,
            rows in prop::collection::vec((
                prop_oneof![1500..2020_u32, any::<u32>()],
                prop::array::uniform::<_, MEASURES>(prop_oneof![0..300_u64, any::<u64>()]),
            ), 0..20),
        ) {
            let mut bytes = Vec::new();
            let mut packer = Packer::default();
            for (year, sums) in &rows {
                packer.push(&mut bytes, *year, sums[0], sums[1..width].iter().copied());
            }
            let packed = Packed::new(&bytes, width);
            prop_assert_eq!(packed.count_rows(), Some(rows.len()));
            for ((year, sums), expected) in packed.clone().zip(&rows) {
                prop_assert_eq!((year, &sums[..width]), (expected.0, &expected.1[..width]));
            }
            prop_assert_eq!(packed.count(), rows.len());
        }

        #[test]
        fn damaged_bytes_are_told_or_read_and_never_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            width in 1..=MEASURES,
        ) {
            let packed = Packed::new(&bytes, width);
            match packed.count_rows() {
                Some(rows) => prop_assert_eq!(packed.count(), rows),
                None => drop(packed.count()),
            }
        }
    }

    #[test]
    fn bytes_that_end_within_a_row_are_told() {
        let rows = |bytes: &[u8]| Packed::new(bytes, 1).count_rows();
        assert_eq!(
            (rows(&[]), rows(&[1, 1]), rows(&[1, 1, 1]), rows(&[1, 0x81])),
            (Some(0), Some(1), None, None)
        );
    }
}
