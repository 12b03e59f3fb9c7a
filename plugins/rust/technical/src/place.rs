//! How bad something can be at its place: in others' code, in examples and in tests it may be meant.

use assize_judge::findings::at_most;
use assize_judge::language::Language;
use assize_judge::source::Source;
use assize_judge::{Severity, path};

/// The worst that counts in one file.
pub(crate) struct Place {
    severity_max: Severity,
    /// The line from which on a Rust file holds tests: they come last.
    tests_from: u32,
}

impl Place {
    pub(crate) fn of(file: &str, source: &Source) -> Self {
        let mark = source
            .code
            .find("#[cfg(test)]")
            .filter(|_| source.language == Language::Rust);
        let module = mark.filter(|at| source.code.get(*at..).is_some_and(|rest| rest.contains("mod ")));
        Self {
            severity_max: severity_max(file),
            tests_from: module.map_or(u32::MAX, |at| source.line_at(at)),
        }
    }

    /// The worst that counts on one line.
    pub(crate) fn severity_max(&self, line: u32) -> Severity {
        if line > self.tests_from {
            at_most(self.severity_max, Severity::Warning)
        } else {
            self.severity_max
        }
    }
}

/// The worst that counts in a file, by its path alone.
pub(crate) fn severity_max(file: &str) -> Severity {
    if path::is_foreign(file) || path::is_fixture(file) {
        Severity::Note
    } else if path::is_test(file) || path::is_example(file) {
        Severity::Warning
    } else {
        Severity::Critical
    }
}
