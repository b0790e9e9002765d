//! The shell scripts of the repository, with stand-ins for what takes minutes.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use common::{Run, Scratch};

/// An executable script in the folder.
fn stand_in(scratch: &Scratch, path: &str, lines: &str) {
    fs::create_dir_all(scratch.path(path).parent().unwrap()).unwrap();
    let file = scratch.file(path, format!("#!/bin/sh\n{lines}\n"));
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a script of the repository in this folder, with the programs of its folder `bin` before all others.
fn run(scratch: &Scratch, script: &str, args: &[&str], settings: &[(&str, &str)]) -> Run {
    let path = format!("{}:{}", scratch.path("bin").display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(script));
    command.args(args).current_dir(scratch.path("")).env("PATH", path);
    command.env("CARGO_TARGET_DIR", scratch.path("target")).envs(settings.iter().copied());
    command.output().unwrap().into()
}

#[test]
fn the_sweep_from_outside_finds_the_callers_file_and_cargos_folder() {
    let scratch = Scratch::new();
    scratch.file("poem.txt", "one two\ntwo\n");
    let built = "mkdir -p $CARGO_TARGET_DIR/release && cd $CARGO_TARGET_DIR/release && ln -s";
    stand_in(&scratch, "bin/cargo", &format!("{built} {} ngramcount", env!("CARGO_BIN_EXE_ngramcount")));
    let args = ["poem.txt", "--executor", "sequential", "--word", "two"];
    let run = run(&scratch, "benches/sweep.sh", &args, &[("CHUNKS", "1 auto"), ("RUNS", "1")]).quietly();
    let rows: Vec<Vec<&str>> = run.text().lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0], ["chunk", "lines_per_chunk", "median_s"]);
    assert_eq!([&rows[1][..2], &rows[2][..2]], [["1", "1.0"], ["auto", "2.0"]]);
}

#[test]
fn the_test_of_the_spark_job_says_what_did_not_start() {
    for (spark, expected) in [
        ("echo no room for a master; exit 1", "no room for a master"),
        // A log that stays empty.
        ("exit 1", "master did not start"),
    ] {
        let scratch = Scratch::new();
        stand_in(&scratch, "bin/cargo", "");
        stand_in(&scratch, "bin/java", "echo 'openjdk version \"17.0.1\"' >&2");
        let home = scratch.path("spark");
        let python = format!("case \"$2\" in *print*) echo {} ;; esac", home.display());
        stand_in(&scratch, "target/spark-venv/bin/python", &python);
        stand_in(&scratch, "spark/bin/spark-class", spark);
        let run = run(&scratch, "cluster/spark/test.sh", &[], &[]);
        assert_eq!((run.code, run.text()), (Some(1), ""), "{}", run.stderr);
        for said in
            ["cluster/spark/test.sh: master did not start; the end of its log:\n", expected, ": line "]
        {
            assert!(run.stderr.contains(said), "{said} in {}", run.stderr);
        }
    }
}
