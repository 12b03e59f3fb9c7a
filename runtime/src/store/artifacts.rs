//! Artifacts: bytes under the SHA-256 of their contents, each kept once.

use assize_provenance::digest::Digest;
use assize_provenance::time::Time;
use rusqlite::Connection;

use super::contents;
use super::fault::Failure;
use super::log::{self, Prepared};
use super::query::{Clauses, Page, as_signed, as_unsigned, read_text};
use crate::event::{Event, RunId};

/// The largest artifact, in bytes.
pub const ARTIFACT_BYTES_MAX: usize = 4 << 20;

/// Something that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactDraft {
    /// The run that made it.
    pub run: RunId,
    /// The agent.
    pub agent: String,
    /// Its name: 1 to [`NAME_BYTES_MAX`](crate::event::NAME_BYTES_MAX) bytes of printable characters.
    pub name: String,
    /// Its media type, as long at most.
    pub media_type: String,
    /// Its contents, at most [`ARTIFACT_BYTES_MAX`] bytes.
    pub contents: Vec<u8>,
}

/// An artifact in the listing: one for each time something was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The number of the event.
    pub sequence: u64,
    /// The run that made it.
    pub run: RunId,
    /// The agent.
    pub agent: String,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// The digest of its contents.
    pub digest: Digest,
    /// Their size in bytes.
    pub bytes: u64,
}

/// Keeps contents and records it.
pub(super) fn store(connection: &Connection, at: Time, draft: &ArtifactDraft, digest: Digest) -> Result<(), Failure> {
    contents::put(connection, &digest, &draft.contents)?;
    let event = Event::ArtifactStored {
        run: draft.run,
        agent: draft.agent.clone(),
        name: draft.name.clone(),
        media_type: draft.media_type.clone(),
        digest,
        bytes: draft.contents.len() as u64,
    };
    let prepared = Prepared::of(at, event).map_err(|error| Failure::event(0, &error))?;
    log::append(connection, &[prepared])?;
    Ok(())
}

/// Reads what was stored, in order: by one run or by any, behind the event `after`.
pub(super) fn list(
    connection: &Connection,
    run: Option<RunId>,
    after: u64,
    rows_max: usize,
) -> Result<Vec<Artifact>, Failure> {
    let mut clauses = Clauses::new();
    clauses.add("sequence > ?", as_signed(after));
    if let Some(run) = run {
        clauses.add("run = ?", run.as_bytes().to_vec());
    }
    let sql = format!(
        "SELECT sequence, run, agent, name, media_type, digest, bytes FROM artifacts WHERE {} ORDER BY sequence",
        clauses.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(clauses.values())?;
    let mut page = Page::new(rows_max);
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let artifact = Artifact {
            sequence: as_unsigned(row.get(0)?),
            run: RunId::from_bytes(row.get(1)?),
            agent: read_text(row, 2)?,
            name: read_text(row, 3)?,
            media_type: read_text(row, 4)?,
            digest: Digest::from_bytes(row.get(5)?),
            bytes: as_unsigned(row.get(6)?),
        };
        let bytes = artifact.name.len();
        page.push(artifact, bytes);
    }
    Ok(page.rows)
}
