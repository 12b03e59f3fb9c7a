//! Cosigned checkpoints, kept in the repository: `refs/assize/v1/witness/<log-id>`, a folder with one file for each witness.
//!
//! Nobody signs the commits there: a checkpoint proves itself. Only the newest one of each witness is in the folder; those before
//! it are in the commits before.

use std::collections::BTreeMap;

use assize_provenance::checkpoint::AnyCheckpoint;
use assize_provenance::commit::read_any;
use assize_provenance::digest::Digest;
use assize_provenance::key::vkey::NoteKey;
use assize_provenance::log_id::LogId;
use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::signature::note::NOTE_BYTES_MAX;
use assize_provenance::tree::{self, Mode, TreeEntry};
use assize_provenance::witness::WITNESS_REF_PREFIX;

use super::fault::KeptFault;
use crate::durable;
use crate::repository::Repository;

/// The largest tree or commit that is read there, in bytes.
const OBJECT_BYTES_MAX: u64 = 1 << 20;

/// What is kept of one log.
#[derive(Debug)]
pub struct Kept<'a> {
    repository: &'a Repository,
    log: LogId,
    tip: Option<ObjectId>,
    files: BTreeMap<Vec<u8>, TreeEntry>,
}

impl<'a> Kept<'a> {
    /// Opens what is kept of a log.
    ///
    /// # Errors
    ///
    /// [`KeptFault`].
    pub fn open(repository: &'a Repository, log: LogId) -> Result<Self, KeptFault> {
        let mut kept = Self {
            repository,
            log,
            tip: None,
            files: BTreeMap::new(),
        };
        let name = kept.ref_name();
        let refs = assize_provenance::reader::ObjectReader::refs(repository.objects().as_ref(), &name)?;
        kept.tip = refs.into_iter().find(|(found, _)| *found == name).map(|(_, tip)| tip);
        if let Some(tip) = kept.tip {
            let commit = kept.read(tip, ObjectKind::Commit)?;
            let folder = read_any(&commit).map_err(|_| kept.damaged(tip))?.tree;
            let entries = tree::parse(&kept.read(folder, ObjectKind::Tree)?).map_err(|_| kept.damaged(folder))?;
            kept.files = entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        }
        Ok(kept)
    }

    /// Every checkpoint that is kept; what is none is passed over.
    ///
    /// # Errors
    ///
    /// [`KeptFault::Read`] where the machine fails.
    pub fn checkpoints(&self) -> Result<Vec<AnyCheckpoint>, KeptFault> {
        let mut found = Vec::new();
        for entry in self.files.values().filter(|entry| entry.mode == Mode::File) {
            found.extend(self.checkpoint(entry.id)?);
        }
        Ok(found)
    }

    /// The size that a witness cosigned last, as far as that is kept; 0 where it is not.
    ///
    /// # Errors
    ///
    /// [`KeptFault::Read`] where the machine fails.
    pub fn size_of(&self, witness: &NoteKey) -> Result<u64, KeptFault> {
        let Some(entry) = self.files.get(file_name(witness).as_bytes()) else {
            return Ok(0);
        };
        let checkpoint = self.checkpoint(entry.id)?;
        let cosigned = checkpoint.filter(|checkpoint| matches!(checkpoint.cosigned_by(witness), Ok(Some(_))));
        Ok(cosigned.map_or(0, |checkpoint| checkpoint.size()))
    }

    /// Keeps what a witness cosigned, in the place of what it cosigned before.
    ///
    /// # Errors
    ///
    /// [`KeptFault`]; what was kept before is still kept.
    pub fn keep(self, witness: &NoteKey, checkpoint: &AnyCheckpoint, seconds: i64) -> Result<(), KeptFault> {
        let (name, log) = (self.ref_name(), self.log);
        let state_dir = self.repository.places().common_dir.join("assize");
        let path = state_dir.join("witness.lock");
        let io = |source| KeptFault::Io {
            path: path.clone(),
            source,
        };
        durable::private_dir(&state_dir).map_err(io)?;
        let _lock = durable::lock(&path).map_err(io)?;
        // Whoever held the lock before may have kept something else meanwhile.
        let mut kept = Self::open(self.repository, log)?;
        let bytes = checkpoint.to_string().into_bytes();
        let file = file_name(witness).into_bytes();
        let entry = TreeEntry {
            mode: Mode::File,
            name: file.clone(),
            id: tree::object_id(ObjectKind::Blob, &bytes),
        };
        kept.files.insert(file, entry);
        let folder = tree::to_bytes(&kept.files.into_values().collect::<Vec<_>>());
        let root = tree::object_id(ObjectKind::Tree, &folder);
        let who = format!("Assize <log@{log}.assize> {} +0000", seconds.max(0));
        let parent = kept.tip.map(|tip| format!("parent {tip}\n")).unwrap_or_default();
        let said = format!("Keep what {} cosigned of {} entries", witness.name(), checkpoint.size());
        let commit = format!("tree {root}\n{parent}author {who}\ncommitter {who}\n\n{said}\n").into_bytes();
        let id = tree::object_id(ObjectKind::Commit, &commit);
        let objects = [
            (ObjectKind::Blob, bytes),
            (ObjectKind::Tree, folder),
            (ObjectKind::Commit, commit),
        ];
        self.repository.write_pack(&objects)?;
        Ok(self.repository.update_ref(&name, kept.tip, id)?)
    }

    fn checkpoint(&self, id: ObjectId) -> Result<Option<AnyCheckpoint>, KeptFault> {
        use assize_provenance::reader::{Object, ObjectReader, ReadError};
        match self.repository.objects().object(&id, NOTE_BYTES_MAX as u64) {
            Ok(Some(Object {
                kind: ObjectKind::Blob,
                bytes,
            })) => Ok(AnyCheckpoint::parse(&bytes).ok()),
            Ok(_) | Err(ReadError::Damaged { .. } | ReadError::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn read(&self, id: ObjectId, kind: ObjectKind) -> Result<Vec<u8>, KeptFault> {
        use assize_provenance::reader::ObjectReader;
        match self.repository.objects().object(&id, OBJECT_BYTES_MAX)? {
            Some(object) if object.kind == kind => Ok(object.bytes),
            _ => Err(self.damaged(id)),
        }
    }

    fn damaged(&self, id: ObjectId) -> KeptFault {
        KeptFault::Damaged(id, self.ref_name())
    }

    fn ref_name(&self) -> String {
        format!("{WITNESS_REF_PREFIX}{}", self.log)
    }
}

/// A witness's name may hold what no file name should, so its whole key is hashed.
fn file_name(witness: &NoteKey) -> String {
    Digest::of(witness.to_string().as_bytes())
        .to_string()
        .chars()
        .take(32)
        .collect()
}
