//! Every case of `tests/corpus/judges` says what a judge must find, and that it finds nothing else.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assize_judge::stopwatch::{READING, taken};
use assize_judge::{Evidence as _, Opinion, Severity, Side, Vote};
use cases::format::{Expected, Written};

/// How many cases a rule has at least.
const CASES_PER_RULE_MIN: usize = 10;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/corpus/judges")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = listed
        .map(|entry| entry.expect("the folder can be listed").path())
        .collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_stem()
        .expect("a path below the corpus has a name")
        .to_string_lossy()
        .into_owned()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    }
}

fn vote(vote: Vote) -> &'static str {
    match vote {
        Vote::Approve => "approve",
        Vote::Reject => "reject",
        Vote::Abstain => "abstain",
    }
}

fn found(opinion: &Opinion) -> Vec<Expected> {
    let mut found: Vec<Expected> = opinion
        .findings
        .iter()
        .map(|finding| Expected {
            rule: finding.rule.clone(),
            severity: severity(finding.severity).to_owned(),
            path: finding.location.as_ref().map(|place| place.path.clone()),
            line: finding.location.as_ref().map_or(0, |place| place.start_line),
        })
        .collect();
    found.sort();
    found
}

/// What is wrong with a judge's answer to one case.
fn complaint(file: &Path, judge: &str) -> Option<String> {
    let (_, run) = cases::JUDGES.into_iter().find(|(name, _)| *name == judge)?;
    let written = Written::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let evidence = written
        .evidence()
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let opinion = run(&written.case(judge), &evidence);
    let mut expected = written.expect.clone();
    expected.sort();
    let vote = vote(opinion.vote);
    let is_right = found(&opinion) == expected && vote == written.vote;
    let shown = |expected: &[Expected]| -> String {
        let line = |one: &Expected| {
            format!(
                "    {} {} {}:{}\n",
                one.severity,
                one.rule,
                one.path.as_deref().unwrap_or("-"),
                one.line
            )
        };
        expected.iter().map(line).collect()
    };
    let messages: String = opinion
        .findings
        .iter()
        .map(|finding| format!("    “{}”\n", finding.message))
        .collect();
    (!is_right).then(|| {
        let file = file.strip_prefix(corpus()).unwrap_or(file).display();
        let (wanted, got) = (shown(&expected), shown(&found(&opinion)));
        format!(
            "{file}\n  expected {}\n{wanted}  found {vote}\n{got}{messages}",
            written.vote
        )
    })
}

#[test]
fn every_case_gets_the_findings_it_names_and_no_others() {
    let mut complaints = Vec::new();
    for (judge, _) in cases::JUDGES {
        for rule in entries(&corpus().join(judge)) {
            complaints.extend(entries(&rule).iter().filter_map(|file| complaint(file, judge)));
        }
    }
    assert!(
        complaints.is_empty(),
        "{} cases went wrong:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

#[test]
fn every_rule_has_hits_and_near_misses() {
    for (judge, _) in cases::JUDGES {
        for folder in entries(&corpus().join(judge)) {
            let rule = format!("{judge}/{}", name(&folder));
            let files = entries(&folder);
            assert!(files.len() >= CASES_PER_RULE_MIN, "{rule} has {} cases", files.len());
            let hits = files.iter().filter(|file| {
                let written = Written::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                written.expect.iter().any(|expected| expected.rule == rule)
            });
            let hits = hits.count();
            assert!(
                hits >= 3 && files.len() - hits >= 3,
                "{rule} has {hits} hits in {} cases",
                files.len()
            );
        }
    }
}

/// So that the slowest can be named.
#[test]
fn every_rule_is_timed_under_its_name() {
    for (judge, _) in cases::JUDGES {
        let _ = taken();
        let folders = entries(&corpus().join(judge));
        let complaints = folders
            .iter()
            .flat_map(|rule| entries(rule))
            .filter_map(|file| complaint(&file, judge));
        assert_eq!(complaints.count(), 0);
        let timed = taken();
        let parts = timed.keys().filter(|part| **part != READING);
        let timed: BTreeSet<String> = parts.flat_map(|part| part.split(" and ")).map(str::to_owned).collect();
        let rules: BTreeSet<String> = folders.iter().map(|folder| name(folder)).collect();
        assert_eq!(timed, rules, "{judge}");
    }
}

#[test]
fn no_message_repeats_what_a_case_hides() {
    for file in entries(&corpus().join("technical/secret")) {
        let written = Written::read(&file).expect("a case is well formed");
        let Some(evidence) = written.evidence().ok().filter(|_| written.denied.is_empty()) else {
            continue;
        };
        let opinion = technical::judge(&written.case("technical"), &evidence);
        let said: String = opinion
            .findings
            .iter()
            .map(|finding| format!("{} {:?}", finding.message, finding.suggestion))
            .collect();
        for path in written.head.keys() {
            let bytes = evidence
                .read(Side::Head, path, 0, 1 << 20)
                .expect("the head has its files");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let tokens = text.split(|letter: char| !letter.is_ascii_alphanumeric());
            for token in tokens.filter(|token| token.len() >= 8 && token.bytes().any(|byte| byte.is_ascii_digit())) {
                assert!(
                    !said.contains(token),
                    "{}: a token is repeated in {said}",
                    file.display()
                );
            }
        }
    }
}
