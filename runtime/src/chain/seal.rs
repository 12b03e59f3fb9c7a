//! Sealing: everything that was acknowledged becomes one signed commit of the log.

use std::thread;
use std::time::Duration;

use assize_provenance::entry::SignedEntry;
use assize_provenance::evidence::DocumentKind;
use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::time::Time;

use super::evidence;
use super::fault::ChainFault;
use super::hold::Held;
use super::log::Chain;
use super::seen::Extent;
use super::state::Tip;
use super::wal::Wal;
use crate::repository::{Repository, WriteError};

/// How often a ref that another program holds is tried again, and how long is waited between.
const REF_TRIES: u32 = 50;
const REF_WAIT: Duration = Duration::from_millis(100);

impl Chain {
    /// Makes one commit of everything in the write-ahead log.
    pub(super) fn seal(&self, mut held: Held) -> Result<(ObjectId, u64), ChainFault> {
        let time = Time::from_unix_seconds(self.clock.unix_seconds()).map_err(|_| ChainFault::Clock)?;
        let entries = held
            .wal
            .entries()
            .map(SignedEntry::parse)
            .collect::<Result<Vec<_>, _>>()?;
        let news = self.news(&held.file)?;
        held.state.cite(&news);
        let (_, batch) = held.state.append(&entries, &self.signer, time)?;
        let documents: Vec<(DocumentKind, Vec<u8>)> = held
            .wal
            .documents()
            .map(|(kind, bytes)| (kind, bytes.to_vec()))
            .collect();
        let log = held.file.log;
        let evidence_tip = self.ref_tip(&log.evidence_ref())?;
        let evidence = evidence::add(self.reader(), log, evidence_tip, &documents, time)?;

        let mut objects: Vec<(ObjectKind, Vec<u8>)> = batch
            .objects
            .into_iter()
            .map(|(_, object)| (object.kind, object.bytes))
            .collect();
        let evidence_commit = evidence.map(|evidence| {
            objects.extend(evidence.objects);
            evidence.commit
        });
        self.repository.write_pack(&objects)?;

        let extent = Extent {
            size: batch.checkpoint.size,
            root: batch.checkpoint.root,
        };
        held.file.next = Some(Tip {
            commit: Some(batch.commit),
            extent,
        });
        held.file.store(&self.file_path())?;
        if let Some(commit) = evidence_commit {
            move_ref(&self.repository, &log.evidence_ref(), evidence_tip, commit)?;
        }
        move_ref(&self.repository, &log.log_ref(), batch.parent, batch.commit)?;
        held.file.tip = Tip {
            commit: Some(batch.commit),
            extent,
        };
        held.file.next = None;
        // Only now it is said: a step that was killed on the way says it again.
        held.file.cited.retain(|old| news.iter().all(|new| new.log != old.log));
        held.file.cited.extend(news);
        self.remember(&held.file)?;
        Wal::start(&self.wal_path(), &log.to_string(), extent.size)?;
        Ok((batch.commit, extent.size))
    }
}

/// Moves a ref that only this clone writes. A lock beside it belongs to a git that is busy, or was left by a process that was
/// killed: it is waited for, and then taken away, for under the clone's own lock nobody of ours holds it.
pub(super) fn move_ref(
    repository: &Repository,
    name: &str,
    old: Option<ObjectId>,
    new: ObjectId,
) -> Result<(), ChainFault> {
    let mut tries = 0;
    loop {
        match repository.update_ref(name, old, new) {
            Err(WriteError::Locked(_)) if tries < REF_TRIES => thread::sleep(REF_WAIT),
            Err(WriteError::Locked(path)) if tries == REF_TRIES => {
                tracing::warn!(path = %path.display(), "a lock that nobody released is taken away");
                std::fs::remove_file(&path).map_err(|source| ChainFault::Io { path, source })?;
            }
            other => return Ok(other?),
        }
        tries += 1;
    }
}
