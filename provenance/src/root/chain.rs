//! The versions of a root of trust as commits of one ref, newest last.
//!
//! ```text
//! tree <one file, root.json>
//! parent <the version before; absent in the first>
//! author Assize <root@assize> <unix seconds> +0000
//! committer <the same>
//!
//! Root of trust, version 2
//! ```
//!
//! The commits are not signed: a version is what its signatures say. They are read in this one form only, so that nothing else
//! travels with them.

use super::{ROOT_BYTES_MAX, RootError, SignedRoot};
use crate::commit::read_any;
use crate::digest::Digest;
use crate::folder_reader::FolderReader;
use crate::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};
use crate::report::{Fault, FaultCode, Place};
use crate::time::Time;
use crate::tree::{self, Mode, TREE_BYTES_MAX, TreeEntry};
use crate::verify::fault_of;

/// The ref under which the versions lie.
pub const ROOT_REF: &str = "refs/assize/v1/root";

/// The one file of each commit.
pub const ROOT_FILE: &str = "root.json";

/// How many versions are followed. At one a week that is twenty years.
pub const VERSIONS_MAX: usize = 1040;

/// How many bytes a commit of the root may have.
const COMMIT_BYTES_MAX: u64 = 1024;

/// A root of trust whose every version follows on the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootChain {
    /// The newest version.
    pub newest: SignedRoot,
    /// The commit that holds it.
    pub tip: ObjectId,
    /// The digest of each version, the first one first.
    digests: Vec<Digest>,
}

impl RootChain {
    /// Returns the digest of a version, counted from 1.
    #[must_use]
    pub fn digest_of(&self, version: u64) -> Option<Digest> {
        let index = usize::try_from(version.checked_sub(1)?).ok()?;
        self.digests.get(index).copied()
    }

    /// Returns the digest of version 1, by which the root is pinned.
    #[must_use]
    pub fn first(&self) -> Digest {
        self.digest_of(1).unwrap_or_else(|| self.newest.digest())
    }
}

/// What lies under the root's ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A root of trust. Whether it is the right one is another question.
    Chain(Box<RootChain>),
    /// Something that is none.
    Broken(Fault),
}

/// The objects that add a version to its ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootCommit {
    /// The commit to which the ref moves.
    pub id: ObjectId,
    /// The file, its folder and the commit.
    pub objects: Vec<(ObjectKind, Vec<u8>)>,
}

/// Makes the commit of a version. `parent` is the commit of the version before.
///
/// # Errors
///
/// [`RootError::Form`] when the version is too large.
pub fn commit_version(version: &SignedRoot, parent: Option<ObjectId>, time: Time) -> Result<RootCommit, RootError> {
    let file = version.to_bytes()?;
    let folder = tree::to_bytes(&[TreeEntry {
        mode: Mode::File,
        name: ROOT_FILE.into(),
        id: tree::object_id(ObjectKind::Blob, &file),
    }]);
    let id = tree::object_id(ObjectKind::Tree, &folder);
    let commit = commit_bytes(id, parent, time, version.root().version);
    Ok(RootCommit {
        id: tree::object_id(ObjectKind::Commit, &commit),
        objects: vec![
            (ObjectKind::Blob, file),
            (ObjectKind::Tree, folder),
            (ObjectKind::Commit, commit),
        ],
    })
}

fn commit_bytes(tree: ObjectId, parent: Option<ObjectId>, time: Time, version: u64) -> Vec<u8> {
    let parent = parent.map_or_else(String::new, |parent| format!("parent {parent}\n"));
    let identity = format!("Assize <root@assize> {} +0000", time.unix_seconds());
    format!("tree {tree}\n{parent}author {identity}\ncommitter {identity}\n\nRoot of trust, version {version}\n")
        .into_bytes()
}

