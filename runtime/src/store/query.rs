//! What people ask: which runs there were, what was accessed, and who ever used what. Always in pages.

use assize_provenance::digest::Digest;
use assize_provenance::time::Time;
use rusqlite::types::Value;
use rusqlite::{Connection, ParamsFromIter, Row, params_from_iter};

use super::fault::Failure;
use super::log;
use crate::event::{DETAIL_BYTES_MAX, Recorded, RunId, text};

/// The longest page, in rows, however many are asked for.
pub const PAGE_ROWS_MAX: usize = 1000;
/// A page ends with the row that takes it over this size, in bytes.
pub(super) const PAGE_BYTES_MAX: usize = 4 << 20;

/// Which runs are asked for. What is none excludes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunFilter<'a> {
    /// One run.
    pub run: Option<RunId>,
    /// Those of one agent.
    pub agent: Option<&'a str>,
    /// Those that were started then or later.
    pub since: Option<Time>,
}

/// Which accesses are asked for. What is none excludes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccessFilter<'a> {
    /// Those of one run.
    pub run: Option<RunId>,
    /// Those of one agent.
    pub agent: Option<&'a str>,
    /// Only those that were refused.
    pub denied: bool,
    /// Those of then or later.
    pub since: Option<Time>,
}

/// A run, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The number of the event that started it.
    pub sequence: u64,
    /// The run.
    pub run: RunId,
    /// The agent.
    pub agent: String,
    /// The plugin it is.
    pub plugin: String,
    /// The digest of its component.
    pub component: Digest,
    /// Its role.
    pub role: String,
    /// The digest of the policy.
    pub policy: Digest,
    /// The agent on whose behalf it ran.
    pub on_behalf_of: Option<String>,
    /// Who started it.
    pub actor: String,
    /// The folder it worked in.
    pub dir: String,
    /// When it was started.
    pub started: Time,
    /// How many accesses were granted.
    pub granted: u64,
    /// How many accesses were refused.
    pub denied: u64,
    /// How it ended; none while it goes on, and for one whose process was killed.
    pub end: Option<RunEnd>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// When.
    pub ended: Time,
    /// How, in a word.
    pub outcome: String,
    /// More about it.
    pub detail: String,
    /// The fuel it spent.
    pub fuel_spent: u64,
    /// How many host functions it called.
    pub host_calls: u64,
    /// How many log lines it wrote.
    pub log_lines: u64,
    /// How many log lines were dropped.
    pub log_dropped: u64,
}

/// How often an agent used a permission, or tried to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The agent.
    pub agent: String,
    /// The permission.
    pub permission: String,
    /// How often it was granted.
    pub granted: u64,
    /// How often it was refused.
    pub denied: u64,
    /// When it was used last.
    pub last_at: Time,
    /// On what it was used last.
    pub last_resource: String,
    /// Whether that was granted.
    pub last_granted: bool,
}

/// Reads runs, the newest first; those that were started before the event `before`.
pub(super) fn runs(
    connection: &Connection,
    filter: &RunFilter<'_>,
    before: Option<u64>,
    rows_max: usize,
) -> Result<Vec<Run>, Failure> {
    let mut clauses = Clauses::new();
    if let Some(before) = before {
        clauses.add("sequence < ?", as_signed(before));
    }
    if let Some(run) = filter.run {
        clauses.add("run = ?", run.as_bytes().to_vec());
    }
    if let Some(agent) = filter.agent {
        clauses.add("agent = ?", agent.to_owned());
    }
    if let Some(since) = filter.since {
        clauses.add("started >= ?", since.unix_seconds());
    }
    let sql = format!(
        "SELECT sequence, run, agent, plugin, component, role, policy, on_behalf_of, actor, dir, started, granted, denied, \
         ended, outcome, detail, fuel_spent, host_calls, log_lines, log_dropped \
         FROM runs WHERE {} ORDER BY sequence DESC",
        clauses.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(clauses.values())?;
    let mut page = Page::new(rows_max);
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let run = read_run(row)?;
        let bytes = run
            .dir
            .len()
            .saturating_add(run.end.as_ref().map_or(0, |end| end.detail.len()));
        page.push(run, bytes);
    }
    Ok(page.rows)
}

fn read_run(row: &Row<'_>) -> Result<Run, Failure> {
    let ended: Option<i64> = row.get(13)?;
    let end = |ended| -> Result<RunEnd, Failure> {
        Ok(RunEnd {
            ended: read_time(ended)?,
            outcome: read_text(row, 14)?,
            detail: read_text(row, 15)?,
            fuel_spent: as_unsigned(row.get(16)?),
            host_calls: as_unsigned(row.get(17)?),
            log_lines: as_unsigned(row.get(18)?),
            log_dropped: as_unsigned(row.get(19)?),
        })
    };
    Ok(Run {
        sequence: as_unsigned(row.get(0)?),
        run: RunId::from_bytes(row.get(1)?),
        agent: read_text(row, 2)?,
        plugin: read_text(row, 3)?,
        component: Digest::from_bytes(row.get(4)?),
        role: read_text(row, 5)?,
        policy: Digest::from_bytes(row.get(6)?),
        on_behalf_of: read_text_if_any(row, 7)?,
        actor: read_text(row, 8)?,
        dir: read_text(row, 9)?,
        started: read_time(row.get(10)?)?,
        granted: as_unsigned(row.get(11)?),
        denied: as_unsigned(row.get(12)?),
        end: ended.map(end).transpose()?,
    })
}

