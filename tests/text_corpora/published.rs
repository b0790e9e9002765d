//! Numbers of other programs, for the King James Bible in `data/`.

use std::io::Read;

use flate2::read::GzDecoder;

use crate::common::{Scratch, data};
use crate::count;

fn kjv() -> String {
    let mut text = String::new();
    let packed = std::fs::File::open(data("kjv.txt.gz")).unwrap();
    GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    text
}

/// The number of rows, and the sum of each of their numbers.
fn totals(rows: &str) -> Vec<u64> {
    let mut totals = vec![0; rows.lines().next().unwrap().split('\t').count()];
    for row in rows.lines() {
        totals[0] += 1;
        for (total, number) in totals[1..].iter_mut().zip(row.split('\t').skip(1)) {
            *total += number.parse::<u64>().unwrap();
        }
    }
    totals
}

/// How scikit-learn's `CountVectorizer` divides text: lower case, and words of two characters at least.
const VECTORIZER: [&str; 5] =
    ["--ignore-case", "--tokens", r"regex=\b\w\w+\b", "--count", "matches,documents"];

/// ```python
/// from sklearn.feature_extraction.text import CountVectorizer     # 1.7
/// docs = gzip.open("data/kjv.txt.gz", "rt").read().split("\n")[:-1]
/// counts = CountVectorizer(ngram_range=(1, 2)).fit_transform(docs)
/// print(counts.shape[1], counts.sum(), (counts > 0).sum())
/// ```
#[test]
fn matches_and_documents_are_those_of_scikit_learn() {
    let count = |options: &[&str]| count(&data("kjv.txt.gz"), &[&VECTORIZER[..], options].concat()).quietly();
    assert_eq!(totals(count(&["-n", "1..2"]).text()), [162_514, 1_512_072, 1_309_681]);
    let top = "the\t63919\t24091\nand\t51696\t23867\nof\t34618\t18123\nto\t13560\t9681\nthat\t12915\t9899\n";
    assert_eq!(count(&["-n", "1..2", "--top", "5"]).text(), top);
}

/// The same with `stop_words=["the", "of", "and"]` and `ngram_range=(2, 2)`.
#[test]
fn without_stop_words_the_matches_are_those_of_scikit_learn() {
    let scratch = Scratch::new();
    let stop = scratch.file("stop.txt", "the\nof\nand\n");
    let pairs = ["-n", "2", "--stop-words", stop.to_str().unwrap()];
    let count =
        |options: &[&str]| count(&data("kjv.txt.gz"), &[&VECTORIZER[..], &pairs, options].concat()).quietly();
    assert_eq!(totals(count(&[]).text()), [178_708, 590_252, 575_996]);
    let top = "shall be\t2476\t2033\nsaid unto\t1654\t1603\nthou shalt\t1250\t1040\n";
    assert_eq!(count(&["--top", "3"]).text(), top);
}

/// ```python
/// import uniseg.sentencebreak, uniseg.wordbreak     # 0.10
/// for line in lines:
///     for sentence in uniseg.sentencebreak.sentences(line):
///         words = [w for w in uniseg.wordbreak.words(sentence) if any(map(str.isalnum, w))]
///         pairs.update(zip(words, words[1:]))
/// ```
#[test]
fn sentences_end_where_another_implementation_of_unicode_ends_them() {
    let scratch = Scratch::new();
    let lines: Vec<String> = kjv().lines().take(4000).map(str::to_owned).collect();
    let head = scratch.file("kjv4000.txt", lines.join("\n"));
    let sentences = ["-n", "2", "--sentences"];
    assert_eq!(totals(count(&head, &sentences).quietly().text()), [29_062, 101_372]);
    assert_eq!(totals(count(&data("poem.txt"), &sentences).quietly().text()), [22, 22]);
    let joined = ["-n", "2", "--sentences", "--across-lines", "--document", "file"];
    assert_eq!(totals(count(&data("poem.txt"), &joined).quietly().text()), [28, 28]);
}

/// What `fold -s -w 70` makes of the file has 1,430 in its lines, and the file itself 1,594.
#[test]
fn n_grams_are_found_across_the_line_ends_of_folded_text() {
    let scratch = Scratch::new();
    let folded = scratch.file("folded.txt", kjv().lines().map(fold).collect::<String>());
    let words = ["-n", "3", "--word", "of the LORD"];
    for (options, matches) in [(&[][..], 1430), (&["--across-lines"], 1594)] {
        let found = count(&folded, &[&words, options].concat()).quietly();
        assert_eq!(found.text(), format!("of the LORD\t{matches}\n"));
    }
}

/// A line with an end behind the last blank within each 70 columns.
fn fold(line: &str) -> String {
    let (mut folded, mut rest) = (String::new(), line);
    while rest.len() > 70 {
        let end = rest[..70].rfind(' ').map_or(70, |blank| blank + 1);
        folded.extend([&rest[..end], "\n"]);
        rest = &rest[end..];
    }
    folded + rest + "\n"
}

#[test]
fn one_word_in_two_normal_forms_is_one_row_if_text_is_normalized() {
    let scratch = Scratch::new();
    let text = scratch.file("naive.txt", "na\u{ef}ve nai\u{308}ve \u{fb01}sh fish\n");
    let rows = |options: &[&str]| count(&text, options).quietly().text().lines().count();
    assert_eq!((rows(&[]), rows(&["--normalize", "nfc"]), rows(&["--normalize", "nfkc"])), (4, 3, 2));
    for typed in ["na\u{ef}ve", "nai\u{308}ve"] {
        let asked = count(&text, &["--normalize", "nfc", "--word", typed]).quietly();
        assert_eq!(asked.text(), "na\u{ef}ve\t2\n");
    }
}
