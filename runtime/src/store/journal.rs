//! Journals: what is kept of the host calls of agents, as events, with the answers and transcripts beside them as contents.
//!
//! Notes go with the effect that they tell of, in one transaction: both are there, or neither is. They stand in the log of events
//! and are chained with it, so that a note that was changed or removed is found like any other event.

use assize_provenance::digest::Digest;
use assize_provenance::time::Time;
use rusqlite::{Connection, OptionalExtension as _};

use super::contents;
use super::fault::{Failure, StoreError};
use super::log::{self, COLUMNS, Prepared, Stored};
use super::query::as_signed;
use super::{EVENTS_APPENDED_MAX, Store, insist_on_name, unfit};
use crate::event::{Event, Kind, NAME_BYTES_MAX, RunId};
use crate::host_call::{Ending, Journal, Note, TRANSCRIPT_BYTES_MAX, Transcript};
use crate::policy::permission::Permission;

/// The largest answer in a journal, in bytes.
pub const ANSWER_BYTES_MAX: usize = 64 << 20;
/// The most bytes of answers that are read back for one run.
pub const JOURNAL_BYTES_MAX: usize = 512 << 20;

/// What is added to the journal of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries {
    /// The run.
    pub run: RunId,
    /// The agent.
    pub agent: String,
    /// Its calls outside.
    pub notes: Vec<Note>,
    /// How it ended, once it has.
    pub ending: Option<Ending>,
}

impl Store {
    /// Appends events and adds to the journal of a run, all or none.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unfit`] as for [`append`](Self::append), and for an answer larger than [`ANSWER_BYTES_MAX`]; every other
    /// [`StoreError`].
    pub fn append_with(&self, at: Time, events: &[Event], entries: Entries) -> Result<(), StoreError> {
        insist_on_name("agent", &entries.agent, NAME_BYTES_MAX)?;
        let added = entries.notes.len().saturating_add(events.len());
        if added >= EVENTS_APPENDED_MAX {
            return Err(unfit(format!(
                "{added} events at once, and {EVENTS_APPENDED_MAX} are the most"
            )));
        }
        if let Some(large) = entries.notes.iter().find(|note| size(note) > ANSWER_BYTES_MAX) {
            return Err(unfit(format!(
                "an answer of {} bytes, and {ANSWER_BYTES_MAX} are the most",
                size(large)
            )));
        }
        let prepared = Self::prepared(at, events)?;
        if prepared.is_empty() && entries.notes.is_empty() && entries.ending.is_none() {
            return Ok(());
        }
        self.writer.write(move |connection| {
            log::append(connection, &prepared)?;
            note(connection, at, entries.run, &entries.agent, &entries.notes)?;
            if let Some(ending) = &entries.ending {
                end(connection, at, entries.run, &entries.agent, ending)?;
            }
            Ok(())
        })
    }

    /// Reads the journal of a run; an empty one where nothing is kept. Every entry is held against its digest, and what does not
    /// fit together is damage.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn journal(&self, run: RunId) -> Result<Journal, StoreError> {
        self.read(|connection| read(connection, run))
    }
}

fn size(note: &Note) -> usize {
    note.answer.as_ref().map_or(0, Vec::len)
}

/// Adds calls to the journal of a run.
pub(super) fn note(connection: &Connection, at: Time, run: RunId, agent: &str, notes: &[Note]) -> Result<(), Failure> {
    let mut prepared = Vec::with_capacity(notes.len());
    for note in notes {
        let answer = note
            .answer
            .as_deref()
            .map(|bytes| keep(connection, bytes))
            .transpose()?;
        let event = Event::HostCalled {
            run,
            agent: agent.to_owned(),
            number: note.number,
            permission: note.permission.name().to_owned(),
            arguments: note.arguments,
            before: note.before,
            answer,
        };
        prepared.push(Prepared::of(at, event).map_err(|error| Failure::event(0, &error))?);
    }
    if !prepared.is_empty() {
        log::append(connection, &prepared)?;
    }
    Ok(())
}

fn end(connection: &Connection, at: Time, run: RunId, agent: &str, ending: &Ending) -> Result<(), Failure> {
    let event = Event::Transcribed {
        run,
        agent: agent.to_owned(),
        calls: ending.transcript.calls(),
        dropped: ending.transcript.dropped(),
        transcript: keep(connection, &ending.transcript.to_bytes())?,
        result: ending.result,
    };
    let prepared = Prepared::of(at, event).map_err(|error| Failure::event(0, &error))?;
    log::append(connection, &[prepared])?;
    Ok(())
}

