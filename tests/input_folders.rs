//! Folders and lists of files as input: which files are read, in which order, and what is refused.

mod common;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::process::Command;

use common::{EXECUTORS, Run, Scratch, gzip, ngramcount, piped, program};

/// A folder `corpus` with these files. Each holds one word, its own path below the folder with `-` for all but letters.
fn corpus(files: &[&str]) -> Scratch {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("corpus")).unwrap();
    for name in files {
        let path = scratch.path("corpus").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, word(name)).unwrap();
    }
    scratch
}

fn word(name: &str) -> String {
    name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-")
}

/// Runs the program in the folder of the test.
fn run_in<A: AsRef<OsStr>>(scratch: &Scratch, args: impl IntoIterator<Item = A>) -> Run {
    program().current_dir(scratch.path("")).args(args).output().unwrap().into()
}

/// The same with this standard input.
fn run_reading(scratch: &Scratch, input: &[u8], args: &[&str]) -> Run {
    let mut child = piped(program().current_dir(scratch.path("")).args(args));
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input).unwrap();
    child.wait_with_output().unwrap().into()
}

/// The words that were counted, each once, in byte order.
#[track_caller]
fn words(run: Run) -> Vec<String> {
    let run = run.quietly();
    run.text().lines().map(|row| row.strip_suffix("\t1").expect(row).to_owned()).collect()
}

const WHOLE_WORDS: [&str; 4] = ["--tokens", "blanks", "--sort", "ngram"];

#[track_caller]
fn counts(scratch: &Scratch, args: &[&str], files: &[&str]) {
    let mut expected: Vec<_> = files.iter().map(|name| word(name)).collect();
    expected.sort();
    assert_eq!(words(run_in(scratch, [args, &WHOLE_WORDS].concat())), expected, "{args:?}");
}

#[track_caller]
fn refused(run: Run, code: i32, message: &str) {
    assert_eq!((run.code, run.text(), &*run.stderr), (Some(code), "", &*format!("ngramcount: {message}\n")));
}

#[test]
fn a_folder_is_read_in_the_order_of_the_bytes_of_its_paths() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("corpus/a/b")).unwrap();
    // `-` and `.` come before `/`, digits and letters behind it, capitals before small letters.
    let files = ["B", "a-b", "a.txt", "a/b/c", "a/z", "a0", "b"];
    for name in files.iter().rev() {
        scratch.file(&format!("corpus/{name}"), format!("{}\t1999\tx\t1\n", word(name)));
    }
    for executor in EXECUTORS {
        let skip = ["corpus/", "--format", "v2", "--bad-lines", "skip", "--executor", executor];
        let run = run_in(&scratch, skip);
        let named: Vec<_> = run.stderr.lines().filter_map(|line| line.split(": ").nth(1)).collect();
        let expected: Vec<_> = files[..5].iter().map(|name| format!("corpus/{name}")).collect();
        assert_eq!(named[..5], expected, "{executor}: {}", run.stderr);
        assert_eq!(run.code, Some(3));
    }
}

#[test]
fn hidden_files_and_indexes_are_read_only_if_they_are_named() {
    let hidden = [".a", "sub/.b", ".git/config", "sub/.x/y/z"];
    let scratch = corpus(&[&hidden[..], &["a", "sub/c", "c.ngx", "sub/a.gz.ngx"]].concat());
    counts(&scratch, &["corpus/"], &["a", "sub/c"]);
    counts(&scratch, &["corpus/", "corpus/.a"], &["a", "sub/c", ".a"]);
    counts(&scratch, &["corpus/.git", "--glob", "*"], &[".git/config"]);
    counts(&scratch, &["corpus/c.ngx"], &["c.ngx"]);
    counts(&scratch, &["corpus/", "--glob", "{a,.a}"], &["a"]);
}

#[test]
fn globs_choose_files_by_name_or_by_path() {
    let all = ["a.txt", "a.txt.gz", "b.jsonl", "sub/c.txt", "sub/deep/d.txt", "tub/e.txt"];
    let scratch = corpus(&all);
    fs::write(scratch.path("corpus/a.txt.gz"), gzip(word("a.txt.gz").as_bytes())).unwrap();
    let cases: [(&[&str], &[&str]); 7] = [
        (&[], &all),
        (&["*.txt"], &["a.txt", "sub/c.txt", "sub/deep/d.txt", "tub/e.txt"]),
        (&["*.txt.gz"], &["a.txt.gz"]),
        (&["*.gz", "*.jsonl"], &["a.txt.gz", "b.jsonl"]),
        (&["sub/*.txt"], &["sub/c.txt"]),
        (&["sub/**"], &["sub/c.txt", "sub/deep/d.txt"]),
        (&["/*.txt"], &["a.txt"]),
    ];
    for (globs, files) in cases {
        let globs: Vec<_> = globs.iter().flat_map(|glob| ["--glob", glob]).collect();
        for corpus in ["corpus/", "./corpus", "corpus/."] {
            counts(&scratch, &[&[corpus], &globs[..]].concat(), files);
        }
    }
    // A file that is named itself is read whatever its name is.
    counts(&scratch, &["corpus/b.jsonl", "corpus/tub", "--glob", "*.txt"], &["b.jsonl", "tub/e.txt"]);
}

