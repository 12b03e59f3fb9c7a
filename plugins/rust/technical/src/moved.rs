//! Lines that a change takes out in one place and puts in at another: what stands in them is not new.

use std::collections::BTreeSet;

use assize_judge::findings::at_most;
use assize_judge::{Finding, Findings, Severity};

/// How many removed lines are remembered, and how long one may be in bytes. Beyond that a moved line counts as new.
const REMOVED_LINES_MAX: usize = 20_000;
const REMOVED_LINE_BYTES_MAX: usize = 400;

/// How many findings wait. Those beyond it are reported at once, as new: a change with so many is not saved by a move.
const WAITING_MAX: usize = 2_000;

/// Findings that wait until every removed line is known.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    removed: BTreeSet<String>,
    waiting: Vec<(String, Finding)>,
}

impl Pending {
    /// Remembers a removed line that would have been a finding.
    pub(crate) fn note_removed(&mut self, line: &str) {
        let line = line.trim();
        if line.len() <= REMOVED_LINE_BYTES_MAX && self.removed.len() < REMOVED_LINES_MAX {
            self.removed.insert(line.to_owned());
        }
    }

    /// Holds back the finding of an added line.
    pub(crate) fn hold(&mut self, line: &str, finding: Finding, findings: &mut Findings) {
        let line = line.trim();
        if line.len() <= REMOVED_LINE_BYTES_MAX && self.waiting.len() < WAITING_MAX {
            self.waiting.push((line.to_owned(), finding));
        } else {
            findings.report(finding);
        }
    }

    /// Reports what was held back. A finding whose line was removed elsewhere weighs at most `moved_at_most`.
    pub(crate) fn settle(&mut self, moved_at_most: Severity, findings: &mut Findings) {
        for (line, mut finding) in std::mem::take(&mut self.waiting) {
            if self.removed.contains(&line) {
                finding.severity = at_most(finding.severity, moved_at_most);
                finding.message.push_str(" The line was there before and only moved.");
            }
            findings.report(finding);
        }
    }
}
