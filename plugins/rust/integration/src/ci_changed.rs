//! `integration/ci-changed`: what the checks of the repository are made of.
//!
//! Whoever may change the checks may make them pass. That the definitions changed is a note, so that somebody looks; a
//! step that is made to succeed whatever happens is a warning.

use std::collections::BTreeSet;

use assize_judge::evidence::{Change, Status};
use assize_judge::findings::finding;
use assize_judge::patch::Patch;
use assize_judge::words::leading_word;
use assize_judge::{Changes, Evidence, Findings, Severity, path};

const RULE: &str = "integration/ci-changed";

/// Commands whose failure often means nothing: cleaning up, asking, looking.
const HARMLESS: [&str; 20] = [
    "rm", "rmdir", "kill", "pkill", "killall", "grep", "diff", "docker", "umount", "echo", "cat", "ls", "which",
    "command", "mkdir", "ln", "unlink", "git", "tail", "head",
];

/// Looks at every changed definition.
pub(crate) fn check(changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) {
    for change in changes.all.iter().filter(|change| is_definition(&change.path)) {
        match Patch::read(evidence, change) {
            Ok(patch) => look_at(change, &patch, findings),
            Err(refusal) => findings.report_unseen(RULE, &change.path, &refusal),
        }
    }
}

fn is_definition(file: &str) -> bool {
    const FILES: [&str; 12] = [
        ".gitlab-ci.yml",
        ".travis.yml",
        ".drone.yml",
        ".cirrus.yml",
        "appveyor.yml",
        ".appveyor.yml",
        "bitbucket-pipelines.yml",
        "azure-pipelines.yml",
        ".circleci/config.yml",
        ".woodpecker.yml",
        "Jenkinsfile",
        ".builds.yml",
    ];
    const FOLDERS: [&str; 7] = [
        ".github/workflows/",
        ".gitlab/ci/",
        ".circleci/",
        ".buildkite/",
        ".ci/",
        ".woodpecker/",
        ".azure-pipelines/",
    ];
    let is_named = FILES.contains(&file) || matches!(path::name(file), "Jenkinsfile" | ".gitlab-ci.yml");
    (is_named || FOLDERS.iter().any(|folder| file.starts_with(folder))) && !path::is_docs(file)
}

fn look_at(change: &Change, patch: &Patch, findings: &mut Findings) {
    let (message, suggestion) = match change.status {
        Status::Deleted => (
            "A definition of checks is gone.",
            "See what no longer runs, and what runs instead.",
        ),
        Status::Added => (
            "A definition of checks is new.",
            "See what it runs, with which rights and secrets.",
        ),
        _ => (
            "A definition of checks changes.",
            "See that the checks still check what they did.",
        ),
    };
    let found = finding(RULE, Severity::Note, message).suggesting(suggestion);
    findings.report(match change.status {
        Status::Deleted => found.at_base(&change.path, 0),
        _ => found.at(&change.path, patch.added.iter().next().map_or(0, |line| line.number)),
    });
    let before: BTreeSet<&str> = patch.removed.iter().map(|line| line.text.trim()).collect();
    for line in patch.added.iter() {
        let text = line.text.trim();
        if let Some(what) = what_never_fails(text).filter(|_| !before.contains(text)) {
            let message = format!("A step of the checks can no longer fail: {what}.");
            let found = finding(RULE, Severity::Warning, message).at(&change.path, line.number);
            findings.report(found.suggesting("Let it fail, or say in a comment why its failure means nothing."));
        }
    }
}

/// What makes a step succeed whatever happens.
fn what_never_fails(text: &str) -> Option<&'static str> {
    if text.starts_with('#') || text.starts_with("//") {
        return None;
    }
    let (code, comment) = text.split_once(" #").unwrap_or((text, ""));
    if comment.trim().len() > 3 {
        // Somebody says why.
        return None;
    }
    let code = code.trim().trim_start_matches("- ").trim_end();
    let is_set = |key: &str| code.strip_prefix(key).is_some_and(|value| value.trim() == "true");
    if is_set("continue-on-error:") || is_set("continueOnError:") {
        Some("it goes on after an error")
    } else if is_set("allow_failure:") || is_set("soft_fail:") || is_set("allow_failures:") {
        Some("its failure is allowed")
    } else {
        let swallows = ["|| true", "|| :", "|| exit 0"]
            .iter()
            .any(|ending| code.trim_end_matches(['"', '\'']).ends_with(ending));
        (swallows && !is_harmless(code)).then_some("the command's failure is swallowed")
    }
}

fn is_harmless(code: &str) -> bool {
    let command = code.split_once("run:").map_or(code, |(_, command)| command);
    let command = command.trim_start_matches([' ', '"', '\'', '|', '(', '$', '@']);
    let command = command.strip_prefix("sudo ").unwrap_or(command);
    // An assignment asks for the output, not for success.
    HARMLESS.contains(&leading_word(command)) || command.split(' ').next().is_some_and(|word| word.contains('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_cannot_fail_are_known() {
        for text in [
            "continue-on-error: true",
            "- run: cargo test || true",
            "npm test || exit 0",
            "allow_failure: true",
            "pytest -q || :",
        ] {
            assert!(what_never_fails(text).is_some(), "{text}");
        }
        for text in [
            "continue-on-error: ${{ matrix.experimental }}",
            "continue-on-error: false",
            "- run: rm -rf build || true",
            "docker rm old || true",
            "# cargo test || true",
            "cargo test || true # broken upstream, see issue 12",
            "count=$(wc -l < x) || true",
        ] {
            assert_eq!(what_never_fails(text), None, "{text}");
        }
    }
}