/// Reads the root of trust of a repository: every version from the newest back to the first, each held against the one before.
///
/// # Errors
///
/// [`ReadError::Refused`] and [`ReadError::Io`]: the repository could not be looked at.
pub fn read_chain(reader: &dyn ObjectReader) -> Result<Found, ReadError> {
    let tip = reader.refs(ROOT_REF)?.into_iter().find(|(name, _)| name == ROOT_REF);
    let Some((_, tip)) = tip else {
        return Ok(Found::Nothing);
    };
    let folders = FolderReader::new(reader);
    let mut newest: Option<SignedRoot> = None;
    let mut later: Option<SignedRoot> = None;
    let mut digests = Vec::new();
    let mut next = Some(tip);
    while let Some(id) = next {
        if digests.len() >= VERSIONS_MAX {
            let sentence = format!("the root of trust has more than {VERSIONS_MAX} versions");
            return Ok(broken(FaultCode::RootOrder, id, sentence));
        }
        let (version, parent) = match read_version(&folders, id)? {
            Ok(read) => read,
            Err(fault) => return Ok(Found::Broken(fault)),
        };
        if let Some(Err(error)) = later.as_ref().map(|later| later.check_after(&version)) {
            return Ok(broken(code_of(&error), id, error.to_string()));
        }
        if parent.is_none()
            && let Err(error) = version.check_first()
        {
            return Ok(broken(code_of(&error), id, error.to_string()));
        }
        digests.push(version.digest());
        newest.get_or_insert_with(|| version.clone());
        later = Some(version);
        next = parent;
    }
    digests.reverse();
    Ok(newest.map_or(Found::Nothing, |newest| {
        Found::Chain(Box::new(RootChain { newest, tip, digests }))
    }))
}

/// Reads the commit of one version in its one form.
fn read_version(
    folders: &FolderReader<'_>,
    id: ObjectId,
) -> Result<Result<(SignedRoot, Option<ObjectId>), Fault>, ReadError> {
    let read = |object, kind, bytes_max| match folders.read(object, kind, bytes_max) {
        Ok(bytes) => Ok(Ok(bytes)),
        Err(unread) => fault_of(unread, at(id)).map(Err),
    };
    let form = |sentence: String| Ok(Err(fault(FaultCode::RootForm, id, sentence)));
    let odd = || {
        form(format!(
            "commit {id} is not in the form of a version of the root of trust"
        ))
    };
    let commit = match read(id, ObjectKind::Commit, COMMIT_BYTES_MAX)? {
        Ok(bytes) => bytes,
        Err(fault) => return Ok(Err(fault)),
    };
    let Ok(any) = read_any(&commit) else { return odd() };
    let folder = match read(any.tree, ObjectKind::Tree, TREE_BYTES_MAX)? {
        Ok(bytes) => bytes,
        Err(fault) => return Ok(Err(fault)),
    };
    let Some(file) = the_one_file(&folder) else {
        return odd();
    };
    let bytes_max = u64::try_from(ROOT_BYTES_MAX).unwrap_or(u64::MAX);
    let bytes = match read(file, ObjectKind::Blob, bytes_max)? {
        Ok(bytes) => bytes,
        Err(fault) => return Ok(Err(fault)),
    };
    let version = match SignedRoot::parse(&bytes) {
        Ok(version) => version,
        Err(error) => return form(format!("the root of trust in commit {id}: {error}")),
    };
    let Some(time) = time_of(&any.committer) else {
        return odd();
    };
    let parent = any.parents.first().copied();
    if commit_bytes(any.tree, parent, time, version.root().version) == commit {
        Ok(Ok((version, parent)))
    } else {
        odd()
    }
}

/// Returns the one file that a folder holds, if it is the root's.
fn the_one_file(folder: &[u8]) -> Option<ObjectId> {
    match tree::parse(folder).ok()?.as_slice() {
        [entry] if entry.mode == Mode::File && entry.name == ROOT_FILE.as_bytes() => Some(entry.id),
        _ => None,
    }
}

fn time_of(identity: &[u8]) -> Option<Time> {
    let (_, seconds) = std::str::from_utf8(identity)
        .ok()?
        .strip_suffix(" +0000")?
        .rsplit_once(' ')?;
    Time::from_unix_seconds(seconds.parse().ok()?).ok()
}

/// Returns the code under which a wrong version is reported.
const fn code_of(error: &RootError) -> FaultCode {
    if error.is_signature() {
        FaultCode::RootSignature
    } else if error.is_order() {
        FaultCode::RootOrder
    } else {
        FaultCode::RootForm
    }
}

fn broken(code: FaultCode, commit: ObjectId, sentence: String) -> Found {
    Found::Broken(fault(code, commit, sentence))
}

fn fault(code: FaultCode, commit: ObjectId, sentence: String) -> Fault {
    Fault {
        code,
        place: at(commit),
        sentence,
    }
}

fn at(commit: ObjectId) -> Place {
    Place {
        commit: Some(commit),
        ..Place::default()
    }
}
