//! Patterns of names, by which files of folders are chosen.

use std::fmt;
use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Patterns of names. In a folder the files are read whose name fits one of them, or all files if there is no pattern.
///
/// `*` stands for any letters, `?` for one, `[a-z]` for one of these, `{gz,zst}` for one of these words. A pattern with a slash is
/// compared with the path below the folder, where `**` stands for any folders; a slash at its beginning stands for the folder
/// itself.
///
/// ```
/// use ngramcount::input::Globs;
/// let globs = Globs::new(["*.txt.gz", "2020/**/*.jsonl"])?;
/// assert!(globs.fit("letters/a.txt.gz".as_ref()) && globs.fit("2020/may/b.jsonl".as_ref()));
/// assert!(!globs.fit("letters/a.txt".as_ref()) && !globs.fit("2021/may/b.jsonl".as_ref()));
/// # Ok::<(), ngramcount::input::GlobError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Globs {
    patterns: Vec<String>,
    names: GlobSet,
    paths: GlobSet,
}

/// A pattern that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct GlobError {
    reason: String,
}

impl From<globset::Error> for GlobError {
    fn from(error: globset::Error) -> Self {
        GlobError { reason: error.kind().to_string() }
    }
}

impl Globs {
    /// These patterns.
    ///
    /// # Errors
    /// The first that cannot be understood.
    pub fn new<P: Into<String>>(patterns: impl IntoIterator<Item = P>) -> Result<Self, GlobError> {
        let patterns: Vec<String> = patterns.into_iter().map(P::into).collect();
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for pattern in &patterns {
            let path = pattern.strip_prefix("./").unwrap_or(pattern);
            let path = path.strip_prefix('/').unwrap_or(path);
            let set = if pattern.contains('/') { &mut paths } else { &mut names };
            set.add(GlobBuilder::new(path).literal_separator(true).build()?);
        }
        Ok(Globs { names: names.build()?, paths: paths.build()?, patterns })
    }

    /// Whether there is no pattern, which all files fit.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether a file with this path below its folder fits.
    pub fn fit(&self, below: &Path) -> bool {
        let name = below.file_name().unwrap_or_default();
        self.is_empty() || self.names.is_match(name) || self.paths.is_match(below)
    }
}

impl fmt::Display for Globs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.patterns.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_with_a_slash_is_one_of_the_path_below_the_folder() {
        // (pattern, what fits, what does not)
        let cases: [(&str, &[&str], &[&str]); 8] = [
            ("*.txt", &["a.txt", "x/a.txt", ".txt"], &["a.txt.gz", "a.TXT", "x.txt/a"]),
            ("a?c", &["abc", "x/abc"], &["ac", "abbc"]),
            ("[!a]*", &["b"], &["a", "ab"]),
            ("*.{gz,zst}", &["a.gz", "a.b.zst"], &["a.xz"]),
            ("x/*.txt", &["x/a.txt"], &["a.txt", "x/y/a.txt", "y/x/a.txt"]),
            ("**/x/*", &["x/a", "y/x/a"], &["x", "x/y/a"]),
            ("/*.txt", &["a.txt"], &["x/a.txt"]),
            ("./*.txt", &["a.txt"], &["x/a.txt"]),
        ];
        for (pattern, fitting, others) in cases {
            let globs = Globs::new([pattern]).unwrap();
            assert!(fitting.iter().all(|path| globs.fit(path.as_ref())), "{pattern}");
            assert!(!others.iter().any(|path| globs.fit(path.as_ref())), "{pattern}");
        }
        assert!(Globs::default().fit("x/a".as_ref()));
        assert!(Globs::new(["a["]).is_err());
    }
}
