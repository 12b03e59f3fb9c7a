//! A labelled case: one TOML file, or a folder with `case.toml` beside `base/` and `head/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use assize_provenance::opinion::{Opinion, Severity, Vote};
use serde::Deserialize;

use super::contents::{Content, Contents, read_folder};
use super::told;
use crate::council::Told;
use crate::council::told::document;
use crate::policy::Policy;

/// The largest file of a case that is read, in bytes.
const CASE_BYTES_MAX: u64 = 16 << 20;
/// How deep folders of cases are searched, and how many cases there may be.
const DEPTH_MAX: usize = 8;
const CASES_MAX: usize = 100_000;
/// The file that makes a folder a case.
const FOLDER_FILE: &str = "case.toml";

/// Why a case cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaseFault {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no case.
    #[error("{} is no case: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with its line.
        reason: String,
    },
    /// A value means nothing.
    #[error("a case holds {0}, which means nothing")]
    Value(String),
    /// There are too many cases, or folders are too deep.
    #[error("{} holds more than {CASES_MAX} cases or {DEPTH_MAX} levels of folders", .0.display())]
    TooMany(PathBuf),
}

/// A labelled case.
#[derive(Debug)]
pub struct Labelled {
    /// The file or folder it was read from.
    pub place: PathBuf,
    written: Written,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    summary: String,
    judge: Option<String>,
    vote: String,
    #[serde(default)]
    expect: Vec<Sighting>,
    tier: Option<u8>,
    files_max: Option<u32>,
    lines_max: Option<u32>,
    #[serde(default)]
    messages: Vec<String>,
    #[serde(default)]
    parameters: BTreeMap<String, BTreeMap<String, u64>>,
    #[serde(default)]
    denied: Vec<String>,
    #[serde(default)]
    modes: BTreeMap<String, String>,
    effective: Option<String>,
    spec: Option<told::Spec>,
    #[serde(default)]
    spec_problems: Vec<told::Problem>,
    #[serde(default)]
    waivers: Vec<told::Waiver>,
    #[serde(default)]
    documents: BTreeMap<String, Content>,
    #[serde(default)]
    removed: Vec<String>,
    #[serde(default)]
    base: Contents,
    #[serde(default)]
    head: Contents,
}

/// A finding, as far as cases speak of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sighting {
    /// The rule's id.
    pub rule: String,
    /// Its severity in lower case.
    pub severity: String,
    /// The file it names; absent where it names none.
    pub path: Option<String>,
    /// The line; 0 for the whole file.
    #[serde(default)]
    pub line: u32,
}

/// Finds the cases in a folder, in the order of their paths.
///
/// # Errors
///
/// [`CaseFault`] for the first file that is none.
pub fn find(folder: &Path) -> Result<Vec<Labelled>, CaseFault> {
    let mut cases = Vec::new();
    search(folder, folder, 0, &mut cases)?;
    Ok(cases)
}

fn search(top: &Path, folder: &Path, depth: usize, cases: &mut Vec<Labelled>) -> Result<(), CaseFault> {
    if depth > DEPTH_MAX || cases.len() > CASES_MAX {
        return Err(CaseFault::TooMany(top.to_owned()));
    }
    if folder.join(FOLDER_FILE).is_file() {
        cases.push(Labelled::read(folder)?);
        return Ok(());
    }
    let io = |source| CaseFault::Io {
        path: folder.to_owned(),
        source,
    };
    let listing = fs::read_dir(folder).map_err(io)?;
    let mut paths: Vec<PathBuf> = listing
        .map(|entry| Ok(entry.map_err(io)?.path()))
        .collect::<Result<_, CaseFault>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            search(top, &path, depth.saturating_add(1), cases)?;
        } else if path.extension().is_some_and(|end| end == "toml") {
            cases.push(Labelled::read(&path)?);
        }
    }
    Ok(())
}

