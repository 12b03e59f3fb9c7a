//! `constitutional/budget-files` and `constitutional/budget-lines`: how large a change may be.
//!
//! Everything counts, also lock files and generated code: a budget with exceptions is one that a change can hide in.

use assize_judge::findings::{count, finding, grouped};
use assize_judge::{Case, Changes, Findings, Severity};

const FILES_RULE: &str = "constitutional/budget-files";
const LINES_RULE: &str = "constitutional/budget-lines";

/// How large a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Changed files.
    pub(crate) files: u64,
    /// Lines added and removed, together.
    pub(crate) lines: u64,
}

impl Size {
    /// Adds up the changes that could be listed.
    pub(crate) fn of(changes: &Changes) -> Self {
        let lines = changes.all.iter().fold(0_u64, |sum, change| {
            sum.saturating_add(u64::from(change.added_lines))
                .saturating_add(u64::from(change.removed_lines))
        });
        Self {
            files: changes.all.len() as u64,
            lines,
        }
    }
}

/// Compares the change's size with the budget of its tier.
pub(crate) fn check(case: &Case, size: Size, changes: &Changes, findings: &mut Findings) {
    let budget = &case.budget;
    let pairs = [
        (
            FILES_RULE,
            size.files,
            budget.files_max,
            "file",
            "Split the change into smaller ones that each stand alone.",
        ),
        (
            LINES_RULE,
            size.lines,
            budget.lines_max,
            "line",
            "Split the change; moved and generated code reads best in a change of its own.",
        ),
    ];
    for (rule, size, size_max, noun, suggestion) in pairs {
        if size > u64::from(size_max) {
            let message = format!(
                "The change has {}; tier {} allows {}.",
                count(size, noun),
                budget.tier,
                grouped(u64::from(size_max))
            );
            findings.report(finding(rule, Severity::Error, message).suggesting(suggestion));
        } else if let Some(gap) = changes.gap().filter(|_| !changes.are_hidden()) {
            let message = format!("The {noun}s could not be counted to the end. {gap}");
            findings.report(finding(rule, Severity::Warning, message));
        }
    }
}
