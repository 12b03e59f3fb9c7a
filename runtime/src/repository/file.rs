//! Reads single files as they stand in a commit.

use assize_provenance::reader::{ObjectId, ObjectReader, ReadError};

use crate::case::Kind;
use crate::case::contents::{self, ContentsError};
use crate::case::history::{self, HistoryError};
use crate::case::path::{PathError, RepositoryPath};
use crate::case::tree_diff::{self, TreeError};

/// Why a file was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The path is malformed.
    #[error("`{path}` is no path in a repository: {error}")]
    Path {
        /// What was given.
        path: String,
        /// What is wrong with it.
        error: PathError,
    },
    /// The commit was not read.
    #[error(transparent)]
    Commit(#[from] HistoryError),
    /// A folder was not read.
    #[error(transparent)]
    Folder(#[from] TreeError),
    /// The file was not read.
    #[error(transparent)]
    Contents(#[from] ContentsError),
    /// It is larger than is read here.
    #[error("`{path}` has {bytes} bytes in commit {commit}; at most {bytes_max} are read")]
    TooLarge {
        /// The file.
        path: String,
        /// The commit.
        commit: ObjectId,
        /// Its size in bytes.
        bytes: u64,
        /// How much is read.
        bytes_max: u64,
    },
    /// Something else stands there, such as a link.
    #[error("`{path}` is no regular file in commit {commit}; replace it by one")]
    NotAFile {
        /// The path.
        path: String,
        /// The commit.
        commit: ObjectId,
    },
}

impl FileError {
    /// Whether the machine failed, rather than the repository.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Commit(error) => error.is_machine(),
            Self::Folder(error) => error.is_machine(),
            Self::Contents(error) => error.is_machine(),
            Self::Path { .. } | Self::TooLarge { .. } | Self::NotAFile { .. } => false,
        }
    }
}

/// Lists the regular files that lie directly in a folder of a commit, by their paths in git's order; none where there is no
/// such folder.
///
/// # Errors
///
/// [`FileError`] when the commit or a folder cannot be read.
pub fn files_in<R: ObjectReader + ?Sized>(
    reader: &R,
    commit: &ObjectId,
    folder: &str,
) -> Result<Vec<String>, FileError> {
    let path: RepositoryPath = folder.parse().map_err(|error| FileError::Path {
        path: folder.to_owned(),
        error,
    })?;
    let mut above = RepositoryPath::default();
    let mut id = history::read_commit(reader, commit)?.tree;
    for part in path.parts() {
        let entries = tree_diff::read_folder(reader, &above, &id)?;
        let found = entries
            .into_iter()
            .find(|entry| entry.name == part && entry.node.kind == Kind::Folder);
        let Some(entry) = found else { return Ok(Vec::new()) };
        id = entry.node.id;
        above = above.join(part);
    }
    let entries = tree_diff::read_folder(reader, &above, &id)?;
    let files = entries.into_iter().filter(|entry| entry.node.kind.is_regular());
    Ok(files.map(|entry| path.join(&entry.name).to_string()).collect())
}

/// Reads a regular file of at most `bytes_max` bytes as it stands in a commit; `None` where nothing stands there.
///
/// # Errors
///
/// Every [`FileError`].
pub fn file_at<R: ObjectReader + ?Sized>(
    reader: &R,
    commit: &ObjectId,
    path: &str,
    bytes_max: u64,
) -> Result<Option<Vec<u8>>, FileError> {
    let parsed: RepositoryPath = path.parse().map_err(|error| FileError::Path {
        path: path.to_owned(),
        error,
    })?;
    let mut folder = Some(history::read_commit(reader, commit)?.tree);
    let mut above = RepositoryPath::default();
    let mut found = None;
    for part in parsed.parts() {
        let Some(id) = folder else { return Ok(None) };
        let entries = tree_diff::read_folder(reader, &above, &id)?;
        let Some(entry) = entries.into_iter().find(|entry| entry.name == part) else {
            return Ok(None);
        };
        folder = (entry.node.kind == Kind::Folder).then_some(entry.node.id);
        above = above.join(part);
        found = Some(entry.node);
    }
    let Some(node) = found.filter(|node| node.kind.is_regular()) else {
        return Err(FileError::NotAFile {
            path: path.to_owned(),
            commit: *commit,
        });
    };
    match contents::read_blob(reader, &parsed, &node.id, bytes_max) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ContentsError::Read {
            error: ReadError::TooLarge { bytes, bytes_max, .. },
            ..
        }) => Err(FileError::TooLarge {
            path: path.to_owned(),
            commit: *commit,
            bytes,
            bytes_max,
        }),
        Err(error) => Err(error.into()),
    }
}
