//! Where documents begin and end in the files of a corpus.

use std::io::Write;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::common::{Scratch, ngramcount};
use crate::count;

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_document_whoever_reads_it() {
    let scratch = Scratch::new();
    let names = ["1.txt", "2.txt", "3.txt"].map(|name| scratch.file(name, "\u{feff}a b\n\na c\n"));
    for way in [["--feed", "auto"], ["--feed", "pipe"], ["--feed", "split"], ["--executor", "threads"]] {
        for document in ["paragraph", "file"] {
            let options = ["--document", document, "--tokens", "blanks", "--word", "a"];
            let run = ngramcount(
                options
                    .iter()
                    .chain(&way)
                    .map(AsRef::as_ref)
                    .chain(names.iter().map(|name| name.as_os_str())),
            );
            assert_eq!(run.quietly().text(), "a\t6\n", "{way:?} {document}");
        }
    }
}

#[test]
fn a_file_of_a_byte_order_mark_is_empty_whoever_reads_it() {
    let scratch = Scratch::new();
    let file = scratch.file("mark.txt", b"\xff\xfe");
    for feed in ["auto", "pipe", "split"] {
        let run = count(&file, &["--format", "text", "--tokens", "blanks", "--feed", feed]).quietly();
        assert_eq!(run.text(), "", "{feed}");
    }
}

#[test]
fn documents_end_with_their_file_in_a_zip_archive() {
    let scratch = Scratch::new();
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [("1.txt", "a b\n"), ("2.txt", ""), ("3.txt", "a c"), ("4.txt", "\n\na d\n")] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    let file = scratch.file("x.zip", archive.finish().unwrap().into_inner());
    for document in ["paragraph", "file"] {
        let options =
            ["--document", document, "--across-lines", "-n", "1..2", "--count", "matches,documents"];
        let run = count(&file, &[&options[..], &["--sort", "ngram"]].concat()).quietly();
        let expected = "a\t3\t3\na b\t1\t1\na c\t1\t1\na d\t1\t1\nb\t1\t1\nc\t1\t1\nd\t1\t1\n";
        assert_eq!(run.text(), expected, "{document}");
    }
}

#[test]
fn much_white_space_before_a_word_is_no_blank_line() {
    let scratch = Scratch::new();
    let text = "w1 w2\n".to_owned() + &" ".repeat(400_000) + "z\n";
    let file = scratch.file("blanks.txt", text);
    let options = ["--across-lines", "-n", "2", "--count", "documents", "--word", "w2 z"];
    assert_eq!(count(&file, &options).quietly().text(), "w2 z\t1\n");
}
