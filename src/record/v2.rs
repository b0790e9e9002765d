//! Google's second release (20120701): `ngram⇥year⇥matches⇥volumes`, all rows of an n-gram together.
//!
//! Two readers that agree: [`parse`] says what a line means, one field after the other; [`for_each_row`] gives the same
//! rows and errors for a whole block at the speed that a file of gigabytes needs.

use std::ops::ControlFlow;

use memchr::{memchr_iter, memchr2};

use super::error::{Field, LineError};
use super::lines::first_line;
use super::row::Row;

/// Fields in a line.
const FIELDS: usize = 4;

/// Reads one line, given without its end.
///
/// The fields are separated by single tabs and taken as they are. Numbers are decimal digits only; leading zeros are
/// allowed.
///
/// # Errors
/// The first thing wrong with the line, from left to right; a wrong number of fields comes first.
///
/// ```
/// let row = ngramcount::record::v2::parse(b"Aardvark\t1822\t2\t1")?;
/// assert_eq!((row.ngram, row.year, row.matches, row.volumes), (&b"Aardvark"[..], 1822, 2, 1));
/// # Ok::<(), ngramcount::record::LineError>(())
/// ```
pub fn parse(line: &[u8]) -> Result<Row<'_>, LineError> {
    let mut fields = line.split(|&byte| byte == b'\t');
    let (Some(ngram), Some(year), Some(matches), Some(volumes), None) =
        (fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
    else {
        let found = memchr_iter(b'\t', line).count() + 1;
        return Err(LineError::Fields { expected: FIELDS as u64, found: found as u64 });
    };
    if ngram.is_empty() {
        return Err(LineError::EmptyNgram);
    }
    let year_too_large = |_| LineError::too_large(Field::Year, year);
    Ok(Row {
        ngram,
        year: number(Field::Year, year)?.try_into().map_err(year_too_large)?,
        matches: number(Field::Matches, matches)?,
        volumes: number(Field::Volumes, volumes)?,
    })
}

fn number(field: Field, text: &[u8]) -> Result<u64, LineError> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return Err(LineError::not_a_number(field, text));
    }
    text.iter()
        .try_fold(0_u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
        .ok_or_else(|| LineError::too_large(field, text))
}

/// Reads every line of `bytes` in order and calls `f` with its number in `bytes`, from 0, and what [`parse`] makes of
/// it, until `f` breaks.
///
/// A line ends as [`lines`](super::lines) says. Rows of one n-gram that follow each other mostly share one slice, the
/// n-gram of the first of them: comparing slices by address (`std::ptr::eq`) settles most rows, comparing bytes is
/// still needed for the others.
pub fn for_each_row<'a>(
    bytes: &'a [u8],
    mut f: impl FnMut(u64, Result<Row<'a>, LineError>) -> ControlFlow<()>,
) {
    let mut rest = bytes;
    let mut run = Run::NONE;
    let mut line = 0;
    while !rest.is_empty() {
        let (row, taken) = match usual_row(rest, &mut run) {
            Some((row, taken)) => (Ok(row), taken),
            // Everything unusual goes to the plain reader, so that errors have one source.
            None => {
                let (line, taken) = first_line(rest);
                (parse(line), taken)
            }
        };
        if f(line, row).is_break() {
            return;
        }
        rest = &rest[taken..];
        line += 1;
    }
}

/// Reads the first line of `rest` if it looks like nearly all lines: a year of four digits and counts of one to seven.
/// Gives the row and the bytes it takes with its end.
///
/// There is no search for the end of the line. Where the n-gram is that of the row before, which is true of about 98 in
/// 100 rows of a real file, one comparison of 16 bytes finds the first tab, and the three numbers lead to the end.
#[inline(always)]
fn usual_row<'a>(rest: &'a [u8], run: &mut Run<'a>) -> Option<(Row<'a>, usize)> {
    if !run.begins(rest) {
        let tab = memchr2(b'\t', b'\n', rest)?;
        if tab == 0 || rest[tab] == b'\n' {
            return None;
        }
        *run = Run::new(&rest[..=tab]);
    }
    let (numbers, taken) = usual_numbers(&rest[run.prefix.len()..])?;
    let row =
        Row { ngram: run.ngram(), year: numbers.year, matches: numbers.matches, volumes: numbers.volumes };
    Some((row, run.prefix.len() + taken))
}

