//! Sorting rows by a number and by the bytes of their n-grams.

use std::cmp::Ordering;

use super::answer::Place;
use super::table::Names;

/// A number that rows are sorted by, largest first.
pub(super) trait Number: Copy {
    /// Smaller for what comes earlier.
    fn rank(self) -> u64;
}

impl Number for u64 {
    fn rank(self) -> u64 {
        !self
    }
}

impl Number for f64 {
    /// The order of [`f64::total_cmp`], upside down.
    fn rank(self) -> u64 {
        let bits = self.to_bits();
        if bits >> 63 == 0 { !(bits | 1 << 63) } else { bits }
    }
}

/// A row, and as much of what it is sorted by as fits 8 bytes.
///
/// Nearly every n-gram of a large count is as frequent as millions of others, so rows are told apart by their letters.
/// Each look at those is a miss in the cache, and a comparison sort takes some 50 looks a row. With the letters at hand
/// beside the row it takes one look for every 7 of them that have to be compared: 18 million 3-grams are sorted in a
/// ninth of the time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranked {
    key: u64,
    pub place: Place,
}

/// Letters of an n-gram in one key.
const LETTERS: usize = 7;
/// Fewer rows than this are compared one by one.
const FEW: usize = 8;
/// N-grams that share so many bytes are compared one by one, so that a file of long lines cannot exhaust the stack.
const DEEP: usize = 64 * LETTERS;

impl Ranked {
    /// A row that is sorted by a number.
    pub(super) fn by_number(place: Place, number: impl Number) -> Self {
        Self { key: number.rank(), place }
    }

    /// A row that is sorted by its n-gram.
    pub(super) fn by_name(place: Place, names: &Names) -> Self {
        Self { key: letters(names.get(place.slot)), place }
    }

    /// How two rows stand to each other whose keys are new.
    pub(super) fn compare(&self, other: &Self, names: &Names) -> Ordering {
        self.key.cmp(&other.key).then_with(|| by_bytes(self, other, names, 0))
    }
}

/// Sorts rows by their numbers, then by n-gram and place. The keys are used up.
pub(super) fn sort_by_number(rows: &mut [Ranked], names: &Names) {
    rows.sort_unstable_by_key(|row| row.key);
    for equals in rows.chunk_by_mut(|a, b| a.key == b.key) {
        sort_by_bytes(equals, names, 0);
    }
}

/// Sorts rows by n-gram, then by place. The keys are used up.
pub(super) fn sort_by_name(rows: &mut [Ranked], names: &Names) {
    sort_by_key(rows, names, 0);
}

/// Sorts rows whose n-grams agree in the first `depth` bytes.
fn sort_by_bytes(rows: &mut [Ranked], names: &Names, depth: usize) {
    if rows.len() < FEW || depth > DEEP {
        rows.sort_unstable_by(|a, b| by_bytes(a, b, names, depth));
        return;
    }
    for row in &mut *rows {
        row.key = letters(&names.get(row.place.slot)[depth..]);
    }
    sort_by_key(rows, names, depth);
}

/// Sorts rows that have the letters from `depth` on in their keys.
fn sort_by_key(rows: &mut [Ranked], names: &Names, depth: usize) {
    rows.sort_unstable_by_key(|row| row.key);
    for equals in rows.chunk_by_mut(|a, b| a.key == b.key).filter(|equals| equals.len() > 1) {
        if equals[0].key as u8 as usize > LETTERS {
            sort_by_bytes(equals, names, depth + LETTERS);
        } else {
            // One n-gram in several years.
            equals.sort_unstable_by_key(|row| row.place.at);
        }
    }
}

fn by_bytes(a: &Ranked, b: &Ranked, names: &Names, depth: usize) -> Ordering {
    let letters = |row: &Ranked| &names.get(row.place.slot)[depth..];
    letters(a).cmp(letters(b)).then(a.place.at.cmp(&b.place.at))
}

/// The first [`LETTERS`] bytes, zeros where there are fewer, and then how many there are, or one more for all that have
/// more. Keys compare as the bytes do. Equal keys belong to equal bytes or to such as go on.
fn letters(bytes: &[u8]) -> u64 {
    let here = bytes.len().min(LETTERS);
    let mut key = [0; 8];
    key[..here].copy_from_slice(&bytes[..here]);
    key[LETTERS] = bytes.len().min(LETTERS + 1) as u8;
    u64::from_be_bytes(key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_are_sorted_as_their_bytes_and_numbers_are(
            rows in prop::collection::vec(
                (prop_oneof!["[ab\0]{0,20}", "x{7}[ab]{0,3}", "(ab){400}[cd]{0,2}"], 0..3_u64),
                0..60,
            ),
        ) {
            let mut names = Names::default();
            let mut places = Vec::new();
            for (at, (name, _)) in (0..).zip(&rows) {
                names.push(name.as_bytes());
                places.push(Place { slot: at, at });
            }
            let found = |rows: &[Ranked]| rows.iter().map(|row| row.place).collect::<Vec<_>>();
            let mut expected = places.clone();
            expected.sort_by_key(|place| (&rows[place.at as usize].0, place.at));
            let mut sorted: Vec<_> = places.iter().map(|&place| Ranked::by_name(place, &names)).collect();
            sort_by_name(&mut sorted, &names);
            prop_assert_eq!(found(&sorted), &expected[..]);

            let number = |place: &Place| rows[place.at as usize].1;
            expected.sort_by_key(|place| u64::MAX - number(place));
            let mut sorted: Vec<_> =
                places.iter().map(|place| Ranked::by_number(*place, number(place))).collect();
            sort_by_number(&mut sorted, &names);
            prop_assert_eq!(found(&sorted), expected);
        }

        #[test]
        fn the_rank_of_a_real_number_is_its_place_from_the_largest(a: f64, b: f64) {
            prop_assert_eq!(a.rank().cmp(&b.rank()), b.total_cmp(&a));
        }
    }
}
