//! Parsers of option values.

use std::num::{IntErrorKind, NonZeroU64, NonZeroUsize, ParseIntError};
use std::str::FromStr;
use std::thread::available_parallelism;
use std::time::Duration;

use bytesize::ByteSize;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::count::{Encoding, Pattern, Pos, TAGS, Tokens, Years};
use crate::input::MAX_SPACING;
use crate::job::{ChunkSize, ExecutorKind};
#[cfg(feature = "plot")]
use crate::output::plot::Size;

/// Parser of an enum by the names of its values, which clap shows in errors and in shell completions with their help.
pub(super) fn named<T>(
    all: &[T],
    name: fn(T) -> &'static str,
    help: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> + use<T>
where
    T: Copy + FromStr<Err: std::error::Error + Send + Sync> + Send + Sync + 'static,
{
    PossibleValuesParser::new(possible_values(all, name, help)).try_map(|typed| typed.parse())
}

/// Parser of an enum by the names of its values, or `auto` for `None`.
pub(super) fn named_or_auto<T>(
    auto_help: &'static str,
    all: &[T],
    name: fn(T) -> &'static str,
    help: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = Option<T>> + use<T>
where
    T: Copy + FromStr<Err: std::error::Error + Send + Sync> + Send + Sync + 'static,
{
    let mut values = vec![PossibleValue::new("auto").help(auto_help)];
    values.extend(possible_values(all, name, help));
    PossibleValuesParser::new(values).try_map(|typed| match &*typed {
        "auto" => Ok(None),
        name => name.parse().map(Some),
    })
}

fn possible_values<T: Copy>(
    all: &[T],
    name: fn(T) -> &'static str,
    help: fn(T) -> &'static str,
) -> Vec<PossibleValue> {
    all.iter().map(|&value| PossibleValue::new(name(value)).help(help(value))).collect()
}

/// `--executor` and `--executors`.
pub(super) fn executor() -> impl TypedValueParser<Value = ExecutorKind> {
    named(&ExecutorKind::ALL, ExecutorKind::name, |executor| match executor {
        ExecutorKind::Processes => "Supervised copies of this program",
        ExecutorKind::Threads => "Threads of this process: no isolation",
        ExecutorKind::Sequential => "One chunk after the other, in one thread",
    })
}

/// `--chunk` and `--chunks`.
pub(super) fn chunk_size(text: &str) -> Result<ChunkSize, &'static str> {
    match text {
        "auto" => Ok(ChunkSize::Auto),
        number => at_least_one::<NonZeroU64>(number).map(ChunkSize::Lines),
    }
}

/// Most workers. More are of no use, and a system has room for some ten thousand threads.
const MAX_WORKERS: usize = 4096;
/// Most measured runs of a combination.
const MAX_REPETITIONS: usize = 1_000_000;

/// `--workers`.
pub(super) fn workers(text: &str) -> Result<NonZeroUsize, String> {
    one_to(MAX_WORKERS, text)
}

/// `--repeat`.
pub(super) fn repetitions(text: &str) -> Result<NonZeroUsize, String> {
    one_to(MAX_REPETITIONS, text)
}

fn one_to(most: usize, text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= most);
    number.ok_or_else(|| format!("expected a whole number from 1 to {most}"))
}

/// An integer from 0, with a message that repeats what was typed in its place.
pub(super) fn whole_number<N: FromStr<Err = ParseIntError>>(text: &str) -> Result<N, String> {
    text.parse().map_err(|error: ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => "too large".to_owned(),
        IntErrorKind::Empty => "expected a whole number".to_owned(),
        _ => format!("{text} is not a whole number"),
    })
}

/// A `NonZero` integer, with a shorter message than that of the standard library.
pub(super) fn at_least_one<N: FromStr<Err = ParseIntError>>(text: &str) -> Result<N, &'static str> {
    text.parse().map_err(|error: ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => "too large",
        _ => "expected a whole number of at least 1",
    })
}

/// Both ends of `A..B` or `A..=B`, either of which may be missing; `A` alone is `A..A`.
fn range<N: FromStr + Copy>(text: &str) -> Result<(Option<N>, Option<N>), N::Err> {
    let end = |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some) };
    match text.split_once("..") {
        Some((first, last)) => Ok((end(first)?, end(last.strip_prefix('=').unwrap_or(last))?)),
        None => text.parse().map(|only| (Some(only), Some(only))),
    }
}

/// The shortest and the longest n-gram of a text, in words.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct NgramLengths(pub u32, pub u32);

/// `-n`.
pub(super) fn ngram_lengths(text: &str) -> Result<NgramLengths, &'static str> {
    match range(text) {
        Ok((Some(first), Some(last))) if (1..=last).contains(&first) && last <= 100 => {
            Ok(NgramLengths(first, last))
        }
        _ => Err("expected a number from 1 to 100, or a range as 1..3"),
    }
}

/// `--years`.
pub(super) fn years(text: &str) -> Result<Years, &'static str> {
    let (first, last) = range(text).map_err(|_| "expected years as 1900..2000, 1900.., ..2000 or 1900")?;
    let years = Years { first: first.unwrap_or(Years::ALL.first), last: last.unwrap_or(Years::ALL.last) };
    if years.first > years.last { Err("the first year comes after the last") } else { Ok(years) }
}

