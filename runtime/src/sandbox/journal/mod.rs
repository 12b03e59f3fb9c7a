//! The journal of a call: what it asks is held against what it asked before a kill, and what it is answered is kept.
//!
//! ```text
//! ask ─▶ is it what the journal holds? ─▶ recall (outside, known) ──────────────┐
//!              └─ no: departure           act (inside, or not known yet) ─▶ note ┴─▶ answered
//! ```
//!
//! What a call outside was answered is on disk before anything else is done outside: with the effect where it lies in the store,
//! else with the next effect or at the end. An answer that is not written yet was of no consequence to anybody; after a kill it is
//! asked for again.

mod arguments;
mod departure;
mod noting;

use assize_provenance::digest::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(in crate::sandbox) use arguments::Argument;
pub use departure::Departure;
pub use noting::Noting;
pub(in crate::sandbox) use noting::Slip;

use super::bindings::types::{Denial, Refusal};
use super::host::{self, Answer, Served, ruling};
use super::state::{CallState, Unrecorded};
use super::transcript::Transcript as Told;
use crate::host_call::{Ending, HostCall, Journal, Note, Transcript, is_outside};
use crate::policy::permission::Permission;

/// The form in which answers are kept; its number stands before each.
const FORM: u8 = 1;
/// How many bytes of answers wait at most before they are written.
const WAITING_BYTES_MAX: usize = 8 << 20;
/// How many answers wait at most.
const WAITING_NOTES_MAX: usize = 256;

/// What a journal is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To go on: what is not known yet is done.
    GoOn,
    /// To tell whether it would be the same again: nothing is done outside.
    Replay,
}

/// The journal of one call.
pub(super) struct Keeper {
    past: Journal,
    purpose: Purpose,
    calls: Transcript,
    waiting: Vec<Note>,
    waiting_bytes: usize,
}

/// A host call that is being served.
pub(super) struct Asked {
    number: u64,
    permission: Permission,
    /// What it asks, and after what; only where a journal is kept.
    terms: Option<Terms>,
}

#[derive(Clone, Copy)]
struct Terms {
    arguments: Digest,
    before: Digest,
}

/// The call does not do what its journal says. Ends it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Departed(pub(super) Departure);

/// The journal does not hold what is needed. Ends the call.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unkept(pub(super) String);

impl Unkept {
    /// Something of a host call is missing.
    pub(super) fn of(asked: &Asked, reason: &str) -> Self {
        let (number, permission) = (asked.number, asked.permission);
        Self(format!(
            "host call {number} (`{permission}`) cannot be told again: {reason}"
        ))
    }
}

/// Writes an answer in the form in which it is kept.
pub(super) fn keep<T: Serialize>(answer: &T) -> Vec<u8> {
    // Plain values have no way to fail; what could not be written would not be read back, and the call is refused then.
    postcard::to_extend(answer, vec![FORM]).unwrap_or_default()
}