fn keep(connection: &Connection, bytes: &[u8]) -> Result<Digest, Failure> {
    let digest = Digest::of(bytes);
    contents::put(connection, &digest, bytes)?;
    Ok(digest)
}

/// Tells whether contents that an event names are missing.
pub(super) fn is_missing(connection: &Connection, event: &Event) -> Result<bool, Failure> {
    let (Event::HostCalled {
        answer: Some(named), ..
    }
    | Event::Transcribed { transcript: named, .. }) = event
    else {
        return Ok(false);
    };
    let found: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM contents WHERE digest = ?1)",
        [named.as_bytes()],
        |row| row.get(0),
    )?;
    Ok(!found)
}

fn read(connection: &Connection, run: RunId) -> Result<Journal, Failure> {
    let mut journal = Journal::default();
    let mut bytes_left = JOURNAL_BYTES_MAX;
    let kinds = [Kind::AccessChecked, Kind::HostCalled, Kind::Transcribed].map(|kind| format!("'{}'", kind.name()));
    let mut statement = connection.prepare(&format!(
        "SELECT {COLUMNS} FROM events WHERE run = ?1 AND kind IN ({}) ORDER BY sequence",
        kinds.join(", ")
    ))?;
    let mut rows = statement.query([run.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let stored = Stored::of(row)?;
        let recorded = stored.read()?;
        let sequence = recorded.sequence;
        let damaged = |reason: &str| Failure::Damaged(format!("event {sequence}: {reason}"));
        if matches!(recorded.event, Event::AccessChecked { .. }) {
            journal.accesses = journal.accesses.saturating_add(1);
            continue;
        }
        if !stored.agrees(&recorded) {
            return Err(damaged("its columns say something else"));
        }
        if !is_chained(connection, &stored)? {
            return Err(damaged("it or the one before it was changed"));
        }
        if journal.ending.is_some() {
            return Err(damaged("it stands behind the end of its journal"));
        }
        let mut kept = |digest: &Digest| {
            let bytes =
                contents::get(connection, digest)?.ok_or_else(|| damaged("the contents it names are missing"))?;
            bytes_left = bytes_left
                .checked_sub(bytes.len())
                .ok_or_else(|| damaged("the journal is larger than any that is written"))?;
            Ok::<_, Failure>(bytes)
        };
        match recorded.event {
            Event::HostCalled {
                number,
                permission,
                arguments,
                before,
                answer,
                ..
            } => {
                let note = Note {
                    number,
                    permission: Permission::named(&permission)
                        .ok_or_else(|| damaged("it names a permission that does not exist"))?,
                    arguments,
                    before,
                    answer: answer.as_ref().map(&mut kept).transpose()?,
                };
                add(&mut journal, note).map_err(damaged)?;
            }
            Event::Transcribed { transcript, result, .. } => {
                let transcript = Transcript::from_bytes(&kept(&transcript)?);
                let transcript = transcript.map_err(|error| damaged(&error.to_string()))?;
                journal.ending = Some(Ending { transcript, result });
            }
            _ => {}
        }
    }
    Ok(journal)
}

/// Adds a call that was read: the next one, or the answer to the last, which was only begun.
fn add(journal: &mut Journal, note: Note) -> Result<(), &'static str> {
    match journal.notes.last_entry() {
        Some(last) if *last.key() == note.number => {
            let begun = last.get();
            let asked = |note: &Note| (note.permission, note.arguments, note.before);
            if begun.answer.is_some() || asked(begun) != asked(&note) {
                return Err("another call has the same number in its journal");
            }
        }
        Some(last) if *last.key() > note.number => return Err("its journal is out of order"),
        _ => {}
    }
    journal.notes.insert(note.number, note);
    Ok(())
}

/// Whether an event's digest is the one that follows from the event before it.
fn is_chained(connection: &Connection, stored: &Stored) -> Result<bool, Failure> {
    let before: Option<Vec<u8>> = connection
        .query_row(
            "SELECT digest FROM events WHERE sequence = ?1",
            [as_signed(stored.sequence.saturating_sub(1))],
            |row| row.get(0),
        )
        .optional()?;
    let previous = match before {
        None if stored.sequence == 1 => log::NOTHING,
        Some(digest) => match <[u8; 32]>::try_from(digest) {
            Ok(digest) => Digest::from_bytes(digest),
            Err(_) => return Ok(false),
        },
        None => return Ok(false),
    };
    let expected = log::chained(&previous, stored.sequence, &stored.body);
    Ok(stored.digest == expected.as_bytes())
}

const _: () = assert!(TRANSCRIPT_BYTES_MAX < JOURNAL_BYTES_MAX);
