//! Gathers what a council is told besides the change, from both states of the repository.

use std::collections::{BTreeMap, BTreeSet};

use assize_provenance::reader::ObjectId;
use assize_provenance::time::Time;

use crate::case::evidence::Objects;
use crate::case::history::{self, HistoryError};
use crate::case::{Case, Range};
use crate::council::{Told, told};
use crate::diagnostic::Problem;
use crate::policy::Policy;
use crate::policy::rules::SHIPPED_JUDGES;
use crate::policy::tier::Tier;
use crate::repository::file::{FileError, file_at, files_in};
use crate::spec::{self, Candidate, WorkingSpec};
use crate::waiver::{self, Moment, Outlook, Sight, Standing, WAIVERS_MAX, Waiver};
use crate::written::FILE_BYTES_MAX;

/// The most working specs that are read of one revision.
const SPECS_MAX: usize = 256;
/// The most commits whose authors are gathered.
const AUTHORS_MAX: usize = 1_000;

/// Why what a council is told cannot be gathered.
#[derive(Debug, thiserror::Error)]
pub enum ToldFault {
    /// A file of one of the two states.
    #[error(transparent)]
    File(#[from] FileError),
    /// The commits in between.
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl ToldFault {
    /// Whether the machine failed, rather than the repository.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::File(error) => error.is_machine(),
            Self::History(error) => error.is_machine(),
        }
    }
}

/// Gathers what a council is told of a change at one moment.
///
/// # Errors
///
/// [`ToldFault`] when a state cannot be read. What is wrong with the files themselves is told to the council.
pub fn gather(
    objects: &Objects,
    range: Range,
    case: &Case,
    policy: &Policy,
    documents: &BTreeMap<String, Vec<u8>>,
    now: Time,
    outlook: &Outlook,
) -> Result<Told, ToldFault> {
    let candidates = candidates(objects, range.head, case)?;
    let chosen = spec::choose(&candidates, &case.messages);
    let spec = chosen.and_then(|candidate| candidate.reading.spec.clone());
    // A spec that the change does not belong to is somebody else's, unless the change broke it.
    let spoken_of = candidates
        .iter()
        .filter(|candidate| candidate.is_changed || chosen.is_some_and(|chosen| chosen.path == candidate.path));
    let spec_problems = spoken_of
        .flat_map(|candidate| candidate.reading.problems.iter().cloned())
        .collect();
    let tier = tier(objects, range.base, spec.as_ref(), policy)?;
    let authors = authors(objects, range.base, range.head, AUTHORS_MAX)?;
    let granted = outlook.register.in_force(&Sight {
        known: outlook.known,
        position: outlook.position,
        now,
        authors: &authors,
    });
    let mut waivers = waivers(objects, range, case, policy, Moment { now, authors: &authors })?;
    // What people signed stands for the file that it was made of.
    let is_signed = |waiver: &Waiver| granted.iter().any(|signed| signed.id == waiver.id);
    waivers.retain(|waiver| waiver.standing == Standing::Head || !is_signed(waiver));
    if !outlook.files_count {
        waivers = waivers.into_iter().map(waiver::without_signature).collect();
    }
    Ok(Told {
        spec,
        spec_problems,
        waivers,
        granted,
        tier,
        documents: documents
            .iter()
            .map(|(name, bytes)| told::document(name, bytes))
            .collect(),
    })
}

fn candidates(objects: &Objects, head: ObjectId, case: &Case) -> Result<Vec<Candidate>, ToldFault> {
    let mut paths: BTreeSet<String> = BTreeSet::new();
    for folder in [".assize", ".caws"].iter().chain(&spec::FOLDERS) {
        paths.extend(
            files_in(objects, &head, folder)?
                .into_iter()
                .filter(|path| spec::is_spec_path(path)),
        );
    }
    let mut candidates = Vec::new();
    for path in paths.into_iter().take(SPECS_MAX) {
        let reading = match written(objects, &head, &path)? {
            Ok(Some(bytes)) => spec::read(&path, &bytes),
            Ok(None) => continue,
            Err(problem) => spec::Reading {
                spec: None,
                state: spec::State::Active,
                problems: vec![problem],
            },
        };
        candidates.push(Candidate {
            is_changed: is_changed(case, &path),
            reading,
            path,
        });
    }
    Ok(candidates)
}

