//! What agents remember: values under keys, each with the number of its changes.

use assize_provenance::time::Time;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::Failure;
use super::log::{self, Prepared};
use super::query::{Page, as_unsigned, read_text};
use crate::event::{Event, RunId};

/// A change of what an agent remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The run in which it is made.
    pub run: RunId,
    /// The agent.
    pub agent: String,
    /// The key: 1 to [`KEY_BYTES_MAX`](crate::event::KEY_BYTES_MAX) bytes of printable characters.
    pub key: String,
    /// The value, at most [`VALUE_BYTES_MAX`](crate::event::VALUE_BYTES_MAX) bytes; none to clear it.
    pub value: Option<Vec<u8>>,
    /// The version the key must have, if any; 0 for a key that was never set.
    pub expected: Option<u64>,
    /// How much the agent may remember in all, in bytes of keys and values. A key that was cleared still counts, because its
    /// version is remembered.
    pub bytes_max: u64,
}

/// Why a change was not made. Nothing was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateRefusal {
    /// The key has another version than was expected.
    #[error("the key has version {found} and not {expected}")]
    Conflict {
        /// Its version.
        found: u64,
        /// The one that was expected.
        expected: u64,
    },
    /// The agent would remember more than it may.
    #[error("the agent would remember {bytes} bytes in all, and may remember {bytes_max}")]
    OverQuota {
        /// How much it would be.
        bytes: u64,
        /// How much it may be.
        bytes_max: u64,
    },
}

/// A value and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateItem {
    /// How often the key was set or cleared.
    pub version: u64,
    /// The value.
    pub value: Vec<u8>,
}

/// Some of an agent's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPage {
    /// Those that have a value, in byte order.
    pub keys: Vec<String>,
    /// What to pass as `after` for the rest, when there may be more.
    pub next: Option<String>,
}

/// How much a key with this value counts, in bytes.
pub(super) fn size(key: &str, value: Option<&[u8]>) -> u64 {
    key.len().saturating_add(value.map_or(0, <[u8]>::len)) as u64
}

/// How much a key counts now; nothing where it was never set.
pub(super) fn size_of(connection: &Connection, agent: &str, key: &str) -> Result<u64, rusqlite::Error> {
    let value = connection
        .query_row(
            "SELECT ifnull(length(value), 0) FROM state WHERE agent = ?1 AND key = ?2",
            params![agent, key],
            |row| row.get::<_, i64>(0),
        )
        .optional()?;
    Ok(value.map_or(0, |bytes| as_unsigned(bytes).saturating_add(key.len() as u64)))
}

/// Makes a change and records it; gives the new version.
pub(super) fn set(
    connection: &Connection,
    at: Time,
    change: &StateChange,
) -> Result<Result<u64, StateRefusal>, Failure> {
    let found = connection
        .query_row(
            "SELECT version FROM state WHERE agent = ?1 AND key = ?2",
            params![change.agent, change.key],
            |row| row.get(0),
        )
        .optional()?
        .map_or(0, as_unsigned);
    if let Some(expected) = change.expected
        && expected != found
    {
        return Ok(Err(StateRefusal::Conflict { found, expected }));
    }
    let used = connection
        .query_row(
            "SELECT bytes FROM state_sizes WHERE agent = ?1",
            [&change.agent],
            |row| row.get(0),
        )
        .optional()?
        .map_or(0, as_unsigned);
    let (before, after) = (
        size_of(connection, &change.agent, &change.key)?,
        size(&change.key, change.value.as_deref()),
    );
    let bytes = used.saturating_sub(before).saturating_add(after);
    // Whoever is over the quota, because it was lowered, may still make things smaller.
    if bytes > change.bytes_max && after > before {
        let bytes_max = change.bytes_max;
        return Ok(Err(StateRefusal::OverQuota { bytes, bytes_max }));
    }
    let version = found.saturating_add(1);
    let event = Event::StateSet {
        run: change.run,
        agent: change.agent.clone(),
        key: change.key.clone(),
        version,
        value: change.value.clone(),
    };
    let prepared = Prepared::of(at, event).map_err(|error| Failure::event(0, &error))?;
    log::append(connection, &[prepared])?;
    Ok(Ok(version))
}

/// Reads a value.
pub(super) fn get(connection: &Connection, agent: &str, key: &str) -> Result<Option<StateItem>, Failure> {
    let item = connection
        .query_row(
            "SELECT version, value FROM state WHERE agent = ?1 AND key = ?2 AND value IS NOT NULL",
            params![agent, key],
            |row| {
                Ok(StateItem {
                    version: as_unsigned(row.get(0)?),
                    value: row.get(1)?,
                })
            },
        )
        .optional()?;
    Ok(item)
}

/// Reads keys that start with `prefix` and come behind `after`.
pub(super) fn keys(
    connection: &Connection,
    agent: &str,
    prefix: &str,
    after: Option<&str>,
    rows_max: usize,
) -> Result<KeyPage, Failure> {
    let mut statement = connection.prepare(
        "SELECT key FROM state WHERE agent = ?1 AND key >= ?2 AND (?3 IS NULL OR key > ?3) AND value IS NOT NULL ORDER BY key",
    )?;
    // Whichever is further on is where to start.
    let from = after.map_or(prefix, |after| after.max(prefix));
    let mut rows = statement.query(params![agent, from, after])?;
    let mut page = Page::new(rows_max);
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let key = read_text(row, 0)?;
        // Keys with one prefix stand together.
        if !key.starts_with(prefix) {
            break;
        }
        let bytes = key.len();
        page.push(key, bytes);
    }
    let next = if page.has_room() {
        None
    } else {
        page.rows.last().cloned()
    };
    Ok(KeyPage { keys: page.rows, next })
}
