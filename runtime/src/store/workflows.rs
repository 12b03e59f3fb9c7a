//! What people and drivers ask about workflows: the runs, the tasks of one run, and what was asked of it. Always in pages.

use assize_provenance::digest::Digest;
use rusqlite::{Connection, Row};

use super::fault::Failure;
use super::query::{Clauses, Page, as_signed, as_unsigned, read_text, read_text_if_any};
use super::{Store, StoreError, contents, log};
use crate::event::RunId;

/// Which runs of workflows are asked for. What is none excludes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct WorkflowRunFilter<'a> {
    /// One run.
    pub run: Option<RunId>,
    /// Those of one workflow.
    pub workflow: Option<&'a str>,
    /// Only those that have not ended.
    pub open: bool,
}

/// A run of a workflow, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowRun {
    /// The number of the event that started it.
    pub sequence: u64,
    /// The run.
    pub run: RunId,
    /// The workflow.
    pub workflow: String,
    /// The digest of its plan, which is among the [`Store::contents`].
    pub plan: Digest,
    /// `strict` or `auto`.
    pub mode: String,
    /// The commit that it started from.
    pub base: String,
    /// The full name of the branch that results land on.
    pub branch: String,
    /// The digest of the policy.
    pub policy: Digest,
    /// Who submitted it.
    pub actor: String,
    /// When it was submitted, in milliseconds since 1970-01-01T00:00:00Z.
    pub started_ms: u64,
    /// How many attempts were begun; one that was interrupted and begun again counts twice.
    pub attempts: u64,
    /// How many changes have landed.
    pub landed: u64,
    /// The number of its last step.
    pub last: u64,
    /// How it ended; none while it goes on.
    pub end: Option<WorkflowEnd>,
}

/// How a run of a workflow ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowEnd {
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub ended_ms: u64,
    /// `success`, `failed` or `cancelled`.
    pub outcome: String,
    /// More about it.
    pub detail: String,
}

/// A task of a run that was tried: what is known of its last attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowTask {
    /// The number of the event that tried it first.
    pub sequence: u64,
    /// The task.
    pub task: String,
    /// The number of the last attempt.
    pub attempt: u64,
    /// The run of the agent.
    pub call: RunId,
    /// The commit that its worktree showed.
    pub base: String,
    /// The last step of it: `attempt-started`, `attempt-ended`, `judged`, `joined` or `landed`.
    pub step: String,
    /// How the attempt ended: `finished`, or the name of a cause; none while it goes on.
    pub outcome: Option<String>,
    /// What was said of it; empty for nothing.
    pub detail: String,
    /// The digest of its output, which is among the [`Store::contents`].
    pub output: Option<Digest>,
    /// The commit that holds its change.
    pub commit: Option<String>,
    /// The council that looked at that commit last, and its decision.
    pub judged: Option<(String, String)>,
    /// When the attempt started, in milliseconds since 1970-01-01T00:00:00Z.
    pub started_ms: u64,
    /// When the attempt ended.
    pub ended_ms: Option<u64>,
}

/// Which requests are asked for. What is none excludes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestFilter {
    /// Those of one run.
    pub run: Option<RunId>,
    /// Only those that are not answered.
    pub open: bool,
}

/// Something that somebody asked of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowRequest {
    /// The number of the event.
    pub sequence: u64,
    /// The run.
    pub run: RunId,
    /// The task; none for the whole run.
    pub task: Option<String>,
    /// What was asked for.
    pub request: String,
    /// Who asked.
    pub author: String,
    /// The digest of what the person was shown.
    pub shown: Option<Digest>,
    /// A reason, an answer, guidance.
    pub text: String,
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub asked_ms: u64,
    /// What was answered; none while nobody has.
    pub answer: Option<WorkflowAnswer>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowAnswer {
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub answered_ms: u64,
    /// Whether it is done.
    pub accepted: bool,
    /// Why not.
    pub reason: String,
}

