//! `ngramcount corpus`: what Google publishes.
//!
//! Expected values are Google's: the names of files that are counted all over the world.

use super::*;

fn corpus(args: &[&str]) -> Output {
    program().arg("corpus").args(args).output().unwrap()
}

fn lines(args: &[&str]) -> Vec<String> {
    text(succeeds(&corpus(args))).lines().map(str::to_owned).collect()
}

#[test]
fn it_lists_the_corpora_with_their_numbers_of_files() {
    let list = lines(&[]);
    assert!(list.iter().all(|line| line.chars().count() <= 100));
    let line = |name: &str| {
        list.iter().find(|line| line.starts_with(name)).unwrap().split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!(line("eng-2020 "), ["eng-2020", "English", "24", "589", "6881", "6668", "19423"]);
    assert_eq!(line("ger-2020 "), ["ger-2020", "German", "8", "181", "1369", "1003", "2262"]);
    assert_eq!(line("eng-2012 "), ["eng-2012", "English", "39", "724", "724", "724", "723"]);
    assert_eq!(list.len(), 1 + 11 + 11);
}

#[test]
fn it_prints_the_urls_of_one() {
    const SERVER: &str = "https://storage.googleapis.com/books/ngrams/books";
    let urls = lines(&["eng-2020", "1"]);
    assert_eq!((urls.len(), &urls[6]), (24, &format!("{SERVER}/20200217/eng/1-00006-of-00024.gz")));
    assert_eq!(
        lines(&["eng-fiction-2020", "3"])[2],
        format!("{SERVER}/20200217/eng-fiction/3-00002-of-00549.gz")
    );
    let letter = |words: &str, letters: &str| lines(&["eng-2012", words, "--starting-with", letters]);
    let file = |end: &str| format!("{SERVER}/googlebooks-eng-all-{end}.gz");
    assert_eq!(letter("1", "a"), [file("1gram-20120701-a")]);
    assert_eq!(letter("1", "Aar"), [file("1gram-20120701-a")]);
    assert_eq!(letter("2", "the"), [file("2gram-20120701-th")]);
    assert_eq!(letter("5", "0"), [file("5gram-20120701-0")]);
    let a = letter("3", "a");
    assert_eq!((a.len(), &a[0], &a[26]), (27, &file("3gram-20120701-aa"), &file("3gram-20120701-a_")));
    assert!(lines(&["eng-2012", "4"]).contains(&file("4gram-20120701-qk")));
    assert!(!lines(&["eng-2012", "5"]).contains(&file("5gram-20120701-qk")));
}

#[test]
fn what_is_not_listed_is_said() {
    let cases: [(&[&str], &str); 5] = [
        (&["eng-2021", "1"], "eng-2020"),
        (&["eng-2020"], "<N>"),
        (&["eng-2020", "6"], "1..=5"),
        (&["eng-2020", "1", "--starting-with", "a"], "the files of eng-2020 are numbered"),
        (&["fre-2012", "2"], "the files of fre-2012 with 2-grams are not listed here"),
    ];
    for (args, says) in cases {
        let output = corpus(args);
        let stderr = text(&output.stderr);
        assert_eq!((output.status.code(), stderr.lines().count()), (Some(2), 1), "{stderr}");
        assert!(stderr.contains(says), "{stderr}");
    }
}
