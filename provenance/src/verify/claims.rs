//! Collecting faults and doubts, claim by claim, until it is known how each stands.

use std::collections::BTreeMap;

use crate::folder_reader::Unread;
use crate::reader::ReadError;
use crate::report::{Claim, FAULTS_MAX, Fault, FaultCode, Place, Standing};

/// What is known against each claim so far.
pub(super) struct Claims {
    faults: BTreeMap<Claim, Vec<Fault>>,
    doubts: BTreeMap<Claim, String>,
}

impl Claims {
    pub(super) fn new() -> Self {
        Self {
            faults: BTreeMap::new(),
            doubts: BTreeMap::new(),
        }
    }

    /// Refutes the claim that the fault's code belongs to.
    pub(super) fn refute(&mut self, fault: Fault) {
        let faults = self.faults.entry(fault.code.claim()).or_default();
        if faults.len() < FAULTS_MAX {
            faults.push(fault);
        }
    }

    /// Refutes by code, place and sentence.
    pub(super) fn fault(&mut self, code: FaultCode, place: Place, sentence: impl Into<String>) {
        self.refute(Fault {
            code,
            place,
            sentence: sentence.into(),
        });
    }

    /// Notes why a claim cannot be settled. The first reason stays.
    pub(super) fn unsettle(&mut self, claim: Claim, reason: impl Into<String>) {
        self.doubts.entry(claim).or_insert_with(|| reason.into());
    }

    /// Notes an object that could not be read, as a fault where that lies with the repository.
    pub(super) fn unread(&mut self, unread: Unread, place: Place) -> Result<(), ReadError> {
        self.refute(fault_of(unread, place)?);
        Ok(())
    }

    /// Tells how each claim stands. Where the log could not be followed to its end, nothing of it is proved.
    pub(super) fn finish(mut self, is_whole: bool) -> Vec<(Claim, Standing)> {
        let standing = |claim: Claim| match (self.faults.remove(&claim), self.doubts.remove(&claim)) {
            (Some(faults), _) => (claim, Standing::Refuted(faults)),
            (None, Some(doubt)) => (claim, Standing::NotCheckable(doubt)),
            (None, None) if is_whole => (claim, Standing::Proved),
            (None, None) => (
                claim,
                Standing::NotCheckable("the log could not be followed to its end".to_owned()),
            ),
        };
        Claim::ALL.into_iter().map(standing).collect()
    }
}

/// Turns an object that could not be read into a fault, or into an error where the machine failed.
pub(crate) fn fault_of(unread: Unread, place: Place) -> Result<Fault, ReadError> {
    match unread {
        Unread::Missing(id) => Ok(Fault {
            code: FaultCode::ObjectMissing,
            place: Place {
                object: Some(id),
                ..place
            },
            sentence: format!("object {id} is missing"),
        }),
        Unread::Damaged(id, reason) => Ok(Fault {
            code: FaultCode::ObjectDamaged,
            place: Place {
                object: Some(id),
                ..place
            },
            sentence: format!("object {id} is damaged: {reason}"),
        }),
        Unread::Reader(error) => Err(error),
    }
}
