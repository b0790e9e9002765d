//! The corpora that Google publishes: their names, and the URLs of their files.
//!
//! Sources: the pages <https://storage.googleapis.com/books/ngrams/books/datasetsv2.html> (2012) and
//! <https://storage.googleapis.com/books/ngrams/books/datasetsv3.html> (2020). The files of 2012 are named after the first letters
//! of their n-grams, those of 2020 are numbered.

const SERVER: &str = "https://storage.googleapis.com/books/ngrams/books";

/// A corpus of Google Books n-grams.
///
/// ```
/// use ngramcount::input::Corpus;
/// let english = Corpus::find("eng-2020").expect("Google publishes it");
/// assert_eq!(english.files(1), Some(24));
/// let first = "https://storage.googleapis.com/books/ngrams/books/20200217/eng/1-00000-of-00024.gz";
/// assert_eq!(english.urls(1, None).next().as_deref(), Some(first));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corpus {
    /// Its name here.
    pub name: &'static str,
    /// What it holds.
    pub title: &'static str,
    files: Files,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Files {
    /// Of 2012: the part of a file's name that tells the corpus, and the longest n-grams whose list of files is known.
    ByLetters(&'static str, u32),
    /// Of 2020: the folder, and the number of files for n-grams of one to five words.
    Numbered(&'static str, [u32; 5]),
}

const fn of_2020(name: &'static str, title: &'static str, folder: &'static str, files: [u32; 5]) -> Corpus {
    Corpus { name, title, files: Files::Numbered(folder, files) }
}

const fn of_2012(name: &'static str, title: &'static str, code: &'static str, longest: u32) -> Corpus {
    Corpus { name, title, files: Files::ByLetters(code, longest) }
}

impl Corpus {
    /// All of them.
    pub const ALL: &[Corpus] = &[
        of_2020("eng-2020", "English", "eng", [24, 589, 6881, 6668, 19_423]),
        of_2020("eng-us-2020", "American English", "eng-us", [14, 365, 4178, 3936, 11_145]),
        of_2020("eng-gb-2020", "British English", "eng-gb", [4, 118, 1283, 1154, 3098]),
        of_2020("eng-fiction-2020", "English fiction", "eng-fiction", [1, 47, 549, 515, 1449]),
        of_2020("chi-sim-2020", "Chinese (simplified)", "chi_sim", [1, 6, 59, 46, 105]),
        of_2020("fre-2020", "French", "fre", [6, 115, 1197, 1104, 3071]),
        of_2020("ger-2020", "German", "ger", [8, 181, 1369, 1003, 2262]),
        of_2020("heb-2020", "Hebrew", "heb", [1, 10, 45, 25, 42]),
        of_2020("ita-2020", "Italian", "ita", [2, 60, 553, 427, 984]),
        of_2020("rus-2020", "Russian", "rus", [2, 69, 471, 313, 633]),
        of_2020("spa-2020", "Spanish", "spa", [3, 73, 688, 571, 1415]),
        of_2012("eng-2012", "English", "eng-all", 5),
        of_2012("eng-us-2012", "American English", "eng-us-all", 1),
        of_2012("eng-gb-2012", "British English", "eng-gb-all", 1),
        of_2012("eng-fiction-2012", "English fiction", "eng-fiction-all", 1),
        of_2012("chi-sim-2012", "Chinese (simplified)", "chi-sim-all", 1),
        of_2012("fre-2012", "French", "fre-all", 1),
        of_2012("ger-2012", "German", "ger-all", 1),
        of_2012("heb-2012", "Hebrew", "heb-all", 1),
        of_2012("ita-2012", "Italian", "ita-all", 1),
        of_2012("rus-2012", "Russian", "rus-all", 1),
        of_2012("spa-2012", "Spanish", "spa-all", 1),
    ];

    /// The corpus of this name.
    pub fn find(name: &str) -> Option<&'static Corpus> {
        Corpus::ALL.iter().find(|corpus| corpus.name == name)
    }

    /// Whether its files are named after the first letters of their n-grams.
    pub fn is_by_letters(&self) -> bool {
        matches!(self.files, Files::ByLetters(..))
    }

    /// The number of files with n-grams of that many words; `None` if the list of their names is not known here.
    pub fn files(&self, words: u32) -> Option<usize> {
        match self.files {
            Files::Numbered(_, files) => {
                files.get((words as usize).checked_sub(1)?).map(|&files| files as usize)
            }
            Files::ByLetters(_, longest) if (1..=longest).contains(&words) => Some(parts(words).count()),
            Files::ByLetters(..) => None,
        }
    }

    /// The URLs of the files with n-grams of that many words: all, or of a corpus by letters those that may hold n-grams with
    /// this beginning, in lower case.
    pub fn urls(&self, words: u32, beginning: Option<&str>) -> Box<dyn Iterator<Item = String>> {
        let Some(files) = self.files(words) else { return Box::new(std::iter::empty()) };
        match self.files {
            Files::Numbered(folder, _) => Box::new((0..files).map(move |number| {
                format!("{SERVER}/20200217/{folder}/{words}-{number:05}-of-{files:05}.gz")
            })),
            Files::ByLetters(code, _) => {
                let beginning = beginning.map(str::to_lowercase);
                let asked = move |part: &String| {
                    let letters = part.trim_end_matches('_');
                    // `a_` holds what begins with the word `a`.
                    let is_word = letters.len() < part.len();
                    beginning.as_ref().is_none_or(|beginning| {
                        let is_name = part.len() > 2 || part.starts_with('_');
                        !is_name
                            && (letters.starts_with(&**beginning)
                                || !is_word && beginning.starts_with(letters))
                    })
                };
                Box::new(
                    parts(words).filter(asked).map(move |part| {
                        format!("{SERVER}/googlebooks-{code}-{words}gram-20120701-{part}.gz")
                    }),
                )
            }
        }
    }
}

/// The last parts of the names of the files of 2012.
fn parts(words: u32) -> impl Iterator<Item = String> {
    const TAGS: [&str; 10] =
        ["_ADJ_", "_ADP_", "_ADV_", "_CONJ_", "_DET_", "_NOUN_", "_NUM_", "_PRON_", "_PRT_", "_VERB_"];
    let letters: Vec<String> = match words {
        1 => ('a'..='z').map(String::from).collect(),
        _ => {
            let pairs = ('a'..='z')
                .flat_map(|first| ('a'..='z').chain(['_']).map(move |second| format!("{first}{second}")));
            // There is no file of 5-grams whose first word begins with `qk`.
            pairs.filter(|pair| words < 5 || pair != "qk").collect()
        }
    };
    let others = ["other", "punctuation"].into_iter();
    let tags = if words == 1 { &["pos"][..] } else { &TAGS };
    let others = others.chain(tags.iter().copied());
    ('0'..='9').map(String::from).chain(letters).chain(others.map(str::to_owned))
}