/// `--pos`, in capitals or not: no tag differs from another in case alone.
pub(super) fn part_of_speech(text: &str) -> Result<Pos, String> {
    match &*text.to_ascii_lowercase() {
        "all" => Ok(Pos::All),
        "untagged" => Ok(Pos::Untagged),
        "tagged" => Ok(Pos::Tagged),
        tags => Pos::tags(tags.to_ascii_uppercase().split(',')).ok_or_else(|| {
            format!("expected all, untagged, tagged, or tags with commas between them: {}", TAGS.join(" "))
        }),
    }
}

/// `--encoding`.
pub(super) fn encoding(text: &str) -> Result<Encoding, &'static str> {
    text.parse().map_err(|_| "expected auto, bytes or a name as windows-1252, koi8-r, shift_jis or utf-16le")
}

/// `--tokens`.
pub(super) fn tokens(text: &str) -> Result<Tokens, String> {
    match text {
        "words" => Ok(Tokens::Words),
        "blanks" => Ok(Tokens::Blanks),
        _ => match text.strip_prefix("regex=") {
            Some(text) => pattern(text).map(Tokens::Matching),
            None => Err("expected words, blanks or regex=R".to_owned()),
        },
    }
}

/// A regular expression. The error of the regex crate points at the place in several lines; only its last line, which
/// names the fault, is kept.
pub(super) fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).map_err(|error| {
        let error = error.to_string();
        let last = error.lines().last().unwrap_or_default();
        last.strip_prefix("error: ").unwrap_or(last).to_owned()
    })
}

/// A duration in seconds, with or without a fraction.
pub(super) fn seconds(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "expected a number of seconds";
    let seconds: f64 = text.parse().map_err(|_| EXPECTED)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| if seconds > 0.0 { "too large" } else { EXPECTED })
}

/// `--http-timeout`, which cannot be switched off: a server may stall for ever.
pub(super) fn timeout(text: &str) -> Result<Duration, &'static str> {
    match seconds(text)? {
        Duration::ZERO => Err("expected more than 0 seconds"),
        timeout => Ok(timeout),
    }
}

/// A number of deaths, and the window of time in which they are counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RestartBudget(pub u32, pub Duration);

/// `--max-restarts`.
pub(super) fn restart_budget(text: &str) -> Result<RestartBudget, &'static str> {
    const EXPECTED: &str = "expected N/SECS, as in 10/10";
    let (deaths, window) = text.split_once('/').ok_or(EXPECTED)?;
    Ok(RestartBudget(deaths.parse().map_err(|_| EXPECTED)?, seconds(window)?))
}

/// With less it is not certain that a worker starts: the program, its libraries and the arenas of its allocator take 20
/// to 28 MiB of address space before the first task (Linux, glibc).
const LEAST_WORKER_MEMORY: ByteSize = ByteSize::mib(32);

/// `--worker-memory`.
pub(super) fn worker_memory(text: &str) -> Result<u64, &'static str> {
    match text.parse::<ByteSize>() {
        Err(_) => Err("expected a size, as in 512MiB or 2GB"),
        Ok(size) if size < LEAST_WORKER_MEMORY => Err("a worker needs 32MiB to start"),
        Ok(ByteSize(bytes)) => Ok(bytes),
    }
}

/// `--spacing`.
pub(super) fn spacing(text: &str) -> Result<u64, String> {
    let most = ByteSize(MAX_SPACING);
    let size = text.parse::<ByteSize>().ok().filter(|size| size.as_u64() >= 1 && *size <= most);
    size.map(|size| size.as_u64()).ok_or_else(|| format!("expected a size up to {most}, as in 4MiB"))
}

/// The number of workers, or that of the cores.
pub(super) fn workers_or_cores(workers: Option<NonZeroUsize>) -> NonZeroUsize {
    workers.or_else(|| available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}

/// `--size`.
#[cfg(feature = "plot")]
pub(super) fn picture_size(text: &str) -> Result<Size, String> {
    let size =
        text.split_once('x').and_then(|(width, height)| Size::new(width.parse().ok()?, height.parse().ok()?));
    let (least, most) = (Size::LEAST, Size::LARGEST);
    size.ok_or_else(|| format!("expected width x height in pixels, from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_may_include_their_end_by_two_notations() {
        let range = |first, last| Ok(Years { first, last });
        assert_eq!(years("1900..2000"), range(1900, 2000));
        assert_eq!(years("1900..=2000"), range(1900, 2000));
        assert_eq!(years("1900.."), range(1900, u32::MAX));
        assert_eq!(years("..2000"), range(0, 2000));
        assert_eq!(years("1900"), range(1900, 1900));
        for wrong in ["", "2000..1900", "1900-2000", "a..b", "-5"] {
            assert!(years(wrong).is_err(), "{wrong}");
        }
        assert!(ngram_lengths("1..3").is_ok_and(|NgramLengths(first, last)| (first, last) == (1, 3)));
        for wrong in ["0", "3..1", "1..", "..2", "x", "1000"] {
            assert!(ngram_lengths(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_sizes_and_budgets_are_parsed() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert!(seconds("-1").is_err() && seconds("soon").is_err() && seconds("1e300").is_err());
        assert_eq!(worker_memory("512MiB"), Ok(512 << 20));
        assert_eq!(worker_memory("2GB"), Ok(2_000_000_000));
        assert!(worker_memory("0").is_err() && worker_memory("much").is_err());
        assert_eq!(restart_budget("3/0.5"), Ok(RestartBudget(3, Duration::from_millis(500))));
        assert!(restart_budget("3").is_err());
    }
}