impl Store {
    /// Reads at most `rows_max` runs of workflows, the newest first; those that were started before the event `before`, if it
    /// is given.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn workflow_runs(
        &self,
        filter: &WorkflowRunFilter<'_>,
        before: Option<u64>,
        rows_max: usize,
    ) -> Result<Vec<WorkflowRun>, StoreError> {
        self.read(|connection| {
            let mut clauses = Clauses::new();
            if let Some(before) = before {
                clauses.add("sequence < ?", as_signed(before));
            }
            runs(connection, clauses, filter, "sequence DESC", rows_max)
        })
    }

    /// Reads at most `rows_max` of the runs that have not ended, the oldest first; those that were started behind the event
    /// `after`.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn open_runs(&self, after: u64, rows_max: usize) -> Result<Vec<WorkflowRun>, StoreError> {
        self.read(|connection| {
            let mut clauses = Clauses::new();
            clauses.add("sequence > ?", as_signed(after));
            let filter = WorkflowRunFilter {
                open: true,
                ..WorkflowRunFilter::default()
            };
            runs(connection, clauses, &filter, "sequence", rows_max)
        })
    }

    /// Reads at most `rows_max` of the tasks of a run that were tried, in the order in which they were tried first; those
    /// behind the event `after`.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn workflow_tasks(&self, run: RunId, after: u64, rows_max: usize) -> Result<Vec<WorkflowTask>, StoreError> {
        self.read(|connection| tasks(connection, run, after, rows_max))
    }

    /// Reads at most `rows_max` of what was asked, in order; what was asked behind the event `after`.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn requests(
        &self,
        filter: &RequestFilter,
        after: u64,
        rows_max: usize,
    ) -> Result<Vec<WorkflowRequest>, StoreError> {
        self.read(|connection| requests(connection, filter, after, rows_max))
    }

    /// Reads contents by their digest: a plan, an output, an artifact. They are held against the digest every time.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn contents(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|connection| contents::get(connection, digest))
    }

    /// Gives the number of the last event; 0 where there is none.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn last_sequence(&self) -> Result<u64, StoreError> {
        self.read(|connection| log::end(connection).map(|(sequence, _)| sequence))
    }
}

fn runs(
    connection: &Connection,
    mut clauses: Clauses,
    filter: &WorkflowRunFilter<'_>,
    order: &str,
    rows_max: usize,
) -> Result<Vec<WorkflowRun>, Failure> {
    if let Some(run) = filter.run {
        clauses.add("run = ?", run.as_bytes().to_vec());
    }
    if let Some(workflow) = filter.workflow {
        clauses.add("workflow = ?", workflow.to_owned());
    }
    if filter.open {
        // These words must be those of the index.
        clauses.add_plain("ended_ms IS NULL");
    }
    let sql = format!(
        "SELECT sequence, run, workflow, plan, mode, base, branch, policy, actor, started_ms, attempts, landed, last, \
         ended_ms, outcome, detail FROM workflow_runs WHERE {} ORDER BY {order}",
        clauses.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(clauses.values())?;
    let mut page = Page::new(rows_max);
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let run = read_run(row)?;
        let bytes = run.end.as_ref().map_or(0, |end| end.detail.len());
        page.push(run, bytes);
    }
    Ok(page.rows)
}

fn read_run(row: &Row<'_>) -> Result<WorkflowRun, Failure> {
    let ended_ms: Option<i64> = row.get(13)?;
    let end = |ended_ms| -> Result<WorkflowEnd, Failure> {
        Ok(WorkflowEnd {
            ended_ms: as_unsigned(ended_ms),
            outcome: read_text(row, 14)?,
            detail: read_text(row, 15)?,
        })
    };
    Ok(WorkflowRun {
        sequence: as_unsigned(row.get(0)?),
        run: RunId::from_bytes(row.get(1)?),
        workflow: read_text(row, 2)?,
        plan: Digest::from_bytes(row.get(3)?),
        mode: read_text(row, 4)?,
        base: read_text(row, 5)?,
        branch: read_text(row, 6)?,
        policy: Digest::from_bytes(row.get(7)?),
        actor: read_text(row, 8)?,
        started_ms: as_unsigned(row.get(9)?),
        attempts: as_unsigned(row.get(10)?),
        landed: as_unsigned(row.get(11)?),
        last: as_unsigned(row.get(12)?),
        end: ended_ms.map(end).transpose()?,
    })
}

