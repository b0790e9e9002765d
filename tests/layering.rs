//! Floors: a module imports only modules on lower floors. The process pool is a crate, so cargo checks that one.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Every module with the modules that it may import. Each row may name only modules of earlier rows.
const FLOORS: &[(&str, &[&str])] = &[
    ("pool", &[]),
    ("record", &[]),
    ("input", &["record"]),
    ("count", &["record"]),
    ("spill", &["count"]),
    ("exec", &["input", "count", "spill", "pool"]),
    ("partials", &["record", "input", "count", "spill"]),
    ("job", &["exec", "input", "count", "spill"]),
    ("output", &["count"]),
    ("sweep", &["job"]),
    ("counter", &["count", "exec", "input", "job", "output"]),
    (
        "cli",
        &[
            "record", "input", "pool", "count", "exec", "job", "output", "partials", "spill", "sweep",
            "counter",
        ],
    ),
];

/// The files of the library: path below `src`, and code without comments.
fn sources() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let comment = Regex::new(r"//.*").unwrap();
    let source = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
        (name, comment.replace_all(&text, "").into_owned())
    };
    files.into_iter().map(source).filter(|(name, _)| name != "lib.rs").collect()
}

#[test]
fn a_module_imports_only_modules_on_lower_floors() {
    for (index, (module, imports)) in FLOORS.iter().enumerate() {
        let lower = |name: &&str| FLOORS[..index].iter().any(|(lower, _)| lower == name);
        assert!(imports.iter().all(lower), "{module} imports upward");
    }
    let import = Regex::new(r"crate::(\w+|\{|\*)").unwrap();
    for (name, code) in sources() {
        let module = name.split(['/', '.']).next().unwrap();
        let (_, allowed) = FLOORS.iter().find(|(floor, _)| *floor == module).expect(&name);
        for found in import.captures_iter(&code) {
            assert!(found[1] == *module || allowed.contains(&&found[1]), "{name} imports {}", &found[1]);
        }
        // The only other way out of a module is `super`, more often than the file is deep.
        let depth = name.matches('/').count() + usize::from(!name.ends_with("mod.rs"));
        let (code, _) = code.split_once("#[cfg(test)]").unwrap_or((&code, ""));
        assert!(!code.contains(&"super::".repeat(depth)), "{name} leaves its module by `super`");
    }
}

#[test]
fn mod_files_only_declare_and_only_the_command_line_has_untyped_errors() {
    let function = Regex::new(r"\bfn\b").unwrap();
    for (name, code) in sources() {
        assert!(!name.ends_with("mod.rs") || !function.is_match(&code), "{name} holds logic");
        assert!(name.starts_with("cli/") || !code.contains("anyhow"), "{name} uses anyhow");
    }
    let main = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("bin/ngramcount.rs")).unwrap();
    assert!(main.lines().count() <= 20);
}
