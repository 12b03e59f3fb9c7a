//! What happened, in groups.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use crate::job::Commit;
use crate::message::{Message, reverted};
use crate::plain::plain;
use crate::version::Step;

/// The groups in the order of a section: what they are called, and the types of commits that belong to them.
const GROUPS: [(&str, &str); 5] = [
    ("feat", "Features"),
    ("fix", "Fixes"),
    ("perf", "Performance"),
    ("revert", "Reverts"),
    (OTHER, "Other changes"),
];
/// Commits that follow no rules, under a name that no type can have.
const OTHER: &str = "other changes";
/// How many digits of an id are shown.
const ID_DIGITS: usize = 7;

/// What happened since the last version.
#[derive(Debug, Default)]
pub(crate) struct Notes<'a> {
    /// What breaks, as lines.
    pub(crate) breaking: Vec<String>,
    groups: BTreeMap<&'static str, Vec<String>>,
    counts: BTreeMap<String, u64>,
    step: Option<Step>,
    cancelled: BTreeSet<&'a str>,
}

impl<'a> Notes<'a> {
    /// Sorts commits, newest first. A commit that a later one took back is left out together with that one.
    pub(crate) fn of(commits: &[Commit<'a>]) -> Self {
        let mut notes = Self::default();
        for (place, commit) in commits.iter().enumerate() {
            if notes.cancelled.contains(commit.id) {
                notes.count("reverted");
                continue;
            }
            let older = commits.get(place.saturating_add(1)..).unwrap_or_default();
            let wanted = reverted(commit.message);
            let found: Vec<&'a str> = wanted
                .iter()
                .filter_map(|wanted| {
                    older
                        .iter()
                        .find(|older| older.id.starts_with(&wanted.to_ascii_lowercase()))
                })
                .map(|older| older.id)
                .collect();
            let is_whole = !wanted.is_empty() && found.len() == wanted.len();
            notes.cancelled.extend(found);
            if is_whole {
                notes.count("revert");
            } else {
                notes.add(commit, !wanted.is_empty());
            }
        }
        notes
    }

    fn add(&mut self, commit: &Commit<'_>, is_revert: bool) {
        let title = commit.message.lines().next().unwrap_or_default();
        if title.starts_with("Merge ") {
            self.count("merge");
            return;
        }
        let message = Message::parse(commit.message);
        let kind = match &message {
            _ if is_revert => "revert",
            Some(message) => message.kind.as_str(),
            None => OTHER,
        };
        self.count(kind);
        let short = commit.id.get(..ID_DIGITS).unwrap_or(commit.id);
        let scope = message.as_ref().and_then(|message| message.scope);
        let scope = scope.map_or_else(String::new, |scope| format!("**{}:** ", plain(scope)));
        let description = message.as_ref().map_or(title, |message| message.description);
        let mut step = if kind == "feat" { Step::Minor } else { Step::Patch };
        if let Some(breaks) = message.as_ref().and_then(Message::breaks) {
            step = Step::Major;
            let first = breaks.split("\n\n").next().unwrap_or_default();
            self.breaking.push(format!("- {scope}{} ({short})", plain(first)));
        }
        self.step = self.step.max(Some(step));
        if let Some((group, _)) = GROUPS.iter().find(|(group, _)| *group == kind) {
            let line = format!("- {scope}{} ({short})", plain(description));
            self.groups.entry(group).or_default().push(line);
        }
    }

    fn count(&mut self, kind: &str) {
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count = count.saturating_add(1);
    }

    /// Whether nothing has happened.
    pub(crate) fn is_empty(&self) -> bool {
        self.step.is_none()
    }

    /// How far the version has to go up; nothing where nothing has happened.
    pub(crate) fn step(&self) -> Option<Step> {
        self.step
    }

    /// How many lines the section has.
    pub(crate) fn listed(&self) -> usize {
        self.groups
            .values()
            .map(Vec::len)
            .fold(self.breaking.len(), usize::saturating_add)
    }

    /// How many commits there are of each type.
    pub(crate) fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    /// The section of a version, with a line break at its end.
    pub(crate) fn section(&self, version: &Version, date: Option<&str>) -> String {
        let date = date.map_or_else(String::new, |date| format!(" - {date}"));
        let mut section = format!("## [{version}]{date}\n");
        let groups = GROUPS
            .iter()
            .filter_map(|(group, title)| Some((*title, self.groups.get(group)?)));
        let breaking = (!self.breaking.is_empty()).then_some(("Breaking changes", &self.breaking));
        for (title, lines) in breaking.into_iter().chain(groups) {
            section.push_str(&format!("\n### {title}\n\n{}\n", lines.join("\n")));
        }
        if self.listed() == 0 {
            section.push_str("\nNothing that its users would notice.\n");
        }
        section
    }
}
