//! Output options of the program: format, file and picture.

mod common;

use std::io::Read;

use common::{Scratch, ngramcount, ngramcount_reading};

const LINES: &[u8] = b"a,b\t1999\t3\t1\na,b\t2000\t4\t1\n\"\t2000\t5\t1\n";
const NOT_TEXT: &[u8] = b"caf\xe9\t1999\t3\t1\n";

#[test]
fn the_option_chooses_the_format_on_standard_output() {
    let cases = [
        ("tsv", "a,b\t7\n\"\t5\n"),
        ("csv", "ngram,matches\n\"a,b\",7\n\"\"\"\",5\n"),
        ("json", "[\n{\"ngram\":\"a,b\",\"matches\":7},\n{\"ngram\":\"\\\"\",\"matches\":5}\n]\n"),
        ("jsonl", "{\"ngram\":\"a,b\",\"matches\":7}\n{\"ngram\":\"\\\"\",\"matches\":5}\n"),
    ];
    for (format, expected) in cases {
        let run = ngramcount_reading(LINES, ["--output-format", format]).quietly();
        assert_eq!(run.text(), expected, "{format}");
    }
}

#[test]
fn the_extension_chooses_the_format_of_a_file() {
    let dir = Scratch::new();
    for (name, expected) in
        [("a.csv", "ngram,matches\n\"a,b\",7\n\"\"\"\",5\n"), ("a.txt", "ngram\tmatches\na,b\t7\n\"\t5\n")]
    {
        let path = dir.path(name);
        ngramcount_reading(LINES, args!["--header", "-o", path]).quietly();
        assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_exact_in_tsv_and_csv_and_an_error_in_other_formats() {
    for (format, expected) in [("tsv", &b"caf\xe9\t3\n"[..]), ("csv", b"ngram,matches\ncaf\xe9,3\n")] {
        assert_eq!(ngramcount_reading(NOT_TEXT, ["--output-format", format]).quietly().stdout, expected);
    }
    let run = ngramcount_reading(NOT_TEXT, ["--output-format", "json"]);
    assert_eq!((run.code, &*run.stdout), (Some(1), &b""[..]));
    assert_eq!(
        run.stderr,
        "ngramcount: standard output: the n-gram \"caf\\xe9\" is not UTF-8, which JSON cannot hold; TSV and CSV can\n"
    );
}

#[test]
fn an_n_gram_with_a_tab_is_exact_in_every_format_that_can_hold_it_and_an_error_in_tsv() {
    let tokens = ["--format", "text", "--tokens", "regex=.+", "--sort", "ngram"];
    let lines = b"a\na\t2\n\"\r\tb\n";
    for (format, expected) in [
        ("csv", "ngram,matches\n\"\"\"\r\tb\",1\na,1\na\t2,1\n"),
        (
            "jsonl",
            "{\"ngram\":\"\\\"\\r\\tb\",\"matches\":1}\n{\"ngram\":\"a\",\"matches\":1}\n{\"ngram\":\"a\\t2\",\"matches\":1}\n",
        ),
    ] {
        let run = ngramcount_reading(lines, [&tokens[..], &["--output-format", format]].concat());
        assert_eq!(run.quietly().text(), expected, "{format}");
    }
    let dir = Scratch::new();
    let path = dir.file("a.tsv", "old");
    let path = path.to_str().unwrap();
    for (options, name) in [(&["--header"][..], "standard output"), (&["-o", path], &format!("-o {path}"))] {
        let run = ngramcount_reading(lines, [&tokens[..], options].concat());
        let said = format!(
            "ngramcount: {name}: the n-gram \"\\\"\\r\\tb\" holds a tab or a line end, which TSV cannot hold; CSV and JSON can\n"
        );
        assert_eq!((run.code, run.text(), &*run.stderr), (Some(1), "", &*said));
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), "old");
    // What is left out of the answer does not matter.
    for options in
        [&["--prefix", "a", "--regex", "^a$"][..], &["--word", "a"], &["--regex", "2|a", "--top", "1"]]
    {
        let run = ngramcount_reading(lines, [&tokens[..], options].concat());
        assert_eq!(run.quietly().text(), "a\t1\n", "{options:?}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_not_left_half_written() {
    let dir = Scratch::new();
    let path = dir.file("a.jsonl", "old");
    let run = ngramcount_reading(NOT_TEXT, args!["-o", path]);
    assert_eq!(run.code, Some(1));
    assert_eq!(std::fs::read(path).unwrap(), b"old");
    assert_eq!(dir.names(), ["a.jsonl"]);
}

#[test]
fn a_picture_without_years_is_refused_before_anything_is_read() {
    let dir = Scratch::new();
    let run = ngramcount(args!["no such file", "--plot", dir.path("a.svg")]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(dir.names(), [""; 0]);
}

const TOTALS: &str = "googlebooks_eng_all_totalcounts_20120701.csv";

/// Arguments that count the sample of q words in years in which all words below occur.
fn q_words() -> Vec<std::ffi::OsString> {
    let q_gz = common::data(&format!("{}.crlf.gz", common::Q_SAMPLE));
    let mut args = args![q_gz, "--by-year", "--years", "1800..2008"].to_vec();
    for word in ["quality", "quantity", "queen"] {
        args.extend(args!["--word", word]);
    }
    args
}

#[test]
fn a_picture_appears_beside_the_answer() {
    let dir = Scratch::new();
    let (svg, png) = (dir.path("a.svg"), dir.path("a.png"));
    let without = ngramcount(q_words()).quietly();
    for picture in [&svg, &png] {
        let with = ngramcount(q_words().into_iter().chain(args!["--plot", picture])).quietly();
        assert_eq!(with.stdout, without.stdout);
    }
    let svg = std::fs::read_to_string(svg).unwrap();
    for text in ["quality", "quantity", "queen", "Year", "Matches per year", "1800", "2000"] {
        assert!(svg.contains(&format!("\n{text}\n")), "{text}");
    }
    assert!(std::fs::read(png).unwrap().starts_with(b"\x89PNG\r\n"));
}

/// The picture in the README is what the program draws now.
#[test]
fn the_picture_in_the_docs_is_up_to_date() {
    let dir = Scratch::new();
    let drawn = dir.path("a.svg");
    let relative = args!["--relative-to", common::data(TOTALS), "--smoothing", "3", "--plot", drawn];
    ngramcount(q_words().into_iter().chain(relative)).quietly();
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/quality-quantity-queen.svg");
    assert!(std::fs::read(drawn).unwrap() == std::fs::read(docs).unwrap(), "draw it again");
}

#[test]
fn too_many_words_for_a_picture_end_the_job_and_leave_nothing() {
    let dir = Scratch::new();
    let (svg, tsv) = (dir.path("a.svg"), dir.path("a.tsv"));
    let run = ngramcount(args![common::a_gz(), "--by-year", "--plot", svg, "-o", tsv]);
    assert_eq!(run.code, Some(1));
    assert_eq!(
        run.stderr,
        "ngramcount: 48628 n-grams are too many for one picture, which has room for 12; choose some with --word, or the \
         most frequent ones with --top\n"
    );
    assert_eq!(dir.names(), [""; 0]);
}

#[test]
fn the_ending_of_the_output_chooses_format_and_compression() {
    let dir = Scratch::new();
    let unknown = dir.path("a.dat.gz");
    ngramcount_reading(LINES, args!["-o", unknown, "--output-format", "tsv"]).quietly();
    assert_eq!(unpacked(&unknown), "a,b\t7\n\"\t5\n");
    for (name, expected) in [
        ("a.tsv.gz", "a,b\t7\n\"\t5\n"),
        ("a.gz", "a,b\t7\n\"\t5\n"),
        ("a.CSV.GZ", "ngram,matches\n\"a,b\",7\n\"\"\"\",5\n"),
        ("a.json.gz", "[\n{\"ngram\":\"a,b\",\"matches\":7},\n{\"ngram\":\"\\\"\",\"matches\":5}\n]\n"),
        ("a.tsv.zst", "a,b\t7\n\"\t5\n"),
        ("a.jsonl.zst", "{\"ngram\":\"a,b\",\"matches\":7}\n{\"ngram\":\"\\\"\",\"matches\":5}\n"),
    ] {
        let path = dir.path(name);
        ngramcount_reading(LINES, args!["-o", path]).quietly();
        assert_eq!(unpacked(&path), expected, "{name}");
        ngramcount_reading(LINES, args!["-o", path, "--output-format", "tsv"]).quietly();
        assert_eq!(unpacked(&path), "a,b\t7\n\"\t5\n", "{name}");
    }
}

#[test]
fn a_large_compressed_answer_is_complete_and_can_be_counted_again() {
    let dir = Scratch::new();
    let expected = ngramcount(args![common::a_gz()]).quietly();
    for name in ["a.tsv.gz", "a.tsv.zst"] {
        let path = dir.path(name);
        ngramcount(args![common::a_gz(), "-o", path]).quietly();
        assert!(unpacked(&path) == expected.text(), "{name}");
    }
    assert_eq!(ngramcount(args![dir.path("a.tsv.gz")]).quietly(), expected);
}

/// The text of a compressed file.
fn unpacked(path: &std::path::Path) -> String {
    let file = std::fs::File::open(path).unwrap();
    let mut text = String::new();
    match path.extension().unwrap().to_ascii_lowercase().to_str() {
        Some("gz") => flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap(),
        _ => structured_zstd::decoding::StreamingDecoder::new(file).read_to_string(&mut text).unwrap(),
    };
    text
}

#[test]
fn an_ending_that_stands_for_no_format_is_refused_before_anything_is_counted() {
    let dir = Scratch::new();
    for name in ["a.xlsx", "a.xlsx.gz", "a.csv.zip", "a.bz2", "a.parquet.gz"] {
        let path = dir.path(name);
        let run = ngramcount(args!["no such file", "-o", path]);
        let said = format!(
            "ngramcount: -o {}: the ending of the name stands for no format; use .tsv, .txt, .csv, .json, .jsonl, \
             .ndjson, .arrows or .parquet, with .gz or .zst behind any but the last to compress, or no ending for tsv; or name \
             the format with --output-format\n",
            path.display()
        );
        assert_eq!((run.code, run.text(), &*run.stderr), (Some(2), "", &*said));
    }
    assert_eq!(dir.names(), [""; 0]);
    // What is no file of its own may have any name, as before.
    for same in ["/dev/stdout", "/dev/fd/1", "-"] {
        assert_eq!(ngramcount_reading(LINES, ["-o", same]).quietly().text(), "a,b\t7\n\"\t5\n");
    }
    let path = dir.path("a.xlsx");
    ngramcount_reading(LINES, args!["-o", path, "--output-format", "csv"]).quietly();
    assert_eq!(dir.names(), ["a.xlsx"]);
}

#[test]
fn files_beside_the_answer_are_not_compressed_and_say_so() {
    for option in ["--plot", "--stats-json", "--quarantine", "--ledger"] {
        let run = ngramcount(["no such file", "--by-year", option, "a.svg.gz"]);
        assert_eq!(run.code, Some(2), "{option}");
        assert!(run.stderr.contains("only -o compresses; leave out .gz or .zst"), "{}", run.stderr);
    }
}

#[test]
fn steps_and_sweeps_write_compressed_lines_and_refuse_other_formats() {
    let dir = Scratch::new();
    let poem = common::data("poem.txt");
    let (sums, answer) = (dir.path("sums.tsv.gz"), dir.path("answer.zst"));
    ngramcount(args!["map", poem, "-o", sums]).quietly();
    ngramcount(args!["reduce", sums, "-o", answer]).quietly();
    let expected = ngramcount(args![poem, "--sort", "ngram"]).quietly();
    assert_eq!(unpacked(&answer), expected.text());
    let table = dir.path("times.tsv.gz");
    let sweep = ["--chunks", "auto", "--executors", "sequential", "--repeat", "1"];
    let run = ngramcount([&args!["sweep", poem, "-o", table][..], &sweep.map(Into::into)].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(unpacked(&table).starts_with("executor\t"));
    for command in ["map", "combine", "reduce", "sweep"] {
        let run = ngramcount([command, "no such file", "-o", "a.csv"]);
        let said = "ngramcount: -o a.csv: this command writes tab-separated lines; use .tsv or .txt, with .gz or .zst \
                    behind it to compress, or no ending\n";
        assert_eq!((run.code, &*run.stderr), (Some(2), said), "{command}");
    }
}

#[test]
fn csv_names_its_columns_unless_that_is_refused() {
    for (options, expected) in [
        (&["--output-format", "csv"][..], "ngram,matches\n\"a,b\",7\n\"\"\"\",5\n"),
        (&["--output-format", "csv", "--header"], "ngram,matches\n\"a,b\",7\n\"\"\"\",5\n"),
        (&["--output-format", "csv", "--no-header"], "\"a,b\",7\n\"\"\"\",5\n"),
        (&["--no-header"], "a,b\t7\n\"\t5\n"),
        (&["--header"], "ngram\tmatches\na,b\t7\n\"\t5\n"),
    ] {
        assert_eq!(ngramcount_reading(LINES, options).quietly().text(), expected, "{options:?}");
    }
    assert_eq!(ngramcount_reading(LINES, ["--header", "--no-header"]).code, Some(2));
}

#[test]
fn csv_for_excel_has_a_byte_order_mark_and_the_delimiter_of_the_country() {
    let dir = Scratch::new();
    let totals = dir.file("totals", " \t1999,10,1,1\t");
    let shares = args!["--format", "v2", "--by-year", "--relative-to", totals, "--output-format", "csv"];
    for (dialect, expected) in [
        ("plain", "ngram,year,matches_share\nГде;,1999,0.5\n"),
        ("excel", "\u{feff}ngram,year,matches_share\r\nГде;,1999,0.5\r\n"),
        ("excel-semicolon", "\u{feff}ngram;year;matches_share\r\n\"Где;\";1999;0,5\r\n"),
    ] {
        let line = "Где;\t1999\t5\t1\n";
        let run =
            ngramcount_reading(line.as_bytes(), [&shares[..], &args!["--csv-dialect", dialect]].concat());
        assert_eq!(run.quietly().text(), expected, "{dialect}");
    }
    let run = ngramcount_reading(NOT_TEXT, ["--output-format", "csv", "--csv-dialect", "excel"]);
    assert_eq!((run.code, &*run.stdout), (Some(1), &b""[..]));
    assert!(run.stderr.contains("is not UTF-8, which CSV for Excel cannot hold"), "{}", run.stderr);
    let run = ngramcount_reading(LINES, ["--csv-dialect", "excel"]);
    let said = "ngramcount: --csv-dialect is for csv, and the format is tsv; add --output-format csv, or -o with a name \
                that ends in .csv\n";
    assert_eq!((run.code, &*run.stderr), (Some(2), said));
}

#[test]
fn aligned_columns_stand_under_a_heading_and_hide_nothing_from_a_reader() {
    let lines = "a\t1000\nдо\t7\n日本\t10\n".as_bytes();
    let run = ngramcount_reading(lines, ["--format", "counts", "--output-format", "aligned"]);
    assert_eq!(run.quietly().text(), "ngram  matches\na         1000\n日本        10\nдо           7\n");
    let odd = b"caf\xe9\x1b[2J\t3\n";
    let run = ngramcount_reading(odd, ["--format", "counts", "--output-format", "aligned", "--no-header"]);
    assert_eq!(run.quietly().text(), "caf\\xe9\\u{1b}[2J  3\n");
}

/// `script` runs a command on a terminal of its own.
fn on_terminal(command: &str) -> Option<String> {
    let command = format!("{} {command}", env!("CARGO_BIN_EXE_ngramcount"));
    let run = std::process::Command::new("script").args(["-qec", &command, "/dev/null"]).output().ok()?;
    // That of other systems than Linux takes other options.
    if !run.status.success() {
        return None;
    }
    Some(String::from_utf8(run.stdout).unwrap().replace("\r\n", "\n"))
}

#[test]
fn a_terminal_shows_aligned_columns_and_a_named_format_stays_as_it_is() {
    let poem = common::data("poem.txt").display().to_string();
    let with = |options: &str| on_terminal(&format!("{poem} --top 2 --progress never {options}"));
    let Some(shown) = with("") else {
        eprintln!("not tested here: there is no `script`");
        return;
    };
    assert_eq!(shown, "ngram  matches\nГде          3\nА            2\n");
    assert_eq!(with("--output-format tsv").unwrap(), "Где\t3\nА\t2\n");
    assert_eq!(with("| cat").unwrap(), "Где\t3\nА\t2\n");
    assert_eq!(with("--no-header").unwrap(), "Где  3\nА    2\n");
}

#[test]
fn the_most_frequent_n_grams_have_all_their_years_in_answer_and_picture() {
    let dir = Scratch::new();
    let picture = dir.path("a.svg");
    let q_gz = common::data(&format!("{}.crlf.gz", common::Q_SAMPLE));
    let top = args![q_gz, "--by-year", "--years", "2007..2008", "--top", "2"];
    let run = ngramcount([&top[..], &args!["--plot", picture]].concat()).quietly();
    let first: Vec<_> = run.text().lines().map(|line| line.rsplit_once('\t').unwrap().0).collect();
    assert_eq!(first, ["question\t2007", "question\t2008", "quite\t2007", "quite\t2008"]);
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.contains("question") && svg.contains("quite"));
    let run = ngramcount(args![q_gz, "--by-year", "--top", "13", "--word", "a", "--plot", dir.path("b.svg")]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
}

#[test]
fn a_picture_has_the_headline_and_the_size_that_were_asked_for_and_states_its_smoothing() {
    let dir = Scratch::new();
    let (svg, png) = (dir.path("a.svg"), dir.path("a.png"));
    let look = args!["--smoothing", "3", "--title", "Words <with> q", "--size", "1200x600"];
    for picture in [&svg, &png] {
        let run = ngramcount(q_words().into_iter().chain(look.clone()).chain(args!["--plot", picture]));
        run.quietly();
    }
    let svg = std::fs::read_to_string(svg).unwrap();
    for text in [
        "width=\"1200\" height=\"600\"",
        "<title>Words &lt;with&gt; q</title>",
        "Matches per year, mean over 3 years either side",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    // The size is in the first block of a PNG.
    assert_eq!(std::fs::read(png).unwrap()[16..24], [0, 0, 4, 176, 0, 0, 2, 88]);
    for size in ["1200", "1200x", "10x10", "1200x600x3", "99999x600", "-5x600"] {
        let run = ngramcount(args!["no such file", "--by-year", "--plot", "a.svg", format!("--size={size}")]);
        assert_eq!(run.code, Some(2), "{size}");
        assert!(
            run.stderr.contains("expected width x height in pixels, from 480x400 to 8000x8000"),
            "{size}"
        );
    }
    let run = ngramcount(args!["no such file", "--by-year", "--title", "A"]);
    assert_eq!(run.code, Some(2));
}

#[test]
fn letters_that_no_font_has_are_named() {
    let dir = Scratch::new();
    let (svg, png) = (dir.path("a.svg"), dir.path("a.png"));
    // A private letter and an unassigned one.
    let lines = "a\u{10fffd}\t1999\t5\t1\na\u{378}\t1999\t5\t1\n".as_bytes();
    for (picture, expected) in [
        (
            png,
            "note: no font of this machine has `\u{378}` (U+0378), `\u{10fffd}` (U+10FFFD), drawn as boxes",
        ),
        (svg, ""),
    ] {
        let run = ngramcount_reading(lines, args!["--format", "v2", "--by-year", "--plot", picture]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(
            run.stderr.contains(expected) && run.stderr.is_empty() == expected.is_empty(),
            "{}",
            run.stderr
        );
    }
}