fn unkeep<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let Some((&FORM, rest)) = bytes.split_first() else {
        return Err("it is in a form that this Assize does not know".to_owned());
    };
    match postcard::take_from_bytes(rest) {
        Ok((answer, [])) => Ok(answer),
        Ok(_) => Err("something stands behind it".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl Keeper {
    /// Keeps the journal of a call of which this is known.
    pub(super) fn new(past: Journal, purpose: Purpose) -> Self {
        Self {
            past,
            purpose,
            calls: Transcript::default(),
            waiting: Vec::new(),
            waiting_bytes: 0,
        }
    }

    /// What it has called so far.
    pub(super) fn into_calls(self) -> Transcript {
        self.calls
    }

    fn told(&self, number: u64) -> Option<&HostCall> {
        self.past.ending.as_ref()?.transcript.get(number)
    }

    /// Insists that a call is the one that the journal holds, where it holds one.
    fn must_agree(&self, number: u64, permission: Permission, terms: &Terms) -> Result<(), Departure> {
        let told = self.told(number);
        let noted = self.past.notes.get(&number);
        let known = noted.cloned().or_else(|| {
            told.map(|call| Note {
                number,
                permission: call.permission,
                arguments: call.arguments,
                before: terms.before,
                answer: None,
            })
        });
        if let Some(known) = known {
            let resource = told.map(|call| call.resource.as_str());
            if (known.permission, known.arguments) != (permission, terms.arguments) {
                return Err(Departure::asked(&known, resource, permission));
            }
            if known.before != terms.before {
                return Err(Departure::before(&known));
            }
        }
        let last = self.past.last();
        let is_over = self.purpose == Purpose::Replay || self.past.ending.is_some();
        let is_beyond = number > last && is_over;
        let is_left_out = number <= last && is_outside(permission) && noted.is_none();
        if is_beyond || is_left_out {
            return Err(Departure::unknown(number, last, permission));
        }
        Ok(())
    }

    /// Insists that the call has come to the end that the journal holds, if it holds one.
    fn must_end(&self, result: Digest) -> Result<(), Departure> {
        let (calls, last) = (self.calls.calls(), self.past.last());
        let is_over = self.purpose == Purpose::Replay || self.past.ending.is_some();
        if calls < last {
            let at = calls.saturating_add(1);
            let noted = self.past.notes.get(&at).map(|note| note.permission);
            return Err(Departure::ended(
                at,
                self.told(at).map(|call| call.permission).or(noted),
            ));
        }
        match &self.past.ending {
            Some(ending) if is_over && ending.result != result => Err(Departure::result(calls.saturating_add(1))),
            _ => Ok(()),
        }
    }

    fn wait(&mut self, note: Note) {
        let bytes = note.answer.as_ref().map_or(0, Vec::len);
        self.waiting_bytes = self.waiting_bytes.saturating_add(bytes);
        self.waiting.push(note);
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_NOTES_MAX || self.waiting_bytes > WAITING_BYTES_MAX
    }

    /// What is not written yet.
    pub(super) fn take_waiting(&mut self) -> Vec<Note> {
        self.waiting_bytes = 0;
        std::mem::take(&mut self.waiting)
    }

    /// How many of `unrecorded` uses of powers were recorded before a kill.
    pub(super) fn pass_over(&mut self, unrecorded: usize) -> usize {
        let known = usize::try_from(self.past.accesses)
            .unwrap_or(usize::MAX)
            .min(unrecorded);
        self.past.accesses = self.past.accesses.saturating_sub(known as u64);
        known
    }

    /// What is kept at the end of the call; nothing where it is kept already, and where nothing was called.
    pub(super) fn ending(&self, result: Digest) -> Option<Ending> {
        let is_new = self.past.ending.is_none() && self.purpose == Purpose::GoOn && self.calls.calls() > 0;
        is_new.then(|| Ending {
            transcript: self.calls.clone(),
            result,
        })
    }
}

impl Asked {
    fn note(&self, answer: Option<Vec<u8>>) -> Option<Note> {
        let Terms { arguments, before } = self.terms?;
        Some(Note {
            number: self.number,
            permission: self.permission,
            arguments,
            before,
            answer,
        })
    }
}

impl CallState {
    /// Counts one call of an agent, and holds it against the journal.
    pub(super) fn ask(&mut self, permission: Permission, arguments: &[&dyn Argument]) -> wasmtime::Result<Asked> {
        let before = self.keeper.as_ref().map(|_| self.transcript.so_far());
        self.enter(permission)?;
        let number = self.transcript.calls();
        let mut terms = None;
        if let (Some(keeper), Some(before)) = (&self.keeper, before) {
            let arguments = arguments::digest(permission, arguments);
            let asked = Terms { arguments, before };
            keeper.must_agree(number, permission, &asked).map_err(Departed)?;
            self.transcript.bytes(arguments.as_bytes());
            terms = Some(asked);
        }
        Ok(Asked {
            number,
            permission,
            terms,
        })
    }

    /// What the journal holds of a call outside; nothing where it is to be done now.
    pub(super) fn recall<T: DeserializeOwned>(&self, asked: &Asked) -> Result<Option<T>, Unkept> {
        let Some(keeper) = &self.keeper else { return Ok(None) };
        match keeper.past.notes.get(&asked.number).map(|note| &note.answer) {
            Some(Some(bytes)) => unkeep(bytes)
                .map(Some)
                .map_err(|reason| Unkept::of(asked, &format!("its answer in the journal cannot be read: {reason}"))),
            None | Some(None) if keeper.purpose == Purpose::Replay => Err(Unkept::of(
                asked,
                "the journal holds no answer; it was interrupted there, or the answer came in pieces, as those of `wasi:http` do",
            )),
            None | Some(None) => Ok(None),
        }
    }

    /// Whether nothing is done outside.
    pub(super) fn is_replay(&self) -> bool {
        self.keeper
            .as_ref()
            .is_some_and(|keeper| keeper.purpose == Purpose::Replay)
    }

    /// Whether the call was begun before a kill, and nobody knows whether it was done.
    pub(super) fn was_begun(&self, asked: &Asked) -> bool {
        let noted = self
            .keeper
            .as_ref()
            .and_then(|keeper| keeper.past.notes.get(&asked.number));
        noted.is_some_and(|note| note.answer.is_none())
    }

    /// What goes to the store with a call's effect.
    pub(super) fn slip(&mut self, asked: &Asked) -> Slip {
        Slip::new(match (&mut self.keeper, asked.note(None)) {
            (Some(keeper), Some(note)) => Some((keeper.take_waiting(), note)),
            _ => None,
        })
    }

    /// Takes a slip back: what did not go with an effect waits for the next one.
    pub(super) fn take_back<T: Serialize>(&mut self, slip: Slip, answer: &Served<T>) -> Result<(), Unrecorded> {
        let (was_written, open) = slip.into_parts();
        if was_written {
            // Whether it was done is known to nobody then, so that the call cannot go on; going on later finds out.
            return match answer {
                Err(Refusal::Unavailable(reason)) => Err(Unrecorded(reason.clone())),
                _ => Ok(()),
            };
        }
        let (Some(keeper), Some((earlier, mut note))) = (&mut self.keeper, open) else {
            return Ok(());
        };
        earlier.into_iter().for_each(|note| keeper.wait(note));
        note.answer = Some(keep(answer));
        keeper.wait(note);
        self.write_some()
    }

    /// Notes that a call outside begins now.
    pub(super) fn note_begun(&mut self, asked: &Asked) {
        if let (Some(keeper), Some(note)) = (&mut self.keeper, asked.note(None)) {
            keeper.wait(note);
        }
    }

    /// Notes what a call outside was answered.
    pub(super) fn note_answer<T: Serialize>(&mut self, asked: &Asked, answer: &T) -> Result<(), Unrecorded> {
        if let (Some(keeper), Some(mut note)) = (&mut self.keeper, asked.note(None)) {
            note.answer = Some(keep(answer));
            keeper.wait(note);
        }
        self.write_some()
    }

    /// Writes what waits when there is much of it.
    fn write_some(&mut self) -> Result<(), Unrecorded> {
        match &mut self.keeper {
            Some(keeper) if keeper.is_full() => self.record_outside(),
            _ => Ok(()),
        }
    }

    /// Tells the guest's answer to the transcript and to the journal.
    pub(super) fn answered<T: Answer>(
        &mut self,
        asked: &Asked,
        resource: &str,
        answer: &Served<T>,
    ) -> Result<(), Departed> {
        let (Some(keeper), Some(terms)) = (&mut self.keeper, asked.terms) else {
            self.tell(answer);
            return Ok(());
        };
        let mut part = Told::new();
        host::told(answer, &mut part);
        let call = HostCall {
            number: asked.number,
            permission: asked.permission,
            resource: self.accesses.fit(resource),
            granted: ruling(answer.as_ref()).0,
            arguments: terms.arguments,
            answer: part.finish(),
        };
        self.transcript.bytes(call.answer.as_bytes());
        if let Some(known) = keeper.told(call.number)
            && known.answer != call.answer
        {
            return Err(Departed(Departure::answered(known)));
        }
        keeper.calls.push(call);
        Ok(())
    }

    /// Tells a line of the log to the journal. The transcript of a call without one holds no answer to it: there is none.
    pub(super) fn logged(&mut self, asked: &Asked, needs: Option<&str>) -> Result<(), Departed> {
        if self.keeper.is_none() {
            return Ok(());
        }
        let answer = match needs {
            None => Ok(()),
            Some(needs) => Err(Refusal::Denied(Denial {
                permission: asked.permission.name().into(),
                needs: needs.to_owned(),
            })),
        };
        self.answered(asked, "", &answer)
    }

    /// Insists that the call ends as its journal says, if it says so.
    pub(super) fn must_end(&self, result: Digest) -> Result<(), Departure> {
        match &self.keeper {
            Some(keeper) => keeper.must_end(result),
            None => Ok(()),
        }
    }
}
