//! `year,matches,volumes` as digits: found and checked 16 bytes at a time, and made into numbers only where somebody wants
//! them.

use std::num::NonZeroU32;

use wide::u8x16;

use super::numbers::{digits_value, four_digits_value};

/// Bytes that are looked at together. A year with its two counts rarely takes more.
pub(super) const WINDOW: usize = 16;

/// Where the matches begin in `1999,matches,volumes`.
const MATCHES: usize = 5;

/// A year and its counts as they stand in the text: a year of four digits, counts of nine digits together at most.
pub struct YearDigits<'a> {
    text: &'a [u8; WINDOW],
    /// The digits of the matches.
    matches: u32,
    /// The digits of the volumes.
    volumes: u32,
}

impl<'a> YearDigits<'a> {
    /// The year and its counts that `text` begins with, up to a byte that is no digit, if they look like that.
    #[inline(always)]
    pub(super) fn of(text: &'a [u8; WINDOW]) -> Option<Self> {
        let bytes = u8x16::from(*text);
        let values = bytes - u8x16::splat(b'0');
        let others = values.max(u8x16::splat(10)).simd_eq(values).to_bitmask() >> MATCHES;
        let end = NonZeroU32::new(others & others.wrapping_sub(1))?.trailing_zeros();
        // Nothing is above the window, so that this bit changes nothing but what the compiler knows.
        let first = (others | 1 << WINDOW).trailing_zeros();
        let shape = &SHAPES[first as usize % WINDOW][end as usize % WINDOW];
        shape.fits(bytes).then_some(Self { text, matches: first, volumes: end - first - 1 })
    }

    /// Bytes that it takes.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        MATCHES + (self.matches + 1 + self.volumes) as usize
    }

    /// The byte behind it.
    #[inline(always)]
    pub(super) fn behind(&self) -> u8 {
        self.text[self.len() % WINDOW]
    }

    /// The year of publication.
    #[inline(always)]
    pub fn year(&self) -> u32 {
        let [a, b, c, d, ..] = *self.text;
        four_digits_value(u32::from_le_bytes([a, b, c, d]) ^ u32::from_le_bytes([b'0'; 4]))
    }

    /// Occurrences in that year.
    #[inline(always)]
    pub fn matches(&self) -> Digits {
        // Pushes out what follows them, so that zeros come before them.
        Digits(self.values_at(MATCHES).wrapping_shl(0_u32.wrapping_sub(8 * self.matches)))
    }

    /// Distinct books with at least one of those occurrences.
    #[inline(always)]
    pub fn volumes(&self) -> Digits {
        // Eight bytes that end where they end, without those that come before them.
        let before = 64 - 8 * self.volumes;
        Digits(self.values_at(self.len() - 8) >> before << before)
    }

    /// The values of eight digits, a byte each.
    #[inline(always)]
    fn values_at(&self, at: usize) -> u64 {
        let at = at % (WINDOW / 2);
        let mut eight = [0; 8];
        eight.copy_from_slice(&self.text[at..at + 8]);
        u64::from_le_bytes(eight) ^ u64::from_le_bytes([b'0'; 8])
    }
}

/// A number of at most eight decimal digits: the value of each a byte, the last digit the highest byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits(u64);

impl Digits {
    /// The number.
    #[inline(always)]
    pub fn value(self) -> u64 {
        digits_value(self.0)
    }
}

/// Adds numbers up place by place, which is one addition for all eight of them; what each place came to becomes a number
/// only now and then.
#[derive(Clone, Copy, Debug, Default)]
pub struct DigitSum {
    places: u64,
    /// How many numbers are in `places`.
    added: u32,
    sum: u64,
}

impl DigitSum {
    /// A place takes so many nines.
    const MOST: u32 = u8::MAX as u32 / 9;

    /// Adds a number. It takes 2^36 of the largest ones to overflow a sum, more than a chunk has.
    #[inline(always)]
    pub fn add(&mut self, digits: Digits) {
        if self.added == Self::MOST {
            self.settle();
        }
        self.places += digits.0;
        self.added += 1;
    }

    /// The sum of all numbers.
    #[inline(always)]
    pub fn value(mut self) -> u64 {
        self.settle();
        self.sum
    }

