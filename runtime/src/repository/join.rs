//! Joins two changes of one tree, path by path and line by line, or says where they do not go together.
//!
//! What only one side changed is taken; what both changed in the same way is taken once; text files that both changed are
//! merged line by line. Everything else is a conflict. Renames are not looked for, and neither attributes nor merge drivers of
//! the repository are obeyed.

use std::collections::BTreeMap;

use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader};
use assize_provenance::tree::{self, Mode};

use super::edit::{EditError, Edits, edit};
use crate::case::contents::{self, ContentsError};
use crate::case::hunks;
use crate::case::path::RepositoryPath;
use crate::case::tree_diff::{self, Difference, Node, TreeError};

/// What came of two changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// They go together.
    Tree {
        /// The root folder with both changes.
        tree: ObjectId,
        /// The files and folders that are new.
        objects: Vec<(ObjectKind, Vec<u8>)>,
    },
    /// They do not.
    Conflicts(Vec<Conflict>),
}

/// One path at which two changes do not go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The path.
    pub path: RepositoryPath,
    /// Why, as the end of a sentence about it.
    pub reason: &'static str,
}

/// Why two changes were not joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// A folder was not read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A file was not read.
    #[error(transparent)]
    Contents(#[from] ContentsError),
    /// The lines were not compared.
    #[error("the lines of `{path}` were not joined: {reason}")]
    Lines {
        /// The file.
        path: RepositoryPath,
        /// What libgit2 says.
        reason: String,
    },
}

impl JoinError {
    /// Whether the machine failed, rather than the repository.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Tree(error) => error.is_machine(),
            Self::Contents(error) => error.is_machine(),
            Self::Lines { .. } => false,
        }
    }
}

/// Joins what `ours` and `theirs` changed in `base`; all three are root folders.
///
/// # Errors
///
/// Every [`JoinError`].
pub fn join<R: ObjectReader + ?Sized>(
    reader: &R,
    base: ObjectId,
    ours: ObjectId,
    theirs: ObjectId,
) -> Result<Joined, JoinError> {
    let by_path = |differences: Vec<Difference>| -> BTreeMap<RepositoryPath, Difference> {
        differences
            .into_iter()
            .map(|difference| (difference.path.clone(), difference))
            .collect()
    };
    let our_changes = by_path(tree_diff::compare(reader, Some(base), Some(ours))?);
    let their_changes = tree_diff::compare(reader, Some(base), Some(theirs))?;
    let (mut edits, mut objects, mut conflicts) = (Edits::new(), Vec::new(), Vec::new());
    for change in their_changes {
        let wanted = |node: Option<Node>| node.map(|node| (node.mode, node.id));
        let Some(our) = our_changes.get(&change.path) else {
            edits.insert(change.path, wanted(change.head));
            continue;
        };
        if wanted(our.head) == wanted(change.head) {
            continue;
        }
        match both(reader, &change.path, change.base, our.head, change.head)? {
            Ok((mode, contents)) => {
                let id = tree::object_id(ObjectKind::Blob, &contents);
                objects.push((ObjectKind::Blob, contents));
                edits.insert(change.path, Some((mode, id)));
            }
            Err(reason) => conflicts.push(Conflict {
                path: change.path,
                reason,
            }),
        }
    }
    if !conflicts.is_empty() {
        return Ok(Joined::Conflicts(conflicts));
    }
    match edit(reader, ours, &edits) {
        Ok(edited) => {
            objects.extend(edited.objects);
            Ok(Joined::Tree {
                tree: edited.tree,
                objects,
            })
        }
        Err(EditError::InTheWay(path)) => Ok(Joined::Conflicts(vec![Conflict {
            path,
            reason: "it is a file on one side and a folder on the other",
        }])),
        Err(EditError::Tree(error)) => Err(error.into()),
    }
}

/// Joins one path that both sides changed, each in its own way.
fn both<R: ObjectReader + ?Sized>(
    reader: &R,
    path: &RepositoryPath,
    base: Option<Node>,
    ours: Option<Node>,
    theirs: Option<Node>,
) -> Result<Result<(Mode, Vec<u8>), &'static str>, JoinError> {
    let Some(base) = base else {
        return Ok(Err("both sides added it, with different contents"));
    };
    let (Some(ours), Some(theirs)) = (ours, theirs) else {
        return Ok(Err("one side changed it and the other removed it"));
    };
    if ![base, ours, theirs].iter().all(|node| node.kind.is_regular()) {
        return Ok(Err("both sides changed it, and it is no text file"));
    }
    let mode = match (ours.kind == base.kind, theirs.kind == base.kind) {
        (true, _) => theirs.mode,
        (false, true) => ours.mode,
        // There are only two kinds of regular files, so both sides changed it to the same.
        (false, false) => ours.mode,
    };
    let read = |node: Node| contents::read_blob(reader, path, &node.id, hunks::SIDE_BYTES_MAX);
    if ours.id == base.id || ours.id == theirs.id {
        return Ok(Ok((
            mode,
            contents::read_blob(reader, path, &theirs.id, contents::FILE_BYTES_MAX)?,
        )));
    }
    if theirs.id == base.id {
        return Ok(Ok((
            mode,
            contents::read_blob(reader, path, &ours.id, contents::FILE_BYTES_MAX)?,
        )));
    }
    let mut sides = Vec::with_capacity(3);
    for node in [base, ours, theirs] {
        match read(node) {
            Ok(bytes) if hunks::is_binary(&bytes) => {
                return Ok(Err("both sides changed it, and it is no text file"));
            }
            Ok(bytes) => sides.push(bytes),
            Err(ContentsError::Read {
                error: assize_provenance::reader::ReadError::TooLarge { .. },
                ..
            }) => return Ok(Err("both sides changed it, and it is too large to be merged")),
            Err(error) => return Err(error.into()),
        }
    }
    let [base, ours, theirs] = sides.as_slice() else {
        return Ok(Err("both sides changed it"));
    };
    let merged = merge_lines(base, ours, theirs).map_err(|error| JoinError::Lines {
        path: path.clone(),
        reason: error.message().to_owned(),
    })?;
    Ok(merged
        .map(|contents| (mode, contents))
        .ok_or("both sides changed the same lines of it"))
}

/// Merges lines; nothing where both sides changed the same ones.
fn merge_lines(base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Option<Vec<u8>>, git2::Error> {
    let (mut ancestor, mut our, mut their) = (
        git2::MergeFileInput::new(),
        git2::MergeFileInput::new(),
        git2::MergeFileInput::new(),
    );
    ancestor.content(base);
    our.content(ours);
    their.content(theirs);
    let merged = git2::merge_file(&ancestor, &our, &their, None)?;
    if !merged.is_automergeable() {
        return Ok(None);
    }
    Ok(Some(merged.content().to_vec()))
}