/// Reads accesses, the newest first; those before `before`, the last one of the page before.
pub(super) fn accesses(
    connection: &Connection,
    filter: &AccessFilter<'_>,
    before: Option<(Time, u64)>,
    rows_max: usize,
) -> Result<Vec<Recorded>, Failure> {
    let mut clauses = Clauses::new();
    // These words must be those of the indexes.
    clauses.add_plain(if filter.denied {
        "granted = 0"
    } else {
        "granted IS NOT NULL"
    });
    if let Some((at, sequence)) = before {
        clauses.add("at <= ?", at.unix_seconds());
        clauses.add_two("(at < ? OR sequence < ?)", at.unix_seconds(), as_signed(sequence));
    }
    if let Some(run) = filter.run {
        clauses.add("run = ?", run.as_bytes().to_vec());
    }
    if let Some(agent) = filter.agent {
        clauses.add("agent = ?", agent.to_owned());
    }
    if let Some(since) = filter.since {
        clauses.add("at >= ?", since.unix_seconds());
    }
    log::page(connection, &clauses, "at DESC, sequence DESC", rows_max)
}

/// Reads what agents used, by agent and permission; what comes behind `after`, the last one of the page before.
pub(super) fn usage(
    connection: &Connection,
    agent: Option<&str>,
    after: Option<(&str, &str)>,
    rows_max: usize,
) -> Result<Vec<Usage>, Failure> {
    let mut clauses = Clauses::new();
    if let Some(agent) = agent {
        clauses.add("agent = ?", agent.to_owned());
    }
    if let Some((agent, permission)) = after {
        clauses.add_two("(agent, permission) > (?, ?)", agent.to_owned(), permission.to_owned());
    }
    let sql = format!(
        "SELECT agent, permission, granted, denied, last_at, last_resource, last_granted \
         FROM usage WHERE {} ORDER BY agent, permission",
        clauses.sql()
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(clauses.values())?;
    let mut page = Page::new(rows_max);
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let usage = Usage {
            agent: read_text(row, 0)?,
            permission: read_text(row, 1)?,
            granted: as_unsigned(row.get(2)?),
            denied: as_unsigned(row.get(3)?),
            last_at: read_time(row.get(4)?)?,
            last_resource: read_text(row, 5)?,
            last_granted: row.get(6)?,
        };
        let bytes = usage.last_resource.len();
        page.push(usage, bytes);
    }
    Ok(page.rows)
}

/// Reads a text of a listing. One that was never recorded in this form was not written by us, and is not shown to anybody.
pub(super) fn read_text(row: &Row<'_>, column: usize) -> Result<String, Failure> {
    read_text_if_any(row, column)?.ok_or_else(|| Failure::Damaged("a text of a listing is missing".to_owned()))
}

/// Reads a text of a listing, where there may be none.
pub(super) fn read_text_if_any(row: &Row<'_>, column: usize) -> Result<Option<String>, Failure> {
    let text: Option<String> = row.get(column)?;
    match text {
        Some(text) if !text::is_plain(&text, DETAIL_BYTES_MAX) => Err(Failure::Damaged(
            "a listing holds a text that was never recorded".to_owned(),
        )),
        text => Ok(text),
    }
}

fn read_time(seconds: i64) -> Result<Time, Failure> {
    Time::from_unix_seconds(seconds).map_err(|error| Failure::Damaged(error.to_string()))
}

/// Counts go into the file as SQLite's signed numbers; none that is ever stored is larger.
pub(super) fn as_signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// And come back. A negative one was never stored by us.
pub(super) fn as_unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// What a row must be like, and the values that stand for the question marks.
pub(super) struct Clauses {
    clauses: Vec<&'static str>,
    values: Vec<Value>,
}

impl Clauses {
    pub(super) fn new() -> Self {
        Self {
            clauses: vec!["TRUE"],
            values: Vec::new(),
        }
    }

    pub(super) fn add_plain(&mut self, clause: &'static str) {
        self.clauses.push(clause);
    }

    pub(super) fn add(&mut self, clause: &'static str, value: impl Into<Value>) {
        self.clauses.push(clause);
        self.values.push(value.into());
    }

    pub(super) fn add_two(&mut self, clause: &'static str, first: impl Into<Value>, second: impl Into<Value>) {
        self.clauses.push(clause);
        self.values.extend([first.into(), second.into()]);
    }

    pub(super) fn sql(&self) -> String {
        self.clauses.join(" AND ")
    }

    pub(super) fn values(&self) -> ParamsFromIter<&[Value]> {
        params_from_iter(self.values.as_slice())
    }
}

/// Rows that are being gathered, as many as a page holds.
pub(super) struct Page<T> {
    pub(super) rows: Vec<T>,
    rows_max: usize,
    bytes: usize,
}

impl<T> Page<T> {
    pub(super) fn new(rows_max: usize) -> Self {
        Self {
            rows: Vec::new(),
            rows_max: rows_max.min(PAGE_ROWS_MAX),
            bytes: 0,
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.rows.len() < self.rows_max && self.bytes < PAGE_BYTES_MAX
    }

    pub(super) fn push(&mut self, row: T, bytes: usize) {
        self.rows.push(row);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}
