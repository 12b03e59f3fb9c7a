//! The commits since the newest version: what a list of changes is written from.
//!
//! The newest tag behind a commit is looked for from the commit backwards, newest commits first. Tags that name a semantic
//! version, such as `v1.2.0`, go before all others; of several at one commit the highest version counts.

use std::collections::{BTreeSet, BinaryHeap, HashMap};

use assize_provenance::git::GitObjects;
use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};
use serde_json::{Value, json};

use crate::case::history::{self, HistoryError};

/// The most commits that are listed; the newest ones are kept.
pub const COMMITS_MAX: usize = 5_000;
/// The most commits that are walked to find the newest tag.
pub const WALKED_MAX: usize = 200_000;
/// The most bytes of one message that are kept.
pub const MESSAGE_BYTES_MAX: usize = 16 << 10;
/// The most bytes of messages together.
pub const BYTES_MAX: usize = 2 << 20;
/// The most tags that are looked at.
const TAGS_MAX: usize = 100_000;
/// The largest annotated tag, in bytes, and how many may point to each other.
const TAG_BYTES_MAX: u64 = 1 << 20;
const TAG_DEPTH_MAX: usize = 16;

/// What happened since the newest tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The newest tag's name, without `refs/tags/`; none where there is no tag behind the commit.
    pub tag: Option<String>,
    /// The commits since, newest first.
    pub commits: Vec<Told>,
    /// Whether there are more of them, or longer messages, than are listed.
    pub is_cut: bool,
}

/// One commit as a list of changes needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its id.
    pub id: ObjectId,
    /// When it was committed, in seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// What it says; bytes that are not UTF-8 are replaced.
    pub message: String,
}

impl History {
    /// The form in which agents are given it: `{"tag", "cut", "commits": [{"id", "time", "message"}]}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let commits: Vec<Value> = self
            .commits
            .iter()
            .map(|told| {
                // Commits tell any time; agents are given one that is a moment of these centuries.
                let time = told.unix_seconds.clamp(0, i64::from(u32::MAX));
                json!({ "id": told.id.to_string(), "time": time, "message": told.message })
            })
            .collect();
        json!({ "tag": self.tag, "cut": self.is_cut, "commits": commits })
    }
}

/// Tells what happened between the newest tag behind `head` and `head`.
///
/// # Errors
///
/// [`HistoryError`] when refs or commits cannot be read.
pub fn since_newest_tag(objects: &GitObjects, head: ObjectId) -> Result<History, HistoryError> {
    let tags = tags(objects)?;
    let newest = newest_tag(objects, head, &tags)?;
    let base = newest.as_ref().map(|(commit, _)| *commit);
    let mut history = History {
        tag: newest.map(|(_, name)| name),
        commits: Vec::new(),
        is_cut: false,
    };
    let mut bytes_left = BYTES_MAX;
    for id in history::between(objects, base, head)? {
        let commit = history::read_commit(objects, &id)?;
        let message = String::from_utf8_lossy(&commit.message);
        let kept = cut(&message, MESSAGE_BYTES_MAX);
        history.is_cut |= kept.len() < message.len();
        let Some(left) = bytes_left
            .checked_sub(kept.len())
            .filter(|_| history.commits.len() < COMMITS_MAX)
        else {
            history.is_cut = true;
            break;
        };
        bytes_left = left;
        history.commits.push(Told {
            id,
            unix_seconds: seconds(&commit.committer),
            message: kept.to_owned(),
        });
    }
    Ok(history)
}

/// The tags of each commit that has some.
fn tags(objects: &GitObjects) -> Result<HashMap<ObjectId, Vec<String>>, ReadError> {
    let mut tags: HashMap<ObjectId, Vec<String>> = HashMap::new();
    for (name, id) in objects.refs("refs/tags/")?.into_iter().take(TAGS_MAX) {
        if let (Some(commit), Some(name)) = (commit_of(objects, id)?, name.strip_prefix("refs/tags/")) {
            tags.entry(commit).or_default().push(name.to_owned());
        }
    }
    Ok(tags)
}

