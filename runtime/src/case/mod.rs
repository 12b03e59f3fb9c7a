//! What is judged: two states of a repository, the change between them, and why its authors say they made it.
//!
//! A [`Case`] is built from raw objects alone (see [`build`](build::build)); it never touches a disk or a clock. The
//! way: [`tree_diff`] finds the paths that differ, [`rename`] pairs what moved, [`contents`] reads and hashes both sides,
//! [`hunks`] compares their lines, [`message`] gathers what the commits say, [`digest`] seals it all, and [`evidence`]
//! serves it to judges.

pub mod build;
pub mod contents;
pub mod digest;
pub mod evidence;
pub mod history;
pub mod hunks;
pub mod message;
pub mod path;
pub mod rename;
pub mod tree_diff;
pub mod unified;

use assize_provenance::digest::Digest;
use assize_provenance::reader::ObjectId;
use assize_provenance::tree::Mode;

pub use build::{BuildError, build};
pub use path::RepositoryPath;

/// How the base was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RangeKind {
    /// One commit against its first parent, or against nothing for a root commit.
    FirstParent,
    /// `A..B`: the end points are compared.
    TwoDot,
    /// `A...B`: the newest common ancestor of both is compared with `B`.
    ThreeDot,
}

impl RangeKind {
    /// Returns the kind's stable name in entries and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirstParent => "first-parent",
            Self::TwoDot => "two-dot",
            Self::ThreeDot => "three-dot",
        }
    }
}

/// Which commits are compared. For `A...B` the base is the common ancestor already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range {
    /// How the base was chosen.
    pub kind: RangeKind,
    /// The commit before the change; none for a root commit.
    pub base: Option<ObjectId>,
    /// The commit after the change.
    pub head: ObjectId,
}

/// One state of the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    /// The commit.
    pub commit: ObjectId,
    /// Its root folder.
    pub tree: ObjectId,
}

/// What is judged, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// How the base was chosen.
    pub kind: RangeKind,
    /// The state before the change; none for a root commit.
    pub base: Option<State>,
    /// The state after the change.
    pub head: State,
    /// The changed files, in byte order of their paths.
    pub changes: Vec<Change>,
    /// What the commits of the range say, oldest first.
    pub messages: Vec<String>,
}

impl Case {
    /// Counts the lines added, over all files.
    #[must_use]
    pub fn added_lines(&self) -> u64 {
        self.changes.iter().map(|change| u64::from(change.added_lines)).sum()
    }

    /// Counts the lines removed, over all files.
    #[must_use]
    pub fn removed_lines(&self) -> u64 {
        self.changes.iter().map(|change| u64::from(change.removed_lines)).sum()
    }

    /// Finds the changed file whose path in the head, or in the base where it was deleted, is `path`.
    #[must_use]
    pub fn change(&self, path: &RepositoryPath) -> Option<&Change> {
        let place = self.changes.binary_search_by(|change| change.path.cmp(path)).ok()?;
        self.changes.get(place)
    }
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Only the head has it.
    Added,
    /// Only the base has it.
    Deleted,
    /// Both have it and the contents or the mode differ.
    Modified,
    /// The head has it under another path than the base.
    Renamed,
}

impl Status {
    /// Returns the status's stable name in manifests and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Deleted => "deleted",
            Self::Modified => "modified",
            Self::Renamed => "renamed",
        }
    }
}

/// What a tree entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A regular file that may be executed.
    Executable,
    /// A symbolic link; its contents are the target.
    Symlink,
    /// Another repository's commit; it has no contents here.
    Submodule,
    /// A folder.
    Folder,
}

impl Kind {
    /// Reads git's mode of a tree entry.
    #[must_use]
    pub const fn of_mode(mode: Mode) -> Self {
        match mode {
            Mode::File | Mode::GroupWritable => Self::File,
            Mode::Executable => Self::Executable,
            Mode::Symlink => Self::Symlink,
            Mode::Submodule => Self::Submodule,
            Mode::Folder => Self::Folder,
        }
    }

    /// Tells whether the entry is a regular file, executable or not.
    #[must_use]
    pub const fn is_regular(self) -> bool {
        matches!(self, Self::File | Self::Executable)
    }
}

/// One side of a changed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Blob {
    /// What it is.
    pub kind: Kind,
    /// Git's mode.
    pub mode: Mode,
    /// Git's id of the contents, or the commit of a submodule.
    pub id: ObjectId,
    /// The size of the contents in bytes; 0 for a submodule.
    pub bytes: u64,
    /// The SHA-256 of the contents; none for a submodule.
    pub digest: Option<Digest>,
}

/// How the contents of a changed file can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// Line by line.
    Text,
    /// Not at all: a NUL byte stands in the first 8,000 bytes of a side.
    Binary,
    /// Not here: a side is larger than the diff profile compares. The line counts are those of a full replacement.
    Oversized,
}

impl Form {
    /// Returns the form's stable name in manifests and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Oversized => "oversized",
        }
    }
}

/// One changed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path in the head, or in the base where the file was deleted.
    pub path: RepositoryPath,
    /// The path in the base, for a renamed file.
    pub old_path: Option<RepositoryPath>,
    /// What happened.
    pub status: Status,
    /// The base's side, unless added.
    pub base: Option<Blob>,
    /// The head's side, unless deleted.
    pub head: Option<Blob>,
    /// How the contents compare.
    pub form: Form,
    /// Lines added.
    pub added_lines: u32,
    /// Lines removed.
    pub removed_lines: u32,
}

impl Change {
    /// Tells whether a side is a submodule, so that there is nothing to compare line by line.
    #[must_use]
    pub fn is_submodule(&self) -> bool {
        [self.base, self.head]
            .iter()
            .flatten()
            .any(|blob| blob.kind == Kind::Submodule)
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
