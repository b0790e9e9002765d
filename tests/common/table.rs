//! Rows made by hand, to be written by the writers of the library.
// Each test file compiles this for itself and uses a part of it.
#![allow(dead_code)]

use ngramcount::count::{Column, ColumnType, Row, Values};
use ngramcount::output::{OutputFormat, Table};

/// The numbers of the rows, all of one kind.
pub enum Numbers {
    Integers(Vec<Vec<u64>>),
    Reals(Vec<Vec<f64>>),
}

/// A table.
pub struct HandMade {
    pub columns: Vec<Column>,
    pub ngrams: Vec<(Vec<u8>, Option<u32>)>,
    pub numbers: Numbers,
}

impl HandMade {
    /// N-grams with their matches.
    pub fn counts<N: AsRef<[u8]>>(rows: impl IntoIterator<Item = (N, u64)>) -> Self {
        let (ngrams, numbers) =
            rows.into_iter().map(|(ngram, count)| ((ngram.as_ref().to_vec(), None), vec![count])).unzip();
        Self { columns: columns(&["ngram", "matches"]), ngrams, numbers: Numbers::Integers(numbers) }
    }

    /// N-grams, years, matches and volumes.
    pub fn by_year(rows: &[(&str, u32, [u64; 2])]) -> Self {
        Self {
            columns: columns(&["ngram", "year", "matches", "volumes"]),
            ngrams: rows.iter().map(|(ngram, year, _)| (ngram.as_bytes().to_vec(), Some(*year))).collect(),
            numbers: Numbers::Integers(rows.iter().map(|row| row.2.to_vec()).collect()),
        }
    }

    /// N-grams, years and shares.
    pub fn shares(rows: &[(&str, u32, f64)]) -> Self {
        Self {
            columns: columns(&["ngram", "year", "matches_share"]),
            ngrams: rows.iter().map(|(ngram, year, _)| (ngram.as_bytes().to_vec(), Some(*year))).collect(),
            numbers: Numbers::Reals(rows.iter().map(|row| vec![row.2]).collect()),
        }
    }

    /// What the writer makes of it.
    pub fn written(&self, format: OutputFormat, header: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        format.write(self, header, &mut bytes).unwrap();
        bytes
    }
}

fn columns(names: &[&'static str]) -> Vec<Column> {
    let kind = |name: &str| match name {
        "ngram" => ColumnType::Text,
        "matches_share" => ColumnType::Real,
        _ => ColumnType::Integer,
    };
    names.iter().map(|&name| Column { name, kind: kind(name) }).collect()
}

impl Table for HandMade {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.ngrams.iter().enumerate().map(|(index, (ngram, year))| Row {
            file: None,
            ngram,
            year: *year,
            values: match &self.numbers {
                Numbers::Integers(rows) => Values::integers(&rows[index]),
                Numbers::Reals(rows) => Values::reals(&rows[index]),
            },
        })
    }
}
