//! Indexes: the same answer with and without one, whatever the file and the index look like.

mod common;

use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use common::{Scratch, ngramcount, program};
use flate2::Compression;
use flate2::write::GzEncoder;
use ngramcount::count::{BadLines, Pattern};
use ngramcount::input::{Control, HttpRules, IndexMode, IndexRules, Note, index_path};
use ngramcount::job::{ExecutorKind, build_indexes};
use ngramcount::{Counter, CounterError};
use proptest::prelude::*;

/// Rows of `ngrams` n-grams, of some years each, in byte order or not.
fn rows(ngrams: u32, in_order: bool) -> String {
    let step = if in_order { 1 } else { 7919 };
    let word = |n: u32| format!("word{:05}", n * step % 100_000);
    let years = |n: u32| (0..n % 5 + 1).map(move |year| (n, year));
    let row = |(n, year)| format!("{}\t{}\t{}\t{}\n", word(n), 1900 + year, n * 37 % 1000 + 1, n % 9 + 1);
    (0..ngrams).flat_map(years).map(row).collect()
}

/// `text` as gzip: in members of about so many bytes, with an empty member between two.
fn members(text: &[u8], bytes: usize, level: u32) -> Vec<u8> {
    let member = |part: &[u8]| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::new(level));
        packer.write_all(part).unwrap();
        packer.finish().unwrap()
    };
    let parts: Vec<Vec<u8>> = text.chunks(bytes.max(1)).map(member).collect();
    if parts.is_empty() { member(b"") } else { parts.join(&member(b"")[..]) }
}

/// Writes the index of a file beside it.
fn write_index(file: &Path, spacing: u64) {
    build_indexes(
        &[file.into()],
        None,
        spacing,
        NonZeroUsize::MIN,
        &HttpRules::default(),
        &Control::new(),
        &|_, built| {
            fs::write(index_path(file, None), built.unwrap().bytes).unwrap();
        },
    );
}

fn rules(mode: IndexMode) -> IndexRules {
    let mut rules = IndexRules::default();
    rules.mode = mode;
    rules
}

/// Rows, the treatment of the lines, or the error; and the notes.
type Outcome = (Result<(Vec<String>, [u64; 4]), String>, Vec<Note>);

fn count(file: &Path, question: &Counter, mode: IndexMode) -> Outcome {
    let control = Control::new();
    let counted = question.clone().indexes(rules(mode)).control(control.clone()).count_files([file]);
    let outcome = match counted {
        Ok(counts) => {
            let stats = counts.stats();
            let lines = [stats.input.lines, stats.lines.counted, stats.lines.filtered, stats.lines.bad];
            Ok((counts.iter().map(|row| row.to_string()).collect(), lines))
        }
        Err(error) => Err(error.to_string()),
    };
    (outcome, control.notes.all())
}

/// Questions that an index can answer in part, and some that it cannot.
fn questions() -> Vec<Counter> {
    let counter = || Counter::new().executor(ExecutorKind::Sequential).bad_lines(BadLines::Skip);
    vec![
        counter(),
        counter().words(["word00014"]),
        counter().words(["word00001", "word00500", "nothing", "word99999"]),
        counter().words(["WORD00014", "Word00300"]).ignore_case(true),
        counter().prefix("word000"),
        counter().regex(Pattern::new("^word00[12]").unwrap()),
        counter().regex(Pattern::new("7$").unwrap()),
        counter().words(["word00014"]).by_year(true),
        counter().words(["word00014"]).bad_lines(BadLines::Fail),
    ]
}

#[track_caller]
fn assert_same_answers(file: &Path, executor: ExecutorKind) {
    for question in questions() {
        let question = question.executor(executor).workers(NonZeroUsize::new(2).unwrap());
        let (expected, _) = count(file, &question, IndexMode::Off);
        let (found, notes) = count(file, &question, IndexMode::Require);
        assert_eq!(found, expected, "{question:?}");
        assert_eq!(notes, []);
    }
}

