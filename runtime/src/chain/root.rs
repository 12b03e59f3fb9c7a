//! Publishing versions of the root of trust on their ref.

use std::fs::File;

use assize_provenance::root::{ROOT_REF, RootChain, RootError, SignedRoot, commit_version};
use assize_provenance::time::Time;

use super::fault::ChainFault;
use super::seal::move_ref;
use crate::clock::Clock;
use crate::repository::Repository;

/// Why a version is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishFault {
    /// It may not follow on what is here.
    #[error(transparent)]
    Root(#[from] RootError),
    /// It cannot be written.
    #[error(transparent)]
    Chain(#[from] ChainFault),
}

/// Keeps other processes from publishing in this clone while what is returned lives: what is read first and moved then must not
/// change in between.
///
/// # Errors
///
/// [`ChainFault::Io`] when the lock cannot be had.
pub fn hold(repository: &Repository) -> Result<File, ChainFault> {
    // The folder itself is locked, so that nothing is left behind.
    let path = repository.places().common_dir.clone();
    let held = File::open(&path).and_then(|folder| folder.lock().map(|()| folder));
    held.map_err(|source| ChainFault::Io { path, source })
}

/// Puts a version on top of those that are here, after checking all its signatures once more. When this returns it is on disk; a
/// kill before leaves the version before. The caller [holds](hold) the clone.
///
/// # Errors
///
/// [`PublishFault`]; then what was published is what it was.
pub fn publish(
    repository: &Repository,
    published: Option<&RootChain>,
    version: &SignedRoot,
    clock: Clock,
) -> Result<(), PublishFault> {
    match published {
        None => version.check_first()?,
        Some(chain) => version.check_after(&chain.newest)?,
    }
    let time = Time::from_unix_seconds(clock.unix_seconds()).map_err(|_| ChainFault::Clock)?;
    let parent = published.map(|chain| chain.tip);
    let commit = commit_version(version, parent, time)?;
    repository.write_pack(&commit.objects).map_err(ChainFault::from)?;
    move_ref(repository, ROOT_REF, parent, commit.id)?;
    Ok(())
}
