//! The repository on disk: where it lies, what a revision means, and the two things that are ever written to it, packs and
//! refs. Agents work in worktrees of their own ([`checkout`]); what they changed becomes a commit ([`snapshot`], [`commit`]),
//! is joined with what landed meanwhile ([`join`]) and comes to a branch ([`landing`]).
//!
//! The repository under review is hostile. Nothing of it is obeyed: no configuration, attributes, hooks, filters, replace
//! refs or grafts, and no program is started. Nothing outside of it is read: a `.git` file or a link that leads elsewhere is
//! refused (see [`discover`]). Objects come raw through [`GitObjects`].

mod aside;
mod beneath;
pub mod checkout;
pub mod commit;
pub mod discover;
pub mod edit;
pub mod file;
pub mod history;
pub mod hooks;
mod ignored;
pub mod join;
mod keep;
pub mod landing;
mod laying;
mod lock;
pub mod overlay;
pub mod pack;
mod pristine;
pub mod progress;
pub mod revision;
pub mod snapshot;
pub mod write;

use std::path::Path;
use std::sync::Arc;

use assize_provenance::git::{GitObjects, RefTarget};
use assize_provenance::reader::{ObjectId, ReadError};

pub use checkout::{Checkout, CheckoutError, Worktrees};
pub use discover::{DiscoverError, Places};
pub use file::FileError;
pub use keep::KeepError;
pub use landing::LandError;
pub use pack::PackError;
pub use revision::RevisionError;
pub use write::WriteError;

use crate::case::Range;

/// One repository, open for reading.
#[derive(Debug, Clone)]
pub struct Repository {
    places: Places,
    objects: Arc<GitObjects>,
}

/// Why a repository was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It was not found, or must not be read from here.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// It is of a kind that is not read.
    #[error("the repository {place} is not read: {error}")]
    Unreadable {
        /// Its common folder.
        place: String,
        /// What stands against it.
        error: ReadError,
    },
}

/// What `HEAD` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A branch, with its newest commit unless it has none yet.
    Branch {
        /// The full name of the branch's ref.
        name: String,
        /// Its newest commit.
        commit: Option<ObjectId>,
    },
    /// A commit without a branch.
    Detached(ObjectId),
}

impl Repository {
    /// Finds the repository that `start` lies in, looking upwards, and opens it.
    ///
    /// # Errors
    ///
    /// Every [`OpenError`].
    pub fn open(start: &Path) -> Result<Self, OpenError> {
        let places = discover::discover(start)?;
        let objects = GitObjects::open(&places.common_dir).map_err(|error| OpenError::Unreadable {
            place: places.common_dir.display().to_string(),
            error,
        })?;
        if places.git_dir.join("HEAD").is_symlink() {
            let reason = "its HEAD is a link, which could lead anywhere; replace it by a file".to_owned();
            let place = places.git_dir.display().to_string();
            return Err(OpenError::Unreadable {
                place,
                error: ReadError::Refused { reason },
            });
        }
        Ok(Self {
            places,
            objects: Arc::new(objects),
        })
    }

    /// Returns where the repository lies.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Returns its objects and refs.
    #[must_use]
    pub fn objects(&self) -> &Arc<GitObjects> {
        &self.objects
    }

    /// Reads `HEAD` of this work tree.
    ///
    /// # Errors
    ///
    /// [`ReadError::Refused`] when there is no `HEAD` or it holds something else than a ref.
    pub fn head(&self) -> Result<Head, ReadError> {
        let target = assize_provenance::git::RefFiles::read_beside(&self.places.git_dir, "HEAD")?;
        match target {
            Some(RefTarget::Object(id)) => Ok(Head::Detached(id)),
            Some(RefTarget::Symbolic(name)) => {
                let commit = self.objects.ref_files().resolve(RefTarget::Symbolic(name.clone()))?;
                Ok(Head::Branch { name, commit })
            }
            None => Err(ReadError::Refused {
                reason: "it has no HEAD; run `git checkout` of a branch".into(),
            }),
        }
    }

    /// Finds the commit that a revision names, as `revision` describes.
    ///
    /// # Errors
    ///
    /// Every [`RevisionError`].
    pub fn commit(&self, revision: &str) -> Result<ObjectId, RevisionError> {
        revision::commit(self, revision)
    }

    /// Finds the commits that `REV`, `A..B` or `A...B` compares.
    ///
    /// # Errors
    ///
    /// Every [`RevisionError`].
    pub fn range(&self, text: &str) -> Result<Range, RevisionError> {
        revision::range(self, text)
    }

    /// Reads a file as it stands in a commit; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Every [`FileError`].
    pub fn file_at(&self, commit: &ObjectId, path: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, FileError> {
        file::file_at(self.objects.as_ref(), commit, path, bytes_max)
    }
}

#[cfg(test)]
mod tests;
