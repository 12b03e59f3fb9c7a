//! `technical/dangerous`: code that is known to go wrong: text run as code or as a shell command, checks of certificates
//! switched off, files that anybody may write.
//!
//! An added line is looked at when one of its language's signs stands in it; then the whole file is read, so that code is
//! told from strings and comments. Most of these constructs are right somewhere, so most findings are warnings.

mod call;
mod evaluation;
mod permissions;
mod shell;
mod signs;
mod tls;

use assize_judge::findings::{at_most, finding};
use assize_judge::source::Source;
use assize_judge::{Findings, Severity, path};

use crate::moved::Pending;
use crate::place::Place;
use crate::reading::Reading;

pub(crate) const RULE: &str = "technical/dangerous";

/// How many lines of one file are looked at; each costs a walk over what is near it.
const LINES_PER_FILE_MAX: usize = 500;

/// The longest line that is looked at, in bytes. A longer one was written by a program.
const LINE_BYTES_MAX: usize = 2_000;

/// Something dangerous on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Danger {
    severity: Severity,
    message: &'static str,
    suggestion: &'static str,
}

/// The rule at work over all files of a change.
#[derive(Debug, Default)]
pub(crate) struct Dangers {
    pending: Pending,
}

impl Dangers {
    /// Looks at one file's added lines.
    pub(crate) fn look_at(&mut self, reading: &Reading<'_>, findings: &mut Findings) {
        let file = reading.path();
        let Some(language) = reading.language.filter(|_| !path::is_docs(file)) else {
            return;
        };
        let signs = signs::of(language);
        let is_suspect = |text: &str| text.len() <= LINE_BYTES_MAX && signs.any(text);
        let suspects: Vec<_> = reading
            .patch
            .added
            .iter()
            .filter(|line| is_suspect(line.text))
            .take(LINES_PER_FILE_MAX)
            .collect();
        for line in reading.patch.removed.iter().filter(|line| is_suspect(line.text)) {
            self.pending.note_removed(line.text);
        }
        if suspects.is_empty() {
            return;
        }
        let source = match reading.source() {
            Some(Ok(source)) => source,
            Some(Err(unread)) => return findings.report_unseen(RULE, file, &unread.into_refusal()),
            None => return,
        };
        let place = Place::of(file, source);
        for line in suspects {
            if let Some(danger) = on_line(source, line.number) {
                let most = softened(place.severity_max(line.number), file, line.text);
                let severity = at_most(danger.severity, most);
                let found = finding(RULE, severity, danger.message).at(file, line.number);
                self.pending
                    .hold(line.text, found.suggesting(danger.suggestion), findings);
            }
        }
    }

    /// Reports what was found, once every removed line is known.
    pub(crate) fn settle(&mut self, findings: &mut Findings) {
        self.pending.settle(Severity::Note, findings);
    }
}

/// The worst danger of a line.
fn on_line(source: &Source, line: u32) -> Option<Danger> {
    tls::danger(source, line)
        .or_else(|| shell::danger(source, line))
        .or_else(|| evaluation::danger(source, line))
        .or_else(|| permissions::danger(source, line))
}

/// What a place allows: in tests and examples nothing here is worth more than a note, and what builds the product, or was
/// looked at before for another scanner, is no error.
fn softened(place_max: Severity, file: &str, line: &str) -> Severity {
    const REVIEWED: [&str; 7] = [
        "nosec",
        "nolint",
        "noqa",
        "nosemgrep",
        "NOSONAR",
        "eslint-disable",
        "#gosec",
    ];
    const FOLDERS: [&str; 10] = [
        "script",
        "scripts",
        "tools",
        "tooling",
        "ci",
        ".github",
        "hack",
        "bench",
        "benches",
        "benchmarks",
    ];
    const NAMES: [&str; 4] = ["setup.py", "build.rs", "noxfile.py", "tasks.py"];
    let is_tooling = path::parent(file).split('/').any(|part| FOLDERS.contains(&part))
        || NAMES.contains(&path::name(file))
        || REVIEWED.iter().any(|mark| line.contains(mark));
    match place_max {
        Severity::Note | Severity::Warning => Severity::Note,
        _ if is_tooling => Severity::Warning,
        _ => Severity::Critical,
    }
}