fn tasks(connection: &Connection, run: RunId, after: u64, rows_max: usize) -> Result<Vec<WorkflowTask>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, task, attempt, call, base, step, outcome, detail, output, made, council, decision, started_ms, \
         ended_ms FROM workflow_tasks WHERE run = ?1 AND sequence > ?2 ORDER BY sequence",
    )?;
    let mut rows = statement.query(rusqlite::params![run.as_bytes(), as_signed(after)])?;
    let mut page = Page::new(rows_max);
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let output: Option<[u8; 32]> = row.get(8)?;
        let ended_ms: Option<i64> = row.get(13)?;
        let task = WorkflowTask {
            sequence: as_unsigned(row.get(0)?),
            task: read_text(row, 1)?,
            attempt: as_unsigned(row.get(2)?),
            call: RunId::from_bytes(row.get(3)?),
            base: read_text(row, 4)?,
            step: read_text(row, 5)?,
            outcome: read_text_if_any(row, 6)?,
            detail: read_text(row, 7)?,
            output: output.map(Digest::from_bytes),
            commit: read_text_if_any(row, 9)?,
            judged: read_text_if_any(row, 10)?.zip(read_text_if_any(row, 11)?),
            started_ms: as_unsigned(row.get(12)?),
            ended_ms: ended_ms.map(as_unsigned),
        };
        let bytes = task.detail.len();
        page.push(task, bytes);
    }
    Ok(page.rows)
}

fn requests(
    connection: &Connection,
    filter: &RequestFilter,
    after: u64,
    rows_max: usize,
) -> Result<Vec<WorkflowRequest>, Failure> {
    let mut clauses = Clauses::new();
    clauses.add("sequence > ?", as_signed(after));
    if let Some(run) = filter.run {
        clauses.add("run = ?", run.as_bytes().to_vec());
    }
    if filter.open {
        // These words must be those of the index.
        clauses.add_plain("answered_ms IS NULL");
    }
    let sql = format!(
        "SELECT sequence, run, task, request, author, shown, text, asked_ms, answered_ms, accepted, reason \
         FROM workflow_requests WHERE {} ORDER BY sequence",
        clauses.sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(clauses.values())?;
    let mut page = Page::new(rows_max);
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let request = read_request(row)?;
        let bytes = request.text.len();
        page.push(request, bytes);
    }
    Ok(page.rows)
}

fn read_request(row: &Row<'_>) -> Result<WorkflowRequest, Failure> {
    let shown: Option<[u8; 32]> = row.get(5)?;
    let answered_ms: Option<i64> = row.get(8)?;
    let answer = |answered_ms| -> Result<WorkflowAnswer, Failure> {
        Ok(WorkflowAnswer {
            answered_ms: as_unsigned(answered_ms),
            accepted: row.get(9)?,
            reason: read_text(row, 10)?,
        })
    };
    Ok(WorkflowRequest {
        sequence: as_unsigned(row.get(0)?),
        run: RunId::from_bytes(row.get(1)?),
        task: read_text_if_any(row, 2)?,
        request: read_text(row, 3)?,
        author: read_text(row, 4)?,
        shown: shown.map(Digest::from_bytes),
        text: read_text(row, 6)?,
        asked_ms: as_unsigned(row.get(7)?),
        answer: answered_ms.map(answer).transpose()?,
    })
}
