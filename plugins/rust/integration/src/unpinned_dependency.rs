//! `integration/unpinned-dependency`: something new that is another thing tomorrow.

use std::collections::BTreeSet;

use assize_judge::findings::{finding, shown};
use assize_judge::{Findings, Severity, path};

use crate::dependencies::{Looseness, Manifest};

pub(crate) const RULE: &str = "integration/unpinned-dependency";

/// Looks for dependencies that the change adds, or loosens, without saying which version they are.
pub(crate) fn check(manifest: &Manifest<'_>, findings: &mut Findings) {
    let file = manifest.change.path.as_str();
    let is_aside = path::is_test(file) || path::is_example(file) || path::is_docs(file);
    let severity = if is_aside { Severity::Note } else { Severity::Warning };
    let former = manifest.before.iter();
    let before: BTreeSet<(&str, Looseness)> = former
        .filter_map(|dependency| Some((dependency.name.as_str(), dependency.looseness?)))
        .collect();
    for dependency in &manifest.after {
        let Some(looseness) = dependency.looseness else {
            continue;
        };
        if before.contains(&(dependency.name.as_str(), looseness)) {
            continue;
        }
        let name = shown(&dependency.name);
        let (message, suggestion) = match looseness {
            Looseness::AnyVersion => (
                format!("`{name}` may be of any version."),
                "Name the versions that are known to work.",
            ),
            Looseness::Latest => (
                format!("`{name}` is whatever is the latest when it is fetched."),
                "Name a version, or better a digest.",
            ),
            Looseness::Branch => (
                format!("`{name}` follows a branch, so it changes without a change here."),
                "Name a revision, or a tag that does not move.",
            ),
            Looseness::PlainHttp => (
                format!("`{name}` is fetched over plain HTTP, where anyone on the way may replace it."),
                "Fetch it over HTTPS.",
            ),
            Looseness::Outside => (
                format!("`{name}` is replaced by a folder outside of the repository, which nobody else has."),
                "Take the replacement out before the change lands.",
            ),
        };
        let found = finding(RULE, severity, message).at(file, dependency.line);
        findings.report(found.suggesting(suggestion));
    }
}
