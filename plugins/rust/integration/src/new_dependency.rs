//! `integration/new-dependency`: what a manifest asks for and did not before.

use std::collections::BTreeSet;

use assize_judge::findings::{count, finding, shown};
use assize_judge::{Findings, Severity};

use crate::dependencies::Manifest;

const RULE: &str = "integration/new-dependency";

/// Names each dependency that the manifest did not have. Those of a new manifest are counted.
pub(crate) fn check(manifest: &Manifest<'_>, findings: &mut Findings) {
    let file = manifest.change.path.as_str();
    let before: BTreeSet<&str> = manifest
        .before
        .iter()
        .map(|dependency| dependency.name.as_str())
        .collect();
    let mut named = BTreeSet::new();
    let new = manifest
        .after
        .iter()
        .filter(|dependency| !before.contains(dependency.name.as_str()));
    let new = new.filter(|dependency| named.insert(dependency.name.as_str()));
    if manifest.change.base.is_none() {
        let dependencies = new.count() as u64;
        if dependencies > 0 {
            let message = format!(
                "The manifest is new; it names {}.",
                count(dependencies, "outside thing")
            );
            findings.report(finding(RULE, Severity::Note, message).at(file, 0));
        }
        return;
    }
    for dependency in new {
        let message = format!("`{}` is new among the dependencies.", shown(&dependency.name));
        let found = finding(RULE, Severity::Note, message).at(file, dependency.line);
        findings.report(found.suggesting("See who maintains it, under which license, and what it brings along."));
    }
}
