//! Which of a repository's working specs a change belongs to.
//!
//! | order | the spec is |
//! |---|---|
//! | 1 | the only one below `specs/` whose id a commit message names |
//! | 2 | the only one below `specs/` that the change itself brings or alters |
//! | 3 | `.assize/spec.toml` |
//! | 4 | the only active one below `specs/` |
//! | 5 | `.caws/working-spec.yaml` |
//!
//! Where none of these is, the change has no spec. A closed spec is nobody's.

use super::{Reading, State};

/// The one spec of a repository that needs only one.
const SINGLE: &str = ".assize/spec.toml";
/// The same in the form of CAWS.
const SINGLE_CAWS: [&str; 2] = [".caws/working-spec.yaml", ".caws/working-spec.yml"];
/// Folders with a spec for each feature.
pub const FOLDERS: [&str; 2] = [".assize/specs", ".caws/specs"];

/// A spec of the head, and whether the change touches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What its file says.
    pub reading: Reading,
    /// The file.
    pub path: String,
    /// Whether the change brings or alters it.
    pub is_changed: bool,
}

impl Candidate {
    fn is_of_a_feature(&self) -> bool {
        FOLDERS
            .iter()
            .any(|folder| self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
    }

    fn id(&self) -> Option<&str> {
        self.reading.spec.as_ref().map(|spec| spec.id.as_str())
    }
}

/// Tells whether a file of the head may be a working spec.
#[must_use]
pub fn is_spec_path(path: &str) -> bool {
    let in_folder = |folder: &&str| {
        let name = path.strip_prefix(*folder).and_then(|rest| rest.strip_prefix('/'));
        name.is_some_and(|name| !name.contains('/') && [".toml", ".yaml", ".yml"].iter().any(|end| name.ends_with(end)))
    };
    path == SINGLE || SINGLE_CAWS.contains(&path) || FOLDERS.iter().any(in_folder)
}

/// Chooses the spec of a change.
#[must_use]
pub fn choose<'a>(candidates: &'a [Candidate], messages: &[String]) -> Option<&'a Candidate> {
    let open: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| candidate.reading.state != State::Closed)
        .collect();
    let features = || open.iter().copied().filter(|candidate| candidate.is_of_a_feature());
    let single = |paths: &[&str]| {
        open.iter()
            .copied()
            .find(|candidate| paths.contains(&candidate.path.as_str()))
    };
    only(features().filter(|candidate| candidate.id().is_some_and(|id| is_named(id, messages))))
        .or_else(|| only(features().filter(|candidate| candidate.is_changed)))
        .or_else(|| single(&[SINGLE]))
        .or_else(|| only(features().filter(|candidate| candidate.reading.state == State::Active)))
        .or_else(|| single(&SINGLE_CAWS))
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// Whether a message names an id as a word of its own.
fn is_named(id: &str, messages: &[String]) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '-' || character == '_';
    messages.iter().any(|message| {
        message.match_indices(id).any(|(place, _)| {
            let before = message.get(..place).and_then(|text| text.chars().next_back());
            let after = message
                .get(place.saturating_add(id.len())..)
                .and_then(|text| text.chars().next());
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
    })
}
