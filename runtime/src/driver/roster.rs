//! Who may be asked: components by what names them in a commit, each loaded once and kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use assize_provenance::digest::Digest;
use assize_provenance::reader::ObjectId;
use assize_provenance::verdict::Terms;

use super::hearing::{Component, Loaded, load_all};
use crate::case::Range;
use crate::case::evidence::Objects;
use crate::catalog::lock::{self, Lock};
use crate::catalog::{self, Reference};
use crate::policy::Policy;
use crate::repository::FileError;
use crate::repository::file::file_at;
use crate::sandbox::{Agent, HostFault, Sandbox};

/// The largest component that is read from a base revision, in bytes.
const COMPONENT_BYTES_MAX: u64 = 64 << 20;
/// How many components are kept. Above that all are loaded again.
const KEPT_MAX: usize = 1_024;

/// Why a component was not found out about.
#[derive(Debug, thiserror::Error)]
pub enum RosterFault {
    /// A file of the commit.
    #[error(transparent)]
    File(#[from] FileError),
    /// The host could not do its part.
    #[error(transparent)]
    Host(#[from] HostFault),
}

/// What names a component: the commit that it is looked for in, where that matters, and the policy's word.
type Key = (Option<ObjectId>, String);

/// An agent, or why it is none.
pub type Seated = Result<Agent, String>;

/// Loaded judges and agents, kept by what names them. Shared by threads.
#[derive(Debug)]
pub struct Roster {
    sandbox: Sandbox,
    judges: Mutex<BTreeMap<Key, Arc<Loaded>>>,
    agents: Mutex<BTreeMap<Key, Arc<Seated>>>,
}

impl Roster {
    /// Nobody is known yet.
    #[must_use]
    pub fn new(sandbox: Sandbox) -> Self {
        Self {
            sandbox,
            judges: Mutex::default(),
            agents: Mutex::default(),
        }
    }

    /// The engine in which they are loaded.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Whether every judge of a council is loaded already.
    #[must_use]
    pub fn knows(&self, range: Range, policy: &Policy, terms: &Terms) -> bool {
        let judges = self.judges.lock().unwrap_or_else(PoisonError::into_inner);
        terms.council.seats.iter().all(|seat| {
            policy
                .judge(&seat.judge)
                .is_some_and(|judge| judges.contains_key(&key(range.base, &judge.plugin)))
        })
    }

    /// The judges of a council, in seat order, from the base of the change. One that is missing costs its judge, not the
    /// review.
    ///
    /// # Errors
    ///
    /// Every [`RosterFault`].
    pub fn judges(
        &self,
        objects: &Objects,
        range: Range,
        policy: &Policy,
        terms: &Terms,
    ) -> Result<Vec<Arc<Loaded>>, RosterFault> {
        let plugins: Vec<Option<&str>> = terms
            .council
            .seats
            .iter()
            .map(|seat| policy.judge(&seat.judge).map(|judge| judge.plugin.as_str()))
            .collect();
        let mut missing: Vec<&str> = Vec::new();
        {
            let judges = self.judges.lock().unwrap_or_else(PoisonError::into_inner);
            for plugin in plugins.iter().flatten() {
                if !judges.contains_key(&key(range.base, plugin)) && !missing.contains(plugin) {
                    missing.push(plugin);
                }
            }
        }
        let components = missing
            .iter()
            .map(|plugin| component_in(objects, range.base, plugin))
            .collect::<Result<Vec<Component>, FileError>>()?;
        let loaded = load_all(&self.sandbox, &components)?;
        let mut judges = self.judges.lock().unwrap_or_else(PoisonError::into_inner);
        if judges.len() > KEPT_MAX {
            judges.clear();
        }
        for (plugin, loaded) in missing.iter().zip(loaded) {
            judges.insert(key(range.base, plugin), Arc::new(loaded));
        }
        let found = plugins.iter().map(|plugin| {
            let known = plugin.and_then(|plugin| judges.get(&key(range.base, plugin)));
            known.map_or_else(unappointed, Arc::clone)
        });
        Ok(found.collect())
    }

    /// The agent that a plugin of a commit's policy is, or why it is none.
    ///
    /// # Errors
    ///
    /// Every [`RosterFault`].
    pub fn agent(&self, objects: &Objects, commit: ObjectId, plugin: &str) -> Result<Arc<Seated>, RosterFault> {
        let key = key(Some(commit), plugin);
        if let Some(known) = self.agents.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let seated = match component_in(objects, Some(commit), plugin)? {
            Ok(bytes) => self
                .sandbox
                .load_agent(&bytes)?
                .map_err(|unusable| unusable.to_string()),
            Err(reason) => Err(reason),
        };
        let seated = Arc::new(seated);
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if agents.len() > KEPT_MAX {
            agents.clear();
        }
        agents.insert(key, Arc::clone(&seated));
        Ok(seated)
    }
}

/// A seat without an appointment. A checked policy has none.
fn unappointed() -> Arc<Loaded> {
    Arc::new(Loaded {
        component: Digest::of(&[]),
        judge: Err("the seat has no appointment".to_owned()),
    })
}

/// Embedded components are the same in every commit.
fn key(commit: Option<ObjectId>, plugin: &str) -> Key {
    match catalog::resolve(plugin) {
        Reference::Embedded(_) => (None, plugin.to_owned()),
        Reference::Unknown(_) | Reference::InBase(_) => (commit, plugin.to_owned()),
    }
}

/// The components of a council's judges, in seat order.
///
/// # Errors
///
/// When the base cannot be read.
pub fn components(
    objects: &Objects,
    range: Range,
    policy: &Policy,
    terms: &Terms,
) -> Result<Vec<Component>, FileError> {
    let seats = terms.council.seats.iter();
    seats
        .map(|seat| match policy.judge(&seat.judge) {
            Some(judge) => component_in(objects, range.base, &judge.plugin),
            None => Ok(Err(format!("`{}` sits without an appointment", seat.judge))),
        })
        .collect()
}

/// The component that a policy's `plugin` names, as it stands in a commit; or why there is none.
///
/// # Errors
///
/// When the commit cannot be read.
pub fn component_in(objects: &Objects, commit: Option<ObjectId>, plugin: &str) -> Result<Component, FileError> {
    Ok(match (catalog::resolve(plugin), commit) {
        (Reference::Embedded(embedded), _) => Ok(embedded.component.to_vec()),
        (Reference::Unknown(name), commit) => pinned_in(objects, commit, name)?,
        (Reference::InBase(path), None) => Err(format!("{path} cannot be read: there is no commit it could stand in")),
        (Reference::InBase(path), Some(commit)) => match file_at(objects, &commit, path, COMPONENT_BYTES_MAX)? {
            Some(bytes) => Ok(bytes),
            None => Err(format!("the commit {commit} has no file {path}")),
        },
    })
}

/// The component that a commit's lock file pins to a name: it is run only if it has the digest that stands there.
fn pinned_in(objects: &Objects, commit: Option<ObjectId>, name: &str) -> Result<Component, FileError> {
    let unknown = || {
        Err(format!(
            "no plugin `{name}` comes with this binary, and no committed {} pins one",
            lock::PATH
        ))
    };
    let Some(commit) = commit else { return Ok(unknown()) };
    let Some(bytes) = file_at(objects, &commit, lock::PATH, lock::BYTES_MAX as u64)? else {
        return Ok(unknown());
    };
    let lock = match Lock::parse(&bytes) {
        Ok(lock) => lock,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let Some(pinned) = lock.plugin(name) else {
        return Ok(unknown());
    };
    let Some(component) = file_at(objects, &commit, &pinned.file, COMPONENT_BYTES_MAX)? else {
        return Ok(Err(format!("the commit {commit} has no file {}", pinned.file)));
    };
    if Digest::of(&component) != pinned.component {
        return Ok(Err(format!(
            "{} of the commit {commit} is not the component that its {} pins to `{name}`",
            pinned.file,
            lock::PATH
        )));
    }
    Ok(Ok(component))
}
