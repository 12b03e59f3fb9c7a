//! The way of every host call.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::policy::access::{Context, Resource};
use crate::policy::permission::Permission;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::desk::Declined;
use crate::sandbox::journal::{Argument, Asked, Slip};
use crate::sandbox::state::{CallState, Errand, Powers};
use crate::sandbox::transcript::Transcript;

/// An answer that can be counted and recorded.
pub(in crate::sandbox) trait Answer {
    /// What it weighs against the role's limit, in bytes.
    fn weight(&self) -> u64;
    /// Writes it into the transcript.
    fn record(&self, transcript: &mut Transcript);
}

/// What a power is used on: as it is recorded, and as the policy sees it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    name: &'a str,
    resource: Resource<'a>,
}

impl<'a> Subject<'a> {
    /// Something that the policy does not tell apart.
    pub(super) fn named(name: &'a str) -> Self {
        Self {
            name,
            resource: Resource::Unnamed,
        }
    }

    /// A path.
    pub(super) fn path(path: &'a str) -> Self {
        Self {
            name: path,
            resource: Resource::Path(path),
        }
    }

    /// A path and the one that it is to get, which are recorded as `name`.
    pub(super) fn rename(name: &'a str, from: &'a str, to: &'a str) -> Self {
        Self {
            name,
            resource: Resource::Rename { from, to },
        }
    }
}

/// What the host did, or why it did not.
pub(in crate::sandbox) type Served<T> = Result<T, contract::Refusal>;

impl CallState {
    /// Serves one call of the agent's function behind `permission`, used on `subject`. What comes of it follows from the agent's
    /// folder alone.
    pub(super) fn serve_agent<T: Answer>(
        &mut self,
        permission: Permission,
        subject: Subject<'_>,
        arguments: &[&dyn Argument],
        act: impl FnOnce(&mut Powers) -> Served<T>,
    ) -> wasmtime::Result<Served<T>> {
        let asked = self.ask(permission, arguments)?;
        self.accesses.must_have_room()?;
        let answer = self.let_act(permission, act);
        self.serve_answer(&asked, permission, subject, answer)
    }

    /// Serves one call of a function that reaches beyond the agent's folder: from the journal where that holds it. Says also whether
    /// it was done, which the guest may not be told when it has been answered too much.
    pub(super) fn serve_outside<T: Answer + Serialize + DeserializeOwned>(
        &mut self,
        permission: Permission,
        subject: Subject<'_>,
        arguments: &[&dyn Argument],
        act: impl FnOnce(&mut Powers, &Slip) -> Served<T>,
    ) -> wasmtime::Result<(bool, Served<T>)> {
        let asked = self.ask(permission, arguments)?;
        self.accesses.must_have_room()?;
        let answer = match self.recall(&asked)? {
            Some(answer) => answer,
            None => {
                let slip = self.slip(&asked);
                let answer = self.let_act(permission, |powers| act(powers, &slip));
                self.take_back(slip, &answer)?;
                answer
            }
        };
        let is_done = answer.is_ok();
        Ok((is_done, self.serve_answer(&asked, permission, subject, answer)?))
    }

    /// Does what was asked, if the role grants it.
    fn let_act<T>(&mut self, permission: Permission, act: impl FnOnce(&mut Powers) -> Served<T>) -> Served<T> {
        self.granted(permission)?;
        match &mut self.errand {
            Errand::Task(powers) => act(powers),
            Errand::Describe | Errand::Case { .. } => Err(no_powers()),
        }
    }

    /// Weighs an answer, notes the use and records both.
    fn serve_answer<T: Answer>(
        &mut self,
        asked: &Asked,
        permission: Permission,
        subject: Subject<'_>,
        answer: Served<T>,
    ) -> wasmtime::Result<Served<T>> {
        let answer = answer.and_then(|answer| self.weighed(answer));
        let (granted, told) = ruling(answer.as_ref());
        if let Errand::Task(powers) = &self.errand {
            let context = Context {
                resource: subject.resource,
                claimed_tasks: 0,
            };
            let why = || powers.grants.check(permission, &context).reason.to_string();
            self.accesses.note(permission, subject.name, granted, &told, why);
        }
        self.record_some()?;
        self.answered(asked, subject.name, &answer)?;
        Ok(answer)
    }