/// Follows annotated tags to the commit; nothing for what is none, or is not there.
fn commit_of(objects: &GitObjects, id: ObjectId) -> Result<Option<ObjectId>, ReadError> {
    let mut id = id;
    for _ in 0..TAG_DEPTH_MAX {
        let object = match objects.object(&id, TAG_BYTES_MAX) {
            Ok(Some(object)) => object,
            Ok(None) | Err(ReadError::TooLarge { .. } | ReadError::Damaged { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        match object.kind {
            ObjectKind::Commit => return Ok(Some(id)),
            ObjectKind::Tag => match super::revision::tagged(&object.bytes) {
                Some(inner) => id = inner,
                None => return Ok(None),
            },
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// Walks back from a commit to the first one that has a tag: one that names a version, else any.
fn newest_tag(
    objects: &GitObjects,
    head: ObjectId,
    tags: &HashMap<ObjectId, Vec<String>>,
) -> Result<Option<(ObjectId, String)>, HistoryError> {
    if tags.is_empty() {
        return Ok(None);
    }
    let mut other = None;
    let mut seen = BTreeSet::from([head]);
    let mut waiting = BinaryHeap::from([(i64::MAX, head)]);
    while let Some((_, id)) = waiting.pop() {
        let names = tags.get(&id).map(Vec::as_slice).unwrap_or_default();
        if let Some(name) = names
            .iter()
            .filter(|name| version(name).is_some())
            .max_by_key(|name| version(name))
        {
            return Ok(Some((id, name.clone())));
        }
        if other.is_none() {
            other = names.iter().max().map(|name| (id, name.clone()));
        }
        for parent in history::read_commit(objects, &id)?.parents {
            if seen.len() < WALKED_MAX && seen.insert(parent) {
                let commit = history::read_commit(objects, &parent)?;
                waiting.push((seconds(&commit.committer), parent));
            }
        }
    }
    Ok(other)
}

/// A version as it is compared: a release goes after what was only on the way to it.
type Version<'a> = (u64, u64, u64, bool, Vec<Step<'a>>);

/// One step of what is only on the way to a release: numbers go before words.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step<'a> {
    Number(u64),
    Word(&'a str),
}

/// Reads a semantic version at the end of a tag's name: `v1.2.0`, `1.2.0-rc.1`, `name-v1.2.0`, `name/1.2.0`.
fn version(name: &str) -> Option<Version<'_>> {
    let text = name.rsplit('/').next()?;
    let start = text
        .char_indices()
        .find(|(at, sign)| {
            let before = text.get(..*at).unwrap_or_default();
            sign.is_ascii_digit() && (before.is_empty() || before.ends_with(['v', '-', '@', '_']))
        })?
        .0;
    let text = text.get(start..)?.split('+').next()?;
    let (release, way) = text
        .split_once('-')
        .map_or((text, None), |(release, way)| (release, Some(way)));
    let mut numbers = release.split('.').map(number);
    let version = (numbers.next()??, numbers.next()??, numbers.next()??);
    if numbers.next().is_some() || way.is_some_and(str::is_empty) {
        return None;
    }
    let steps = way.into_iter().flat_map(|way| way.split('.'));
    let steps = steps
        .map(|step| number(step).map_or(Step::Word(step), Step::Number))
        .collect();
    Some((version.0, version.1, version.2, way.is_none(), steps))
}

fn number(text: &str) -> Option<u64> {
    let is_plain = text == "0" || !text.starts_with('0');
    (is_plain && text.bytes().all(|digit| digit.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default()
}

/// Reads the time of a person's line; 0 where it tells none.
fn seconds(person: &[u8]) -> i64 {
    let text = String::from_utf8_lossy(person);
    let after_mail = text.rsplit('>').next().unwrap_or_default();
    let seconds = after_mail.split_ascii_whitespace().next();
    seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_semantic_versions_are() {
        let names = [
            "v1.0.0-alpha",
            "1.0.0-alpha.1",
            "v1.0.0-alpha.beta",
            "v1.0.0-beta.2",
            "v1.0.0-beta.11",
            "v1.0.0-rc.1",
            "v1.0.0",
            "v1.2.0",
            "name-v1.10.0",
            "pkg/2.0.0+build.5",
        ];
        let versions: Vec<_> = names.iter().map(|name| version(name).expect(name)).collect();
        assert!(versions.is_sorted(), "{versions:?}");
        for name in [
            "release", "v1", "1.2", "1.2.3.4", "v01.2.3", "1.2.x", "x1.2.3", "1.2.3-", "",
        ] {
            assert_eq!(version(name), None, "{name}");
        }
    }
}
