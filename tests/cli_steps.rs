//! The map, combine and reduce steps: their input, output and failures.

mod common;

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Run, Scratch, a_gz, data, gzip, ngramcount, ngramcount_reading, piped, program};
use proptest::prelude::*;
use proptest::sample::select;

/// Options of the map step, with the formats that support them.
const OPTIONS: [(&[&str], &[Format]); 12] = [
    (&[], &Format::ALL),
    (&["--count", "matches,lines"], &Format::ALL),
    (&["--ignore-case"], &Format::ALL),
    (&["--prefix", "wa"], &Format::ALL),
    (&["--regex", "[aé]", "--pos", "untagged"], &Format::ALL),
    (&["--pos", "NOUN,VERB", "--strip-pos"], &Format::ALL),
    (&["--word", "watch_NOUN", "--word", "never", "--word", "a", "--word", "a"], &Format::ALL),
    (&["--count", "volumes,matches"], &[Format::V1, Format::V2, Format::V3, Format::Counts]),
    (&["--count", "pages,matches,lines,volumes"], &[Format::V1]),
    (&["--years", "1993..1996"], &[Format::V1, Format::V2, Format::V3]),
    (&["--by-year"], &[Format::V1, Format::V2, Format::V3]),
    (&["--by-year", "--count", "matches,volumes", "--word", "été"], &[Format::V1, Format::V2, Format::V3]),
];

const NGRAMS: [&str; 10] =
    ["a", "A", "a\u{1}", "of the", "watch_NOUN", "watch_VERB", "9,000", "été", "x\ry", "x\u{2028}y z"];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Format {
    V1,
    V2,
    V3,
    Counts,
    Text,
}

impl Format {
    const ALL: [Self; 5] = [Self::V1, Self::V2, Self::V3, Self::Counts, Self::Text];

    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    fn line(self, (ngram, year, matches): (&str, u32, u64)) -> String {
        match self {
            Self::V1 => format!("{ngram}\t{year}\t{matches}\t2\t1\n"),
            Self::V2 => format!("{ngram}\t{year}\t{matches}\t1\n"),
            Self::V3 => format!("{ngram}\t{year},{matches},1\t{},3,2\n", year + 1),
            Self::Counts => format!("{ngram}\t{matches}\t1\n"),
            Self::Text => format!("{ngram} and {ngram}\n"),
        }
    }
}

fn rows() -> impl Strategy<Value = Vec<(&'static str, u32, u64)>> {
    let matches = prop_oneof![1..20_u64, 1..1_000_000_000_000_u64];
    prop::collection::vec((select(&NGRAMS[..]), 1990..2000_u32, matches), 0..60)
}

fn step(name: &str, input: &[u8], options: &[&str]) -> Run {
    ngramcount_reading(input, [&[name][..], options].concat())
}

