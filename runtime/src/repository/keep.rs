//! Keeps commits that no branch holds: one ref a run, whose history reaches them all.

use assize_provenance::git::RefTarget;
use assize_provenance::reader::{ObjectId, ObjectKind, ReadError};
use assize_provenance::tree;

use super::commit::{NewCommit, Person};
use super::{PackError, Repository, WriteError};

/// How often a ref that moved meanwhile is read again.
const TRIES_MAX: usize = 16;

/// Why commits were not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The objects were not written.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The ref was not moved.
    #[error(transparent)]
    Ref(#[from] WriteError),
    /// The ref was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Repository {
    /// Writes `objects` and lets the ref `name`, such as `refs/assize/v1/work/<run>`, reach the `commits` and everything that it
    /// reached before. All of it is on disk then, in one pack.
    ///
    /// # Errors
    ///
    /// Every [`KeepError`].
    pub fn keep(
        &self,
        name: &str,
        objects: Vec<(ObjectKind, Vec<u8>)>,
        commits: &[ObjectId],
        unix_seconds: i64,
    ) -> Result<(), KeepError> {
        let keeper = Person {
            name: "Assize".to_owned(),
            email: "keep@assize".to_owned(),
            unix_seconds,
            offset_minutes: 0,
        };
        let mut objects = objects;
        let nothing = tree::to_bytes(&[]);
        let tree = tree::object_id(ObjectKind::Tree, &nothing);
        objects.push((ObjectKind::Tree, nothing));
        for tries in 0_usize.. {
            let old = match self.objects().ref_files().read(name)? {
                Some(RefTarget::Object(id)) => Some(id),
                Some(RefTarget::Symbolic(_)) => return Err(WriteError::Link(name.to_owned()).into()),
                None => None,
            };
            let parents: Vec<ObjectId> = old.iter().chain(commits).copied().collect();
            let kept = NewCommit {
                tree,
                parents: &parents,
                author: &keeper,
                committer: &keeper,
                message: "Keep what a run has made",
                trailers: &[],
            };
            let bytes = kept.to_bytes();
            let new = tree::object_id(ObjectKind::Commit, &bytes);
            // Only the commit differs when this has to be done again.
            let mut pack = std::mem::take(&mut objects);
            pack.push((ObjectKind::Commit, bytes));
            self.write_pack(&pack)?;
            match self.update_ref(name, old, new) {
                Err(WriteError::Moved { .. }) if tries < TRIES_MAX => {}
                other => return Ok(other?),
            }
        }
        Ok(())
    }
}
