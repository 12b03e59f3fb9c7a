//! What other programs build on: every public item as its source declares it, held against `API.txt`. Whoever changes a line there
//! changes what somebody else compiles, and says so in `CHANGELOG.md`. `ASSIZE_BLESS=1` writes the list anew.
//!
//! The list is taken from the text of the sources, so that it needs no other compiler than the one that builds the crate. It holds
//! signatures, fields, variants, derives and implementations; what the compiler alone knows, such as whether a type is `Send`, it
//! does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot start must stop")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules that nobody outside can name.
const PRIVATE: [&str; 2] = ["hex.rs", "folder_reader.rs"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_for_tests = ["tests", "tests.rs", "testing", "testing.rs"].contains(&name.as_str());
        if is_for_tests || PRIVATE.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// How far a line is indented.
fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The lines of a declaration from its first to the one that ends it, as one.
fn joined<'a>(first: &'a str, rest: &mut impl Iterator<Item = &'a str>) -> String {
    let mut whole = first.trim().to_owned();
    while !whole.ends_with(['{', '}', ';', ','])
        || (whole.ends_with(',') && whole.contains('(') && !whole.contains(')'))
    {
        let Some(next) = rest.next() else { break };
        whole.push(' ');
        whole.push_str(next.trim());
    }
    whole
}

/// What one file declares.
fn declared(text: &str) -> Vec<String> {
    let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
    let code = |line: &&str| !line.trim_start().starts_with("//") && !line.trim().is_empty();
    let mut lines = text.lines().filter(code).peekable();
    let (mut found, mut derives) = (Vec::new(), String::new());
    while let Some(line) = lines.next() {
        let start = line.trim_start();
        if start.starts_with("#[derive(") || start.starts_with("#[non_exhaustive") || start.starts_with("#[cfg(feature")
        {
            derives = joined(line, &mut std::iter::empty()) + " ";
            continue;
        }
        let is_impl = depth(line) == 0 && start.starts_with("impl");
        if !start.starts_with("pub ") && !is_impl {
            if !start.starts_with("#[") {
                derives.clear();
            }
            continue;
        }
        let whole = joined(line, &mut lines);
        let shown = whole.trim_end_matches(['{', ' ']);
        found.push(format!("{}{derives}{shown}", " ".repeat(depth(line))));
        derives.clear();
        // Variants and methods of traits carry no `pub`.
        while whole.starts_with("pub enum ") || whole.starts_with("pub trait ") {
            let Some(inner) = lines.next_if(|inner| depth(inner) > depth(line)) else {
                break;
            };
            if !inner.trim_start().starts_with("#[") {
                found.push(inner.trim_end().to_owned());
            }
        }
    }
    found
}

#[test]
fn the_public_items_are_those_that_are_written_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    files.sort();
    let mut list = String::new();
    for file in files {
        let items = declared(&fs::read_to_string(&file).unwrap());
        if !items.is_empty() {
            writeln!(list, "## {}", file.strip_prefix(root).unwrap().display()).unwrap();
            items.iter().for_each(|item| writeln!(list, "{item}").unwrap());
        }
    }
    let golden = root.join("API.txt");
    if std::env::var_os("ASSIZE_BLESS").is_some() {
        fs::write(&golden, &list).unwrap();
    }
    let known = fs::read_to_string(&golden).unwrap();
    for (number, (now, before)) in (1..).zip(list.lines().zip(known.lines())) {
        assert_eq!(
            now, before,
            "API.txt, line {number}: see CHANGELOG.md for what a change means"
        );
    }
    assert_eq!(
        list.lines().count(),
        known.lines().count(),
        "API.txt has another length"
    );
}
