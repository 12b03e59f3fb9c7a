//! Bringing an approved change to the branch: exactly the judged tree, or a joined one that is judged anew.

use std::thread;
use std::time::Duration;

use assize_provenance::digest::Digest;
use assize_provenance::reader::ObjectId;

use super::change::Fresh;
use super::fault::DriveFault;
use super::host::Host;
use crate::case::history;
use crate::event::RunId;
use crate::repository::join::{self, Joined};
use crate::repository::landing::{self, LandError};
use crate::repository::write::WriteError;
use crate::store::Lease;

/// How many conflicts are named.
const CONFLICTS_NAMED_MAX: usize = 5;

/// How often a branch that another program holds is tried again, and how long is waited between.
const LOCK_TRIES: u32 = 50;
const LOCK_WAIT: Duration = Duration::from_millis(100);

/// What is to land.
#[derive(Debug, Clone)]
pub(super) struct Cargo {
    pub(super) run: RunId,
    pub(super) task: String,
    pub(super) branch: String,
    /// The commit that the change stands on.
    pub(super) onto: ObjectId,
    /// The judged commit.
    pub(super) commit: ObjectId,
    /// The call that made it.
    pub(super) call: RunId,
    /// The council that approved it.
    pub(super) council: String,
    /// The case that it approved.
    pub(super) case: Digest,
    /// The entry that says so.
    pub(super) verdict: Digest,
    /// Whether it lands only where a person confirmed it.
    pub(super) asks_person: bool,
    /// Whether a person's verdict stands for the council's: waivers are of no account then.
    pub(super) by_person: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(super) enum Landing {
    /// It is on the branch.
    Landed,
    /// The branch was elsewhere, and this is the change on top of that: a new case.
    Moved { onto: ObjectId, commit: ObjectId },
    /// It cannot land.
    Refused { onto: ObjectId, why: String },
}

impl Host {
    /// Brings a change to its branch.
    pub(super) fn land(&self, lease: &Lease, cargo: &Cargo) -> Result<Landing, DriveFault> {
        let Some(tip) = self.tip(&cargo.branch)? else {
            return Ok(gone(cargo));
        };
        if tip == cargo.commit || self.holds(tip, cargo.commit)? {
            // A driver before this one landed it, and was killed before it could say so.
            return Ok(Landing::Landed);
        }
        if tip != cargo.onto {
            return self.join(cargo, tip);
        }
        if let Err(why) = self.person_stands(cargo)? {
            return Ok(Landing::Refused { onto: cargo.onto, why });
        }
        self.move_branch(lease, cargo)
    }

    fn move_branch(&self, lease: &Lease, cargo: &Cargo) -> Result<Landing, DriveFault> {
        // Whoever fetches the branch finds the verdict in the chain, too.
        self.clerk.seal()?;
        let check = || self.may_land(lease, cargo);
        let mut tries = 0_u32;
        let moved = loop {
            let (repository, state_dir) = (&self.repository, &self.state_dir);
            let moved = landing::land(repository, state_dir, &cargo.branch, cargo.onto, cargo.commit, check);
            match &moved {
                // A git that is busy, most likely.
                Err(LandError::Ref(WriteError::Moved { .. })) => break moved,
                Err(error) if error.is_passing() && tries < LOCK_TRIES => thread::sleep(LOCK_WAIT),
                _ => break moved,
            }
            tries = tries.saturating_add(1);
        };
        match moved {
            Ok(()) => Ok(Landing::Landed),
            Err(LandError::Behind(error)) => {
                tracing::warn!(%error, "a work tree does not show yet what landed");
                Ok(Landing::Landed)
            }
            Err(LandError::Inside(Barred::Fault(fault))) => Err(fault),
            // The council looks at it as it is now.
            Err(LandError::Inside(Barred::Stale)) => Ok(Landing::Moved {
                onto: cargo.onto,
                commit: cargo.commit,
            }),
            // Somebody was faster: the next look finds where the branch is.
            Err(LandError::Ref(WriteError::Moved { .. })) => match self.tip(&cargo.branch)? {
                Some(tip) => self.join(cargo, tip),
                None => Ok(gone(cargo)),
            },
            Err(error) if error.is_machine() => Err(DriveFault::Repository {
                what: "the branch cannot be moved",
                is_machine: true,
                reason: error.to_string(),
            }),
            Err(error) => Ok(Landing::Refused {
                onto: cargo.onto,
                why: error.to_string(),
            }),
        }
    }

