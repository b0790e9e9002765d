//! Decimal numbers: a plain parser, which explains errors, and a fast one for common lengths.

use super::error::{Field, LineError};

/// The value of `text`, decimal digits only; leading zeros are allowed.
pub(super) fn number(field: Field, text: &[u8]) -> Result<u64, LineError> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return Err(LineError::not_a_number(field, text));
    }
    text.iter()
        .try_fold(0_u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
        .ok_or_else(|| LineError::too_large(field, text))
}

/// As [`number`], for a year.
pub(super) fn year(text: &[u8]) -> Result<u32, LineError> {
    number(Field::Year, text)?.try_into().map_err(|_| LineError::too_large(Field::Year, text))
}

/// Year, matches and volumes.
pub(super) struct YearCounts {
    pub year: u32,
    pub matches: u64,
    pub volumes: u64,
}

/// Where the match count begins in `2008,matches,volumes`.
const MATCHES: usize = 5;

/// Fast path: reads `year,matches,volumes` with `SEPARATOR` in place of the commas, if it has a year of four digits and
/// counts of one to eight. Gives the bytes that they take; two more follow.
///
/// Both ends are found in one load of the 16 bytes behind the year. Finding the second from the first would be a
/// longer chain of steps, and the next line cannot begin before it ends: 1.8 GB/s in place of 2.0.
#[inline(always)]
pub(super) fn fast_year_counts<const SEPARATOR: u8>(text: &[u8]) -> Option<(YearCounts, usize)> {
    // The year, its separator, 16 bytes of counts, CR, LF.
    let window: &[u8; 23] = text.first_chunk()?;
    let year = four_digits(*window.first_chunk()?)?;
    let (first, end) = first_two_separators(window[MATCHES..].first_chunk()?);
    let lengths_fit = (1..=8).contains(&first) && (first + 2..=first + 9).contains(&end);
    if !lengths_fit || window[MATCHES - 1] != SEPARATOR || window[MATCHES + first] != SEPARATOR {
        return None;
    }
    let matches = up_to_eight_digits(*window[MATCHES..].first_chunk()?, first);
    let volumes = up_to_eight_digits(*window[MATCHES + first + 1..].first_chunk()?, end - first - 1);
    Some((YearCounts { year, matches, volumes }, MATCHES + end))
}

/// Offsets of the first two bytes that are no digits. Without a second one among the 16 bytes, its offset is 16, and the
/// caller checks the byte there.
///
/// Exact up to and with the first byte that is not ASCII, whose carry may spoil what follows; a line with such a byte
/// among its numbers is not read here.
#[inline(always)]
fn first_two_separators(text: &[u8; 16]) -> (usize, usize) {
    let text = u128::from_le_bytes(*text);
    // Short counts need half of the steps, and lines with short counts come together.
    let others = not_digits(text as u64);
    let second = others & others.wrapping_sub(1);
    if second != 0 {
        return (others.trailing_zeros() as usize / 8, second.trailing_zeros() as usize / 8);
    }
    let others = u128::from(others) | u128::from(not_digits((text >> 64) as u64)) << 64;
    let second = others & others.wrapping_sub(1);
    (others.trailing_zeros() as usize / 8, second.trailing_zeros() as usize / 8)
}

/// The high bit of each byte that is no digit, the first byte lowest.
#[inline(always)]
fn not_digits(text: u64) -> u64 {
    let values = text ^ u64::from_le_bytes([b'0'; 8]);
    // 10 + 0x76 is the first sum with the high bit set.
    (values.wrapping_add(u64::from_le_bytes([0x76; 8])) | values) & u64::from_le_bytes([0x80; 8])
}

/// The value of the first `count` bytes, one to eight digits.
#[inline(always)]
fn up_to_eight_digits(text: [u8; 8], count: usize) -> u64 {
    let values = u64::from_le_bytes(text) ^ u64::from_le_bytes([b'0'; 8]);
    // Pushes out what follows the number and puts zeros before it.
    digits_value(values << (64 - 8 * count))
}

/// The number of eight digits, the value of each a byte, the last digit the highest byte.
///
/// All at once: each digit with its neighbour, then pairs, then fours, after D. Lemire, "Quickly parsing eight digits"
/// (2018), who credits J. Lee.
#[inline(always)]
fn digits_value(ones: u64) -> u64 {
    let tens = ones.wrapping_mul(10).wrapping_add(ones >> 8);
    let even = (tens & 0xff_0000_00ff).wrapping_mul(100 + (1_000_000 << 32));
    let odd = ((tens >> 16) & 0xff_0000_00ff).wrapping_mul(1 + (10_000 << 32));
    even.wrapping_add(odd) >> 32
}

/// The value of four digits, by the same steps.
#[inline(always)]
fn four_digits(text: [u8; 4]) -> Option<u32> {
    let values = u32::from_le_bytes(text) ^ u32::from_le_bytes([b'0'; 4]);
    if (values.wrapping_add(0x7676_7676) | values) & 0x8080_8080 != 0 {
        return None;
    }
    let tens = (values * 10 + (values >> 8)) & 0x00ff_00ff;
    Some((tens * 100 + (tens >> 16)) & 0xffff)
}
