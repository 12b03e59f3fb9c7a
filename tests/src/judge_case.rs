//! The cases of `tests/corpus/judges`, laid down as real commits. The corpus's README describes their format.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use assize::council::Brief;
use assize::policy::Policy;
use assize::waiver::{self, Standing, Worth};
use assize_provenance::opinion::{Opinion, Severity, Vote};
use assize_provenance::verdict::{Terms, Waiver, decide};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use git2::{FileMode, Index, IndexEntry, IndexTime, Oid, Repository, Signature, Time, Tree};
use serde::Deserialize;

mod told;

/// When every commit is made, in seconds since 1970.
const COMMIT_TIME: i64 = 1_750_000_000;

/// A case as its file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeCase {
    /// What it shows, in one sentence.
    pub summary: String,
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
    /// The modes of rules, as policy sets them.
    #[serde(default)]
    modes: BTreeMap<String, String>,
    /// How the vote counts; as it is when absent.
    pub effective: Option<String>,
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
    base: BTreeMap<String, Content>,
    #[serde(default)]
    head: BTreeMap<String, Content>,
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

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Form(Form),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Form {
    Parts(Vec<Piece>),
    Base64(String),
    Executable(String),
    Symlink(String),
    Submodule(String),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Piece {
    Text(String),
    Repeated(Repeated),
    Bytes(Bytes),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeated {
    repeat: String,
    times: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bytes {
    base64: String,
}

/// Where the corpus lies.
#[must_use]
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/judges")
}

/// What lies in a folder, by name.
///
/// # Panics
///
/// When it cannot be listed.
#[must_use]
pub fn listed(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<(String, PathBuf)> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), path))
        .collect();
    found.sort();
    found
}

impl JudgeCase {
    /// Reads a case from its file.
    ///
    /// # Panics
    ///
    /// When the file is no case: a mistake in the corpus.
    #[must_use]
    pub fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// The vote and the findings that must come, sorted.
    #[must_use]
    pub fn expected(&self) -> (String, Vec<Sighting>) {
        let mut sightings = self.expect.clone();
        sightings.sort();
        (self.vote.clone(), sightings)
    }

    /// Adds to a brief what the case tells besides the change.
    pub fn tell(&self, brief: &mut Brief) {
        brief.spec = self.spec.clone().map(Into::into);
        brief.spec_problems = self.spec_problems.iter().cloned().map(Into::into).collect();
        brief.waivers = self.waivers.iter().cloned().map(Into::into).collect();
        brief.documents = self.documents.keys().cloned().collect();
    }

    /// The documents that come with the case.
    #[must_use]
    pub fn documents(&self) -> BTreeMap<String, Vec<u8>> {
        let document = |(name, content): (&String, &Content)| (name.clone(), content.bytes());
        self.documents.iter().map(document).collect()
    }

    /// What the count of votes needs of the policy that [`policy_text`](Self::policy_text) gives, with the waivers in force.
    #[must_use]
    pub fn terms(&self, policy: &Policy) -> Terms {
        let in_force = self.waivers.iter().cloned().map(waiver::Waiver::from);
        let in_force = in_force.filter(|waiver| waiver.worth == Worth::InForce && waiver.standing == Standing::Base);
        let waivers = in_force.map(|waiver| Waiver {
            id: waiver.id,
            rule: waiver.rule,
            paths: waiver.paths,
        });
        policy
            .terms("default", waivers.collect())
            .expect("the council is there")
    }

    /// The commit messages; git knows no commit without one.
    fn messages(&self) -> Vec<&str> {
        if self.messages.is_empty() {
            return vec!["Change"];
        }
        self.messages.iter().map(String::as_str).collect()
    }

    /// The policy that appoints `judge` alone, with what the case says of tier, budget, numbers and permissions.
    #[must_use]
    pub fn policy_text(&self, judge: &str) -> String {
        let tier = self.tier.unwrap_or(2);
        let mut text = format!("version = 1\ndefault_tier = {tier}\n[tiers.{tier}]\n");
        for (key, number) in [("files", self.files_max), ("lines", self.lines_max)] {
            text.extend(number.map(|number| format!("{key} = {number}\n")));
        }
        text.push_str(&format!(
            "[roles.judge]\nallow = [\"evidence.*\"]\ndeny = {:?}\n[judges.{judge}]\nplugin = \"{judge}\"\nrole = \"judge\"\n",
            self.denied
        ));
        text.push_str(&format!(
            "[councils.default]\njudges = [\"{judge}\"]\nquorum = 1\nrule = \"unanimous\"\n[rules]\n"
        ));
        let rules: BTreeSet<&String> = self.parameters.keys().chain(self.modes.keys()).collect();
        for rule in rules {
            let numbers = self.parameters.get(rule).into_iter().flatten();
            let numbers = numbers.map(|(name, number)| format!("{name} = {number}"));
            let mode = self.modes.get(rule).map(|mode| format!("mode = {mode:?}"));
            let fields: Vec<String> = mode.into_iter().chain(numbers).collect();
            text.push_str(&format!("{rule:?} = {{ {} }}\n", fields.join(", ")));
        }
        text
    }

