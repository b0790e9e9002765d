//! Corpus of a file of Google Books, by the name of the file.

use std::path::Path;

use regex::Regex;

/// Corpus of Google Books.
pub(super) struct Corpus {
    language: String,
    /// A part of the English books, as `us`; empty for all of them.
    part: String,
    /// The date of the edition, as `20200217`.
    edition: Option<String>,
}

impl Corpus {
    /// The corpus of the file with this path; `None` if it does not say.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let pattern = |text: &str| Regex::new(text).expect("the patterns below are well formed");
        let name = path.file_name()?.to_str()?;
        let folder =
            path.parent().and_then(Path::file_name).and_then(|folder| folder.to_str()).unwrap_or_default();
        let part = "(?:[-_](all|sim|us|gb|fiction|1M|1m))?";
        let by_name = pattern(&format!("^googlebooks[-_]([a-z]{{3}}){part}[-_]"));
        // Files of the third edition have no language in their names, but in those of their folders.
        let by_folder = pattern(&format!("^(chi|eng|fre|ger|heb|ita|rus|spa){part}$"));
        let found = by_name.captures(name).or_else(|| by_folder.captures(folder))?;
        let part = found.get(2).map_or("", |part| part.as_str());
        let edition = pattern("(?:^|[-_])(20[0-9]{6})(?:[-_.]|$)").captures(name);
        Some(Self {
            language: found[1].to_owned(),
            part: if ["all", "sim"].contains(&part) { String::new() } else { part.to_lowercase() },
            edition: edition.map(|found| found[1].to_owned()),
        })
    }

    /// In what two corpora differ: this one's language or edition, and the other's.
    pub(super) fn difference(&self, other: &Self) -> Option<(String, String)> {
        let name = |corpus: &Self| match &*corpus.part {
            "" => corpus.language.clone(),
            part => format!("{}-{part}", corpus.language),
        };
        if name(self) != name(other) {
            return Some((name(self), name(other)));
        }
        let editions = self.edition.clone().zip(other.edition.clone());
        editions.filter(|(one, other)| one != other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_is_known_by_the_names_of_its_files() {
        let differ = |one: &str, other: &str| {
            let (one, other) = (Corpus::of(Path::new(one))?, Corpus::of(Path::new(other))?);
            one.difference(&other)
        };
        let a_2012 = "x/googlebooks-eng-all-1gram-20120701-a.gz";
        for (totals, file, expected) in [
            ("googlebooks-rus-20200217_totalcounts_1.txt", a_2012, Some(("rus", "eng"))),
            ("googlebooks-eng-all-totalcounts-20120701.txt", a_2012, None),
            ("googlebooks_eng_all_totalcounts_20120701.csv", a_2012, None),
            ("googlebooks-eng-us-all-totalcounts-20120701.txt", a_2012, Some(("eng-us", "eng"))),
            ("googlebooks-eng-20200217_totalcounts_1.txt", a_2012, Some(("20200217", "20120701"))),
            ("rus/totalcounts-1", "20200217/eng/1-00006-of-00024.gz", Some(("rus", "eng"))),
            ("eng/totalcounts-1", "eng/1-00006-of-00024.gz", None),
            ("totalcounts-1", a_2012, None),
            ("googlebooks-chi-sim-20200217_totalcounts_1.txt", "chi_sim/1-00000-of-00001.gz", None),
        ] {
            let expected = expected.map(|(one, other)| (one.to_owned(), other.to_owned()));
            assert_eq!(differ(totals, file), expected, "{totals} {file}");
        }
    }
}
