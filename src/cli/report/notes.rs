//! Notes on an answer: what is no failure, and may still be another answer than the one that was meant.

use std::path::Path;
use std::str::FromStr;

use bstr::{BStr, ByteSlice};

use super::corpus::Corpus;
use super::messages::note;
use super::summary::plural;
use crate::cli::flags::mismatch_advice;
use crate::count::{Format, Measure, MismatchFinder, Pos, Years};
use crate::counter::Counts;
use crate::input::Source;
use crate::job::{Config, Stats};

fn is_text(format: &&str) -> bool {
    Format::from_str(format).is_ok_and(Format::is_text)
}

/// The number of n-grams that are named. Further ones are only counted.
const NAMED: usize = 10;

/// The formats of Google Books Ngrams. Each of them is that of one edition.
const EDITIONS: [&str; 3] = ["v1", "v2", "v3"];

/// Notes on the answer to the question that `config` is. `totals` is the file of corpus totals.
pub(in crate::cli) fn write(config: &Config, counts: &Counts, totals: Option<&Path>) {
    mixed_formats(counts.stats());
    if let Some(totals) = totals {
        other_corpus(&config.sources, totals);
    }
    absent(config, counts);
}

/// Formats that are rarely meant to be added up.
fn mixed_formats(stats: &Stats) {
    let formats = &stats.input.formats;
    if formats.len() > 1 && formats.iter().any(is_text) && !formats.iter().all(is_text) {
        note(format_args!("{} were added up in one answer; see --format", formats.join(" and ")));
    }
    let editions: Vec<_> = formats.iter().copied().filter(|format| EDITIONS.contains(format)).collect();
    if editions.len() > 1 {
        note(format_args!(
            "{} were added up in one answer; as editions of one corpus they count the same books twice",
            editions.join(" and ")
        ));
    }
}

/// A file that was divided by the totals of another corpus, by the names of both.
fn other_corpus(sources: &[Source], totals: &Path) {
    let Some(of_totals) = Corpus::of(totals) else { return };
    for source in sources {
        let Source::Path(path) = source else { continue };
        let Some(of_file) = Corpus::of(path) else { continue };
        if let Some((one, other)) = of_totals.difference(&of_file) {
            return note(format_args!(
                "--relative-to {}: these are the totals of {one}, and {source} is of {other}",
                totals.display()
            ));
        }
    }
}

/// The n-grams that were asked for and do not occur, with the reason where there is one.
fn absent(config: &Config, counts: &Counts) {
    let measures = &config.plan.measures;
    if !measures.has(Measure::Matches) && !measures.has(Measure::Lines) {
        // An n-gram that occurs may have no volumes or pages.
        return;
    }
    let (stats, absent) = (counts.stats(), counts.absent());
    let finder = MismatchFinder::new(
        &config.plan,
        !stats.input.formats.is_empty() && stats.input.formats.iter().all(is_text),
    );
    let scope = scope(config, stats);
    for ngram in absent.iter().take(NAMED) {
        let name = BStr::new(ngram);
        match finder.find(ngram) {
            Some(why) => note(format_args!("`{name}` cannot occur: {why}{}", mismatch_advice(ngram, &why))),
            None => {
                note(format_args!(
                    "`{name}` does not occur{scope}{}",
                    advice(config, &stats.input.formats, ngram)
                ));
            }
        }
    }
    match absent.len().saturating_sub(NAMED) {
        0 => {}
        1 => note(format_args!("1 more n-gram does not occur{scope}")),
        more => note(format_args!("{} do not occur{scope}", plural(more as u64, "more n-gram"))),
    }
}

/// What of the input was looked at, if that was not all of it.
fn scope(config: &Config, stats: &Stats) -> String {
    let mut scope = match config.plan.filter.years {
        Years::ALL => String::new(),
        Years { first, last } if first == last => format!(" in {first}"),
        Years { first, last } if last == Years::ALL.last => format!(" from {first} on"),
        Years { first, last } if first == Years::ALL.first => format!(" up to {last}"),
        Years { first, last } => format!(" from {first} to {last}"),
    };
    if config.plan.filter.strip_pos {
        scope += " with these tags";
    }
    if !stats.complete {
        scope += " in the lines that were counted";
    }
    scope
}

/// What the person may have meant.
fn advice(config: &Config, formats: &[&str], ngram: &[u8]) -> String {
    let words = ngram.split(|&byte| byte == b' ').count();
    let pos = if config.plan.filter.strip_pos { Pos::Tagged } else { Pos::All };
    if pos == Pos::Tagged && pos.accepts(ngram) {
        "; --strip-pos removes tags, so type it without them".to_owned()
    } else if words > 1 && !formats.is_empty() && formats.iter().all(|format| EDITIONS.contains(format)) {
        format!("; n-grams of {words} words have files of their own")
    } else if ngram.split_str(",").filter(|part| part.iter().any(u8::is_ascii_alphabetic)).count() > 1 {
        "; several n-grams take one --word each".to_owned()
    } else {
        String::new()
    }
}
