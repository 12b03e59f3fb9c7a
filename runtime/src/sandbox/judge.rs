//! Judges: a component hears a case and gives an opinion.

use std::sync::Arc;

use assize_provenance::digest::Digest;
use assize_provenance::opinion::{Absence, Opinion};

use super::answer;
use super::call::Account;
use super::component::{Description, Plugin, Unusable};
use super::engine::Sandbox;
use super::fault::HostFault;
use super::limits::CallLimits;
use super::question::case_of;
use super::state::Errand;
use super::world::{Hear, World};
use crate::case::evidence::Evidence;
use crate::council::Brief;
use crate::outcome::Outcome;
use crate::policy::grant::Grants;

/// A component that fits the world `judge`: compiled, linked, described. Cheap to clone; each call has its own store.
#[derive(Debug, Clone)]
pub struct Judge(Plugin);

impl Judge {
    /// The SHA-256 of the component's bytes: its identity.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }

    /// What it says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        self.0.description()
    }

    /// The host functions it imports, as permissions: `interface.function`.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        self.0.imports()
    }
}

impl Sandbox {
    /// Checks, compiles and links a component as a judge, and asks it what it is.
    ///
    /// Compiled code is taken from the cache where there is one; the cache's key is the component's content and the engine.
    ///
    /// [`Unusable`] is what is known of a component that does not fit. It never ran but for `describe`, under small limits.
    ///
    /// # Errors
    ///
    /// [`HostFault`] when the machine failed; that says nothing about the component.
    pub fn load(&self, bytes: &[u8]) -> Result<Result<Judge, Unusable>, HostFault> {
        Ok(self.load_plugin(World::Judge, bytes)?.map(Judge))
    }

    /// Lets a judge hear a case, in a fresh store.
    ///
    /// Whatever the guest does, this returns: its failures are outcomes. The opinion is checked against the contract's
    /// bounds; one that breaks them is [`Absence::Malformed`].
    ///
    /// # Errors
    ///
    /// [`HostFault`] when the host could not do its part; that says nothing about the judge.
    pub fn hear(
        &self,
        judge: &Judge,
        brief: &Brief,
        evidence: Arc<Evidence>,
        grants: Grants,
    ) -> Result<Account<Opinion>, HostFault> {
        let limits = CallLimits::of(grants.limits());
        let case = case_of(brief);
        let errand = Errand::Case {
            grants: Box::new(grants),
            evidence,
        };
        let account = self.call(&judge.0, &limits, errand, Hear(&case))?;
        Ok(account.map(|answer| match answer {
            Ok(opinion) => match answer::opinion(opinion, &brief.rules_under) {
                Ok(opinion) => Outcome::Finished(opinion),
                Err(reason) => Outcome::Ended(Absence::Malformed, reason),
            },
            Err(fault) => Outcome::Ended(Absence::Faulted, answer::bounded(&fault.message)),
        }))
    }
}