impl Labelled {
    /// Reads one case from its file or folder.
    ///
    /// # Errors
    ///
    /// [`CaseFault`], which names the file.
    pub fn read(place: &Path) -> Result<Self, CaseFault> {
        let is_folder = place.is_dir();
        let file = if is_folder {
            place.join(FOLDER_FILE)
        } else {
            place.to_owned()
        };
        let io = |source| CaseFault::Io {
            path: file.clone(),
            source,
        };
        let malformed = |reason: String| CaseFault::Malformed {
            path: file.clone(),
            reason,
        };
        if fs::metadata(&file).map_err(io)?.len() > CASE_BYTES_MAX {
            return Err(malformed(format!("it has more than {CASE_BYTES_MAX} bytes")));
        }
        let text = fs::read_to_string(&file).map_err(io)?;
        let mut written: Written = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count().saturating_add(1);
            malformed(format!("line {line}: {}", error.message().replace('\n', " ")))
        })?;
        if is_folder {
            written.base.extend(read_folder(&place.join("base"))?);
            let head = read_folder(&place.join("head"))?;
            // A folder shows all of the head, so what it lacks was removed.
            let gone = written.base.keys().filter(|path| !head.contains_key(*path));
            written.removed.extend(gone.cloned());
            written.head.extend(head);
        }
        Ok(Self {
            place: place.to_owned(),
            written,
        })
    }

    /// What it shows, in one sentence.
    #[must_use]
    pub fn summary(&self) -> &str {
        &self.written.summary
    }

    /// The judge that hears it, if the case says so.
    #[must_use]
    pub fn judge(&self) -> Option<&str> {
        self.written.judge.as_deref()
    }

    /// The vote that must come.
    #[must_use]
    pub fn vote(&self) -> &str {
        &self.written.vote
    }

    /// How the vote must count.
    #[must_use]
    pub fn effective(&self) -> &str {
        self.written.effective.as_deref().unwrap_or(&self.written.vote)
    }

    /// The findings that must come, sorted.
    #[must_use]
    pub fn expected(&self) -> Vec<Sighting> {
        let mut expected = self.written.expect.clone();
        expected.sort();
        expected
    }

    /// Whether a waiver in force excuses findings of a rule.
    #[must_use]
    pub fn waives(&self, rule: &str) -> bool {
        self.written.waivers.iter().any(|waiver| waiver.excuses(rule))
    }

    /// Whether policy lets findings of a rule not count.
    #[must_use]
    pub fn switches_off(&self, rule: &str) -> bool {
        self.written.modes.get(rule).is_some_and(|mode| mode != "block")
    }

    /// The commit messages; git knows no commit without one.
    pub(super) fn messages(&self) -> Vec<&str> {
        if self.written.messages.is_empty() {
            return vec!["Change"];
        }
        self.written.messages.iter().map(String::as_str).collect()
    }

    /// Both states' files.
    pub(super) fn states(&self) -> Result<(Contents, Contents), CaseFault> {
        let before = self.written.base.clone();
        let mut after = before.clone();
        for path in &self.written.removed {
            after
                .remove(path)
                .ok_or_else(|| CaseFault::Value(format!("the removal of `{path}`, which the base has not")))?;
        }
        after.extend(self.written.head.clone());
        Ok((before, after))
    }

    /// The documents that come with the case.
    pub(super) fn documents(&self) -> Result<BTreeMap<String, Vec<u8>>, CaseFault> {
        let documents = self.written.documents.iter();
        documents
            .map(|(name, content)| Ok((name.clone(), content.bytes()?)))
            .collect()
    }

    /// What the judge is told besides the change.
    pub(super) fn told(&self, policy: &Policy) -> Result<Told, CaseFault> {
        let waivers = self.written.waivers.iter().cloned().map(TryInto::try_into);
        let documents = self.documents()?;
        Ok(Told {
            spec: self.written.spec.clone().map(Into::into),
            spec_problems: self.written.spec_problems.iter().cloned().map(Into::into).collect(),
            waivers: waivers.collect::<Result<_, _>>()?,
            documents: documents.iter().map(|(name, bytes)| document(name, bytes)).collect(),
            ..Told::nothing(policy)
        })
    }

    /// The policy that appoints `judge` alone, with what the case says of tier, budget, numbers, modes and permissions.
    pub(super) fn policy_text(&self, judge: &str) -> String {
        let written = &self.written;
        let tier = written.tier.unwrap_or(2);
        let mut text = format!("version = 1\ndefault_tier = {tier}\n[tiers.{tier}]\n");
        for (key, number) in [("files", written.files_max), ("lines", written.lines_max)] {
            text.extend(number.map(|number| format!("{key} = {number}\n")));
        }
        text.push_str(&format!(
            "[roles.judge]\nallow = [\"evidence.*\"]\ndeny = {:?}\n[judges.{judge}]\nplugin = \"{judge}\"\nrole = \"judge\"\n\
             [councils.default]\njudges = [\"{judge}\"]\nquorum = 1\nrule = \"unanimous\"\n[rules]\n",
            written.denied
        ));
        // What a case says of other judges' rules means nothing to this one.
        let is_own = |rule: &&String| rule.split_once('/').is_some_and(|(prefix, _)| prefix == judge);
        let rules = written.parameters.keys().chain(written.modes.keys()).filter(is_own);
        for rule in rules.collect::<BTreeSet<_>>() {
            let numbers = written.parameters.get(rule).into_iter().flatten();
            let numbers = numbers.map(|(name, number)| format!("{name} = {number}"));
            let mode = written.modes.get(rule).map(|mode| format!("mode = {mode:?}"));
            let fields: Vec<String> = mode.into_iter().chain(numbers).collect();
            text.push_str(&format!("{rule:?} = {{ {} }}\n", fields.join(", ")));
        }
        text
    }
}

/// An opinion's findings as cases speak of them, sorted.
pub(super) fn sightings(opinion: &Opinion) -> Vec<Sighting> {
    let sighting = |finding: &assize_provenance::opinion::Finding| Sighting {
        rule: finding.rule.clone(),
        severity: match finding.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Critical => "critical",
        }
        .to_owned(),
        path: finding.location.as_ref().map(|place| place.path.clone()),
        line: finding.location.as_ref().map_or(0, |place| place.start_line),
    };
    let mut sightings: Vec<Sighting> = opinion.findings.iter().map(sighting).collect();
    sightings.sort();
    sightings
}

/// A vote's word.
pub(super) fn vote_word(vote: Vote) -> &'static str {
    match vote {
        Vote::Approve => "approve",
        Vote::Reject => "reject",
        Vote::Abstain => "abstain",
    }
}
