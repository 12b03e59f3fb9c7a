//! Reads the contents of changed files, one at a time, and says what the case needs to know of them.

use assize_provenance::digest::Digest;
use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};

use super::hunks;
use super::path::RepositoryPath;
use super::tree_diff::Node;
use super::{Blob, Kind};

/// The largest file that a change may touch, in bytes. It is read whole once, to be hashed, which takes
/// about twice its size in memory.
pub const FILE_BYTES_MAX: u64 = 1 << 30;

/// Why a file was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentsError {
    /// The object database failed.
    #[error("`{path}`: {error}")]
    Read {
        /// The file.
        path: RepositoryPath,
        /// What failed.
        error: ReadError,
    },
    /// The file is not in the repository.
    #[error(
        "the contents of `{path}` (blob {id}) are missing from the repository; in a partial clone, \
         `git cat-file -p {id}` fetches them"
    )]
    Missing {
        /// The file.
        path: RepositoryPath,
        /// Its object.
        id: ObjectId,
    },
    /// The tree names an object as a file that is none.
    #[error("`{path}` points to {id}, which is a {kind} and no file", kind = kind.name())]
    NotAFile {
        /// The file.
        path: RepositoryPath,
        /// The object.
        id: ObjectId,
        /// What it is.
        kind: ObjectKind,
    },
}

impl ContentsError {
    /// Whether the machine failed, rather than the repository.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        matches!(self, Self::Read { error, .. } if error.is_machine())
    }
}

/// One side of a change, read once.
#[derive(Debug, Clone)]
pub struct Contents {
    /// What the case records of it.
    pub blob: Blob,
    /// Whether a NUL stands near its start.
    pub is_binary: bool,
    /// How many lines it has; 0 for binary contents.
    pub lines: u32,
    /// The bytes, unless they are binary or larger than the diff profile compares.
    pub text: Option<Vec<u8>>,
}

/// Reads one side of a change. A submodule has no contents here and counts as empty.
///
/// # Errors
///
/// Every [`ContentsError`].
pub fn read<R: ObjectReader + ?Sized>(
    reader: &R,
    path: &RepositoryPath,
    node: &Node,
) -> Result<Contents, ContentsError> {
    let Node { kind, mode, id } = *node;
    if kind == Kind::Submodule {
        let blob = Blob {
            kind,
            mode,
            id,
            bytes: 0,
            digest: None,
        };
        return Ok(Contents {
            blob,
            is_binary: false,
            lines: 0,
            text: Some(Vec::new()),
        });
    }
    let bytes = read_blob(reader, path, &id, FILE_BYTES_MAX)?;
    let blob = Blob {
        kind,
        mode,
        id,
        bytes: bytes.len() as u64,
        digest: Some(Digest::of(&bytes)),
    };
    let is_binary = hunks::is_binary(&bytes);
    let lines = if is_binary {
        0
    } else {
        u32::try_from(hunks::count_lines(&bytes)).unwrap_or(u32::MAX)
    };
    let text = if is_binary || hunks::is_oversized(&bytes) {
        None
    } else {
        Some(bytes)
    };
    Ok(Contents {
        blob,
        is_binary,
        lines,
        text,
    })
}

/// Reads the bytes of one file.
///
/// # Errors
///
/// Every [`ContentsError`].
pub fn read_blob<R: ObjectReader + ?Sized>(
    reader: &R,
    path: &RepositoryPath,
    id: &ObjectId,
    bytes_max: u64,
) -> Result<Vec<u8>, ContentsError> {
    let object = reader
        .object(id, bytes_max)
        .map_err(|error| ContentsError::Read {
            path: path.clone(),
            error,
        })?
        .ok_or_else(|| ContentsError::Missing {
            path: path.clone(),
            id: *id,
        })?;
    if object.kind != ObjectKind::Blob {
        return Err(ContentsError::NotAFile {
            path: path.clone(),
            id: *id,
            kind: object.kind,
        });
    }
    Ok(object.bytes)
}
