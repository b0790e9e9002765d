//! Indexes: any bytes beside a sound file.

use std::io::Write;
use std::num::NonZeroUsize;

use flate2::Compression;
use flate2::write::GzEncoder;
use ngramcount::Counter;
use ngramcount::input::{Control, HttpRules, index_path};
use ngramcount::job::{ExecutorKind, build_indexes};

/// A gzip file of some n-grams, with its sound index.
pub struct Indexed {
    folder: tempfile::TempDir,
    pub index: Vec<u8>,
}

impl Indexed {
    /// Two members, and seek points every 2,000 bytes.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let member = |ngrams: std::ops::Range<u32>| {
            let rows = ngrams.map(|n| format!("n{}\t{}\t{}\t1\n", n * 7919 % 997, 1990 + n % 9, n));
            let mut packer = GzEncoder::new(Vec::new(), Compression::default());
            packer.write_all(rows.collect::<String>().as_bytes()).unwrap();
            packer.finish().unwrap()
        };
        let file = folder.path().join("a.gz");
        std::fs::write(&file, [member(0..300), member(300..600)].concat()).unwrap();
        let built = std::sync::Mutex::new(Vec::new());
        build_indexes(
            &[file.into()],
            None,
            2000,
            NonZeroUsize::MIN,
            &HttpRules::default(),
            &Control::new(),
            &|_, index| {
                *built.lock().unwrap() = index.unwrap().bytes;
            },
        );
        Indexed { folder, index: built.into_inner().unwrap() }
    }

    /// An index that is damaged changes no answer; one whose checksums were made to fit the damage does no other harm than a
    /// wrong answer or an error.
    pub fn check(&self, bytes: &[u8]) {
        let (found, expected) = (self.answers(Some(bytes)), self.answers(None));
        assert_eq!(found, expected);
        self.answers(Some(&with_checksums(bytes)));
    }

    fn answers(&self, index: Option<&[u8]>) -> Vec<Result<String, String>> {
        let file = self.folder.path().join("a.gz");
        let path = index_path(&file, None);
        let _ = std::fs::remove_file(&path);
        if let Some(index) = index {
            std::fs::write(path, index).unwrap();
        }
        let counter = || Counter::new().executor(ExecutorKind::Sequential);
        [counter(), counter().words(["n7", "n500"]), counter().prefix("n9")]
            .iter()
            .map(|question| match question.count_files([&file]) {
                Ok(counts) => Ok(counts.iter().map(|row| format!("{row}\n")).collect()),
                Err(error) => Err(error.to_string()),
            })
            .collect()
    }
}

/// The bytes with the checksums of head and tables that they would need, as far as there is a head.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let number = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    if bytes.len() >= 128 {
        let keys = [108, 112].map(|at| number(&bytes, at).wrapping_add(1) as usize);
        let tables = (128 + keys[0].saturating_sub(1) + keys[1].saturating_sub(1)).min(bytes.len());
        let windows = bytes.len().saturating_sub(number(&bytes, 96) as usize).max(tables);
        let crc = crc32fast::hash(&bytes[tables..windows]);
        bytes[104..108].copy_from_slice(&crc.to_le_bytes());
        let crc = crc32fast::hash(&bytes[16..tables]);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    }
    bytes
}