#[test]
fn a_list_has_one_name_a_line_or_each_before_a_nul() {
    let scratch = corpus(&["a", "b", "sub/c", "sub/d", "e e"]);
    scratch.file("lines", "corpus/a\r\n\r\ncorpus/e e\ncorpus/sub");
    scratch.file("nuls", "corpus/a\0corpus/e e\0corpus/sub\0");
    for list in ["lines", "nuls"] {
        counts(&scratch, &["--files-from", list], &["a", "e e", "sub/c", "sub/d"]);
        counts(&scratch, &["corpus/b", "--files-from", list], &["a", "b", "e e", "sub/c", "sub/d"]);
        let text = fs::read(scratch.path(list)).unwrap();
        let run = run_reading(&scratch, &text, &[&["--files-from", "-"][..], &WHOLE_WORDS].concat());
        assert_eq!(words(run), ["a", "e-e", "sub-c", "sub-d"]);
    }
    let odd = OsStr::from_bytes(b"corpus/line\nend \xff");
    fs::write(scratch.path("").join(odd), "odd").unwrap();
    let run = run_reading(&scratch, &[odd.as_bytes(), b"\0"].concat(), &["--files-from", "-"]);
    assert_eq!(words(run), ["odd"]);
    assert!(words(run_in(&scratch, ["corpus/", "--glob", "line*"])) == ["odd"]);
}

#[test]
fn what_cannot_be_read_in_a_folder_is_named() {
    let scratch = corpus(&["a.txt", "sub/b.txt"]);
    let in_corpus = |path: &str| scratch.path("corpus").join(path);
    fs::create_dir(in_corpus("empty")).unwrap();
    refused(run_in(&scratch, ["corpus/empty"]), 1, "corpus/empty: there is no file in the folder");
    refused(run_in(&scratch, ["./corpus", "--glob", "*.gz"]), 1, "./corpus: no file in the folder fits *.gz");
    let two = ["./corpus", "--glob", "*.gz", "--glob", "*.xz"];
    refused(run_in(&scratch, two), 1, "./corpus: no file in the folder fits *.gz or *.xz");
    fs::write(in_corpus("empty/.hidden"), "x").unwrap();
    let hidden = "corpus/empty: there is no file in the folder; hidden files and indexes do not count";
    refused(run_in(&scratch, ["corpus/empty"]), 1, hidden);

    symlink("..", in_corpus("sub/up")).unwrap();
    let up = "./corpus/sub/up: a symbolic link that leads back to ./corpus, in which it lies";
    for executor in EXECUTORS {
        refused(run_in(&scratch, ["./corpus", "--executor", executor]), 1, up);
    }
    fs::remove_file(in_corpus("sub/up")).unwrap();
    symlink("itself", in_corpus("itself")).unwrap();
    let itself = run_in(&scratch, ["./corpus"]);
    assert_eq!(itself.code, Some(1));
    assert!(itself.stderr.starts_with("ngramcount: ./corpus/itself: "), "{}", itself.stderr);
    fs::remove_file(in_corpus("itself")).unwrap();

    symlink("nothing", in_corpus("broken.txt")).unwrap();
    refused(
        run_in(&scratch, ["./corpus"]),
        1,
        "./corpus/broken.txt: a symbolic link to a file that is not there",
    );
    counts(&scratch, &["corpus/", "--glob", "[ab].txt"], &["a.txt", "sub/b.txt"]);
    fs::remove_file(in_corpus("broken.txt")).unwrap();

    let _socket = UnixListener::bind(in_corpus("socket")).unwrap();
    let socket = "./corpus/socket: is no regular file; in a folder only these are read";
    refused(run_in(&scratch, ["./corpus"]), 1, socket);
    counts(&scratch, &["corpus/", "--glob", "*.txt"], &["a.txt", "sub/b.txt"]);
}

