//! Encoded rows of one n-gram: its sums in each of its years.
//!
//! A row is the distance from the year before and then the sums, all as varints. Most rows of a real file take two or
//! three bytes, an eighth of what they take as numbers. Workers send rows in this form and the reducer keeps them in it.
//! Nearly all are decoded only when the answer is written, because most n-grams are in one chunk.

use super::varint;

/// Sums that a row can have.
pub(crate) const MAX_SUMS: usize = 4;

/// Appends rows to a byte buffer.
#[derive(Default)]
pub(crate) struct YearRowWriter {
    last: u32,
}

impl YearRowWriter {
    /// The year of the last row; 0 before the first one.
    #[inline(always)]
    pub(crate) fn last(&self) -> u32 {
        self.last
    }

    /// Appends a row: its year, its first sum, and its other sums. Years that do not ascend are kept too, but take more
    /// bytes.
    #[inline(always)]
    pub(crate) fn push(
        &mut self,
        bytes: &mut Vec<u8>,
        year: u32,
        first: u64,
        others: impl IntoIterator<Item = u64>,
    ) {
        let distance = u64::from(year.wrapping_sub(self.last));
        self.last = year;
        // Nearly all rows: one capacity check instead of two.
        if distance | first < 0x80 {
            bytes.extend_from_slice(&[distance as u8, first as u8]);
        } else {
            varint::encode(bytes, distance);
            varint::encode(bytes, first);
        }
        for sum in others {
            varint::encode(bytes, sum);
        }
    }
}

/// Decoder of the rows in a byte slice. It ends before the first row that cannot be decoded; [`count_rows`](Self::count_rows)
/// tells beforehand whether there is one.
#[derive(Clone, Default)]
pub(crate) struct YearRows<'a> {
    bytes: &'a [u8],
    width: usize,
    year: u32,
}

impl<'a> YearRows<'a> {
    /// The rows of `width` sums each in `bytes`.
    pub(crate) fn new(bytes: &'a [u8], width: usize) -> Self {
        Self { bytes, width, year: 0 }
    }

    /// The number of rows that follow; `None` if the bytes are not whole rows. Each number has one byte without its
    /// high bit, the last.
    pub(crate) fn count_rows(&self) -> Option<usize> {
        let numbers = self.bytes.iter().filter(|&&byte| byte < 0x80).count();
        let whole = numbers.is_multiple_of(self.width + 1) && varint::is_valid(self.bytes);
        whole.then(|| numbers / (self.width + 1))
    }
}

impl Iterator for YearRows<'_> {
    /// The year, and as many sums as the rows are wide, then zeros.
    type Item = (u32, [u64; MAX_SUMS]);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        // A distance is never written with more than 32 bits.
        self.year = self.year.wrapping_add(varint::decode(&mut self.bytes)? as u32);
        let mut sums = [0; MAX_SUMS];
        sums[0] = varint::decode(&mut self.bytes)?;
        for sum in &mut sums[1..self.width] {
            *sum = varint::decode(&mut self.bytes)?;
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
        fn decoded_rows_are_the_encoded_ones(
            width in 1..=MAX_SUMS,
            rows in prop::collection::vec((
                prop_oneof![1500..2020_u32, any::<u32>()],
                prop::array::uniform::<_, MAX_SUMS>(prop_oneof![0..300_u64, any::<u64>()]),
            ), 0..20),
        ) {
            let mut bytes = Vec::new();
            let mut writer = YearRowWriter::default();
            for (year, sums) in &rows {
                writer.push(&mut bytes, *year, sums[0], sums[1..width].iter().copied());
            }
            let rows_read = YearRows::new(&bytes, width);
            prop_assert_eq!(rows_read.count_rows(), Some(rows.len()));
            for ((year, sums), expected) in rows_read.clone().zip(&rows) {
                prop_assert_eq!((year, &sums[..width]), (expected.0, &expected.1[..width]));
            }
            prop_assert_eq!(rows_read.count(), rows.len());
        }

        #[test]
        fn damaged_bytes_have_no_count_and_all_others_decode_to_it(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            width in 1..=MAX_SUMS,
        ) {
            let rows_read = YearRows::new(&bytes, width);
            match rows_read.count_rows() {
                Some(rows) => prop_assert_eq!(rows_read.count(), rows),
                None => prop_assert!(rows_read.count() * (width + 1) <= bytes.len()),
            }
        }
    }

    #[test]
    fn bytes_that_end_within_a_row_have_no_count() {
        let rows = |bytes: &[u8]| YearRows::new(bytes, 1).count_rows();
        assert_eq!(
            (rows(&[]), rows(&[1, 1]), rows(&[1, 1, 1]), rows(&[1, 0x81])),
            (Some(0), Some(1), None, None)
        );
        let mut overlong = vec![1];
        overlong.extend([0xff; 10]);
        overlong.push(0);
        assert_eq!((rows(&overlong), YearRows::new(&overlong, 1).next()), (None, None));
    }
}
