//! The event log: appended to, read in order, and chained by digests.

use assize_provenance::digest::{Digest, Hasher};
use assize_provenance::time::Time;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::fault::Failure;
use super::listings;
use super::query::{Clauses, PAGE_ROWS_MAX, Page, as_signed, as_unsigned};
use crate::event::{Event, Kind, Recorded, RunId, v1};

/// The digest before the first event.
pub(super) const NOTHING: Digest = Digest::from_bytes([0; 32]);
/// What the digest of every event starts with.
const DOMAIN: &[u8] = b"assize-event-v1\n";

/// Which events are asked for. What is none excludes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventFilter<'a> {
    /// Those of one run.
    pub run: Option<RunId>,
    /// Those about one agent.
    pub agent: Option<&'a str>,
    /// Those of one kind.
    pub kind: Option<Kind>,
}

/// An event in stored form, ready to be appended.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) at: Time,
    pub(super) event: Event,
    pub(super) body: String,
}

impl Prepared {
    pub(super) fn of(at: Time, event: Event) -> Result<Self, v1::FormError> {
        let (event, body) = v1::encode(at, event)?;
        let body = String::from_utf8(body).map_err(|error| v1::FormError::Field(error.to_string()))?;
        Ok(Self { at, event, body })
    }
}

/// A row as it stands in the table.
pub(super) struct Stored {
    pub(super) sequence: u64,
    pub(super) at: i64,
    pub(super) kind: String,
    pub(super) run: Vec<u8>,
    pub(super) agent: String,
    pub(super) granted: Option<bool>,
    pub(super) body: String,
    pub(super) digest: Vec<u8>,
}

/// The columns of [`Stored`], in order.
pub(super) const COLUMNS: &str = "sequence, at, kind, run, agent, granted, body, digest";

impl Stored {
    pub(super) fn of(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            sequence: as_unsigned(row.get(0)?),
            at: row.get(1)?,
            kind: row.get(2)?,
            run: row.get(3)?,
            agent: row.get(4)?,
            granted: row.get(5)?,
            body: row.get(6)?,
            digest: row.get(7)?,
        })
    }

    pub(super) fn read(&self) -> Result<Recorded, Failure> {
        let (at, event) = v1::decode(self.body.as_bytes()).map_err(|error| Failure::event(self.sequence, &error))?;
        Ok(Recorded {
            sequence: self.sequence,
            at,
            event,
        })
    }

    /// Whether the columns say what the body says.
    pub(super) fn agrees(&self, recorded: &Recorded) -> bool {
        let event = &recorded.event;
        self.at == recorded.at.unix_seconds()
            && self.kind == event.kind().name()
            && self.run == event.run().as_bytes()
            && self.agent == event.agent()
            && self.granted == event.granted()
    }
}

/// Where the log ends: the number and the digest of the last event.
pub(super) fn end(connection: &Connection) -> Result<(u64, Digest), Failure> {
    let last = connection
        .prepare_cached("SELECT sequence, digest FROM events ORDER BY sequence DESC LIMIT 1")?
        .query_row([], |row| Ok((as_unsigned(row.get(0)?), row.get(1)?)))
        .optional()?;
    Ok(last.map_or((0, NOTHING), |(sequence, digest)| {
        (sequence, Digest::from_bytes(digest))
    }))
}

/// The digest of an event in its place.
pub(super) fn chained(previous: &Digest, sequence: u64, body: &str) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(DOMAIN);
    hasher.update(previous.as_bytes());
    hasher.update(&sequence.to_be_bytes());
    hasher.update(body.as_bytes());
    hasher.finish()
}

/// Appends events, in their order, and brings the listings up to date. Gives the number of the last one.
pub(super) fn append(connection: &Connection, events: &[Prepared]) -> Result<u64, Failure> {
    let (mut sequence, mut digest) = end(connection)?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO events (sequence, at, kind, run, agent, granted, body, digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for Prepared { at, event, body } in events {
        sequence = sequence.saturating_add(1);
        digest = chained(&digest, sequence, body);
        insert.execute(params![
            as_signed(sequence),
            at.unix_seconds(),
            event.kind().name(),
            event.run().as_bytes(),
            event.agent(),
            event.granted(),
            body,
            digest.as_bytes(),
        ])?;
        listings::apply(connection, sequence, *at, event)?;
    }
    Ok(sequence)
}

/// Reads events behind `after`, in order.
pub(super) fn events(
    connection: &Connection,
    filter: &EventFilter<'_>,
    after: u64,
    rows_max: usize,
) -> Result<Vec<Recorded>, Failure> {
    let mut clauses = Clauses::new();
    clauses.add("sequence > ?", as_signed(after));
    if let Some(run) = filter.run {
        clauses.add("run = ?", run.as_bytes().to_vec());
    }
    if let Some(agent) = filter.agent {
        clauses.add("agent = ?", agent.to_owned());
    }
    if let Some(kind) = filter.kind {
        clauses.add("kind = ?", kind.name().to_owned());
    }
    page(connection, &clauses, "sequence", rows_max)
}

/// Reads a page of events.
pub(super) fn page(
    connection: &Connection,
    clauses: &Clauses,
    order: &str,
    rows_max: usize,
) -> Result<Vec<Recorded>, Failure> {
    // With a limit, rows that have to be sorted are not held whole either.
    let rows_max = rows_max.min(PAGE_ROWS_MAX);
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE {} ORDER BY {order} LIMIT {rows_max}",
        clauses.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(clauses.values())?;
    let mut page = Page::new(rows_max);
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let stored = Stored::of(row)?;
        page.push(stored.read()?, stored.body.len());
    }
    Ok(page.rows)
}