#[test]
fn links_to_files_and_folders_elsewhere_are_followed() {
    let scratch = corpus(&["a"]);
    fs::create_dir(scratch.path("disk")).unwrap();
    scratch.file("disk/b", "b");
    scratch.file("c", "c");
    symlink("../disk", scratch.path("corpus/part")).unwrap();
    symlink("../c", scratch.path("corpus/c")).unwrap();
    symlink("corpus", scratch.path("link")).unwrap();
    counts(&scratch, &["corpus/"], &["a", "b", "c"]);
    counts(&scratch, &["link"], &["a", "b", "c"]);
}

/// The program as a user that may not read everything; `None` where that is not possible.
fn as_nobody(scratch: &Scratch) -> Option<Command> {
    let program = scratch.path("program");
    fs::copy(env!("CARGO_BIN_EXE_ngramcount"), &program).unwrap();
    fs::set_permissions(scratch.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    let command = || {
        let mut command = Command::new(&program);
        if rustix::process::geteuid().is_root() {
            command.uid(65_534);
        }
        command.current_dir(scratch.path(""));
        command
    };
    command().arg("--version").output().is_ok_and(|run| run.status.success()).then(command)
}

#[test]
fn files_and_folders_without_permission_are_named() {
    let scratch = corpus(&["a.txt", "secret/b.txt", "secret.txt"]);
    let Some(mut program) = as_nobody(&scratch) else {
        eprintln!("not tested here: the program cannot be run by another user");
        return;
    };
    let forbid = |name: &str, mode| {
        fs::set_permissions(scratch.path("corpus").join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    forbid("secret.txt", 0);
    forbid("secret", 0);
    let denied = "cannot be opened: Permission denied (os error 13)";
    let folder = program.arg("./corpus").output().unwrap().into();
    refused(folder, 1, &format!("./corpus/secret: {denied}"));
    forbid("secret", 0o755);
    refused(program.output().unwrap().into(), 1, &format!("./corpus/secret.txt: {denied}"));
    refused(
        program.args(["--glob", "s*.txt"]).output().unwrap().into(),
        1,
        &format!("./corpus/secret.txt: {denied}"),
    );
}

#[test]
fn lists_that_are_none_are_refused() {
    let scratch = corpus(&["a"]);
    scratch.file("empty", "\n\n");
    scratch.file("binary", [&[0u8; 3][..], &[b'x'; 100_000]].concat());
    refused(run_in(&scratch, ["--files-from", "empty"]), 1, "empty: the list names no file");
    refused(run_in(&scratch, ["--files-from", "none"]), 1, "none: no such file");
    refused(run_reading(&scratch, b"", &["--files-from", "-"]), 1, "standard input: the list names no file");
    refused(run_reading(&scratch, b"corpus/b\n", &["--files-from", "-"]), 1, "corpus/b: no such file");
    let long = "binary: line 4: too long for the name of a file; a list has one path or URL a line";
    refused(run_in(&scratch, ["--files-from", "binary"]), 1, long);
    let both = "--files-from -: standard input is the list of files, and cannot be counted as well";
    refused(run_in(&scratch, ["-", "--files-from", "-"]), 2, both);
    let sign = "--end-with-stdin: standard input cannot be counted then; name a file";
    let open = piped(program().args(["--files-from", "-", "--end-with-stdin"]));
    refused(open.wait_with_output().unwrap().into(), 2, sign);
    let glob = "--glob: it chooses files of folders, and no folder is among the input";
    refused(run_in(&scratch, ["corpus/a", "--glob", "*"]), 2, glob);
    let class = "invalid value '[a' for '--glob <PATTERN>': unclosed character class; missing ']'";
    refused(run_in(&scratch, ["./corpus", "--glob", "[a"]), 2, class);
}

#[test]
fn no_output_replaces_a_file_of_the_folder() {
    let scratch = corpus(&["a.txt"]);
    let count = ["./corpus", "-o", "corpus/out.tsv"];
    assert_eq!(run_in(&scratch, count).quietly().text(), "");
    assert_eq!(fs::read_to_string(scratch.path("corpus/out.tsv")).unwrap(), "a\t1\ntxt\t1\n");
    let read = "is read as a file of its folder; write it elsewhere, or choose other files with --glob";
    refused(run_in(&scratch, count), 2, &format!("-o corpus/out.tsv: {read}"));
    assert_eq!(run_in(&scratch, [&count[..], &["--glob", "*.txt"]].concat()).quietly().text(), "");
    let whole = fs::read(scratch.path("corpus/out.tsv")).unwrap();
    for option in ["--events", "--stats-json", "--ledger", "--quarantine"] {
        let run = run_in(&scratch, ["./corpus", option, "corpus/out.tsv"]);
        refused(run, 2, &format!("{option} corpus/out.tsv: {read}"));
    }
    // A folder that cannot be listed might have held it.
    symlink("..", scratch.path("corpus/up")).unwrap();
    assert_eq!(run_in(&scratch, ["./corpus", "--events", "corpus/out.tsv"]).code, Some(1));
    assert_eq!(fs::read(scratch.path("corpus/out.tsv")).unwrap(), whole);
    fs::remove_file(scratch.path("corpus/up")).unwrap();
    let shell = format!("{} ./corpus > corpus/shell.tsv", env!("CARGO_BIN_EXE_ngramcount"));
    let run = Command::new("sh").args(["-c", &shell]).current_dir(scratch.path("")).output().unwrap();
    refused(run.into(), 2, &format!("standard output: {read}"));
    for option in ["--checkpoint", "--cache"] {
        let kept =
            format!("{option} corpus/kept/x: lies in ./corpus, which is read; name a folder elsewhere");
        refused(run_in(&scratch, ["./corpus", "--glob", "*.txt", option, "corpus/kept/x"]), 2, &kept);
    }
}

#[test]
fn all_commands_that_read_files_take_folders_and_lists() {
    let scratch = corpus(&["a", "b"]);
    scratch.file("list", "corpus/a\ncorpus/b\n");
    for input in [&["corpus/"][..], &["--files-from", "list"], &["./corpus", "--glob", "?"]] {
        let run = |command: &[&str]| run_in(&scratch, [command, input].concat());
        assert_eq!(run(&["map"]).quietly().text(), "a\t1\nb\t1\n");
        assert_eq!(run(&["index", "--index-dir", "."]).quietly().text(), "");
        assert!(scratch.path("a.ngx").exists() && scratch.path("b.ngx").exists());
        let swept = run(&["sweep", "--chunks", "auto", "--executors", "threads", "--repeat", "1", "-o", "-"]);
        assert_eq!(swept.code, Some(0), "{}", swept.stderr);
        let kept = run(&["--checkpoint", "kept", "--keep-checkpoint"]);
        assert_eq!(kept.quietly().text(), "a\t1\nb\t1\n");
        let again = run(&["--checkpoint", "kept", "--stats"]);
        assert!(again.stderr.contains("\nresumed 2 lines"), "{}", again.stderr);
        assert_eq!(again.text(), "a\t1\nb\t1\n");
    }
    // As Hadoop and Spark leave them.
    fs::create_dir(scratch.path("sums")).unwrap();
    for (name, sums) in
        [("part-00000", "a\t1\nb\t2\n"), ("part-00001", "b\t3\n"), ("_SUCCESS", ""), (".part.crc", "x")]
    {
        scratch.file(&format!("sums/{name}"), sums);
    }
    for step in ["combine", "reduce"] {
        assert_eq!(run_in(&scratch, [step, "sums"]).quietly().text(), "a\t1\nb\t5\n");
    }
    let twice = run_in(&scratch, ["sweep", "./corpus", "--", "--glob", "a"]);
    refused(twice, 2, "a sweep has no use for --glob behind `--`");
}

#[test]
fn a_folder_with_the_name_of_a_command_is_pointed_at() {
    let scratch = corpus(&["a"]);
    let meant = "`corpus` is a command; the folder of that name is ./corpus";
    let listed = run_in(&scratch, ["corpus"]).noting(&[meant]);
    assert!(listed.text().starts_with("corpus "), "the corpora are listed all the same");
    let typed = run_in(&scratch, ["corpus", "--top", "3"]);
    assert_eq!(typed.code, Some(2));
    assert_eq!(typed.stderr, format!("ngramcount: unexpected argument '--top' found; {meant}\n"));
    assert_eq!(
        ngramcount(["corpus"]).quietly().text(),
        listed.text(),
        "nothing is noted where there is no such folder"
    );
}

#[test]
fn many_small_files_are_counted_with_few_of_them_open() {
    let scratch = Scratch::new();
    for part in 0..6 {
        fs::create_dir_all(scratch.path(&format!("corpus/{part}"))).unwrap();
        for file in 0..100 {
            let text = format!("every one{part} file{file}\n");
            let name = format!("corpus/{part}/{file}.txt");
            let is_packed = file % 10 == 0;
            scratch.file(&name, if is_packed { gzip(text.as_bytes()) } else { text.into_bytes() });
        }
    }
    for executor in EXECUTORS {
        let limited = format!("ulimit -n 64; exec \"$0\" ./corpus --top 3 --executor {executor}");
        let args: [OsString; 3] = ["-c".into(), limited.into(), env!("CARGO_BIN_EXE_ngramcount").into()];
        let run: Run = Command::new("sh").args(args).current_dir(scratch.path("")).output().unwrap().into();
        assert_eq!(run.quietly().text(), "every\t600\none0\t100\none1\t100\n", "{executor}");
    }
}