/// The rows of a count of the whole input: one for each n-gram that occurs, sorted by bytes.
fn whole(input: &[u8], options: &[&str]) -> Vec<u8> {
    let run = ngramcount_reading(input, [&["--executor", "sequential", "--sort", "ngram"], options].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mut rows: Vec<&[u8]> = run.stdout.split_inclusive(|&byte| byte == b'\n').collect();
    // A count has a row for each selected word, also if it is selected twice or does not occur.
    rows.dedup();
    rows.retain(|row| !row.ends_with(b"\t0\n"));
    rows.concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Wherever the input is cut, with and without combine and sort, the steps give the count of the whole input.
    #[test]
    fn the_steps_give_the_count_of_the_whole(
        rows in rows(),
        (options, format) in select(&OPTIONS[..])
            .prop_flat_map(|(options, formats)| (Just(options), select(formats))),
        piece in 1..40_usize,
        sorted: bool,
        combined: bool,
    ) {
        let lines: Vec<String> = rows.iter().map(|&row| format.line(row)).collect();
        let format = format.name();
        let options = [&["--format", &format], options].concat();
        let expected = whole(lines.concat().as_bytes(), &options);

        let mut partials = Vec::new();
        for piece in lines.chunks(piece) {
            let mut mapped = step("map", piece.concat().as_bytes(), &options).quietly().stdout;
            if combined {
                let by_year: &[&str] = if options.contains(&"--by-year") { &["--by-year"] } else { &[] };
                mapped = step("combine", &mapped, by_year).quietly().stdout;
            }
            partials.extend(mapped);
        }
        let mut how = vec![];
        if options.contains(&"--by-year") {
            how.push("--by-year");
        }
        if sorted {
            let mut lines: Vec<&[u8]> = partials.split_inclusive(|&byte| byte == b'\n').collect();
            lines.sort();
            partials = lines.concat();
            how.push("--sorted");
        }
        let reduced = step("reduce", &partials, &how).quietly().stdout;
        // If an n-gram holds bytes below the tab, sorted lines are in another order than sorted n-grams.
        let order = |text: &[u8]| {
            let mut lines: Vec<_> = text.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
            if sorted {
                lines.sort();
            }
            lines
        };
        prop_assert_eq!(order(&reduced), order(&expected));
    }
}

#[test]
fn the_map_step_writes_the_sums_of_a_count() {
    let map = |options: &[&str]| {
        let run = ngramcount(
            [&["map"], options].concat().iter().map(std::ffi::OsString::from).chain([a_gz().into()]),
        );
        run.quietly().text().to_owned()
    };
    assert_eq!(map(&["--word", "Aardvark", "--word", "never"]), "Aardvark\t15\n");
    assert_eq!(
        map(&["--word", "Aardvark", "--by-year", "--count", "matches,volumes"]),
        "Aardvark\t1822\t2\t1\nAardvark\t1824\t3\t1\nAardvark\t1827\t10\t7\n"
    );
}

#[test]
fn all_steps_give_the_answer_for_real_files() {
    let mapped = ngramcount(args!["map", a_gz()]).quietly().stdout;
    let expected = ngramcount(args![a_gz(), "--sort", "ngram"]).quietly().stdout;
    assert!(
        step("reduce", &step("combine", &mapped, &[]).quietly().stdout, &[]).quietly().stdout == expected
    );
}

#[test]
fn an_empty_input_gives_no_rows_with_any_option() {
    let scratch = Scratch::new();
    let empty = scratch.file("empty", "");
    let packed = scratch.file("empty.gz", gzip(b""));
    for name in ["map", "combine", "reduce"] {
        for options in [&[][..], &["--by-year"], &["--hadoop", "--by-year"]] {
            for run in [
                step(name, b"", options),
                ngramcount(
                    [
                        &args![name][..],
                        &args![empty, packed],
                        &options.iter().map(Into::into).collect::<Vec<_>>(),
                    ]
                    .concat(),
                ),
            ] {
                assert_eq!((run.code, run.text()), (Some(0), ""), "{name} {options:?}: {}", run.stderr);
            }
        }
    }
    assert_eq!(step("reduce", b"", &["--sorted"]).quietly().text(), "");
}

#[test]
fn partial_sums_are_read_from_several_plain_and_gzip_files() {
    let scratch = Scratch::new();
    let (plain, packed) =
        (scratch.file("plain", "b\t1\na\t2"), scratch.file("packed", gzip(b"a\t3\nb\t4\n")));
    let reduce = ngramcount(args!["reduce", plain, packed, scratch.file("empty", "")]);
    assert_eq!(reduce.quietly().text(), "a\t5\nb\t5\n");
    assert_eq!(ngramcount(args!["combine", plain, packed]).quietly().text(), "b\t5\na\t5\n");
    let sorted = scratch.file("sorted", "b\t4\n");
    let run = ngramcount(args!["reduce", "--sorted", scratch.file("first", "a\t1\nb\t2\n"), sorted]);
    assert_eq!(run.quietly().text(), "a\t1\nb\t6\n");
}

#[test]
fn years_may_come_in_any_order_and_are_written_sorted() {
    let rows = b"a\t2000\t1\t1\na\t1999\t2\t1\na\t02000\t4\t1\nb\t900\t1\t0\nb\t1000\t1\t0\n";
    let expected = "a\t1999\t2\t1\na\t2000\t5\t2\nb\t900\t1\t0\nb\t1000\t1\t0\n";
    for options in [&["--by-year"][..], &["--by-year", "--sorted"]] {
        assert_eq!(step("reduce", rows, options).quietly().text(), expected);
    }
    assert_eq!(step("combine", rows, &["--by-year"]).quietly().text(), expected);
}

#[test]
fn an_n_gram_may_hold_any_bytes_but_tab_and_line_feed() {
    let rows = b"\x01\xff\r\x00\t1\na\r\t2\na\r\t3\n";
    for options in [&[][..], &["--sorted"]] {
        assert_eq!(step("reduce", rows, options).quietly().stdout, b"\x01\xff\r\x00\t1\na\r\t5\n");
    }
}

#[test]
fn a_line_that_is_not_a_partial_sum_is_named() {
    let scratch = Scratch::new();
    let cases = [
        ("a\t1\nb\t1\t2\n", "line 2: expected 2 tab-separated fields, found 3"),
        ("a\t1\t2\nb\t1\n", "line 2: expected 3 tab-separated fields, found 2"),
        ("a\t1\n\n", "line 2: expected 2 tab-separated fields, found 1"),
        ("a\n", "line 1: expected 2 to 5 tab-separated fields, found 1"),
        ("\t1\n", "line 1: the n-gram is empty"),
        ("a\t-1\n", "line 1: sum `-1` is not a number"),
        (
            "a\t18446744073709551616\n",
            "line 1: sum `18446744073709551616` is larger than 18446744073709551615",
        ),
    ];
    for (text, fault) in cases {
        let path = scratch.file("rows", text);
        for step in [&["combine"][..], &["reduce"], &["reduce", "--sorted"]] {
            let run =
                ngramcount([&step.iter().map(Into::into).collect::<Vec<_>>()[..], &args![path]].concat());
            let said = format!("ngramcount: {}: {fault}\n", path.display());
            assert_eq!((run.code, run.stderr), (Some(1), said), "{step:?}");
        }
    }
    // All files must have the same number of columns.
    let (one, two) = (scratch.file("one", "a\t1\n"), scratch.file("two", "a\t1\t1\n"));
    let run = ngramcount(args!["reduce", one, two]);
    let said = format!("ngramcount: {}: line 1: expected 2 tab-separated fields, found 3\n", two.display());
    assert_eq!((run.code, run.stderr), (Some(1), said));
    let by_year = step("reduce", b"a\tx\t1\n", &["--by-year"]);
    assert_eq!(by_year.stderr, "ngramcount: standard input: line 1: year `x` is not a number\n");
}

#[test]
fn a_sum_that_overflows_is_named() {
    let rows = format!("a\t1\t{}\na\t1\t1\n", u64::MAX);
    for options in [&["combine"][..], &["reduce"], &["reduce", "--sorted"]] {
        let run = ngramcount_reading(rows.as_bytes(), options);
        let said = "ngramcount: sum 2 of \"a\" adds up to more than 18446744073709551615\n";
        assert_eq!((run.code, &*run.stderr), (Some(1), said), "{options:?}");
    }
}

#[test]
fn reduce_sorted_refuses_a_row_out_of_order() {
    let run = step("reduce", b"a\t1\na\t2\nb\t1\na\t1\n", &["--sorted"]);
    assert_eq!(run.code, Some(1));
    let said = "ngramcount: standard input: line 4: not sorted: \"a\" comes after \"b\"; sort the lines by bytes, \
                as `LC_ALL=C sort` does, or leave out --sorted\n";
    assert_eq!(run.stderr, said);
    // With --by-year all rows of an n-gram make a block; the line number is that of one year.
    let run = step("reduce", b"b\t1\t1\nb\t2\t1\nb\t3\t1\na\t1\t1\n", &["--sorted", "--by-year"]);
    assert!(run.stderr.contains(": line 4: not sorted: "), "{}", run.stderr);
}

#[test]
fn each_step_fails_on_damaged_and_truncated_input() {
    let scratch = Scratch::new();
    let packed = gzip("a\t1999\t1\t1\n".repeat(1000).as_bytes());
    let truncated = scratch.file("truncated.gz", &packed[..packed.len() - 9]);
    for step in ["map", "combine", "reduce"] {
        let run = ngramcount(args![step, "--by-year", truncated]);
        assert_eq!(run.code, Some(1), "{step}");
        assert!(
            run.stderr.starts_with(&format!("ngramcount: {}: truncated", truncated.display())),
            "{}",
            run.stderr
        );
    }
    let run = step("map", b"a\t1999\t1\t1\nb\t1999\n", &["--format", "v2"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stderr, "ngramcount: standard input: line 2: expected 4 tab-separated fields, found 2\n");
    let run = ngramcount(args!["map", scratch.path("missing")]);
    assert_eq!(run.code, Some(1));
}

#[test]
fn skipped_bad_lines_give_exit_code_3_but_for_hadoop() {
    let text = b"a\t1999\t1\t1\nbad\na\t2000\t2\t1\n";
    let run = step("map", text, &["--bad-lines", "skip"]);
    assert_eq!((run.code, run.text()), (Some(3), "a\t3\n"));
    assert!(
        run.stderr.contains("standard input: line 2: expected 4")
            && run.stderr.contains("1 bad line left out")
    );
    let run = step("map", text, &["--bad-lines", "skip", "--hadoop"]);
    assert_eq!((run.code, run.text()), (Some(0), "a\t3\n"));
    assert!(run.stderr.contains("reporter:counter:ngramcount,bad lines,1\n"), "{}", run.stderr);
}

#[test]
fn options_of_a_finished_answer_are_refused() {
    for option in [
        "--top=1",
        "--min-count=1",
        "--sort=ngram",
        "--relative-to=x",
        "--smoothing=1",
        "--plot=x.svg",
        "--output-format=csv",
        "--workers=2",
    ] {
        let run = step("map", b"", &["--by-year", option]);
        assert_eq!(run.code, Some(2), "{option}");
        assert!(run.stderr.contains(option.split('=').next().unwrap()), "{}", run.stderr);
    }
    let run = step("map", b"", &["--format", "text", "--by-year"]);
    assert_eq!((run.code, &*run.stderr), (Some(2), "ngramcount: text files have no years\n"));
}

#[test]
fn an_output_file_is_complete_or_absent() {
    let scratch = Scratch::new();
    let out = scratch.path("out");
    ngramcount(args!["map", a_gz(), "-o", out]).quietly();
    let mapped = std::fs::read(&out).unwrap();
    assert!(mapped == ngramcount(args!["map", a_gz()]).stdout);
    let packed = gzip(&mapped);
    let bad = scratch.file("bad.gz", &packed[..packed.len() / 2]);
    for step in ["map", "combine", "reduce"] {
        assert_eq!(ngramcount(args![step, bad, "-o", out]).code, Some(1));
        assert!(std::fs::read(&out).unwrap() == mapped, "{step} left the old file");
        assert_eq!(ngramcount(args![step, out, "-o", out]).code, Some(2));
    }
    assert_eq!(scratch.names(), ["bad.gz", "out"]);
}

#[test]
fn a_full_disk_is_a_failure_and_a_closed_pipe_is_not() {
    for step in [&["map"][..], &["combine"], &["reduce"], &["reduce", "--sorted"]] {
        let name = if step == ["map"] {
            a_gz()
        } else {
            data("googlebooks-eng-all-1gram-20120701-a.sample.expected.tsv")
        };
        let args = || step.iter().map(std::ffi::OsString::from).chain([name.clone().into()]);
        if step != ["reduce", "--sorted"] {
            let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
            let run: Run =
                program().args(args()).stdout(full).stderr(Stdio::piped()).output().unwrap().into();
            assert_eq!(run.code, Some(1), "{step:?}");
            assert!(
                run.stderr.starts_with("ngramcount: standard output: cannot write: No space left"),
                "{}",
                run.stderr
            );

            let mut child =
                program().args(args()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let mut one = [0];
            child.stdout.take().unwrap().read_exact(&mut one).unwrap();
            let run: Run = child.wait_with_output().unwrap().into();
            assert_eq!((run.code, &*run.stderr), (Some(0), ""), "{step:?}");
        }
    }
}

#[test]
fn an_n_gram_with_a_tab_is_refused() {
    let run = step("map", b"1\t2\n", &["--format", "text", "--tokens", "regex=.+"]);
    let said = "ngramcount: standard output: the n-gram \"1\\t2\" holds a tab or a line end, which partial sums cannot \
                hold; CSV and JSON can\n";
    assert_eq!((run.code, run.text(), &*run.stderr), (Some(1), "", said));
}

#[test]
fn an_interrupted_step_says_so() {
    for step in [&["map"][..], &["combine"], &["reduce"], &["reduce", "--sorted"]] {
        let mut child = piped(program().args(step));
        let stdin = child.stdin.take().unwrap();
        // It has started to read once more than a pipe holds is gone.
        (&stdin).write_all(&b"a\t1\n".repeat(50_000)).unwrap();
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let run: Run = child.wait_with_output().unwrap().into();
        drop(stdin);
        let said = "ngramcount: interrupted; the output is incomplete\n";
        assert_eq!((run.code, &*run.stderr), (Some(143), said), "{step:?}");
    }
}

#[test]
fn a_step_needs_no_environment_and_no_working_directory() {
    for name in ["map", "combine", "reduce"] {
        let gone = tempfile::tempdir().unwrap();
        let child = piped(program().arg(name).env_clear().current_dir(gone.path()));
        gone.close().unwrap();
        child.stdin.as_ref().unwrap().write_all(b"a\t2\nb\t1\n").unwrap();
        let run: Run = child.wait_with_output().unwrap().into();
        assert_eq!(run.quietly().text(), "a\t2\nb\t1\n");
    }
}

#[test]
fn hadoop_gets_a_status_while_a_step_waits_and_counters() {
    for name in ["map", "combine", "reduce"] {
        let mut child = piped(program().args([name, "--hadoop"]));
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"a\t1\na\t2\n").unwrap();
        if name == "map" {
            let mut said = Vec::new();
            let begun = Instant::now();
            let stderr = child.stderr.as_mut().unwrap();
            while said.iter().filter(|&&byte| byte == b'\n').count() < 2 {
                let mut byte = [0];
                stderr.read_exact(&mut byte).unwrap();
                said.extend(byte);
            }
            assert!(begun.elapsed() < Duration::from_secs(10));
            assert!(String::from_utf8(said).unwrap().lines().all(|line| line.starts_with("reporter:")));
        }
        drop(stdin);
        let run: Run = child.wait_with_output().unwrap().into();
        assert_eq!((run.code, run.text()), (Some(0), "a\t3\n"));
        let counted = |counter: &str| -> u64 {
            let line = format!("reporter:counter:ngramcount,{counter},");
            run.stderr
                .lines()
                .filter_map(|said| said.strip_prefix(&line))
                .map(|n| n.parse::<u64>().unwrap())
                .sum()
        };
        assert_eq!((counted("lines read"), counted("rows written")), (2, 1), "{}", run.stderr);
        assert!(run.stderr.ends_with(&format!("reporter:status:{name}: 2 lines read, 1 rows written\n")));
    }
}

/// The program's limit is 32 MiB for any number of rows; this test feeds a few million.
#[cfg(target_os = "linux")]
#[test]
fn sorted_rows_are_added_up_in_constant_memory() {
    let mut child =
        program().args(["reduce", "--sorted"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap());
    let mut rows = Vec::new();
    for block in 0..300 {
        rows.clear();
        for row in 0..10_000 {
            writeln!(rows, "some n-gram {:09}\t1\t2", (block * 10_000 + row) / 3).unwrap();
        }
        stdin.write_all(&rows).unwrap();
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(reader.join().unwrap(), 1_000_000 * "some n-gram 000000000\t3\t6\n".len() as u64);
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 32 << 10, "{peak} KiB");
}