/// The n-gram of the rows at hand, in a shape that the next line is compared with quickly.
struct Run<'a> {
    /// The n-gram and the tab behind it.
    prefix: &'a [u8],
    /// Its first 16 bytes, zeros where it is shorter,
    head: u128,
    /// and ones over the bytes that count.
    mask: u128,
}

impl<'a> Run<'a> {
    /// Begins no line: no masked bytes equal a head outside its mask.
    const NONE: Run<'static> = Run { prefix: &[], head: 1, mask: 0 };

    fn new(prefix: &'a [u8]) -> Self {
        let mut head = [0; 16];
        let mut mask = [0; 16];
        let length = prefix.len().min(16);
        head[..length].copy_from_slice(&prefix[..length]);
        mask[..length].fill(0xff);
        Self { prefix, head: u128::from_le_bytes(head), mask: u128::from_le_bytes(mask) }
    }

    fn ngram(&self) -> &'a [u8] {
        &self.prefix[..self.prefix.len() - 1]
    }

    /// Whether `line` is of this n-gram too. May say no near the end of the input.
    #[inline(always)]
    fn begins(&self, line: &[u8]) -> bool {
        let Some(head) = line.first_chunk() else { return false };
        u128::from_le_bytes(*head) & self.mask == self.head
            && (self.prefix.len() <= 16 || line[16..].starts_with(&self.prefix[16..]))
    }
}

struct Numbers {
    year: u32,
    matches: u64,
    volumes: u64,
}

/// The longest text that [`usual_numbers`] reads: `2008⇥12345678⇥12345678\r\n`.
const LONGEST: usize = 24;

/// Reads `year⇥matches⇥volumes` and the end of the line: four digits, one to eight, one to eight.
#[inline(always)]
fn usual_numbers(text: &[u8]) -> Option<(Numbers, usize)> {
    let window: &[u8; LONGEST] = text.first_chunk()?;
    let year = four_digits(*window.first_chunk()?)?;
    let (matches, tab) = leading_number(window, 5)?;
    if window[4] != b'\t' || window[tab] != b'\t' {
        return None;
    }
    let (volumes, end) = leading_number(window, tab + 1)?;
    let taken = match window[end] {
        b'\n' => end + 1,
        b'\r' if window[end + 1] == b'\n' => end + 2,
        _ => return None,
    };
    Some((Numbers { year, matches, volumes }, taken))
}

/// The number of one to eight digits that begins at `at`, and where it ends.
///
/// The eight bytes are read as one word, first byte lowest, and all digits at once: first each with its neighbour, then
/// pairs, then fours. See Lemire, "Quickly parsing eight digits" (2018), and Muła, "SWAR parsing of decimal numbers".
#[inline(always)]
fn leading_number(window: &[u8; LONGEST], at: usize) -> Option<(u64, usize)> {
    let word = u64::from_le_bytes(*window[at..].first_chunk()?);
    let values = word ^ 0x3030_3030_3030_3030;
    // The high bit of a byte that holds no 0..=9. A carry out of such a byte can only spoil the bytes behind it.
    let strangers = (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
    let bits = strangers.trailing_zeros() & !7;
    if bits == 0 {
        return None;
    }
    // Pushes out what follows the number and fills in leading zeros.
    let ones = values << (64 - bits);
    let tens = ones.wrapping_mul(10).wrapping_add(ones >> 8);
    let even = (tens & 0xff_0000_00ff).wrapping_mul(100 + (1_000_000 << 32));
    let odd = ((tens >> 16) & 0xff_0000_00ff).wrapping_mul(1 + (10_000 << 32));
    Some((even.wrapping_add(odd) >> 32, at + bits as usize / 8))
}

#[inline(always)]
fn four_digits(text: [u8; 4]) -> Option<u32> {
    let values = u32::from_le_bytes(text) ^ 0x3030_3030;
    if (values.wrapping_add(0x7676_7676) | values) & 0x8080_8080 != 0 {
        return None;
    }
    let tens = (values * 10 + (values >> 8)) & 0x00ff_00ff;
    Some((tens * 100 + (tens >> 16)) & 0xffff)
}
