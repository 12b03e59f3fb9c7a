//! Folders that nothing is kept in: for runs that leave nothing, and for tasks that are done again.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::Fault;
use crate::repository::Repository;

/// A folder of this process alone, outside of every repository. It is removed with everything in it.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes one in the system's folder for temporary files.
    pub(super) fn make() -> Result<Self, Fault> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|error| Fault::Io {
            path: PathBuf::from("the machine's randomness"),
            source: io::Error::other(error.to_string()),
        })?;
        let path = std::env::temp_dir().join(format!("assize-{:016x}", u64::from_le_bytes(bytes)));
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|source| Fault::Io {
            path: path.clone(),
            source,
        })?;
        // A link on the way would be refused later: what is worked in is named by its real path.
        let real = path.canonicalize().unwrap_or(path);
        Ok(Self(real))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Copies a repository's objects and refs, without its settings, hooks, work trees and the state of Assize. Objects are
    /// never changed, so where it can the copy shares them.
    pub(super) fn copy_of(&self, repository: &Repository) -> Result<PathBuf, Fault> {
        let places = repository.places();
        let copy = self.0.join("repository.git");
        let copied = || -> io::Result<()> {
            DirBuilder::new().mode(0o700).create(&copy)?;
            fs::copy(places.git_dir.join("HEAD"), copy.join("HEAD"))?;
            for name in ["packed-refs", "config", "shallow"] {
                match fs::copy(places.common_dir.join(name), copy.join(name)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            copy_folder(&places.common_dir.join("refs"), &copy.join("refs"), false)?;
            copy_folder(&places.common_dir.join("objects"), &copy.join("objects"), true)
        };
        copied().map_err(|source| Fault::Io {
            path: copy.clone(),
            source,
        })?;
        Ok(copy)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is the system's to clear.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Copies a folder with all below it; links are left out. `shares` lets files be one with those of the original.
fn copy_folder(from: &Path, to: &Path, shares: bool) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, source, target) = (entry.file_type()?, entry.path(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&source, &target, shares)?;
        } else if kind.is_file() && !(shares && fs::hard_link(&source, &target).is_ok()) {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}
