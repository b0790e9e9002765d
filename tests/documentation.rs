//! The console blocks of the documentation show what the program prints, and no command of it leaves a file behind.
//!
//! A block with `console` is a session at a terminal: commands after `$`, each with its output. A block with `sh` is only run,
//! as far as its commands need nothing but this program and `data/`.

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::Scratch;

const PAGES: [&str; 5] =
    ["README.md", "docs/questions.md", "docs/scale.md", "docs/text.md", "data/README.md"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The blocks of a page in this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let parts: Vec<_> = page.split("\n```").collect();
    let opens = |part: &&&str| part.starts_with(&format!("{language}\n"));
    parts.iter().filter(opens).map(|part| part[language.len() + 1..].to_owned()).collect()
}

/// The commands of a block, each with the lines below it. A line that ends in a backslash goes on.
fn commands(block: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let mut lines = block.lines();
    while let Some(line) = lines.next() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(start), _) => {
                let mut command = start.to_owned();
                while command.ends_with('\\') {
                    command = format!("{}\n{}", command, lines.next().unwrap());
                }
                commands.push((command, String::new()));
            }
            (None, Some((_, output))) => *output += &format!("{line}\n"),
            (None, None) => panic!("output before a command: {line}"),
        }
    }
    commands.into_iter().map(|(command, output)| (command, output.trim_end().to_owned())).collect()
}

/// Runs a script in a folder that has only `data`; the folder.
fn run(scratch: &Scratch, script: &Path, on_terminal: bool) -> String {
    let folder = scratch.path("");
    if !folder.join("data").exists() {
        symlink(root().join("data"), folder.join("data")).unwrap();
    }
    let program = Path::new(env!("CARGO_BIN_EXE_ngramcount")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = if on_terminal { Command::new("script") } else { Command::new("bash") };
    match on_terminal {
        // The progress bar is for a terminal on stderr, which is read behind the answer.
        true => command.args(["-qec", &format!("bash {0} 2> {0}.stderr", script.display()), "/dev/null"]),
        false => command.args(["-eo", "pipefail"]).arg(script),
    };
    let command = command.current_dir(&folder).env("PATH", path).env_remove("RUST_BACKTRACE");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let stderr = match on_terminal {
        true => fs::read_to_string(script.with_extension("sh.stderr")).unwrap(),
        false => {
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{}: {stderr}", fs::read_to_string(script).unwrap());
            stderr
        }
    };
    String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n") + &stderr
}

/// A script in a folder of its own. Files in `/tmp` go to that folder.
fn script(scripts: &Scratch, text: &str) -> PathBuf {
    scripts.file("run.sh", text.replace("/tmp/", &format!("{}/", scripts.path("").display())))
}

/// The text with the numbers that differ from run to run left out: those of attempts, time and memory.
fn comparable(text: &str) -> String {
    let line = |line: &str| {
        let varies = ["work ", "time ", "memory "].iter().any(|start| line.starts_with(start));
        let kept = |c: &char| !(varies && (c.is_ascii_digit() || ".,".contains(*c)));
        line.trim_end().replace("worker ", "workers ").chars().filter(kept).collect::<String>()
    };
    text.trim_end().lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_console_block_shows_what_a_terminal_shows() {
    if !Command::new("script").arg("--version").output().is_ok_and(|run| run.status.success()) {
        eprintln!("not tested here: there is no `script`");
        return;
    }
    let mut run_commands = 0;
    for name in PAGES {
        for (command, expected) in blocks(&page(name), "console").iter().flat_map(|block| commands(block)) {
            let (scratch, scripts) = (Scratch::new(), Scratch::new());
            let shown = run(&scratch, &script(&scripts, &command), true);
            assert_eq!(comparable(&shown), comparable(&expected), "{name}: {command}");
            assert_eq!(scratch.names(), ["data"], "{name}: {command} leaves a file behind");
            run_commands += 1;
        }
    }
    assert!(run_commands > 10);
}

#[test]
fn each_command_on_the_samples_runs_and_leaves_nothing_behind() {
    for name in ["README.md", "data/README.md"] {
        let page = page(name);
        let on_samples = |block: &&String| block.contains("data/") && !block.contains("cargo ");
        for block in blocks(&page, "sh").iter().filter(on_samples) {
            let (scratch, scripts) = (Scratch::new(), Scratch::new());
            run(&scratch, &script(&scripts, block), false);
            assert_eq!(scratch.names(), ["data"], "{name}: {block}");
        }
    }
}

/// The samples' README says how their answers were made without this project.
#[test]
fn the_expected_answers_of_the_samples_are_those_of_awk() {
    let block = &blocks(&page("data/README.md"), "sh")[0];
    let answers = [
        "googlebooks-eng-all-1gram-20120701-a.sample",
        "googlebooks-eng-all-1gram-20120701-q.selected",
        "poem",
    ];
    let expected =
        answers.map(|name| fs::read_to_string(common::data(&format!("{name}.expected.tsv"))).unwrap());
    let (scratch, scripts) = (Scratch::new(), Scratch::new());
    assert!(run(&scratch, &script(&scripts, block), false) == expected.concat());
}

#[test]
fn links_of_the_readme_lead_to_files_of_the_package() {
    let readme = page("README.md");
    let links = readme.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    let links: Vec<_> = links.filter(|link| !link.contains("://")).collect();
    assert!(links.len() > 5);
    for link in links {
        let file = root().join(link.split('#').next().unwrap());
        assert!(file.exists(), "{link}");
        // Cargo leaves other packages out of this one.
        let own = file.ancestors().skip(1).find(|folder| folder.join("Cargo.toml").exists());
        assert_eq!(own, Some(root()), "{link} is in another package");
    }
}
