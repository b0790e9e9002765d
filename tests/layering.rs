//! The floors of the house: a room imports only what the table allows, and only downwards.
//!
//! The check reads the source as text. It knows what it looks for (`crate::room`, also inside braces)
//! and forbids the other ways to the same place, so that it need not understand Rust.

use std::fs;
use std::path::{Path, PathBuf};

/// Every room with what it may import, lower floors first. A room may import only rooms above it in
/// this list, so the list itself rules out cycles.
const ROOMS: &[(&str, &[&str])] = &[
    ("record", &[]),
    ("input", &[]),
    // A crate of its own, `procpool`, of which cargo knows that it imports nothing from here.
    ("pool", &[]),
    ("count", &["record"]),
    ("exec", &["input", "count", "pool"]),
    ("partials", &["record", "input", "count"]),
    ("job", &["exec", "input", "count"]),
    ("output", &["count"]),
    ("sweep", &["job"]),
    ("cli", &["record", "input", "pool", "count", "exec", "job", "output", "partials", "sweep"]),
];

/// Lines that the program's `main` file may have.
const MAIN_LINES: usize = 20;

#[test]
fn every_room_imports_only_what_it_may() {
    let wrong: Vec<_> = sources().iter().flat_map(|(path, text)| forbidden_imports(path, text)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_mod_file_declares_and_holds_no_logic() {
    let wrong: Vec<_> = sources()
        .iter()
        .filter(|(path, text)| path.ends_with("/mod.rs") && holds_logic(text))
        .map(|(path, _)| path.clone())
        .collect();
    assert!(wrong.is_empty(), "functions in {wrong:?}");
}

#[test]
fn only_the_command_line_uses_untyped_errors() {
    let wrong: Vec<_> = sources()
        .iter()
        .filter(|(path, text)| !path.starts_with("cli/") && code(text).contains("anyhow"))
        .map(|(path, _)| path.clone())
        .collect();
    assert!(wrong.is_empty(), "anyhow in {wrong:?}");
}

#[test]
fn the_main_file_is_short() {
    let main = fs::read_to_string(root().join("bin/ngramcount.rs")).unwrap();
    assert!(main.lines().count() <= MAIN_LINES);
}

#[test]
fn the_table_allows_imports_downwards_only() {
    for (index, (room, may)) in ROOMS.iter().enumerate() {
        for import in *may {
            let below = ROOMS[..index].iter().any(|(lower, _)| lower == import);
            assert!(below, "{room} may not import {import}");
        }
    }
}

#[test]
fn the_check_finds_what_it_should() {
    let wrong: &[(&str, &str)] = &[
        ("count/table.rs", "use crate::input::Chunk;"),
        ("input/mod.rs", "use crate::{\n    record::Row,\n};"),
        ("exec/threads.rs", "use crate::{count::{Plan, Mapper}, job::Config};"),
        ("job.rs", "fn f() { crate::cli::run(); }"),
        ("job/stats.rs", "type A = Vec<crate::output::Destination>;"),
        ("output/tsv.rs", "use super::super::job::Config;"),
        ("output/tsv.rs", "#[cfg(test)]\nmod tests { use super::super::super::job; }"),
        ("job.rs", "use super::cli;"),
        ("job.rs", "#[cfg(test)]\nmod tests { use super::super::cli; }"),
        ("job/mod.rs", "use super::cli;"),
        ("cellar/mod.rs", ""),
        ("cli/run.rs", "use crate::cellar::Wine;"),
        ("count/map.rs", "use crate::*;"),
        ("count/map.rs", "use crate as all;"),
        ("count/map.rs", "use crate::{self as all};"),
        ("count/map.rs", "use ngramcount::cli;"),
    ];
    for (path, text) in wrong {
        assert!(!forbidden_imports(path, text).is_empty(), "{path}: {text}");
    }
    let right: &[(&str, &str)] = &[
        ("cli/run.rs", "use crate::{input::{Source, Watch}, job};"),
        ("exec/mod.rs", "//! See [`crate::cli`].\npub use executor::Executor;"),
        ("count/map.rs", "use super::table::Table; use crate::count::Plan;\nuse crate::record::Row;"),
        ("job.rs", "use crate::exec::Kind;\n#[cfg(test)]\nmod tests { use super::*; }"),
        ("count/map.rs", "#[cfg(test)]\nmod tests { use super::super::table; }"),
        ("input/chunk.rs", "pub(crate) fn f() {}"),
        ("lib.rs", "pub mod cli; pub use crate::cli::run;"),
    ];
    for (path, text) in right {
        assert_eq!(forbidden_imports(path, text), [] as [String; 0]);
    }
    assert!(holds_logic("mod a;\npub(crate) fn f() {}"));
    assert!(!holds_logic("//! fn of words\nmod a;\npub use a::fn_like;"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file of the library: its path below `src/` and its text.
fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    let mut found = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.iter().any(|(path, _)| path == "lib.rs"));
    found
}

/// What is wrong with the imports of the file at `path`, below `src/`.
fn forbidden_imports(path: &str, text: &str) -> Vec<String> {
    if path == "lib.rs" {
        return Vec::new();
    }
    let room = path.split('/').next().unwrap_or(path).trim_end_matches(".rs");
    let Some((_, may)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{path}: `{room}` is not a room of the house")];
    };
    let code = code(text);
    let mut wrong: Vec<_> = imports(&code)
        .into_iter()
        .filter(|import| import != room && !may.contains(&import.as_str()))
        .map(|import| format!("{path}: `{room}` may not import `{import}`"))
        .collect();
    // From a room's door the whole house is one `super` away, from its other files two; from a module
    // of tests inside them it is one more.
    let is_door = !path.contains('/') || path.matches('/').count() == 1 && path.ends_with("/mod.rs");
    let outside = if is_door { "super::" } else { "super::super::" };
    let (before_tests, tests) = code.split_once("#[cfg(test)]").unwrap_or((&code, ""));
    if before_tests.contains(outside) || tests.contains(&format!("super::{outside}")) {
        wrong.push(format!("{path}: reaches out of its room by `super`"));
    }
    if code.contains("use crate as") || code.contains("ngramcount::") {
        wrong.push(format!("{path}: names the crate in another way than `crate::room`"));
    }
    wrong
}

/// Whether a file holds more than declarations.
fn holds_logic(text: &str) -> bool {
    code(text).split_whitespace().any(|word| word == "fn")
}

/// `text` without its comments and doc comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect()
}

/// What follows each `crate::`: a name, or the first names of the paths in braces.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, start) in code.match_indices("crate::") {
        let rest = &code[at + start.len()..];
        match rest.strip_prefix('{') {
            Some(list) => found.extend(first_names(list)),
            None => found.push(first_name(rest)),
        }
    }
    found
}

/// The first name of each path in `list`, up to the brace that closes it.
fn first_names(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut depth, mut begin) = (0, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(first_name(&list[begin..at]));
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn first_name(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '*')).collect()
}
