//! Tests about the code itself: what it may name, how large it may be, what the README promises about it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `runtime/src`, low to high. A module may name only modules of earlier groups and itself; modules of one
/// group do not name each other.
const LAYERS: &[&[&str]] = &[
    &[
        "authority",
        "clock",
        "diagnostic",
        "durable",
        "secret",
        "settings",
        "stop",
    ],
    &["written"],
    &["policy"],
    &["spec", "waiver"],
    &["case", "host_call", "outcome", "plan"],
    &["event"],
    &["council"],
    &["schedule"],
    &["egress", "process", "repository", "store", "vault", "workspace"],
    &["chain", "witness"],
    &["catalog"],
    &["sandbox"],
    &["driver"],
    &["calibration", "hostile"],
    &["app"],
    &["cli"],
    &["lib", "main"],
];

/// Modules that hold no effects: values in, values out.
const PURE: &[&str] = &[
    "written",
    "policy",
    "spec",
    "waiver",
    "event",
    "council",
    "schedule",
    "host_call",
    "outcome",
    "plan",
    "diagnostic",
];

/// What a pure module never names.
const EFFECTS: &[&str] = &[
    "async fn",
    "std::fs",
    "SystemTime",
    "Instant::",
    "std::env",
    "std::process",
    "std::net",
    "getrandom",
    "println!",
];

/// Names that say nothing; a file or folder is called after the one thing it is about.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "common", "helper", "helpers", "misc", "manager", "service", "data", "info", "base", "core",
];

/// The longest source file, in lines. Longer ones hold more than one idea.
const FILE_LINES_MAX: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

fn files_below(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(&dir)
            .expect("a readable folder")
            .map(|entry| entry.expect("an entry"))
        {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                waiting.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The source without comments, so that a doc may name what the code may not.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file");
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The module of `runtime/src` a file belongs to.
fn module(file: &Path) -> String {
    let relative = file
        .strip_prefix(root().join("runtime/src"))
        .expect("below runtime/src");
    let first = relative
        .components()
        .next()
        .expect("a name")
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Every module that `code` names through `crate::`, also in grouped imports.
fn named_modules(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => names.extend(top_level_names(group)),
            None => names.push(word(rest)),
        }
    }
    names
}

fn top_level_names(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut expecting) = (Vec::new(), 0_i32, true);
    for (index, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expecting = true,
            c if expecting && (c.is_alphanumeric() || c == '_') => {
                names.push(word(&group[index..]));
                expecting = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn a_module_names_only_lower_ones() {
    let level: BTreeMap<&str, usize> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(level, group)| group.iter().map(move |name| (*name, level)))
        .collect();
    let mut faults = Vec::new();
    for file in files_below(&root().join("runtime/src"), "rs") {
        let own = module(&file);
        let Some(own_level) = level.get(own.as_str()) else {
            faults.push(format!(
                "{} belongs to no layer; give `{own}` its place in LAYERS",
                file.display()
            ));
            continue;
        };
        for name in named_modules(&code(&file)) {
            let allowed = name == own || level.get(name.as_str()).is_none_or(|other| other < own_level);
            if !allowed {
                faults.push(format!(
                    "{} names `crate::{name}`, which is not below `{own}`",
                    file.display()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn grouped_imports_are_seen() {
    let code = "use crate::{app::view, cli::{self, args}, policy};\nlet x = crate::sandbox::PROFILE;";
    assert_eq!(named_modules(code), ["app", "cli", "policy", "sandbox"]);
}

#[test]
fn pure_modules_hold_no_effects() {
    let mut pure: Vec<PathBuf> = files_below(&root().join("provenance/src"), "rs");
    pure.retain(|file| !file.ends_with("git.rs") && !file.components().any(|part| part.as_os_str() == "git"));
    let runtime = files_below(&root().join("runtime/src"), "rs");
    pure.extend(runtime.into_iter().filter(|file| PURE.contains(&module(file).as_str())));
    // Tests may read vectors from disk and start stock tools.
    let inside = |file: &PathBuf| file.strip_prefix(root()).expect("below the workspace").to_owned();
    let is_test = |file: &PathBuf| inside(file).iter().any(|part| part.to_string_lossy().contains("test"));
    pure.retain(|file| !is_test(file));
    let mut faults = Vec::new();
    for file in pure {
        let code = code(&file);
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        for effect in EFFECTS.iter().filter(|effect| code.contains(**effect)) {
            faults.push(format!("{} holds `{effect}`", file.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn source_files_hold_one_idea() {
    let mut faults = Vec::new();
    for folder in ["provenance", "runtime", "tests", "benches", "plugins"] {
        for file in files_below(&root().join(folder), "rs") {
            let lines = fs::read_to_string(&file).expect("a source file").lines().count();
            if lines > FILE_LINES_MAX {
                faults.push(format!("{} has {lines} lines; split it by idea", file.display()));
            }
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if EMPTY_NAMES.contains(&stem.as_str()) {
                faults.push(format!("{} is called after nothing", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_crate_allows_unsafe_code_or_leaves_its_lints() {
    for manifest in ["provenance", "runtime", "tests", "benches"] {
        let text = fs::read_to_string(root().join(manifest).join("Cargo.toml")).expect("a manifest");
        assert!(
            text.contains("[lints]\nworkspace = true"),
            "{manifest} does not take the workspace's lints"
        );
    }
    let text = fs::read_to_string(root().join("Cargo.toml")).expect("the workspace's manifest");
    assert!(text.contains("unsafe_code = \"forbid\""));
}

/// Rows of the README's table of features: the last cell of each names files in backticks.
#[test]
fn every_feature_of_the_readme_has_its_file() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let table = readme
        .split("<!-- features -->")
        .nth(1)
        .expect("the table of features stands between two marks");
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with('|')).skip(2).collect();
    assert!(rows.len() >= 10, "the table has only {} rows", rows.len());
    for row in rows {
        let cell = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap_or_default();
        let paths: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!paths.is_empty(), "no file in the row {row}");
        for path in paths {
            assert!(
                root().join(path).exists(),
                "the README names {path}, which is not there"
            );
        }
    }
}

/// The top of the tree is the architecture; tool settings are dot-files.
#[test]
fn the_top_level_tells_the_story() {
    let expected = [
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "benches",
        "plugins",
        "policies",
        "provenance",
        "runtime",
        "tests",
        "wit",
    ];
    let mut found: Vec<String> = fs::read_dir(root())
        .expect("the workspace")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    found.sort();
    assert_eq!(found, expected);
}
