//! What was found, as a file for people and as values for programs.

use std::collections::BTreeMap;

use assize_agent::telling::{Room, count};
use serde_json::{Value, json};

use crate::dependency::Ecosystem;
use crate::survey::{Noted, Several, Survey};

/// How much of its lists the output holds, in bytes.
const OUTPUT_BYTES_MAX: usize = 256 << 10;
/// How many lines one list of the file has.
const LINES_MAX: usize = 500;
/// The longest name or address that is shown, in characters.
const SHOWN_MAX: usize = 200;

/// Everything that is to be said.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    survey: &'a Survey,
    unpinned: Vec<Noted<'a>>,
    not_locked: Vec<Noted<'a>>,
    outside: Vec<Noted<'a>>,
    several: Vec<Several<'a>>,
}

impl<'a> Report<'a> {
    /// Draws the conclusions.
    pub(crate) fn of(survey: &'a Survey) -> Self {
        Self {
            survey,
            unpinned: survey.unpinned(),
            not_locked: survey.not_locked(),
            outside: survey.outside(),
            several: survey.several(),
        }
    }

    fn declared(&self) -> usize {
        let counts = self.survey.manifests.iter().map(|manifest| manifest.declared.len());
        counts.fold(0, usize::saturating_add)
    }

    fn locked(&self) -> usize {
        let versions = self.survey.locks.iter().flat_map(|lock| lock.locked.packages.values());
        versions
            .map(std::collections::BTreeSet::len)
            .fold(0, usize::saturating_add)
    }

    /// One sentence about it.
    pub(crate) fn summary(&self) -> String {
        if self.survey.manifests.is_empty() {
            return "There is no manifest of Cargo, npm, Python or Go.".to_owned();
        }
        format!(
            "{} in {}: {} unpinned, {} not in the lock file, {} from outside of registries, {} in several versions.",
            count(self.declared(), "dependency").replace("dependencys", "dependencies"),
            count(self.survey.manifests.len(), "manifest"),
            self.unpinned.len(),
            self.not_locked.len(),
            self.outside.len(),
            self.several.len()
        )
    }

    /// The values for programs.
    pub(crate) fn output(&self, file: Option<&str>, is_changed: bool) -> Value {
        let mut room = Room::of(OUTPUT_BYTES_MAX);
        let mut list = |noted: &[Noted<'_>]| {
            room.fit(noted.iter().map(|noted| {
                json!({
                    "manifest": noted.manifest.path,
                    "name": noted.declared.name,
                    "requirement": noted.declared.requirement,
                    "dev": noted.declared.is_dev,
                    "source": noted.declared.source.outside(),
                })
            }))
        };
        let (unpinned, not_locked, outside) = (list(&self.unpinned), list(&self.not_locked), list(&self.outside));
        let several =
            room.fit(self.several.iter().map(
                |several| json!({ "lock": several.lock.path, "name": several.name, "versions": several.versions }),
            ));
        let unread = room.fit(
            self.survey
                .unread
                .iter()
                .map(|(path, why)| json!({ "path": path, "why": why })),
        );
        let manifests = room.fit(self.survey.manifests.iter().map(|manifest| {
            json!({
                "path": manifest.path,
                "ecosystem": manifest.ecosystem.name(),
                "declared": manifest.declared.len(),
                "locked": self.survey.lock_of(manifest).is_some(),
            })
        }));
        json!({
            "file": file,
            "changed": is_changed,
            "counts": {
                "manifests": self.survey.manifests.len(),
                "lock_files": self.survey.locks.len(),
                "declared": self.declared(),
                "locked": self.locked(),
                "unpinned": self.unpinned.len(),
                "not_locked": self.not_locked.len(),
                "outside": self.outside.len(),
                "several": self.several.len(),
                "unread": self.survey.unread.len(),
            },
            "manifests": manifests,
            "unpinned": unpinned,
            "not_locked": not_locked,
            "outside": outside,
            "several": several,
            "unread": unread,
            "omitted": room.omitted(),
        })
    }

