//! Notes that go with an effect in the store: in its transaction, or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::keep;
use crate::host_call::Note;
use crate::sandbox::desk::Declined;
use crate::sandbox::host::{Served, declined};

/// What goes into the journal with an effect in the store, once the store knows its answer. Whoever has the effect asks for the
/// notes inside of the transaction, and writes them with it.
pub struct Noting<T>(Option<Waiting<T>>);

/// Notes that wait for an answer.
struct Waiting<T> {
    earlier: Vec<Note>,
    call: Note,
    kept: Kept<T>,
    was_asked: Arc<AtomicBool>,
}

/// What the journal keeps of an answer.
type Kept<T> = Box<dyn Fn(&Result<T, Declined>) -> Vec<u8> + Send>;

impl<T> Noting<T> {
    /// The noting of a call of which no journal is kept.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// The notes: those of the calls before that are not written yet, and that of the call which has this answer.
    #[must_use]
    pub fn notes(&self, answer: &Result<T, Declined>) -> Vec<Note> {
        let Some(waiting) = &self.0 else { return Vec::new() };
        waiting.was_asked.store(true, Ordering::Relaxed);
        let mut notes = waiting.earlier.clone();
        notes.push(Note {
            answer: Some((waiting.kept)(answer)),
            ..waiting.call.clone()
        });
        notes
    }
}

/// What one call of a host function may give to its effect in the store.
pub(in crate::sandbox) struct Slip {
    open: Option<(Vec<Note>, Note)>,
    was_asked: Arc<AtomicBool>,
}

impl Slip {
    /// The slip of a call: with the notes that are not written yet and its own, where a journal is kept.
    pub(super) fn new(open: Option<(Vec<Note>, Note)>) -> Self {
        Self {
            open,
            was_asked: Arc::new(AtomicBool::new(false)),
        }
    }

    /// The noting of an effect whose answer `told` makes into what the guest is told.
    pub(in crate::sandbox) fn noting<D, T>(&self, told: impl Fn(&D) -> T + Send + 'static) -> Noting<D>
    where
        T: Serialize,
    {
        let waiting = self.open.as_ref().map(|(earlier, call)| Waiting {
            earlier: earlier.clone(),
            call: call.clone(),
            kept: Box::new(move |answer: &Result<D, Declined>| {
                let answer: Served<T> = answer.as_ref().map(&told).map_err(|reason| declined(reason.clone()));
                keep(&answer)
            }) as Kept<D>,
            was_asked: Arc::clone(&self.was_asked),
        });
        Noting(waiting)
    }

    /// Whether the notes went with an effect; and those that wait, with the call's own.
    pub(super) fn into_parts(self) -> (bool, Option<(Vec<Note>, Note)>) {
        (self.was_asked.load(Ordering::Relaxed), self.open)
    }
}