    /// Commits both states, each commit message a commit of its own, and returns the first and the last commit.
    ///
    /// # Panics
    ///
    /// When the case removes what is not there, or git refuses.
    #[must_use]
    pub fn lay_down(&self, repository: &Repository) -> (Oid, Oid) {
        let mut files: BTreeMap<&str, &Content> = self
            .base
            .iter()
            .map(|(path, content)| (path.as_str(), content))
            .collect();
        let before = tree(repository, &files);
        for path in &self.removed {
            assert!(
                files.remove(path.as_str()).is_some(),
                "the base has no file {path} to remove"
            );
        }
        files.extend(self.head.iter().map(|(path, content)| (path.as_str(), content)));
        let after = tree(repository, &files);
        let base = commit(repository, "Begin", &before, None);
        let head = self.messages().iter().fold(base, |parent, message| {
            commit(repository, message, &after, Some(parent))
        });
        (base, head)
    }
}

/// An opinion's vote and findings as cases speak of them, sorted.
#[must_use]
pub fn found(opinion: &Opinion) -> (String, Vec<Sighting>) {
    let mut sightings: Vec<Sighting> = opinion
        .findings
        .iter()
        .map(|finding| Sighting {
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
        })
        .collect();
    sightings.sort();
    let vote = match opinion.vote {
        Vote::Approve => "approve",
        Vote::Reject => "reject",
        Vote::Abstain => "abstain",
    };
    (vote.to_owned(), sightings)
}

/// How the vote of the only judge of a council counts.
///
/// # Panics
///
/// When the council is impossible.
#[must_use]
pub fn effective(judge: &str, opinion: Opinion, terms: &Terms) -> &'static str {
    let verdict = decide(terms, &[(judge.to_owned(), Ok(opinion))]).expect("a sound council");
    match verdict.seats.first().and_then(|seat| seat.effective) {
        Some(Vote::Approve) => "approve",
        Some(Vote::Reject) => "reject",
        Some(Vote::Abstain) => "abstain",
        None => "nothing",
    }
}

fn commit(repository: &Repository, message: &str, tree: &Tree<'_>, parent: Option<Oid>) -> Oid {
    let who = Signature::new("Test", "test@example.org", &Time::new(COMMIT_TIME, 0)).expect("a signature");
    let parent = parent.map(|parent| repository.find_commit(parent).expect("the parent is there"));
    repository
        .commit(None, &who, &who, message, tree, &parent.iter().collect::<Vec<_>>())
        .expect("the commit is written")
}

fn tree<'a>(repository: &'a Repository, files: &BTreeMap<&str, &Content>) -> Tree<'a> {
    let mut index = Index::new().expect("an index in memory");
    for (path, content) in files {
        index.add(&entry(repository, path, content)).expect("the file is added");
    }
    let tree = index.write_tree_to(repository).expect("the tree is written");
    repository.find_tree(tree).expect("the tree is there")
}

fn entry(repository: &Repository, path: &str, content: &Content) -> IndexEntry {
    let blob = || repository.blob(&content.bytes()).expect("the file is written");
    let (mode, id) = match content {
        Content::Text(_) | Content::Form(Form::Parts(_) | Form::Base64(_)) => (FileMode::Blob, blob()),
        Content::Form(Form::Executable(_)) => (FileMode::BlobExecutable, blob()),
        Content::Form(Form::Symlink(_)) => (FileMode::Link, blob()),
        Content::Form(Form::Submodule(id)) => (FileMode::Commit, id.parse().expect("a commit's id")),
    };
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: u32::from(mode),
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}

impl Content {
    /// What stands in the file.
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) | Self::Form(Form::Executable(text) | Form::Symlink(text) | Form::Submodule(text)) => {
                text.clone().into_bytes()
            }
            Self::Form(Form::Parts(pieces)) => assembled(pieces),
            Self::Form(Form::Base64(text)) => decoded(text),
        }
    }
}

fn assembled(pieces: &[Piece]) -> Vec<u8> {
    let bytes = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone().into_bytes(),
        Piece::Repeated(Repeated { repeat, times }) => repeat.repeat(*times).into_bytes(),
        Piece::Bytes(Bytes { base64 }) => decoded(base64),
    };
    pieces.iter().flat_map(bytes).collect()
}

fn decoded(text: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(text).expect("base64")
}
