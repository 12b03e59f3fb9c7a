//! `technical/mass-deletion`: work that disappears without anybody saying so.
//!
//! Deleting is ordinary. What is not: a large part of the repository gone with nothing in its place, and a source file that
//! stays but was emptied, cut down, or hollowed out into stubs.

pub(crate) mod stubs;

use assize_judge::evidence::{Change, Kind, Status};
use assize_judge::file::text;
use assize_judge::findings::{count, finding, grouped, why};
use assize_judge::language::Language;
use assize_judge::pages::entries;
use assize_judge::settings::parameter;
use assize_judge::words::has_phrase;
use assize_judge::{Case, Changes, Evidence, Findings, Refusal, Severity, Side, path};

const RULE: &str = "technical/mass-deletion";

/// The removed lines above which a change, or one file, is looked at, where policy sets none.
const MIN_LINES: u64 = 1_000;

/// The deleted files above which the repository's size is asked for.
const DELETED_FILES_MIN: u64 = 20;

/// The part of the repository whose deletion is a warning, and an error, in percent.
const WARNING_PERCENT: u64 = 30;
const ERROR_PERCENT: u64 = 60;

/// The part of a file's lines whose loss cuts it down to a stub, in percent.
const GUTTED_PERCENT: u64 = 80;

/// The lines a file had before it can be cut down.
const GUTTED_LINES_MIN: u64 = 50;

/// How many folders are listed to learn how many files there are.
const FOLDERS_MAX: usize = 5_000;

/// What people write when they delete on purpose.
const ANNOUNCED: [&str; 14] = [
    "remov", "delet", "drop", "clean", "prune", "retire", "replace", "migrat", "rewrit", "revert", "archiv", "split",
    "extract", "get rid",
];

/// Looks at what a change deletes.
pub(crate) fn check(case: &Case, changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) {
    let min_lines = parameter(case, RULE, "min_lines", MIN_LINES);
    let is_announced = case.messages.iter().any(|message| has_phrase(message, &ANNOUNCED));
    for change in changes.all.iter().filter(|change| is_own_code(change)) {
        check_file(change, evidence, findings);
    }
    check_repository(changes, is_announced, evidence, findings);
    check_lines(changes, min_lines, is_announced, findings);
}

fn is_own_code(change: &Change) -> bool {
    Language::of(&change.path).is_some() && !path::is_foreign(&change.path) && !path::is_test(&change.path)
}

/// One file that stays, emptied or cut down to a stub.
fn check_file(change: &Change, evidence: &dyn Evidence, findings: &mut Findings) {
    let (Some(base), Some(head)) = (&change.base, &change.head) else {
        return;
    };
    let removed = u64::from(change.removed_lines);
    let lost = removed.saturating_sub(u64::from(change.added_lines));
    if removed < GUTTED_LINES_MIN || head.kind != base.kind || head.kind == Kind::Symlink {
        return;
    }
    if head.bytes == 0 && !matches!(path::stem(&change.path), "__init__" | "mod" | "index") {
        let message = format!(
            "All {} of this file are gone, but the empty file stays.",
            count(removed, "line")
        );
        let found = finding(RULE, Severity::Error, message).at(&change.path, 0);
        return findings
            .report(found.suggesting("Delete the file if it is no longer needed, or bring its contents back."));
    }
    let left = lines_of(evidence, Side::Head, &change.path);
    let before = left.saturating_add(lost);
    if head.bytes > 0 && left > 0 && lost.saturating_mul(100) >= before.saturating_mul(GUTTED_PERCENT) {
        let says_left_out = text(evidence, Side::Head, &change.path).is_ok_and(|text| {
            has_phrase(
                &text,
                &[
                    "existing code",
                    "rest of the code",
                    "code unchanged",
                    "remaining code",
                    "rest of the implementation",
                ],
            )
        });
        let severity = if says_left_out { Severity::Error } else { Severity::Note };
        let message = format!("{} of {} lines of this file are gone.", grouped(lost), grouped(before));
        let found = finding(RULE, severity, message).at(&change.path, 0);
        findings.report(found.suggesting("Check that what was removed is not needed any more."));
    }
}

fn lines_of(evidence: &dyn Evidence, side: Side, file: &str) -> u64 {
    text(evidence, side, file).map_or(0, |text| text.lines().count() as u64)
}

/// The part of the repository that is gone.
fn check_repository(changes: &Changes, is_announced: bool, evidence: &dyn Evidence, findings: &mut Findings) {
    let of = |status: Status| changes.all.iter().filter(|change| change.status == status).count() as u64;
    let (deleted, added) = (of(Status::Deleted), of(Status::Added));
    let gone = deleted.saturating_sub(added);
    if gone < DELETED_FILES_MIN {
        return;
    }
    let files = match files_in_base(evidence) {
        Ok(files) => files.max(deleted),
        Err(refusal) => {
            let message = format!(
                "{} gone; how many there were is unknown: {}.",
                count(gone, "file"),
                why(&refusal)
            );
            return findings.report(finding(RULE, Severity::Warning, message));
        }
    };
    let percent = gone.saturating_mul(100).checked_div(files).unwrap_or(0);
    let severity = match percent {
        0..WARNING_PERCENT => return,
        ERROR_PERCENT.. if !is_announced || percent >= 95 => Severity::Error,
        _ => Severity::Warning,
    };
    let message = format!(
        "{} of the {} in the repository are deleted, {percent} %.",
        grouped(gone),
        count(files, "file")
    );
    let suggestion = "Say in the commit message what is removed and why, or restore what should stay.";
    findings.report(finding(RULE, severity, message).suggesting(suggestion));
}

/// Many lines gone and next to nothing in their place.
fn check_lines(changes: &Changes, min_lines: u64, is_announced: bool, findings: &mut Findings) {
    let own = changes
        .all
        .iter()
        .filter(|change| !path::is_lock(&change.path) && !path::is_foreign(&change.path));
    let (added, removed) = own.fold((0_u64, 0_u64), |(added, removed), change| {
        (
            added.saturating_add(u64::from(change.added_lines)),
            removed.saturating_add(u64::from(change.removed_lines)),
        )
    });
    if removed < min_lines || added.saturating_mul(10) >= removed {
        return;
    }
    let severity = if is_announced {
        Severity::Note
    } else {
        Severity::Warning
    };
    let message = format!("{} are removed and {} added.", count(removed, "line"), grouped(added));
    findings.report(finding(RULE, severity, message).suggesting("Say in the commit message what is removed and why."));
}

/// How many files the base has, submodules and links among them.
fn files_in_base(evidence: &dyn Evidence) -> Result<u64, Refusal> {
    let mut folders = vec![String::new()];
    let mut files = 0_u64;
    let mut listed = 0_usize;
    while let Some(folder) = folders.pop() {
        listed = listed.saturating_add(1);
        if listed > FOLDERS_MAX {
            return Err(Refusal::Limit(format!("{FOLDERS_MAX} folders")));
        }
        for entry in entries(evidence, Side::Base, &folder) {
            let entry = entry?;
            if entry.kind == Kind::Folder {
                folders.push(path::join(&folder, &entry.name));
            } else {
                files = files.saturating_add(1);
            }
        }
    }
    Ok(files)
}
