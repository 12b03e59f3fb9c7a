//! What witnesses cosigned, as it lies in the repository.
//!
//! Each ref below [`WITNESS_REF_PREFIX`] is a commit whose folder holds checkpoints with the lines of witnesses. Neither the refs
//! nor the commits prove anything, and whoever can write to the repository can take them away. What is there counts only where a
//! log key and a witness that are both believed signed it: a witness alone cannot speak for a log.

use std::collections::BTreeSet;

use crate::checkpoint::{AnyCheckpoint, Checkpoint, LogSignature, Witnessed};
use crate::commit::{COMMIT_BYTES_MAX, read_any};
use crate::folder_reader::{FolderReader, Unread};
use crate::key::TrustedKeys;
use crate::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};
use crate::root::Trust;
use crate::signature::note::NOTE_BYTES_MAX;
use crate::tree::{self, Mode, TREE_BYTES_MAX};
use crate::witness::WITNESS_REF_PREFIX;

/// How many files are looked at in all.
const FILES_MAX: usize = 10_000;

/// What one witness cosigned of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cosigned {
    pub(super) checkpoint: Checkpoint,
    pub(super) witnessed: Witnessed,
}

/// Reads what trusted witnesses cosigned of trusted logs, in the order of the refs. What cannot be read or is not signed says
/// nothing.
pub(super) fn cosigned(reader: &dyn ObjectReader, trust: &Trust<'_>) -> Result<Vec<Cosigned>, ReadError> {
    let keys = trust.with_log_keys();
    let mut found = Vec::new();
    if keys.witnesses().is_empty() {
        return Ok(found);
    }
    let folders = FolderReader::new(reader);
    let mut seen = BTreeSet::new();
    for (_, tip) in reader.refs(WITNESS_REF_PREFIX)? {
        for file in files(&folders, tip)? {
            if seen.len() >= FILES_MAX {
                return Ok(found);
            }
            if !seen.insert(file) {
                continue;
            }
            let bytes_max = u64::try_from(NOTE_BYTES_MAX).unwrap_or(u64::MAX);
            let Some(bytes) = readable(folders.read(file, ObjectKind::Blob, bytes_max))? else {
                continue;
            };
            found.extend(cosigned_in(&bytes, &keys, trust).into_iter().flatten());
        }
    }
    Ok(found)
}

/// Lists the files of a commit's folder.
fn files(folders: &FolderReader<'_>, tip: ObjectId) -> Result<Vec<ObjectId>, ReadError> {
    let commit = readable(folders.read(tip, ObjectKind::Commit, COMMIT_BYTES_MAX))?;
    let Some(commit) = commit.and_then(|bytes| read_any(&bytes).ok()) else {
        return Ok(Vec::new());
    };
    let folder = readable(folders.read(commit.tree, ObjectKind::Tree, TREE_BYTES_MAX))?;
    let entries = folder.and_then(|bytes| tree::parse(&bytes).ok()).unwrap_or_default();
    let is_file = |entry: &tree::TreeEntry| entry.mode == Mode::File;
    Ok(entries.into_iter().filter(is_file).map(|entry| entry.id).collect())
}

/// Passes over what the repository does not hold; a machine that fails is another matter.
fn readable(read: Result<Vec<u8>, Unread>) -> Result<Option<Vec<u8>>, ReadError> {
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Unread::Missing(_) | Unread::Damaged(..)) => Ok(None),
        Err(Unread::Reader(error)) => Err(error),
    }
}

fn cosigned_in(bytes: &[u8], keys: &TrustedKeys, trust: &Trust<'_>) -> Option<Vec<Cosigned>> {
    let note = AnyCheckpoint::parse(bytes).ok()?;
    let checkpoint = note.own()?;
    // Else whoever stole a key could refute what stands here.
    let signed = note.log_signature(checkpoint.log, trust).ok()?;
    let is_believed = matches!(signed, LogSignature::Given(..));
    let witnessed = note.witnessed(keys).ok().filter(|_| is_believed)?;
    let cosigned = |witnessed| Cosigned { checkpoint, witnessed };
    Some(witnessed.into_iter().map(cosigned).collect())
}
