//! What one call has changed: what its files were before, against what they are now.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{FileType, Stat};

use super::look::{TEXT_BYTES_MAX, read_whole};
use super::refusal::Refusal;
use super::walk::{kind, look, parse_entry};
use super::{PAGE_ENTRIES_MAX, Visit};
use crate::case::path::RepositoryPath;
use crate::case::unified;

/// The most files that one call may change.
const CHANGED_FILES_MAX: usize = 100_000;
/// The most bytes of former contents that are kept for one call.
const KEPT_BYTES_MAX: usize = 64 << 20;
/// The most bytes of hunks of one file.
const HUNKS_BYTES_MAX: usize = 256 << 10;
/// The most bytes of hunks of one page.
const PAGE_HUNKS_BYTES_MAX: usize = 1 << 20;

/// The most bytes of files that one page reads.
const PAGE_READ_BYTES_MAX: usize = 16 << 20;

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It was not there.
    Added,
    /// It is gone.
    Deleted,
    /// It was there with other contents.
    Modified,
}

/// One file that the call changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The file, in the contract's form.
    pub path: String,
    /// What happened.
    pub status: Status,
    /// What changed, as unified hunks; empty where they are not shown.
    pub hunks: String,
}

/// Some of the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePage {
    /// The changes, in byte order of their paths.
    pub changes: Vec<Change>,
    /// What to pass as `after` for the rest.
    pub next: Option<String>,
}

/// What stood at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing.
    Nothing,
    /// A file whose contents are known.
    Text(Vec<u8>),
    /// A link, or a file whose contents are too large to keep, or were changed by a command before anybody looked.
    Unknown,
}

impl Content {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(bytes) => bytes.len(),
            Self::Nothing | Self::Unknown => 0,
        }
    }
}

/// What stood at each path that the call has changed, before it did.
#[derive(Debug, Default)]
pub(super) struct Originals {
    before: BTreeMap<RepositoryPath, Content>,
    kept_bytes: usize,
}

impl Originals {
    /// Remembers what stood at a path, if nothing is remembered yet.
    pub(super) fn insert(&mut self, path: &RepositoryPath, content: Content) -> Result<(), Refusal> {
        if self.before.contains_key(path) {
            return Ok(());
        }
        if self.before.len() >= CHANGED_FILES_MAX {
            return Err(Refusal::Limit(format!(
                "one call changes at most {CHANGED_FILES_MAX} files"
            )));
        }
        let content = match content {
            Content::Text(bytes) if self.kept_bytes.saturating_add(bytes.len()) > KEPT_BYTES_MAX => Content::Unknown,
            Content::Text(bytes) => {
                self.kept_bytes = self.kept_bytes.saturating_add(bytes.len());
                Content::Text(bytes)
            }
            other => other,
        };
        self.before.insert(path.clone(), content);
        Ok(())
    }
}

impl Visit {
    /// Remembers what stands at `path`, which lies in `folder`, before it is changed for the first time.
    pub(super) fn remember(
        &mut self,
        folder: BorrowedFd<'_>,
        path: &RepositoryPath,
        stat: Option<&Stat>,
    ) -> Result<(), Refusal> {
        if self.originals.before.contains_key(path) {
            return Ok(());
        }
        let content = match stat {
            None => Content::Nothing,
            Some(stat) => content(folder, path, stat)?,
        };
        self.originals.insert(path, content)
    }

    /// What the call has changed so far, those files with paths behind `after`. Files that the role may not read are left out.
    /// A page may be empty and yet not the last one: files that are again what they were have to be read as well.
    ///
    /// # Errors
    ///
    /// Every [`Refusal`] but `Conflict`.
    pub fn diff(&self, after: Option<&str>) -> Result<ChangePage, Refusal> {
        let after = after.map(parse_entry).transpose()?;
        let mut page = ChangePage {
            changes: Vec::new(),
            next: None,
        };
        let (mut hunks_bytes, mut read_bytes) = (0_usize, 0_usize);
        let mut last = None;
        for (path, before) in &self.originals.before {
            let text = path.to_string();
            if after.as_ref().is_some_and(|after| path <= after) || !self.files.may_read(&text) {
                continue;
            }
            if page.changes.len() >= PAGE_ENTRIES_MAX || read_bytes > PAGE_READ_BYTES_MAX {
                page.next = last;
                break;
            }
            let now = self.now(path)?;
            read_bytes = read_bytes.saturating_add(now.bytes());
            let Some((status, hunks)) = difference(before, &now) else {
                last = Some(text);
                continue;
            };
            let bytes = hunks_bytes.saturating_add(hunks.len());
            if bytes > PAGE_HUNKS_BYTES_MAX {
                page.next = last;
                break;
            }
            hunks_bytes = bytes;
            last = Some(text.clone());
            page.changes.push(Change {
                path: text,
                status,
                hunks,
            });
        }
        Ok(page)
    }

    /// Which files the call has changed so far, in byte order of their paths: for the person who made the call, so whatever
    /// the role may read. A file that cannot be looked at any more counts as modified.
    #[must_use]
    pub fn changed(&self) -> Vec<(String, Status)> {
        let status = |(path, before): (&RepositoryPath, &Content)| {
            let status = match self.now(path) {
                Ok(now) => difference(before, &now)?.0,
                Err(_) => Status::Modified,
            };
            Some((path.to_string(), status))
        };
        self.originals.before.iter().filter_map(status).collect()
    }

    fn now(&self, path: &RepositoryPath) -> Result<Content, Refusal> {
        let folder = match self.parent(path) {
            Ok(folder) => folder,
            Err(Refusal::NotFound(_) | Refusal::Link(_)) => return Ok(Content::Nothing),
            Err(refusal) => return Err(refusal),
        };
        match look(folder.as_fd(), path.file_name(), path)? {
            Some(stat) => content(folder.as_fd(), path, &stat),
            None => Ok(Content::Nothing),
        }
    }
}

fn content(folder: BorrowedFd<'_>, path: &RepositoryPath, stat: &Stat) -> Result<Content, Refusal> {
    match kind(stat) {
        FileType::RegularFile => {}
        FileType::Directory => return Ok(Content::Nothing),
        _ => return Ok(Content::Unknown),
    }
    match read_whole(folder, path, TEXT_BYTES_MAX) {
        Ok(Some(bytes)) => Ok(Content::Text(bytes)),
        // Too large, or not for this machine's user to read.
        Ok(None) | Err(Refusal::Unavailable(_) | Refusal::Link(_)) => Ok(Content::Unknown),
        Err(Refusal::NotFound(_)) => Ok(Content::Nothing),
        Err(refusal) => Err(refusal),
    }
}

fn difference(before: &Content, now: &Content) -> Option<(Status, String)> {
    let hunks = |before: &[u8], now: &[u8]| unified::hunks(before, now, HUNKS_BYTES_MAX);
    match (before, now) {
        (Content::Nothing, Content::Nothing) => None,
        (Content::Nothing, Content::Text(now)) => Some((Status::Added, hunks(b"", now))),
        (Content::Nothing, Content::Unknown) => Some((Status::Added, String::new())),
        (Content::Text(before), Content::Nothing) => Some((Status::Deleted, hunks(before, b""))),
        (Content::Unknown, Content::Nothing) => Some((Status::Deleted, String::new())),
        (Content::Text(before), Content::Text(now)) if before == now => None,
        (Content::Text(before), Content::Text(now)) => Some((Status::Modified, hunks(before, now))),
        (Content::Unknown, _) | (_, Content::Unknown) => Some((Status::Modified, String::new())),
    }
}