#[test]
fn answers_are_the_same_with_an_index_of_any_file() {
    let folder = Scratch::new();
    for in_order in [true, false] {
        let text = rows(700, in_order);
        let variants = [
            text.clone(),
            text.replace('\n', "\r\n"),
            text.trim_end().to_owned(),
            text.replace("word00014\t", "not a row\n"),
            format!("{}{text}", rows(20, in_order).repeat(3)),
            String::new(),
        ];
        for (number, text) in variants.iter().enumerate() {
            let files = [
                ("one.gz", members(text.as_bytes(), usize::MAX, 6)),
                ("many.gz", members(text.as_bytes(), 777, 6)),
                ("stored.gz", members(text.as_bytes(), 40_000, 0)),
                ("fast.gz", members(text.as_bytes(), 5000, 1)),
                ("plain.tsv", text.clone().into_bytes()),
            ];
            for (name, content) in files {
                let file = folder.file(&format!("{number}-{name}"), content);
                for spacing in [1, 300, 3000, 1 << 20] {
                    write_index(&file, spacing);
                    assert_same_answers(&file, ExecutorKind::Sequential);
                    assert_same_answers(&file, ExecutorKind::Threads);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn answers_are_the_same_wherever_lines_and_seek_points_meet(
        lines in prop::collection::vec("[a-d]{1,9}(\t[0-9]{1,4}\t[0-9]{1,3}\t[1-9])?|[a-d]{300,900}\t1999\t5\t1", 0..120),
        end in prop::sample::select(vec!["", "\n"]),
        member in 1..4000_usize,
        spacing in 1..3000_u64,
        level in 0..10_u32,
    ) {
        let folder = Scratch::new();
        // A first row, so that the format does not depend on the rest.
        let text = format!("word00014\t1999\t7\t1\n{}{end}", lines.join("\n"));
        let file = folder.file("lines.gz", members(text.as_bytes(), member, level));
        write_index(&file, spacing);
        let counter = || Counter::new().executor(ExecutorKind::Sequential).bad_lines(BadLines::Skip);
        for question in [counter(), counter().words(["ab", "word00014"]), counter().prefix("b")] {
            prop_assert_eq!(count(&file, &question, IndexMode::Require), count(&file, &question, IndexMode::Off));
        }
    }
}

#[test]
fn processes_that_share_a_file_by_its_index_give_the_same_bytes() {
    let folder = Scratch::new();
    let text = rows(30_000, false);
    let file = folder.file("a.gz", members(text.as_bytes(), usize::MAX, 6));
    assert_eq!(index(&file, &["--spacing", "20KiB"]), (Some(0), String::new()));
    let run = |options: &[&str]| {
        let run = ngramcount([&[file.to_str().unwrap()], options].concat());
        (run.code, run.stdout, run.stderr)
    };
    let words = folder.file("words", "word00014\nword00300\nnothing\n");
    let words = words.to_str().unwrap();
    for question in [&[][..], &["--by-year"], &["--words-file", words], &["--prefix", "word0"]] {
        let expected = run(&[question, &["--index", "off", "--executor", "sequential"]].concat());
        let ways: [&[&str]; 6] = [
            &[],
            &["--executor", "processes", "--feed", "split"],
            &["--executor", "processes", "--feed", "pipe"],
            &["--executor", "threads"],
            &["--feed", "split", "--workers", "5"],
            &["--feed", "split", "--chaos", "kill=0.2,seed=3", "--retries", "20"],
        ];
        for way in ways {
            assert!(
                run(&[question, way, &["--index", "require"]].concat()) == expected,
                "{question:?} {way:?}"
            );
        }
    }
}

#[test]
fn poison_and_bad_lines_have_their_numbers_also_where_an_index_divides_the_file() {
    let folder = Scratch::new();
    let text = rows(20_000, true);
    let lines = text.lines().count();
    let bad_at = lines * 3 / 4;
    let text: String = text
        .lines()
        .enumerate()
        .map(|(number, line)| if number == bad_at { "bad\n".to_owned() } else { format!("{line}\n") })
        .collect();
    let file = folder.file("a.gz", members(text.as_bytes(), usize::MAX, 6));
    index(&file, &["--spacing", "20KiB"]);
    let file = file.to_str().unwrap();
    let place = format!("line {}: ", bad_at + 1);
    // A look-up, and a count of all.
    for question in [&["--word", "word00014"][..], &[]] {
        for executor in ["processes", "sequential", "threads"] {
            let run = ngramcount([&[file, "--executor", executor], question].concat());
            assert_eq!(run.code, Some(1));
            assert!(run.stderr.contains(&place), "{executor}: {}", run.stderr);
        }
    }
    let run = |mode: &str| {
        let options = ["--feed", "split", "--bad-lines", "skip", "--on-poison", "skip", "--retries", "0"];
        let chaos = ["--chaos", "kill-on=word15000", "--max-restarts", "100/1", "--index", mode];
        ngramcount([&[file], &options[..], &chaos].concat())
    };
    let (with, without) = (run("require"), run("off"));
    assert_eq!(with.code, Some(3));
    assert_eq!((with.stdout, with.stderr), (without.stdout, without.stderr));
}

/// Runs `ngramcount index` on a file.
fn index(file: &Path, options: &[&str]) -> (Option<i32>, String) {
    let run = program().arg("index").arg(file).args(options).output().unwrap();
    (run.status.code(), String::from_utf8(run.stderr).unwrap())
}

#[test]
fn a_damaged_index_is_named_and_never_believed() {
    let folder = Scratch::new();
    let file = folder.file("a.gz", members(rows(50, false).as_bytes(), usize::MAX, 6));
    write_index(&file, 1000);
    let path = index_path(&file, None);
    let sound = fs::read(&path).unwrap();
    let counter = || Counter::new().executor(ExecutorKind::Sequential);
    let questions = [counter().words(["word07919", "word00001"]), counter().prefix("word0")];
    let expected: Vec<_> =
        questions.iter().map(|question| count(&file, question, IndexMode::Off).0).collect();
    let check = |bytes: &[u8], what: String| {
        fs::write(&path, bytes).unwrap();
        for (question, expected) in questions.iter().zip(&expected) {
            let (found, notes) = count(&file, question, IndexMode::Auto);
            assert_eq!(&found, expected, "{what}");
            assert!(notes.len() <= 1, "{what}: {notes:?}");
        }
    };
    for at in 0..sound.len() {
        let mut damaged = sound.clone();
        damaged[at] ^= 1 << (at % 8);
        check(&damaged, format!("byte {at} of {}", sound.len()));
        check(&sound[..at], format!("cut at {at}"));
    }
    check(&[&sound[..], b"more"].concat(), "longer".into());
    fs::write(&path, &sound[..50]).unwrap();
    let notes = count(&file, &questions[0], IndexMode::Auto).1;
    let note = format!("{} is not used: it is not an index", path.display());
    assert_eq!(notes.iter().map(Note::to_string).collect::<Vec<_>>(), [note]);
    let required = count(&file, &questions[0], IndexMode::Require).0.unwrap_err();
    assert!(required.contains("has no index: ") && required.contains("it is not an index"), "{required}");
}

/// Changes a byte of a file and restores the time of its last change.
fn alter(file: &Path, at: usize, flip: u8) {
    let modified = fs::metadata(file).unwrap().modified().unwrap();
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= flip;
    fs::write(file, bytes).unwrap();
    fs::File::options().write(true).open(file).unwrap().set_modified(modified).unwrap();
}

#[test]
fn data_that_changed_behind_the_back_of_an_index_are_found_or_do_no_harm() {
    let folder = Scratch::new();
    // Small enough that both ends are all of it, and large enough that they are not.
    for (ngrams, step) in [(60, 1), (20_000, 12_007)] {
        let text = rows(ngrams, true);
        for (name, content) in
            [("a.gz", members(text.as_bytes(), usize::MAX, 6)), ("a.tsv", text.clone().into_bytes())]
        {
            let size = content.len();
            let file = folder.file(name, content);
            write_index(&file, 20_000);
            let counter = || Counter::new().executor(ExecutorKind::Sequential);
            let question = counter().words(["word00014", "word00033"]);
            let undamaged = count(&file, &question, IndexMode::Off).0;
            for at in (0..size).step_by(step) {
                alter(&file, at, 4);
                let (expected, _) = count(&file, &question, IndexMode::Off);
                let (found, _) = count(&file, &question, IndexMode::Auto);
                assert!(found == expected || found == undamaged, "{name} byte {at}: {found:?}");
                alter(&file, at, 4);
            }
        }
    }
}

#[test]
fn workers_find_data_that_changed_behind_the_back_of_an_index() {
    let folder = Scratch::new();
    let text = rows(60_000, true);
    for (name, content) in
        [("a.gz", members(text.as_bytes(), usize::MAX, 6)), ("a.tsv", text.clone().into_bytes())]
    {
        let size = content.len();
        let file = folder.file(name, content);
        index(&file, &["--spacing", "50KiB"]);
        alter(&file, size / 2, 4);
        for question in [&[][..], &["--prefix", "word"]] {
            let run = |mode: &str| {
                let options = [file.to_str().unwrap(), "--feed", "split", "--index", mode];
                ngramcount([&options[..], question].concat())
            };
            let (with, without) = (run("auto"), run("off"));
            assert_eq!((with.code, with.stdout), (without.code, without.stdout), "{name} {question:?}");
            assert!(with.stderr.ends_with(&without.stderr), "{}", with.stderr);
        }
    }
}

#[test]
fn an_index_of_another_state_of_the_file_is_named_once() {
    let folder = Scratch::new();
    let file = folder.file("a.tsv", rows(50, true));
    assert_eq!(index(&file, &[]), (Some(0), String::new()));
    fs::write(&file, rows(51, true)).unwrap();
    let run =
        |options: &[&str]| ngramcount([&[file.to_str().unwrap(), "--word", "word00014"], options].concat());
    let name = file.display();
    let found = run(&[]);
    let note = format!(
        "ngramcount: note: {name}.ngx is not used: it was made of another state of the file; \
         `ngramcount index` makes a new one\n"
    );
    assert_eq!(
        (found.code, &*found.stderr, found.text()),
        (Some(0), &*note, run(&["--index", "off"]).quietly().text())
    );
    let required = run(&["--index", "require"]);
    assert_eq!((required.code, required.text()), (Some(1), ""));
    fs::remove_file(index_path(&file, None)).unwrap();
    let required = run(&["--index", "require"]);
    assert_eq!(required.stderr, format!("ngramcount: {name}: has no index: there is no {name}.ngx\n"));
}

#[test]
fn an_index_can_be_made_in_passing() {
    let folder = Scratch::new();
    let text = rows(3000, false);
    let make = |name: &str| folder.file(name, members(text.as_bytes(), 9000, 6));
    let by_command = make("command.gz");
    assert_eq!(index(&by_command, &[]).0, Some(0));
    let expected = fs::read(index_path(&by_command, None)).unwrap();
    let ways: [&[&str]; 4] = [
        &["--executor", "sequential"],
        &["--executor", "threads"],
        &["--feed", "pipe"],
        &["--feed", "split"],
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let files = [make(&format!("{number}-a.gz")), make(&format!("{number}-b.gz"))];
        let names = files.each_ref().map(|file| file.to_str().unwrap());
        let run = ngramcount([&names[..], way, &["--write-index", "--top", "1"]].concat()).quietly();
        assert_eq!(run.text().lines().count(), 1);
        for file in &files {
            let made = fs::read(index_path(file, None)).unwrap();
            // The time of the file is another.
            assert!(made.len() == expected.len() && made[44..] == expected[44..], "{way:?}");
        }
        // It fits, and is left as it is.
        ngramcount([&names[..], &["--index", "require", "--write-index", "--top", "1"]].concat()).quietly();
    }
}

#[test]
fn an_index_that_cannot_be_written_does_not_cost_the_answer() {
    let folder = Scratch::new();
    let file = folder.file("a.tsv", rows(50, true));
    let nowhere = folder.path("missing");
    let options = ["--write-index", "--index-dir", nowhere.to_str().unwrap(), "--top", "1"];
    let run = ngramcount([&[file.to_str().unwrap()], &options[..]].concat());
    assert_eq!((run.code, run.text().lines().count()), (Some(0), 1));
    assert!(run.stderr.starts_with("ngramcount: note: an index was not written: "), "{}", run.stderr);
    let (code, stderr) = index(&file, &["--index-dir", nowhere.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("missing"), "{stderr}");
}

#[test]
fn a_file_that_is_damaged_or_no_file_gets_no_index() {
    let folder = Scratch::new();
    let sound = members(rows(500, true).as_bytes(), usize::MAX, 6);
    let cut = folder.file("cut.gz", &sound[..sound.len() - 9]);
    let good = folder.file("good.gz", &sound);
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("a.csv", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(rows(5, true).as_bytes()).unwrap();
    let archive = folder.file("a.zip", archive.finish().unwrap().into_inner());
    let files: [&Path; 4] = [&cut, &archive, &good, &folder.path("missing")];
    let run = program().arg("index").args(files).output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    let stderr = String::from_utf8(run.stderr).unwrap();
    let lines: Vec<&str> = stderr.lines().collect();
    let counted = ngramcount([cut.to_str().unwrap()]).stderr;
    assert_eq!(format!("{}\n", lines[0]), counted, "the message of a count");
    assert!(lines[1].contains("a.zip: cannot have an index"), "{stderr}");
    assert!(lines[2].ends_with("missing: no such file") && lines.len() == 3, "{stderr}");
    assert_eq!(folder.names(), ["a.zip", "cut.gz", "good.gz", "good.gz.ngx"]);
}

#[test]
fn two_runs_may_write_one_index_at_once() {
    let folder = Scratch::new();
    let file = folder.file("a.gz", members(rows(20_000, true).as_bytes(), usize::MAX, 6));
    let children: Vec<_> = (0..4).map(|_| program().arg("index").arg(&file).spawn().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(folder.names(), ["a.gz", "a.gz.ngx"]);
    assert_same_answers(&file, ExecutorKind::Sequential);
}

#[test]
fn statistics_say_what_was_read() {
    let folder = Scratch::new();
    let file = folder.file("a.gz", members(rows(20_000, true).as_bytes(), usize::MAX, 6));
    index(&file, &["--spacing", "20KiB"]);
    let json = folder.path("stats.json");
    let run = |word: &str| {
        let options = ["-q", "--word", word, "--stats-json", json.to_str().unwrap()];
        ngramcount([&[file.to_str().unwrap()], &options[..]].concat()).quietly();
        serde_json::from_slice::<serde_json::Value>(&fs::read(&json).unwrap()).unwrap()
    };
    let stats = run("word00014");
    let spans = &stats["input"]["spans"];
    assert!(spans["read"].as_u64() < Some(5) && spans["skipped"].as_u64() > Some(100), "{spans}");
    assert_eq!(stats["executor"], "sequential");
    // Not in the file at all: its table is not even read.
    assert_eq!(run("zebra")["input"]["spans"]["read"], 0);
}

/// The layout as `docs/index.md` describes it, read by code of its own, and each span unpacked by another decoder.
#[test]
fn each_span_can_be_unpacked_by_another_decoder_from_the_documented_layout() {
    let folder = Scratch::new();
    let text = rows(9000, true);
    let packed = members(text.as_bytes(), 60_000, 6);
    let file: PathBuf = folder.file("a.gz", &packed);
    write_index(&file, 10_000);
    let index = fs::read(index_path(&file, None)).unwrap();
    let u32_at = |at: usize| u32::from_le_bytes(index[at..at + 4].try_into().unwrap()) as usize;
    let u64_at = |at: usize| u64::from_le_bytes(index[at..at + 8].try_into().unwrap()) as usize;
    let (spans, points, keys) = (u32_at(80), u32_at(84), u64_at(88));
    let (smallest, largest) = (u32_at(108), u32_at(112));
    let (filters, filter_bytes) = (u32_at(116), u64_at(120));
    let spans_at = 128 + smallest + largest;
    let points_at = spans_at + 40 * spans;
    let keys_at = points_at + 40 * points + 16 * filters;
    let windows_at = keys_at + keys + filter_bytes;
    assert_eq!((&index[..8], u32_at(8), u64_at(48)), (&b"ngramidx"[..], 1, text.len()));
    assert!(spans > 20 && points > 5, "{spans} spans, {points} points");
    for span in 0..spans {
        let at = spans_at + 40 * span;
        let (start, line, crc) = (u64_at(at), u64_at(at + 8), u32_at(at + 16));
        let end = if span + 1 < spans { u64_at(at + 40) } else { text.len() };
        let expected = &text.as_bytes()[start..end];
        assert_eq!(crc32fast::hash(expected) as usize, crc);
        assert_eq!(text[..start].lines().count() + 1, line);
        let ngrams =
            || str::from_utf8(expected).unwrap().lines().map(|line| line.split('\t').next().unwrap());
        let key = keys_at + u64_at(at + 24);
        let bounds = index[key..key + u32_at(at + 32) + u32_at(at + 36)].to_vec();
        assert_eq!(bounds, format!("{}{}", ngrams().min().unwrap(), ngrams().max().unwrap()).into_bytes());

        let point = (0..points).map(|point| points_at + 40 * point).rfind(|&at| u64_at(at) <= start).unwrap();
        let (unpacked, bit) = (u64_at(point), u64_at(point + 8));
        let (window, length) = (windows_at + u64_at(point + 16), u32_at(point + 24));
        let window = match length {
            0 => Vec::new(),
            _ => miniz_oxide::inflate::decompress_to_vec(&index[window..window + length]).unwrap(),
        };
        // miniz_oxide cannot begin inside a byte.
        let from = &packed[bit / 8..];
        let shifted: Vec<u8> = (0..from.len())
            .map(|at| {
                let next = from.get(at + 1).copied().unwrap_or(0);
                (u16::from_le_bytes([from[at], next]) >> (bit % 8)) as u8
            })
            .collect();
        let mut out = window.clone();
        out.resize(window.len() + (end - unpacked) + 300, 0);
        let mut decoder = miniz_oxide::inflate::core::DecompressorOxide::new();
        let flags = miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (_, _, written) =
            miniz_oxide::inflate::core::decompress(&mut decoder, &shifted, &mut out, window.len(), flags);
        let out = &out[window.len()..][..written];
        // A member may end before the span does.
        let begin = start - unpacked;
        let known = out.len().min(end - unpacked);
        if known > begin {
            assert!(out[begin..known] == expected[..known - begin], "span {span}");
        }
    }
}

#[test]
fn an_error_of_the_question_comes_before_the_index() {
    let folder = Scratch::new();
    let file = folder.file("a.tsv", "a\t1\nb\t2\n");
    write_index(&file, 100);
    let question = Counter::new().by_year(true).words(["a"]);
    let run = |mode| question.clone().indexes(rules(mode)).count_files([&file]);
    let (with, without) = (run(IndexMode::Auto), run(IndexMode::Off));
    assert!(matches!(with, Err(CounterError::Job(_))));
    assert_eq!(with.unwrap_err().to_string(), without.unwrap_err().to_string());
}

#[test]
fn an_index_of_a_named_format_is_only_for_counts_that_name_it() {
    let folder = Scratch::new();
    let rows: String = (0..2000).map(|n| format!("word{n}\t1999,{},1\t2000,2,1\n", n + 1)).collect();
    let file = folder.file("v3.gz", members(rows.as_bytes(), usize::MAX, 6));
    assert_eq!(index(&file, &["--format", "text", "--spacing", "2KiB"]).0, Some(0));
    let run = |options: &[&str]| {
        let run = ngramcount([&[file.to_str().unwrap(), "--workers", "2"], options].concat());
        (run.code, run.stdout)
    };
    for way in [&["--feed", "split"][..], &["--executor", "sequential"], &["--word", "word7"]] {
        for format in [&[][..], &["--format", "text"]] {
            let with = run(&[way, format].concat());
            assert!(with == run(&[way, format, &["--index", "off"]].concat()), "{way:?} {format:?}");
        }
    }
}

#[test]
fn a_file_that_is_converted_gets_no_index_and_is_counted_right() {
    let folder = Scratch::new();
    let text: Vec<u8> = "\u{feff}Größe und Maß\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let file = folder.file("utf16.txt", &text);
    for options in [&[][..], &["--format", "text"]] {
        let (code, stderr) = index(&file, options);
        assert!(code == Some(1) && stderr.contains("cannot have an index"), "{stderr}");
    }
    let count = |options: &[&str]| ngramcount([&[file.to_str().unwrap()], options].concat());
    let noted = count(&["--write-index"]);
    assert_eq!(noted.code, Some(0));
    assert!(noted.stderr.contains("has got no index"), "{}", noted.stderr);
    assert_eq!(noted.stdout, count(&[]).quietly().stdout);
    assert!(count(&["--encoding", "bytes", "--tokens", "blanks", "--write-index"]).code.is_some());
    assert_eq!(folder.names(), ["utf16.txt"]);
}

#[test]
fn a_file_that_changes_while_its_index_is_made_gets_none() {
    let folder = Scratch::new();
    let text = rows(60_000, true);
    let file = folder.file("a.tsv", &text);
    let append = |text: &str| {
        let mut file = fs::File::options().append(true).open(&file).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    let question = |rules| Counter::new().executor(ExecutorKind::Sequential).indexes(rules);
    let mut build = rules(IndexMode::Off);
    build.build = Some(10_000);
    let control = Control::new();
    let counted = std::thread::scope(|scope| {
        let counting = scope.spawn(|| question(build).control(control.clone()).count_files([&file]));
        while control.progress.lines() == 0 && !counting.is_finished() {
            std::thread::yield_now();
        }
        append("added\t1999\t1\t1\n");
        counting.join().unwrap()
    });
    counted.unwrap();
    for built in control.indexes.take() {
        // It was finished before the file grew.
        fs::write(index_path(&file, None), built.bytes).unwrap();
    }
    let counts = question(rules(IndexMode::Auto)).words(["added"]).count_files([&file]).unwrap();
    assert_eq!(counts.get("added"), Some(1));
}

#[test]
fn an_index_replaces_no_other_output() {
    let folder = Scratch::new();
    let file = folder.file("a.tsv", rows(5, true));
    let (file, output) = (file.to_str().unwrap(), index_path(&file, None));
    let run = ngramcount([file, "--write-index", "-o", output.to_str().unwrap()]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(folder.names(), ["a.tsv"]);
}

#[test]
fn an_index_that_is_no_regular_file_is_named_and_waited_for_by_nobody() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let folder = Scratch::new();
    let file = folder.file("a.tsv", rows(5, true));
    mknodat(CWD, index_path(&file, None), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let run = ngramcount([file.to_str().unwrap(), "--top", "1"]);
    let note = format!("ngramcount: note: {}.ngx is not used: it is not an index\n", file.display());
    assert_eq!((run.code, run.stderr), (Some(0), note));
    let other = folder.file("b.tsv", rows(5, true));
    let run = program().arg("index").args([&file, &other]).output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(String::from_utf8(run.stderr).unwrap().ends_with("it is no regular file\n"));
    assert_eq!(folder.names(), ["a.tsv", "a.tsv.ngx", "b.tsv", "b.tsv.ngx"]);
}

#[test]
fn a_damaged_file_has_the_message_of_a_count_while_its_index_is_made() {
    let folder = Scratch::new();
    let mut packed = members(rows(20_000, true).as_bytes(), usize::MAX, 6);
    let last = packed.len() - 6;
    packed[last] ^= 1;
    let file = folder.file("a.gz", &packed);
    let malformed = folder.file("b.gz", {
        let mut packed = members(format!("{}b\n", rows(40, true)).as_bytes(), usize::MAX, 6);
        let last = packed.len() - 6;
        packed[last] ^= 1;
        packed
    });
    for file in [&file, &malformed] {
        let count = |options: &[&str]| ngramcount([&[file.to_str().unwrap()], options].concat());
        let (with, without) = (count(&["--write-index"]), count(&[]));
        assert_eq!((with.code, with.stderr), (without.code, without.stderr));
    }
    assert_eq!(folder.names(), ["a.gz", "b.gz"]);
}

#[test]
fn an_index_fault_behind_quarantined_lines_starts_the_count_again_too() {
    let folder = Scratch::new();
    let file = folder.file("a.tsv", rows(30_000, true));
    index(&file, &["--spacing", "20KiB"]);
    let text = fs::read_to_string(&file).unwrap();
    alter(&file, text.find("word15000\t").unwrap() + 13, 1);
    let run = |mode: &str| {
        let options = ["--word", "word00014", "--word", "word15000", "--feed", "split", "--retries", "0"];
        let chaos = ["--on-poison", "skip", "--chaos", "kill-on=word00014", "--max-restarts", "50/1"];
        ngramcount([&[file.to_str().unwrap(), "--index", mode], &options[..], &chaos].concat())
    };
    let (with, without) = (run("auto"), run("off"));
    assert_eq!((with.code, &with.stdout), (Some(3), &without.stdout));
    assert_eq!(without.code, Some(3));
}
