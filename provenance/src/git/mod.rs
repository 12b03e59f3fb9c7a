//! Reads a git repository as `verify` wants it: raw objects and refs, nothing interpreted, nothing obeyed.
//!
//! libgit2 serves only as the object database. The repository is never opened as one, so its configuration, includes,
//! attributes, hooks, replace refs and grafts have no way in; refs are read here (see [`RefFiles`]) and commits and trees
//! are parsed by this crate. What would make the objects mean something else, or make them lie elsewhere, is refused when
//! the repository is opened: shallow clones, grafts, alternates, SHA-256 ids, reftables, links that point out of it.
//!
//! What is not bounded here: an object that is stored as a delta is unpacked by libgit2 together with what it is a delta of,
//! whatever size that has; and an object that is read is held twice for a moment, in libgit2's memory and in ours. Packs
//! are mapped into memory, so reading much of one shows as resident memory that the system may take back.
//!
//! A repository that is changed by somebody else while it is read can still lead a link in between the look and the
//! reading; whoever can do that can read the same files by other means.

pub mod config;
mod layout;
mod loose;
mod multi_pack_index;
mod pack_index;
mod refs;

use std::fs;
use std::io::{self, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Once;

use crate::reader::{Object, ObjectId, ObjectKind, ObjectReader, ReadError};

pub use refs::{RefFiles, RefTarget, is_ref_name};

/// The objects and refs of one repository on disk.
///
/// Several threads may read at once; libgit2 takes turns inside. Nothing is cached, so memory is what callers hold.
pub struct GitObjects {
    odb: git2::Odb<'static>,
    objects_dir: PathBuf,
    refs: RefFiles,
}

impl std::fmt::Debug for GitObjects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitObjects")
            .field("objects_dir", &self.objects_dir)
            .finish_non_exhaustive()
    }
}

impl GitObjects {
    /// Opens the repository whose common folder (`.git`, or the folder of a bare repository) is given.
    ///
    /// # Errors
    ///
    /// [`ReadError::Refused`], with what to do about it, for a repository of a kind that is not read;
    /// [`ReadError::Io`] when the machine fails.
    pub fn open(common_dir: &Path) -> Result<Self, ReadError> {
        prepare_libgit2();
        layout::check(common_dir)?;
        let objects_dir = common_dir.join("objects");
        let Some(text) = objects_dir.to_str() else {
            return Err(refused(format!(
                "the path {} is not UTF-8, and libgit2 takes no other; move the repository",
                objects_dir.display()
            )));
        };
        let odb = git2::Odb::new().map_err(failed)?;
        odb.add_disk_alternate(text).map_err(failed)?;
        Ok(Self {
            odb,
            objects_dir,
            refs: RefFiles::new(common_dir),
        })
    }

    /// Returns the refs of the repository.
    #[must_use]
    pub fn ref_files(&self) -> &RefFiles {
        &self.refs
    }

    /// Lists the ids that start with `prefix` (4 to 40 lower-case hexadecimal digits), at most `ids_max` of them, sorted.
    ///
    /// # Errors
    ///
    /// [`ReadError::Refused`] when the prefix has another form, [`ReadError::Io`] when the machine fails.
    pub fn ids_with_prefix(&self, prefix: &str, ids_max: usize) -> Result<Vec<ObjectId>, ReadError> {
        let digits = prefix.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if !(4..=40).contains(&prefix.len()) || !digits {
            return Err(refused(format!(
                "`{prefix}` is no abbreviated object id: it takes 4 to 40 of 0-9 and a-f"
            )));
        }
        let mut ids = Vec::new();
        let walked = self.odb.foreach(|id| {
            let Ok(bytes) = <[u8; 20]>::try_from(id.as_bytes()) else {
                return false;
            };
            let id = ObjectId::from_bytes(bytes);
            if id.to_string().starts_with(prefix) && !ids.contains(&id) {
                ids.push(id);
            }
            ids.len() < ids_max
        });
        if let Err(error) = walked
            && error.code() != git2::ErrorCode::User
        {
            return Err(failed(error));
        }
        ids.sort_unstable();
        Ok(ids)
    }
}

impl ObjectReader for GitObjects {
    fn refs(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, ReadError> {
        self.refs.list(prefix)
    }

    fn object(&self, id: &ObjectId, bytes_max: u64) -> Result<Option<Object>, ReadError> {
        if let Some(object) = loose::read(&self.objects_dir, id, bytes_max)? {
            return Ok(Some(object));
        }
        let damaged = |error: git2::Error| ReadError::Damaged {
            id: *id,
            reason: error.message().to_owned(),
        };
        let oid = git2::Oid::from_bytes(id.as_bytes()).map_err(damaged)?;
        // Under a guard: the binding panics at a kind of object that does not exist, which a rotten pack may name.
        let header = catch_unwind(AssertUnwindSafe(|| self.odb.read_header(oid)));
        let header = header.map_err(|_| ReadError::Damaged {
            id: *id,
            reason: "it has no kind that git knows".to_owned(),
        })?;
        let bytes = match header {
            Ok((bytes, _)) => u64::try_from(bytes).unwrap_or(u64::MAX),
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(damaged(error)),
        };
        if bytes > bytes_max {
            return Err(ReadError::TooLarge {
                id: *id,
                bytes,
                bytes_max,
            });
        }
        let object = self.odb.read(oid).map_err(damaged)?;
        let kind = match object.kind() {
            git2::ObjectType::Commit => ObjectKind::Commit,
            git2::ObjectType::Tree => ObjectKind::Tree,
            git2::ObjectType::Blob => ObjectKind::Blob,
            git2::ObjectType::Tag => ObjectKind::Tag,
            _ => {
                return Err(ReadError::Damaged {
                    id: *id,
                    reason: "it has no kind that git knows".to_owned(),
                });
            }
        };
        Ok(Some(Object {
            kind,
            bytes: object.data().to_vec(),
        }))
    }
}

/// Sets what libgit2 keeps per process: ids are always recomputed from the bytes, and nothing is kept in its own cache,
/// which may grow to 256 MiB.
fn prepare_libgit2() {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        git2::opts::strict_hash_verification(true);
        git2::opts::enable_caching(false);
    });
}

fn refused(reason: String) -> ReadError {
    ReadError::Refused { reason }
}

fn failed(error: git2::Error) -> ReadError {
    ReadError::Io {
        reason: error.message().to_owned(),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> ReadError {
    ReadError::Io {
        reason: format!("{}: {error}", path.display()),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Reads a small file of the repository, or `None` where there is none. A link, a FIFO or a folder in its place and a
/// file above `bytes_max` are refused.
fn read_small(path: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>, ReadError> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(unreadable(path, &error)),
    };
    if !metadata.is_file() {
        return Err(refused(format!("{} is not a regular file", path.display())));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    file.take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > bytes_max {
        return Err(refused(format!("{} has more than {bytes_max} bytes", path.display())));
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests;