    /// Asked while the branch is locked: the lease must still be this process's, and what the verdict rested on must still
    /// hold. Waivers may have run out since.
    fn may_land(&self, lease: &Lease, cargo: &Cargo) -> Result<(), Barred> {
        if !self.store.lease_is_current(lease).map_err(DriveFault::from)? {
            return Err(Barred::Fault(DriveFault::Fenced));
        }
        if cargo.by_person {
            return Ok(());
        }
        // The digest of a case covers everything that decides about it, also what waivers are worth now.
        let prepared = |position| self.prepare(cargo.onto, cargo.commit, cargo.call, &cargo.council, position);
        if prepared(None)?.docket.digest == cargo.case {
            return Ok(());
        }
        // The log has grown since: a waiver that holds up to a position holds for a case that stands before it.
        let position = self.position_of(&cargo.case)?;
        match position {
            Some(_) if prepared(position)?.docket.digest == cargo.case => Ok(()),
            _ => Err(Barred::Stale),
        }
    }

    /// Whether a commit is behind another.
    fn holds(&self, tip: ObjectId, commit: ObjectId) -> Result<bool, DriveFault> {
        let between = history::between(self.repository.objects().as_ref(), Some(tip), commit);
        match between {
            Ok(missing) => Ok(!missing.contains(&commit)),
            Err(error) => Err(DriveFault::Repository {
                what: "the history of the branch cannot be read",
                is_machine: error.is_machine(),
                reason: error.to_string(),
            }),
        }
    }

    /// Puts the change on top of where the branch is now.
    fn join(&self, cargo: &Cargo, tip: ObjectId) -> Result<Landing, DriveFault> {
        let reader = self.repository.objects().as_ref();
        let unread = |error: history::HistoryError| DriveFault::Repository {
            what: "a commit cannot be read",
            is_machine: error.is_machine(),
            reason: error.to_string(),
        };
        let root = |commit: ObjectId| {
            history::read_commit(reader, &commit)
                .map(|commit| commit.tree)
                .map_err(unread)
        };
        let joined = join::join(reader, root(cargo.onto)?, root(tip)?, root(cargo.commit)?);
        let (tree, objects) = match joined {
            Ok(Joined::Tree { tree, objects }) => (tree, objects),
            Ok(Joined::Conflicts(conflicts)) => {
                let named: Vec<String> = conflicts
                    .iter()
                    .take(CONFLICTS_NAMED_MAX)
                    .map(|conflict| format!("{} {}", conflict.path, conflict.reason))
                    .collect();
                let more = conflicts.len().saturating_sub(named.len());
                let more = if more > 0 {
                    format!(", and {more} more")
                } else {
                    String::new()
                };
                let why = format!(
                    "it does not go together with what landed meanwhile: {}{more}",
                    named.join(", ")
                );
                return Ok(Landing::Refused { onto: tip, why });
            }
            Err(error) => {
                return Err(DriveFault::Repository {
                    what: "two changes cannot be joined",
                    is_machine: error.is_machine(),
                    reason: error.to_string(),
                });
            }
        };
        let commit = self.commit_joined(cargo.run, &cargo.commit, tip, Fresh { tree, objects })?;
        Ok(Landing::Moved { onto: tip, commit })
    }
}

fn gone(cargo: &Cargo) -> Landing {
    Landing::Refused {
        onto: cargo.onto,
        why: format!("the branch {} was removed meanwhile", cargo.branch),
    }
}

/// Why a change does not land after all.
#[derive(Debug, thiserror::Error)]
enum Barred {
    #[error("what the verdict rested on does not hold any more")]
    Stale,
    #[error(transparent)]
    Fault(#[from] DriveFault),
}
