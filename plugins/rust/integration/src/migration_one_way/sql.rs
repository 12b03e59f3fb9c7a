//! Migrations in plain SQL: pairs of files, files with marked sections, Flyway.

use std::collections::BTreeSet;

use assize_judge::file::text as read;
use assize_judge::pages::entries;
use assize_judge::{Evidence, Side, path};

use super::OneWay;

/// How many entries of a folder are looked at for a counterpart.
const ENTRIES_MAX: usize = 10_000;

/// What begins the section that leads back: goose, sql-migrate, dbmate, Play, MyBatis.
const BACK_MARKS: [&str; 5] = ["+goose down", "+migrate down", "migrate:down", "!downs", "@undo"];

/// What begins the section that leads there.
const THERE_MARKS: [&str; 4] = ["+goose up", "+migrate up", "migrate:up", "!ups"];

/// Tells whether a file is the way back of another.
pub(super) fn is_way_back(file: &str) -> bool {
    let name = path::name(file);
    name.ends_with(".down.sql") || name == "down.sql" || is_versioned(name, 'U')
}

pub(super) fn one_ways(file: &str, text: &str, evidence: &dyn Evidence) -> Vec<OneWay> {
    if is_way_back(file) {
        return Vec::new();
    }
    let name = path::name(file);
    let back = match name.strip_suffix(".up.sql") {
        Some(step) => Some(format!("{step}.down.sql")),
        None => (name == "up.sql").then(|| "down.sql".to_owned()),
    };
    if let Some(back) = back {
        let is_written = read(evidence, Side::Head, &path::join(path::parent(file), &back));
        let is_written = is_written.is_ok_and(|text| text.lines().any(|line| !is_comment(line)));
        return if is_written {
            Vec::new()
        } else {
            vec![OneWay::at(0, "The migration has no file beside it that leads back")]
        };
    }
    let (there, has_back) = section_there(text);
    let is_marked = text.lines().any(|line| has_mark(line, &THERE_MARKS));
    if is_marked && !has_back {
        return vec![OneWay::at(0, "The migration has no section that leads back")];
    }
    if has_back {
        return Vec::new();
    }
    let mut ways = drops(&there);
    if ways.is_empty() && is_versioned(name, 'V') && !has_undo(file, evidence) {
        let usual = OneWay::at(0, "The migration has no undo script");
        ways.push(OneWay {
            is_usual: true,
            ..usual
        });
    }
    ways
}

/// The numbered lines up to the section that leads back, and whether there is one.
fn section_there(text: &str) -> (Vec<(u32, &str)>, bool) {
    let mut there = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if has_mark(line, &BACK_MARKS) {
            return (there, true);
        }
        there.push((number, line));
    }
    (there, false)
}

fn has_mark(line: &str, marks: &[&str]) -> bool {
    let line = line.trim_start();
    is_comment(line) && !line.is_empty() && marks.iter().any(|mark| line.to_ascii_lowercase().contains(mark))
}

fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with("--") || line.starts_with('#') || line.starts_with("/*")
}

/// Tables and columns that are dropped and not made again in the same file.
fn drops(lines: &[(u32, &str)]) -> Vec<OneWay> {
    let mut made: BTreeSet<String> = BTreeSet::new();
    let mut dropped: Vec<(u32, String, &'static str)> = Vec::new();
    for (number, line) in lines.iter().filter(|(_, line)| !is_comment(line)) {
        let line = line.split("--").next().unwrap_or_default().to_ascii_lowercase();
        for opening in ["create table", "rename to"] {
            made.extend(line.split_once(opening).map(|(_, rest)| subject(rest)));
        }
        for (opening, what) in [
            ("drop table", "A table is dropped, with everything in it"),
            ("drop column", "A column is dropped, with everything in it"),
        ] {
            if let Some((_, rest)) = line.split_once(opening) {
                dropped.push((*number, subject(rest), what));
            }
        }
    }
    let lasting = dropped.into_iter().filter(|(_, name, _)| !made.contains(name));
    lasting.map(|(line, _, what)| OneWay::at(line, what)).collect()
}

/// The name after `if exists` and the like, without quotes.
fn subject(rest: &str) -> String {
    let mut words = rest
        .split_whitespace()
        .filter(|word| !matches!(*word, "if" | "not" | "exists"));
    let name = words.next().unwrap_or_default().split('(').next().unwrap_or_default();
    name.trim_matches(['"', '`', '[', ']', ';', ',']).to_owned()
}

/// Flyway's `V2__name.sql`, and `U2__name.sql` that undoes it.
fn is_versioned(name: &str, kind: char) -> bool {
    let version = name
        .strip_prefix(kind)
        .and_then(|rest| rest.split_once("__"))
        .map(|(version, _)| version);
    version.is_some_and(|version| version.starts_with(|letter: char| letter.is_ascii_digit()))
}

fn has_undo(file: &str, evidence: &dyn Evidence) -> bool {
    let version = path::name(file).split("__").next().unwrap_or_default();
    let undo = format!("U{}__", version.trim_start_matches('V'));
    let beside = entries(evidence, Side::Head, path::parent(file)).take(ENTRIES_MAX);
    beside.filter_map(Result::ok).any(|entry| entry.name.starts_with(&undo))
}
