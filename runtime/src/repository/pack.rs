//! Writes objects to the repository as one pack, and has it on disk before anything may point to it.
//!
//! Never loose objects: three small ones take 12 KB of disk, and in a pack they are deltas of each other. libgit2 builds and
//! indexes the pack but syncs nothing, so that is done here. The pack is built in memory, from objects and with settings of
//! ours; neither the repository's configuration nor the user's is read.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use assize_provenance::reader::{ObjectId, ObjectKind};

use super::Repository;

/// The most objects in one pack.
pub const OBJECTS_MAX: usize = 1_000_000;
/// The most bytes of objects in one pack; they are held in memory.
pub const BYTES_MAX: usize = 1 << 30;

/// Why a pack was not written. What is left of it then is never read.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// It is too large.
    #[error("a pack takes at most {OBJECTS_MAX} objects and {BYTES_MAX} bytes; write several")]
    TooLarge,
    /// libgit2 refused.
    #[error("the pack was not built: {0}")]
    Build(String),
    /// The folder for packs is a link.
    #[error("{} is no folder of its own, and nothing is written through it", .0.display())]
    Link(PathBuf),
    /// The machine failed.
    #[error("{}: {error}", place.display())]
    Io {
        /// What was written.
        place: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
}

impl From<git2::Error> for PackError {
    fn from(error: git2::Error) -> Self {
        Self::Build(error.message().to_owned())
    }
}

impl Repository {
    /// Writes the objects as one pack, synced with its index and its folder, and returns their ids in the order given.
    /// Objects that the repository holds already may be written again. No objects give no pack.
    ///
    /// # Errors
    ///
    /// Every [`PackError`].
    pub fn write_pack(&self, objects: &[(ObjectKind, Vec<u8>)]) -> Result<Vec<ObjectId>, PackError> {
        let bytes = objects
            .iter()
            .map(|(_, bytes)| bytes.len())
            .fold(0_usize, usize::saturating_add);
        if objects.len() > OBJECTS_MAX || bytes > BYTES_MAX {
            return Err(PackError::TooLarge);
        }
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let folder = self.pack_folder()?;
        let (ids, pack) = build(objects)?;
        let io = |place: &Path| {
            let place = place.to_owned();
            move |error| PackError::Io { place, error }
        };
        // libgit2 gives files their names before they are on disk. So they get them where nobody looks, and an index, which is
        // what makes a pack known, comes last to its place. Git clears away what a killed process leaves of such a folder.
        let above = self.places().common_dir.join("objects");
        let making = tempfile::Builder::new()
            .prefix("tmp_objdir-assize-")
            .tempdir_in(&above)
            .map_err(io(&above))?;
        let mut indexer = git2::Indexer::new(None, making.path(), 0o444, false)?;
        indexer.write_all(&pack).map_err(io(making.path()))?;
        let name = indexer.commit()?;
        let files = ["pack", "idx"].map(|end| format!("pack-{name}.{end}"));
        for file in &files {
            finish(&making.path().join(file))?;
        }
        for file in &files {
            let place = folder.join(file);
            fs::rename(making.path().join(file), &place).map_err(io(&place))?;
        }
        sync(&folder)?;
        Ok(ids)
    }

    fn pack_folder(&self) -> Result<PathBuf, PackError> {
        let objects = self.places().common_dir.join("objects");
        let folder = objects.join("pack");
        match fs::symlink_metadata(&folder) {
            Ok(metadata) if metadata.is_dir() => Ok(folder),
            Ok(_) => Err(PackError::Link(folder)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir(&folder).map_err(|error| PackError::Io {
                    place: folder.clone(),
                    error,
                })?;
                sync(&objects)?;
                Ok(folder)
            }
            Err(error) => Err(PackError::Io { place: folder, error }),
        }
    }
}

/// Builds a pack in memory.
fn build(objects: &[(ObjectKind, Vec<u8>)]) -> Result<(Vec<ObjectId>, Vec<u8>), PackError> {
    let odb = git2::Odb::new()?;
    odb.add_new_mempack_backend(1)?;
    let mut ids = Vec::with_capacity(objects.len());
    for (kind, bytes) in objects {
        let kind = match kind {
            ObjectKind::Commit => git2::ObjectType::Commit,
            ObjectKind::Tree => git2::ObjectType::Tree,
            ObjectKind::Blob => git2::ObjectType::Blob,
            ObjectKind::Tag => git2::ObjectType::Tag,
        };
        ids.push(odb.write(kind, bytes)?);
    }
    let repository = git2::Repository::from_odb(odb)?;
    // Without a configuration of its own, libgit2 would read the user's.
    repository.set_config(&git2::Config::new()?)?;
    let mut builder = repository.packbuilder()?;
    builder.set_threads(1);
    for id in &ids {
        builder.insert_object(*id, None)?;
    }
    let mut pack = git2::Buf::new();
    builder.write_buf(&mut pack)?;
    let own = |id: &git2::Oid| <[u8; 20]>::try_from(id.as_bytes()).map(ObjectId::from_bytes);
    let ids: Result<Vec<ObjectId>, _> = ids.iter().map(own).collect();
    let ids = ids.map_err(|_| PackError::Build("an id is not 20 bytes long".to_owned()))?;
    Ok((ids, pack.to_vec()))
}

/// Makes a file read-only and has it on disk.
fn finish(path: &Path) -> Result<(), PackError> {
    let io = |error| PackError::Io {
        place: path.to_owned(),
        error,
    };
    let file = File::open(path).map_err(io)?;
    set_read_only(&file).map_err(io)?;
    file.sync_all().map_err(io)
}

#[cfg(unix)]
fn set_read_only(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    file.set_permissions(Permissions::from_mode(0o444))
}

#[cfg(not(unix))]
fn set_read_only(file: &File) -> io::Result<()> {
    let mut permissions: Permissions = file.metadata()?.permissions();
    permissions.set_readonly(true);
    file.set_permissions(permissions)
}

fn sync(folder: &Path) -> Result<(), PackError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| PackError::Io {
        place: folder.to_owned(),
        error,
    })
}
