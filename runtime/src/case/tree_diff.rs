//! Finds the paths at which two trees differ, by comparing git ids from the root down. Folders with the same id are not
//! opened, so the cost is that of the change and not of the repository.

use std::cmp::Ordering;

use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};
use assize_provenance::tree::{self, Mode};

use super::Kind;
use super::path::{PATH_BYTES_MAX, RepositoryPath};

/// The most files that one case may change.
pub const CHANGES_MAX: usize = 100_000;
/// The most folders that are opened to find them; a tree may name the same folder again and again.
pub const FOLDERS_MAX: usize = 200_000;
/// How many folders deep a tree is followed.
pub const DEPTH_MAX: usize = 256;
/// The largest folder, in bytes of its git object (some 150,000 entries).
pub const FOLDER_BYTES_MAX: u64 = 8 << 20;

/// Why two trees were not compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// The object database failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A folder is not in the repository.
    #[error(
        "the folder `{path}` (tree {id}) is missing from the repository; in a partial clone, \
         `git cat-file -p {id}` fetches it"
    )]
    Missing {
        /// The folder's path.
        path: RepositoryPath,
        /// Its object.
        id: ObjectId,
    },
    /// A folder is not what git writes.
    #[error("the folder `{path}` (tree {id}) is refused: {reason}")]
    Hostile {
        /// The folder's path.
        path: RepositoryPath,
        /// Its object.
        id: ObjectId,
        /// What is wrong with it.
        reason: String,
    },
    /// More files change than are judged at once.
    #[error("more than {CHANGES_MAX} files change; review the commits one by one")]
    TooManyChanges,
    /// Finding the changes takes too many folders.
    #[error("more than {FOLDERS_MAX} folders differ; review the commits one by one")]
    TooManyFolders,
}

impl TreeError {
    /// Whether the machine failed, rather than the repository.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        matches!(self, Self::Read(error) if error.is_machine())
    }
}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The entry's name, one part of a path.
    pub name: Vec<u8>,
    /// What it is.
    pub node: Node,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Git's mode.
    pub mode: Mode,
    /// Git's id.
    pub id: ObjectId,
}

/// A path at which two trees differ. At least one side is there; neither is a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path.
    pub path: RepositoryPath,
    /// What the base has there.
    pub base: Option<Node>,
    /// What the head has there.
    pub head: Option<Node>,
}

/// Compares two root folders; none stands for an empty one. The differences come in byte order of their paths.
///
/// # Errors
///
/// Every [`TreeError`].
pub fn compare<R: ObjectReader + ?Sized>(
    reader: &R,
    base: Option<ObjectId>,
    head: Option<ObjectId>,
) -> Result<Vec<Difference>, TreeError> {
    let mut walk = Walk {
        reader,
        folders: 0,
        found: Vec::new(),
    };
    walk.folder(&RepositoryPath::default(), base, head, 0)?;
    walk.found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(walk.found)
}

/// Reads one folder. What git does not write is refused, as [`tree::parse`] says: entries out of order or twice, unknown
/// modes, and names that would leave the folder or reach into `.git`.
///
/// # Errors
///
/// [`TreeError::Read`], [`TreeError::Missing`], [`TreeError::Hostile`].
pub fn read_folder<R: ObjectReader + ?Sized>(
    reader: &R,
    path: &RepositoryPath,
    id: &ObjectId,
) -> Result<Vec<Entry>, TreeError> {
    let hostile = |reason: String| TreeError::Hostile {
        path: path.clone(),
        id: *id,
        reason,
    };
    let object = reader.object(id, FOLDER_BYTES_MAX)?.ok_or_else(|| TreeError::Missing {
        path: path.clone(),
        id: *id,
    })?;
    if object.kind != ObjectKind::Tree {
        return Err(hostile(format!("the object is a {}", object.kind.name())));
    }
    let entries = tree::parse(&object.bytes).map_err(|error| hostile(error.to_string()))?;
    let node = |mode, id| Node {
        kind: Kind::of_mode(mode),
        mode,
        id,
    };
    Ok(entries
        .into_iter()
        .map(|entry| Entry {
            node: node(entry.mode, entry.id),
            name: entry.name,
        })
        .collect())
}

struct Walk<'a, R: ?Sized> {
    reader: &'a R,
    folders: usize,
    found: Vec<Difference>,
}

impl<R: ObjectReader + ?Sized> Walk<'_, R> {
    fn folder(
        &mut self,
        path: &RepositoryPath,
        base: Option<ObjectId>,
        head: Option<ObjectId>,
        depth: usize,
    ) -> Result<(), TreeError> {
        if base == head {
            return Ok(());
        }
        if depth > DEPTH_MAX {
            let id = head.or(base).unwrap_or(ObjectId::from_bytes([0; 20]));
            let reason = format!("it lies more than {DEPTH_MAX} folders deep");
            return Err(TreeError::Hostile {
                path: path.clone(),
                id,
                reason,
            });
        }
        let base = self.open(path, base)?;
        let head = self.open(path, head)?;
        let (mut base, mut head) = (base.into_iter().peekable(), head.into_iter().peekable());
        loop {
            let order = match (base.peek(), head.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(before), Some(after)) => git_order(before, after),
            };
            let before = if order.is_le() { base.next() } else { None };
            let after = if order.is_ge() { head.next() } else { None };
            let Some(name) = before.as_ref().or(after.as_ref()).map(|entry| entry.name.clone()) else {
                return Ok(());
            };
            self.entry(
                path,
                &name,
                before.map(|entry| entry.node),
                after.map(|entry| entry.node),
                depth,
            )?;
        }
    }

    /// Both nodes have the same place in git's order, so either both are folders or none is.
    fn entry(
        &mut self,
        folder: &RepositoryPath,
        name: &[u8],
        base: Option<Node>,
        head: Option<Node>,
        depth: usize,
    ) -> Result<(), TreeError> {
        if base == head {
            return Ok(());
        }
        let path = folder.join(name);
        let node = base.or(head);
        if path.as_bytes().len() > PATH_BYTES_MAX {
            let id = node.map_or(ObjectId::from_bytes([0; 20]), |node| node.id);
            let reason = format!("it lies under a path of more than {PATH_BYTES_MAX} bytes");
            return Err(TreeError::Hostile {
                path: folder.clone(),
                id,
                reason,
            });
        }
        if node.is_some_and(|node| node.kind == Kind::Folder) {
            return self.folder(&path, base.map(|node| node.id), head.map(|node| node.id), depth + 1);
        }
        if self.found.len() >= CHANGES_MAX {
            return Err(TreeError::TooManyChanges);
        }
        self.found.push(Difference { path, base, head });
        Ok(())
    }

    fn open(&mut self, path: &RepositoryPath, id: Option<ObjectId>) -> Result<Vec<Entry>, TreeError> {
        let Some(id) = id else { return Ok(Vec::new()) };
        self.folders += 1;
        if self.folders > FOLDERS_MAX {
            return Err(TreeError::TooManyFolders);
        }
        read_folder(self.reader, path, &id)
    }
}

/// Compares as git sorts: a folder as if its name ended in a slash.
fn git_order(a: &Entry, b: &Entry) -> Ordering {
    let end = |entry: &Entry| (entry.node.kind == Kind::Folder).then_some(b'/');
    a.name
        .iter()
        .copied()
        .chain(end(a))
        .cmp(b.name.iter().copied().chain(end(b)))
}
