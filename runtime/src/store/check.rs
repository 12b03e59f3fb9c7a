//! Looks at everything that can be looked at without changing anything: the file's own structure, the chain of digests, the
//! columns beside each event, and the contents of artifacts.

use assize_provenance::digest::Digest;
use rusqlite::Connection;

use super::contents;
use super::fault::Failure;
use super::journal;
use super::log::{self, COLUMNS, Stored};

/// How many problems are listed.
pub const PROBLEMS_MAX: usize = 100;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// How many events were read.
    pub events: u64,
    /// How many contents were read: artifacts, plans, outputs.
    pub artifacts: u64,
    /// The digest of the last event, over everything before it, too.
    pub end: Option<Digest>,
    /// What is wrong, at most [`PROBLEMS_MAX`] sentences.
    pub problems: Vec<String>,
}

impl Checked {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn is_full(&self) -> bool {
        self.problems.len() >= PROBLEMS_MAX
    }

    fn complain(&mut self, problem: String) {
        if !self.is_full() {
            self.problems.push(problem);
        }
    }
}

/// Checks everything. What SQLite cannot read any more is a problem like others.
pub(super) fn check(connection: &Connection) -> Result<Checked, Failure> {
    let mut checked = Checked::default();
    for part in [structure, chain, kept] {
        match part(connection, &mut checked) {
            Ok(()) => {}
            Err(Failure::Sql(error)) if is_damage(&error) => checked.complain(format!("the file is damaged: {error}")),
            Err(Failure::Damaged(reason)) => checked.complain(reason),
            Err(failure) => return Err(failure),
        }
    }
    Ok(checked)
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};

    matches!(error.sqlite_error_code(), None | Some(DatabaseCorrupt | NotADatabase))
}

fn structure(connection: &Connection, checked: &mut Checked) -> Result<(), Failure> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({PROBLEMS_MAX})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let line: String = row.get(0)?;
        if line != "ok" {
            checked.complain(format!("the file is damaged: {}", line.escape_debug()));
        }
    }
    Ok(())
}

fn chain(connection: &Connection, checked: &mut Checked) -> Result<(), Failure> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM events ORDER BY sequence"))?;
    let mut rows = statement.query([])?;
    let mut previous = log::NOTHING;
    while !checked.is_full() {
        let Some(row) = rows.next()? else { break };
        let stored = Stored::of(row)?;
        let expected = checked.events.saturating_add(1);
        if stored.sequence != expected {
            checked.complain(format!(
                "event {expected} is missing; the next one is {}",
                stored.sequence
            ));
        }
        checked.events = stored.sequence;
        let digest = log::chained(&previous, stored.sequence, &stored.body);
        if stored.digest != digest.as_bytes() {
            checked.complain(format!("event {} or one before it was changed", stored.sequence));
        }
        // What follows is held against what stands there: one change is one problem.
        previous = stored.digest.as_slice().try_into().map_or(digest, Digest::from_bytes);
        match stored.read() {
            Ok(recorded) if stored.agrees(&recorded) => {
                if journal::is_missing(connection, &recorded.event)? {
                    checked.complain(format!(
                        "the contents that event {} names are missing",
                        recorded.sequence
                    ));
                }
            }
            Ok(recorded) => checked.complain(format!("the columns of event {} say something else", recorded.sequence)),
            Err(Failure::Damaged(reason)) => checked.complain(reason),
            Err(failure) => return Err(failure),
        }
    }
    checked.end = (checked.events > 0).then_some(previous);
    Ok(())
}

fn kept(connection: &Connection, checked: &mut Checked) -> Result<(), Failure> {
    let mut statement = connection.prepare("SELECT digest, bytes FROM contents")?;
    let mut rows = statement.query([])?;
    while !checked.is_full() {
        let Some(row) = rows.next()? else { break };
        let (digest, bytes): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        if digest != Digest::of(&bytes).as_bytes() {
            checked.complain(format!("contents of {} bytes are not what they were", bytes.len()));
        }
        checked.artifacts = checked.artifacts.saturating_add(1);
    }
    let mut statement = connection.prepare(
        "SELECT sequence FROM artifacts WHERE NOT EXISTS (SELECT 1 FROM contents WHERE contents.digest = artifacts.digest)",
    )?;
    let mut rows = statement.query([])?;
    while !checked.is_full() {
        let Some(row) = rows.next()? else { break };
        let sequence: i64 = row.get(0)?;
        checked.complain(format!(
            "the contents of the artifact that event {sequence} stored are missing"
        ));
    }
    let mut statement = connection.prepare(
        "SELECT sequence, plan FROM workflow_runs UNION ALL \
         SELECT sequence, output FROM workflow_tasks WHERE output IS NOT NULL UNION ALL \
         SELECT sequence, description FROM board_tasks UNION ALL \
         SELECT sequence, output FROM board_tasks WHERE output IS NOT NULL UNION ALL \
         SELECT sequence, body FROM board_messages UNION ALL SELECT sequence, body FROM board_decisions",
    )?;
    let mut rows = statement.query([])?;
    while !checked.is_full() {
        let Some(row) = rows.next()? else { break };
        let (sequence, digest): (i64, [u8; 32]) = (row.get(0)?, row.get(1)?);
        if !contents::has(connection, &Digest::from_bytes(digest))? {
            checked.complain(format!(
                "the plan, the output or the text that the listings name for event {sequence} is missing"
            ));
        }
    }
    Ok(())
}