    #[inline(never)]
    fn settle(&mut self) {
        // Two neighbours at a time become one place, of 16 bits and then of 32.
        let units = |shift: u32| self.places >> shift & 0x00ff_00ff_00ff_00ff;
        let hundreds = units(0) * 10 + units(8);
        let pairs = |shift: u32| hundreds >> shift & 0x0000_ffff_0000_ffff;
        let myriads = pairs(0) * 100 + pairs(16);
        self.sum += (myriads & 0xffff_ffff) * 10_000 + (myriads >> 32);
        (self.places, self.added) = (0, 0);
    }
}

/// What a window has to look like if its numbers have so many digits.
#[derive(Clone, Copy)]
struct Shape {
    /// The separators where they have to be, and zeros,
    pattern: u8x16,
    /// and how much above that a byte may be: nothing, 9, or anything.
    limits: u8x16,
}

impl Shape {
    /// Of numbers whose matches end at `first` and whose volumes end at `end`, both counted from where matches begin.
    const fn new(first: usize, end: usize) -> Self {
        let (mut pattern, mut limits) = ([b'0'; WINDOW], [9; WINDOW]);
        pattern[MATCHES - 1] = b',';
        limits[MATCHES - 1] = 0;
        pattern[MATCHES + first] = b',';
        limits[MATCHES + first] = 0;
        let mut at = MATCHES + end;
        while at < WINDOW {
            limits[at] = u8::MAX;
            at += 1;
        }
        Self { pattern: u8x16::new(pattern), limits: u8x16::new(limits) }
    }

    #[inline(always)]
    fn fits(&self, text: u8x16) -> bool {
        let above = (text ^ self.pattern).saturating_sub(self.limits);
        above.simd_eq(u8x16::ZERO).all()
    }
}

/// By [`Shape::new`]'s arguments. Where those make no sense, all bytes would have to be zeros, so that there is no `first`.
static SHAPES: [[Shape; WINDOW]; WINDOW] = {
    let never = Shape { pattern: u8x16::new([b'0'; WINDOW]), limits: u8x16::ZERO };
    let mut shapes = [[never; WINDOW]; WINDOW];
    let mut first = 1;
    while first <= 8 {
        let mut end = first + 2;
        while MATCHES + end < WINDOW {
            shapes[first][end] = Shape::new(first, end);
            end += 1;
        }
        first += 1;
    }
    shapes
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window(text: &str) -> [u8; WINDOW] {
        let mut window = [b'7'; WINDOW];
        window[..text.len()].copy_from_slice(text.as_bytes());
        window
    }

    #[test]
    fn every_length_of_the_two_counts_that_fits_is_read() {
        let digits = "98765432";
        for (m, v) in (1..=8).flat_map(|m| (1..=8).map(move |v| (m, v))) {
            let text = format!("1999,{},{}\t", &digits[..m], &digits[8 - v..]);
            if text.len() > WINDOW {
                continue;
            }
            let window = window(&text);
            let year = YearDigits::of(&window).unwrap();
            assert_eq!(year.len(), text.len() - 1);
            assert_eq!(year.behind(), b'\t');
            assert_eq!(year.year(), 1999);
            assert_eq!(year.matches().value().to_string(), digits[..m]);
            assert_eq!(year.volumes().value().to_string(), digits[8 - v..]);
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_stands_there(
            window in prop::array::uniform16(prop_oneof![
                12 => b'0'..=b'9', 6 => Just(b','), 2 => Just(b'\t'), 1 => any::<u8>()
            ]),
        ) {
            let pattern = regex::bytes::Regex::new("^([0-9]{4}),([0-9]{1,8}),([0-9]+)(?s-u:[^0-9])").unwrap();
            let expected = pattern.captures(&window).map(|found| {
                let number = |group: usize| std::str::from_utf8(&found[group]).unwrap().parse::<u64>().unwrap();
                (number(1), number(2), number(3), found[0].len() - 1)
            });
            let read = YearDigits::of(&window).map(|year| {
                (year.year().into(), year.matches().value(), year.volumes().value(), year.len())
            });
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn numbers_are_added_up(numbers in prop::collection::vec(0..100_000_000_u64, 0..200)) {
            let mut sum = DigitSum::default();
            for number in &numbers {
                let window = window(&format!("1999,{number:08}"));
                let digits = Digits(u64::from_le_bytes(*window[MATCHES..].first_chunk().unwrap()) ^ u64::from_le_bytes([b'0'; 8]));
                prop_assert_eq!(digits.value(), *number);
                sum.add(digits);
            }
            prop_assert_eq!(sum.value(), numbers.iter().sum::<u64>());
        }
    }
}
