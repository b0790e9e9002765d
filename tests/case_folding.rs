//! Case is folded in one way only: in what is counted, in the spelling of the answer, and in the notes about it.

mod common;

use common::ngramcount_reading;

#[test]
fn a_word_with_a_row_is_not_said_to_be_missing_in_any_script() {
    for (input, word) in
        [("Congreſs", "congreſs"), ("CONGRESS", "congreſs"), ("οδοσ", "ΟΔΟς"), ("ΟΔΟΣ", "οδος")]
    {
        let rows = format!("{input}\t1790\t3\t1\n");
        let run = ngramcount_reading(rows.as_bytes(), ["--ignore-case", "--by-year", "--word", word]);
        assert_eq!(run.quietly().text(), format!("{word}\t1790\t3\n"), "{input}");
    }
}

#[test]
fn a_word_without_a_row_is_said_to_be_missing() {
    let run = ngramcount_reading(b"Congress\t1790\t3\t1\n", ["--ignore-case", "--by-year", "--word", "ΟΔΟς"]);
    assert_eq!(run.stderr, "ngramcount: note: `ΟΔΟς` does not occur\n");
}
