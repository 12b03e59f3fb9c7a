//! Carrying commits from one repository to another, with everything they lead to.

use std::collections::HashSet;

use assize_provenance::commit::{AnyCommit, read_any};
use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};
use assize_provenance::tree::{self, Mode};

use crate::repository::{PackError, Repository};

/// The largest object that is carried, in bytes.
const OBJECT_BYTES_MAX: u64 = 256 << 20;
/// How much is held in memory before it is written, in bytes and objects.
const HELD_BYTES_MAX: usize = 64 << 20;
const HELD_OBJECTS_MAX: usize = 100_000;
/// How many folders may lie in each other.
const DEPTH_MAX: usize = 32;
/// How many commits are looked through for an older one.
const COMMITS_MAX: usize = 5_000_000;

/// Why commits were not carried.
#[derive(Debug, thiserror::Error)]
pub enum CarryFault {
    /// An object was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Objects were not written.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// An object is missing, or is none that a chain is made of.
    #[error("object {0} is missing, or is nothing that a chain is made of")]
    Object(ObjectId),
}

/// Writes everything that `tip` leads to and that `to` lacks. No ref moves.
///
/// What an object leads to is always written before it, so that what is there is there with all it leads to, also where a
/// process is killed in between.
///
/// # Errors
///
/// Every [`CarryFault`]; what was written until then is reached by nothing.
pub fn carry(from: &dyn ObjectReader, to: &Repository, tip: ObjectId) -> Result<(), CarryFault> {
    let mut load = Load {
        from,
        to,
        met: HashSet::new(),
        held: Vec::new(),
        held_bytes: 0,
    };
    // Each commit twice: first to look at its parents, then, when those are done, for itself.
    let mut open = vec![(tip, false)];
    while let Some((id, are_parents_done)) = open.pop() {
        if are_parents_done {
            load.commit(id)?;
        } else if load.lacks(id)? {
            open.push((id, true));
            open.extend(load.read_commit(id)?.1.parents.iter().map(|parent| (*parent, false)));
        }
    }
    load.put_down()
}

/// What is on its way.
struct Load<'a> {
    from: &'a dyn ObjectReader,
    to: &'a Repository,
    /// What was looked at already.
    met: HashSet<ObjectId>,
    held: Vec<(ObjectKind, Vec<u8>)>,
    held_bytes: usize,
}

impl Load<'_> {
    /// Whether an object is met for the first time and is not there.
    fn lacks(&mut self, id: ObjectId) -> Result<bool, CarryFault> {
        let there: &dyn ObjectReader = self.to.objects().as_ref();
        Ok(self.met.insert(id) && there.object(&id, OBJECT_BYTES_MAX)?.is_none())
    }

    fn read(&self, id: ObjectId, kind: ObjectKind) -> Result<Vec<u8>, CarryFault> {
        match self.from.object(&id, OBJECT_BYTES_MAX)? {
            Some(object) if object.kind == kind => Ok(object.bytes),
            _ => Err(CarryFault::Object(id)),
        }
    }

    fn read_commit(&self, id: ObjectId) -> Result<(Vec<u8>, AnyCommit), CarryFault> {
        let bytes = self.read(id, ObjectKind::Commit)?;
        let commit = read_any(&bytes).map_err(|_| CarryFault::Object(id))?;
        Ok((bytes, commit))
    }

    fn commit(&mut self, id: ObjectId) -> Result<(), CarryFault> {
        let (bytes, commit) = self.read_commit(id)?;
        self.folder(commit.tree, 0)?;
        self.take(ObjectKind::Commit, bytes)
    }

    fn folder(&mut self, id: ObjectId, depth: usize) -> Result<(), CarryFault> {
        if depth > DEPTH_MAX {
            return Err(CarryFault::Object(id));
        }
        if !self.lacks(id)? {
            return Ok(());
        }
        let bytes = self.read(id, ObjectKind::Tree)?;
        for entry in tree::parse(&bytes).map_err(|_| CarryFault::Object(id))? {
            match entry.mode {
                Mode::Folder => self.folder(entry.id, depth.saturating_add(1))?,
                Mode::Submodule => return Err(CarryFault::Object(id)),
                _ => {
                    if self.lacks(entry.id)? {
                        let bytes = self.read(entry.id, ObjectKind::Blob)?;
                        self.take(ObjectKind::Blob, bytes)?;
                    }
                }
            }
        }
        self.take(ObjectKind::Tree, bytes)
    }

    fn take(&mut self, kind: ObjectKind, bytes: Vec<u8>) -> Result<(), CarryFault> {
        self.held_bytes = self.held_bytes.saturating_add(bytes.len());
        self.held.push((kind, bytes));
        if self.held_bytes > HELD_BYTES_MAX || self.held.len() >= HELD_OBJECTS_MAX {
            self.put_down()?;
        }
        Ok(())
    }

    fn put_down(&mut self) -> Result<(), CarryFault> {
        self.to.write_pack(&self.held)?;
        self.held.clear();
        self.held_bytes = 0;
        Ok(())
    }
}

/// Whether `older` is `tip` or one of the commits before it.
///
/// # Errors
///
/// [`CarryFault`] when a commit in between cannot be read.
pub fn leads_to(reader: &dyn ObjectReader, tip: ObjectId, older: ObjectId) -> Result<bool, CarryFault> {
    let mut open = vec![tip];
    let mut met: HashSet<ObjectId> = HashSet::new();
    while let Some(id) = open.pop() {
        if id == older {
            return Ok(true);
        }
        if met.len() >= COMMITS_MAX || !met.insert(id) {
            continue;
        }
        let object = reader.object(&id, OBJECT_BYTES_MAX)?.ok_or(CarryFault::Object(id))?;
        let commit = read_any(&object.bytes).map_err(|_| CarryFault::Object(id))?;
        open.extend(commit.parents);
    }
    Ok(false)
}