    /// Refuses what the role does not grant.
    pub(in crate::sandbox) fn granted(&self, permission: Permission) -> Served<()> {
        let Some(grants) = self.grants() else {
            return Err(no_powers());
        };
        if grants.allows(permission) {
            return Ok(());
        }
        Err(contract::Refusal::Denied(contract::Denial {
            permission: permission.name().into(),
            needs: grants.needs(permission),
        }))
    }

    /// Refuses an answer that is more than the role has left.
    pub(super) fn weighed<T: Answer>(&mut self, answer: T) -> Served<T> {
        if self.spend_answer(answer.weight()) {
            return Ok(answer);
        }
        Err(answered_out())
    }

    /// The bytes with every secret of the call replaced by its name.
    pub(super) fn without_secrets(&self, bytes: Vec<u8>) -> Vec<u8> {
        if self.masker.finds(&bytes) {
            self.masker.mask(&bytes)
        } else {
            bytes
        }
    }

    /// Records an answer in the transcript.
    pub(in crate::sandbox) fn tell<T: Answer>(&mut self, answer: &Served<T>) {
        told(answer, &mut self.transcript);
    }
}

/// Writes an answer into a transcript.
pub(in crate::sandbox) fn told<T: Answer>(answer: &Served<T>, transcript: &mut Transcript) {
    match answer {
        Ok(answer) => {
            transcript.number(0);
            answer.record(transcript);
        }
        Err(refusal) => {
            let (number, _, text) = parts(refusal);
            transcript.number(number);
            transcript.bytes(text.as_bytes());
        }
    }
}

/// What the guest is told when the host answers no more.
pub(in crate::sandbox) fn answered_out() -> contract::Refusal {
    contract::Refusal::Limit("the role's `evidence_mib` is used up: the host answers no more".into())
}

/// Whether the policy let a call through, and what else there is to say of it.
pub(in crate::sandbox) fn ruling<T>(answer: Result<T, &contract::Refusal>) -> (bool, String) {
    match answer {
        Ok(_) => (true, String::new()),
        Err(contract::Refusal::Denied(denial)) => (false, denial.needs.clone()),
        Err(refusal) => {
            let (_, name, text) = parts(refusal);
            let granted = !matches!(refusal, contract::Refusal::Limit(_));
            (granted, format!("{name}: {text}"))
        }
    }
}

/// A refusal's number and name in the contract, and what it says.
fn parts(refusal: &contract::Refusal) -> (u64, &'static str, &str) {
    match refusal {
        contract::Refusal::Denied(denial) => (1, "denied", &denial.permission),
        contract::Refusal::Limit(text) => (2, "limit", text),
        contract::Refusal::Invalid(text) => (3, "invalid", text),
        contract::Refusal::NotFound(text) => (4, "not-found", text),
        contract::Refusal::Conflict(text) => (5, "conflict", text),
        contract::Refusal::Unavailable(text) => (6, "unavailable", text),
    }
}

fn no_powers() -> contract::Refusal {
    contract::Refusal::Unavailable("`describe` has no case and no task before it".into())
}

/// What the guest is told when the desk declines.
pub(in crate::sandbox) fn declined(declined: Declined) -> contract::Refusal {
    match declined {
        Declined::Limit(text) => contract::Refusal::Limit(text),
        Declined::Invalid(text) => contract::Refusal::Invalid(text),
        Declined::NotFound(text) => contract::Refusal::NotFound(text),
        Declined::Conflict(text) => contract::Refusal::Conflict(text),
        Declined::Unavailable(text) => contract::Refusal::Unavailable(text),
    }
}

/// The sum of weights, without overflow.
pub(super) fn sum(weights: impl Iterator<Item = usize>) -> u64 {
    weights.fold(0_u64, |sum, bytes| sum.saturating_add(bytes as u64))
}

impl Answer for () {
    fn weight(&self) -> u64 {
        0
    }

    fn record(&self, _transcript: &mut Transcript) {}
}

impl Answer for u64 {
    fn weight(&self) -> u64 {
        8
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(*self);
    }
}

impl Answer for Vec<u8> {
    fn weight(&self) -> u64 {
        self.len() as u64
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.bytes(self);
    }
}
