//! What the interfaces of the board have in common: how something is put there, and how it is looked at.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::policy::permission::Permission;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::board::Board;
use crate::sandbox::desk::Declined;
use crate::sandbox::host::serve::{Answer, Served, Subject, declined, sum};
use crate::sandbox::journal::Argument;
use crate::sandbox::state::{CallState, Powers};
use crate::sandbox::transcript::Transcript;
use crate::secret;
use crate::store::Act;

/// What each act counts besides its texts, because the record of it takes room too.
const ACT_COST_BYTES: u64 = 512;

impl CallState {
    /// Does something on the board. Its texts, of so many bytes, count against what the call may store; `may` says what the
    /// policy asks beyond the permission, and makes the act of it. `told` makes what the guest is told of the number that the
    /// act is given.
    pub(super) fn put<T: Answer + Serialize + DeserializeOwned + 'static>(
        &mut self,
        (permission, subject): (Permission, &str),
        arguments: &[&dyn Argument],
        bytes: usize,
        told: fn(&u64) -> T,
        may: impl FnOnce(&mut Powers) -> Served<Act>,
    ) -> wasmtime::Result<Served<T>> {
        let left = self
            .artifact_bytes_left
            .checked_sub((bytes as u64).saturating_add(ACT_COST_BYTES));
        let (is_done, answer) =
            self.serve_outside(permission, Subject::named(subject), arguments, |powers, slip| {
                if left.is_none() {
                    return Err(contract::Refusal::Limit(
                        "the role's `artifact_mib` is used up: nothing more is put on the board in this call".into(),
                    ));
                }
                let act = may(powers)?;
                let number = powers.desk()?.act(act, slip.noting(told)).map_err(declined)?;
                Ok(told(&number))
            })?;
        if let Some(left) = left.filter(|_| is_done) {
            self.artifact_bytes_left = left;
        }
        Ok(answer)
    }

    /// Looks at the board.
    pub(super) fn look<T: Answer + Serialize + DeserializeOwned>(
        &mut self,
        (permission, subject): (Permission, &str),
        arguments: &[&dyn Argument],
        look: impl FnOnce(&mut dyn Board) -> Result<T, Declined>,
    ) -> wasmtime::Result<Served<T>> {
        let (_, answer) = self.serve_outside(permission, Subject::named(subject), arguments, |powers, _| {
            let board: &mut dyn Board = powers.desk()?;
            look(board).map_err(declined)
        })?;
        Ok(answer)
    }

    /// A text as it may be kept: without the call's secrets, and without any of a shape that is known.
    pub(super) fn kept(&self, text: &str) -> String {
        secret::mask_tokens(&self.masker.mask_text(text))
    }
}

/// What the guest is told of a number that it gets.
pub(super) fn number(number: &u64) -> u64 {
    *number
}

/// What it is told of one that is nothing to it.
pub(super) fn nothing(_: &u64) {}

/// Writes a text that may be missing into the transcript.
pub(super) fn record_text(transcript: &mut Transcript, text: Option<&str>) {
    transcript.number(u64::from(text.is_some()));
    if let Some(text) = text {
        transcript.bytes(text.as_bytes());
    }
}

/// Writes a number that may be missing into the transcript.
pub(super) fn record_number(transcript: &mut Transcript, number: Option<u64>) {
    transcript.number(u64::from(number.is_some()));
    if let Some(number) = number {
        transcript.number(number);
    }
}

/// Writes a number that may be negative into the transcript.
pub(super) fn record_signed(transcript: &mut Transcript, number: i32) {
    transcript.bytes(&number.to_le_bytes());
}

/// The weight of a list.
pub(super) fn weigh_all<T>(parts: &[T], weight: impl Fn(&T) -> usize) -> u64 {
    sum(parts.iter().map(weight))
}