    /// The file for people. Nothing in it depends on when or where it is written.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::from("# Dependencies\n\n");
        text.push_str(&self.summary());
        text.push_str("\n\n| | manifests | declared | lock files | locked |\n|---|---|---|---|---|\n");
        for (ecosystem, row) in self.rows() {
            let [manifests, declared, locks, locked] = row;
            text.push_str(&format!(
                "| {} | {manifests} | {declared} | {locks} | {locked} |\n",
                ecosystem.name()
            ));
        }
        let noted = |noted: &Noted<'_>| {
            let declared = noted.declared;
            let requirement = match (declared.requirement.is_empty(), declared.source.outside()) {
                (_, Some(place)) => format!(" from {}", code(&place)),
                (true, None) => ", any version".to_owned(),
                (false, None) => format!(" {}", code(&declared.requirement)),
            };
            let dev = if declared.is_dev { ", for development" } else { "" };
            format!(
                "{}{requirement} in {}{dev}",
                code(&declared.name),
                code(&noted.manifest.path)
            )
        };
        let lines = |list: &[Noted<'_>]| list.iter().map(noted).collect();
        section(
            &mut text,
            "Unpinned",
            "Another build may get another version of these: their manifests let several pass, and no lock file holds them.",
            lines(&self.unpinned),
        );
        section(
            &mut text,
            "Not in the lock file",
            "The lock file was not brought up to date.",
            lines(&self.not_locked),
        );
        let locked = self.survey.locked_outside().into_iter();
        let locked = locked.map(|(lock, name, version)| format!("{} {} in {}", code(name), code(&version), code(lock)));
        let outside = lines(&self.outside).into_iter().chain(locked).collect();
        section(
            &mut text,
            "From outside of registries",
            "Nobody but their place vouches for these.",
            outside,
        );
        let several = self.several.iter().map(|several| {
            let versions: Vec<String> = several.versions.iter().map(|version| code(version)).collect();
            format!(
                "{}: {} in {}",
                code(several.name),
                versions.join(", "),
                code(&several.lock.path)
            )
        });
        section(
            &mut text,
            "In several versions",
            "Each version is fetched, built and kept up to date by itself.",
            several.collect(),
        );
        let registries = self.survey.registries();
        if registries.len() > 1 {
            let registries = registries.into_iter().map(code).collect();
            section(&mut text, "Registries", "Packages come from more than one.", registries);
        }
        let unread = self
            .survey
            .unread
            .iter()
            .map(|(path, why)| format!("{}: {}", code(path), code(why)));
        section(
            &mut text,
            "Not read",
            "What these say is not in this report.",
            unread.collect(),
        );
        text
    }

    fn rows(&self) -> BTreeMap<Ecosystem, [usize; 4]> {
        let mut rows: BTreeMap<Ecosystem, [usize; 4]> = BTreeMap::new();
        let mut add = |ecosystem: Ecosystem, counts: [usize; 4]| {
            let row = rows.entry(ecosystem).or_default();
            for (cell, count) in row.iter_mut().zip(counts) {
                *cell = cell.saturating_add(count);
            }
        };
        for manifest in &self.survey.manifests {
            add(manifest.ecosystem, [1, manifest.declared.len(), 0, 0]);
        }
        for lock in &self.survey.locks {
            let versions = lock.locked.packages.values().map(std::collections::BTreeSet::len);
            add(lock.ecosystem, [0, 0, 1, versions.fold(0, usize::saturating_add)]);
        }
        rows
    }
}

fn section(text: &mut String, title: &str, explanation: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    text.push_str(&format!("\n## {title}\n\n{explanation}\n\n"));
    for line in lines.iter().take(LINES_MAX) {
        text.push_str(&format!("- {line}\n"));
    }
    let more = lines.len().saturating_sub(LINES_MAX);
    if more > 0 {
        text.push_str(&format!("- and {more} more\n"));
    }
}

/// What somebody wrote, as code, which shows as it is: on one line, without what would end the code or hide something.
fn code(text: &str) -> String {
    let is_hidden = |sign: char| matches!(sign, '`' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let shown = text
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .filter(|sign| !is_hidden(*sign));
    let shown: String = shown.take(SHOWN_MAX).collect();
    let shown = shown.trim();
    if shown.is_empty() {
        "(nothing)".to_owned()
    } else {
        format!("`{shown}`")
    }
}