/// Reads a file that people wrote; one that cannot be read as such is a problem of whoever wrote it.
fn written(objects: &Objects, commit: &ObjectId, path: &str) -> Result<Result<Option<Vec<u8>>, Problem>, FileError> {
    match file_at(objects, commit, path, FILE_BYTES_MAX as u64) {
        Ok(found) => Ok(Ok(found)),
        Err(error @ (FileError::TooLarge { .. } | FileError::NotAFile { .. })) => Ok(Err(Problem {
            path: path.to_owned(),
            line: 0,
            message: format!("{error}."),
        })),
        Err(error) => Err(error),
    }
}

fn is_changed(case: &Case, path: &str) -> bool {
    case.changes.iter().any(|change| change.path.to_string() == path)
}

/// The tier of the spec, but a change cannot give itself a looser one: above the policy's default a spec's tier counts only
/// where the base says the same.
fn tier(
    objects: &Objects,
    base: Option<ObjectId>,
    spec: Option<&WorkingSpec>,
    policy: &Policy,
) -> Result<Tier, ToldFault> {
    let Some((spec, tier)) = spec.and_then(|spec| Some((spec, Tier::numbered(u64::from(spec.tier))?))) else {
        return Ok(policy.default_tier());
    };
    if tier <= policy.default_tier() {
        return Ok(tier);
    }
    let before = match base {
        Some(base) => written(objects, &base, &spec.path)?.ok().flatten(),
        None => None,
    };
    let before = before.and_then(|bytes| spec::read(&spec.path, &bytes).spec);
    Ok(match before {
        Some(before) if before.tier == spec.tier && before.id == spec.id => tier,
        _ => policy.default_tier(),
    })
}

/// The waivers of the base, and those of the head that the change brings or alters.
fn waivers(
    objects: &Objects,
    range: Range,
    case: &Case,
    policy: &Policy,
    moment: Moment<'_>,
) -> Result<Vec<Waiver>, ToldFault> {
    let judges = policy.judges().map(|judge| judge.rule_prefix().to_owned());
    let judges: BTreeSet<String> = judges
        .filter(|prefix| !SHIPPED_JUDGES.contains(&prefix.as_str()))
        .collect();
    let mut waivers = Vec::new();
    for (commit, standing) in [(range.base, Standing::Base), (Some(range.head), Standing::Head)] {
        let Some(commit) = commit else { continue };
        let paths = files_in(objects, &commit, waiver::FOLDER)?;
        let paths = paths.into_iter().filter(|path| path.ends_with(".toml"));
        for path in paths.take(WAIVERS_MAX) {
            if standing == Standing::Head && !is_changed(case, &path) {
                continue;
            }
            let authored = match written(objects, &commit, &path)? {
                Ok(Some(bytes)) => waiver::read(&path, &bytes, &judges),
                Ok(None) => continue,
                Err(problem) => waiver::Authored::unread(problem),
            };
            waivers.push(waiver::weigh(authored, standing, moment));
        }
    }
    Ok(waivers)
}

/// Names and mail addresses of those who made the newest `commits_max` commits of a range.
pub(super) fn authors(
    objects: &Objects,
    base: Option<ObjectId>,
    head: ObjectId,
    commits_max: usize,
) -> Result<Vec<String>, HistoryError> {
    let mut authors: BTreeSet<String> = BTreeSet::new();
    for id in history::between(objects, base, head)?.iter().take(commits_max) {
        let commit = history::read_commit(objects, id)?;
        for line in [&commit.author, &commit.committer] {
            authors.extend(names_in(&String::from_utf8_lossy(line)).map(str::to_owned));
        }
    }
    Ok(authors.into_iter().collect())
}

/// The name and the address in `NAME <ADDRESS>`, and whatever stands alone.
pub(super) fn names_in(line: &str) -> impl Iterator<Item = &str> {
    let (name, rest) = line.split_once('<').unwrap_or((line, ""));
    let address = rest.split('>').next().unwrap_or_default();
    [name.trim(), address.trim()]
        .into_iter()
        .filter(|part| !part.is_empty())
}
