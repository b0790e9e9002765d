//! Made text whose words follow Zipf's law, the same bytes for the same arguments.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Distinct words; in 50 million words nearly all of them occur.
const WORDS: u32 = 400_000;

/// A file of so many million words in lines of 10 to 30. It is written once and kept under `target/`.
pub fn zipf_text(millions: u64) -> PathBuf {
    let file = super::data(&format!("zipf-{millions}M.txt"));
    if !file.exists() {
        eprintln!("generating {} …", file.display());
        // Renamed when complete, so that an interrupted run leaves no shorter text.
        let part = file.with_extension("part");
        write(&part, millions * 1_000_000).expect("target/ is writable, and there is room");
        std::fs::rename(&part, &file).expect("target/ is writable");
    }
    file
}

fn write(file: &Path, words: u64) -> io::Result<()> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut spellings: Vec<String> = (0..WORDS).map(spell).collect();
    // So that the length of a word does not depend on its rank.
    random.shuffle(&mut spellings);
    let mut total = 0.0;
    let cumulative: Vec<f64> = (1..=WORDS)
        .map(|rank| {
            total += 1.0 / f64::from(rank);
            total
        })
        .collect();
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
    let mut left_in_line = random.u32(10..=30);
    for _ in 0..words {
        let place = random.f64() * total;
        let rank = cumulative.partition_point(|&sum| sum <= place);
        out.write_all(spellings[rank].as_bytes())?;
        left_in_line -= 1;
        out.write_all(if left_in_line == 0 { b"\n" } else { b" " })?;
        if left_in_line == 0 {
            left_in_line = random.u32(10..=30);
        }
    }
    out.flush()
}

/// Three syllables, which no other word has, and an ending; 7.5 letters on average.
fn spell(mut word: u32) -> String {
    const ENDINGS: [&str; 4] = ["", "s", "en", "ing"];
    let ending = ENDINGS[(word % 4) as usize];
    let mut text = String::new();
    for _ in 0..3 {
        text.push(char::from(b"bcdfghjklmnpqrstvwxz"[(word % 100 / 5) as usize]));
        text.push(char::from(b"aeiou"[(word % 5) as usize]));
        word /= 100;
    }
    text + ending
}
