//! Everything that the work on runs shares: the repository, the store, the chain, the engine. Shared by threads.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use assize_provenance::entry::{Actor, ActorKind};
use assize_provenance::reader::ObjectId;
use assize_provenance::root::Pin;
use assize_provenance::time::Time;

use super::fault::DriveFault;
use super::keep::Keeping;
use super::recovery::Verdicts;
use crate::chain::waivers::{HeldTrust, WaiverReader};
use crate::clock::Clock;
use crate::driver::clerk::Clerk;
use crate::driver::prepare::policy_in;
use crate::driver::recorded::RecordFault;
use crate::driver::roster::Roster;
use crate::policy::Policy;
use crate::policy::source::PolicySource;
use crate::repository::{Repository, Worktrees};
use crate::sandbox::Sandbox;
use crate::settings::Home;
use crate::store::Store;

/// How many policies are kept. Above that they are read again.
const POLICIES_MAX: usize = 256;

/// A policy, and where it comes from.
pub(super) type Ruling = Arc<(Arc<Policy>, PolicySource)>;

/// Where tasks are done.
#[derive(Debug)]
pub struct Host {
    /// The repository.
    pub repository: Repository,
    /// The user's own folder.
    pub home: Home,
    /// The state folder of the clone.
    pub state_dir: PathBuf,
    /// What happened.
    pub store: Arc<Store>,
    /// The chain.
    pub clerk: Clerk,
    /// Who may be asked.
    pub roster: Roster,
    /// The waivers that people signed.
    pub waivers: WaiverReader,
    /// The time.
    pub clock: Clock,
    /// Whether nothing may leave this machine: a dry run.
    pub is_dry: bool,
    pub(super) pin: Option<Pin>,
    pub(super) worktrees: Worktrees,
    pub(super) keeping: Keeping,
    policies: Mutex<BTreeMap<ObjectId, Ruling>>,
    /// Verdicts of drivers before this one, once they were looked for.
    pub(super) recorded: Mutex<Option<Verdicts>>,
}

impl Host {
    /// Brings together what is open already.
    ///
    /// # Errors
    ///
    /// [`DriveFault::Repository`] when the folder for worktrees cannot be made.
    #[expect(clippy::too_many_arguments, reason = "each is opened once, by the only caller")]
    pub fn new(
        repository: Repository,
        home: Home,
        store: Arc<Store>,
        clerk: Clerk,
        sandbox: Sandbox,
        believed: HeldTrust,
        clock: Clock,
        is_dry: bool,
    ) -> Result<Self, DriveFault> {
        let state_dir = repository.places().common_dir.join("assize");
        let worktrees = Worktrees::open(&state_dir).map_err(|error| DriveFault::Repository {
            what: "the folder for worktrees cannot be made",
            is_machine: true,
            reason: error.to_string(),
        })?;
        Ok(Self {
            worktrees,
            state_dir,
            repository,
            home,
            store,
            clerk,
            roster: Roster::new(sandbox),
            waivers: WaiverReader::new(believed),
            clock,
            is_dry,
            pin: None,
            keeping: Keeping::default(),
            policies: Mutex::default(),
            recorded: Mutex::default(),
        })
    }

    /// Goes by this root of trust, and not by the one that is remembered for the clone.
    #[must_use]
    pub fn pinned(self, pin: Option<Pin>) -> Self {
        Self { pin, ..self }
    }

    /// The time now.
    pub(super) fn now(&self) -> Result<Time, RecordFault> {
        Time::from_unix_seconds(self.clock.unix_seconds()).map_err(|_| RecordFault::Clock)
    }

    /// Who stands behind entries that a run makes.
    pub(super) fn actor() -> Actor {
        Actor {
            kind: ActorKind::Host,
            name: "assize".to_owned(),
        }
    }

    /// The policy of a commit, read once.
    pub(super) fn ruling(&self, commit: ObjectId) -> Result<Ruling, DriveFault> {
        let known = |host: &Self| {
            let policies = host.policies.lock().unwrap_or_else(PoisonError::into_inner);
            policies.get(&commit).map(Arc::clone)
        };
        if let Some(ruling) = known(self) {
            return Ok(ruling);
        }
        let (policy, source) = policy_in(self.repository.objects().as_ref(), Some(commit))?;
        let ruling = Arc::new((Arc::new(policy), source));
        let mut policies = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        if policies.len() > POLICIES_MAX {
            policies.clear();
        }
        policies.insert(commit, Arc::clone(&ruling));
        Ok(ruling)
    }

    /// The newest commit of a branch; none where it does not exist.
    pub(super) fn tip(&self, branch: &str) -> Result<Option<ObjectId>, DriveFault> {
        let refs = self.repository.objects().ref_files();
        let found = refs
            .read(branch)
            .and_then(|target| target.map_or(Ok(None), |target| refs.resolve(target)));
        found.map_err(|error| DriveFault::Repository {
            what: "a branch cannot be read",
            is_machine: error.is_machine(),
            reason: error.to_string(),
        })
    }
}
