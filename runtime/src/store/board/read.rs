//! What is on the board. Always in pages.

use assize_provenance::digest::Digest;
use assize_provenance::opinion::Vote;
use rusqlite::{Connection, Row};

use super::{
    BOARD_ROWS_MAX, BoardDecision, BoardMessage, BoardTask, BoardWorkflow, DecisionState, Known, Proposal, TaskDraft,
    TeamMember, WORKFLOW_TASKS_MAX,
};
use crate::plan::TaskState;
use crate::store::contents;
use crate::store::fault::Failure;
use crate::store::query::{Clauses, Page, as_signed, as_unsigned, read_text, read_text_if_any};

const TASK: &str = "SELECT sequence, title, description, task_type, role, priority, parent, state, reason, creator, holder, \
                    output FROM board_tasks";

pub(super) fn task(connection: &Connection, id: u64) -> Result<Option<BoardTask>, Failure> {
    let mut statement = connection.prepare_cached(&format!("{TASK} WHERE sequence = ?1"))?;
    let mut rows = statement.query([as_signed(id)])?;
    match rows.next()? {
        Some(row) => read_task(connection, row).map(Some),
        None => Ok(None),
    }
}

pub(super) fn tasks(
    connection: &Connection,
    state: Option<TaskState>,
    after: u64,
    rows_max: usize,
) -> Result<Vec<BoardTask>, Failure> {
    let mut clauses = Clauses::new();
    clauses.add("sequence > ?", as_signed(after));
    if let Some(state) = state {
        clauses.add("state = ?", state.name().to_owned());
    }
    let mut statement = connection.prepare_cached(&format!("{TASK} WHERE {} ORDER BY sequence", clauses.sql()))?;
    let mut rows = statement.query(clauses.values())?;
    let mut page = Page::new(rows_max.min(BOARD_ROWS_MAX));
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let task = read_task(connection, row)?;
        let output = task.output.as_ref().map_or(0, String::len);
        let bytes = task.draft.description.len().saturating_add(output);
        page.push(task, bytes);
    }
    Ok(page.rows)
}

fn read_task(connection: &Connection, row: &Row<'_>) -> Result<BoardTask, Failure> {
    let id = as_unsigned(row.get(0)?);
    let parent: Option<i64> = row.get(6)?;
    let output: Option<[u8; 32]> = row.get(11)?;
    let draft = TaskDraft {
        title: read_text(row, 1)?,
        description: long_text(connection, row.get(2)?)?,
        task_type: read_text_if_any(row, 3)?,
        role: read_text_if_any(row, 4)?,
        priority: row.get(5)?,
        parent: parent.map(as_unsigned),
        needs: needs(connection, id)?,
    };
    Ok(BoardTask {
        id,
        draft,
        state: read_state(row, 7)?,
        reason: read_text(row, 8)?,
        creator: read_text(row, 9)?,
        holder: read_text_if_any(row, 10)?,
        output: output.map(|digest| long_text(connection, digest)).transpose()?,
    })
}

fn needs(connection: &Connection, id: u64) -> Result<Vec<u64>, Failure> {
    let mut statement = connection.prepare_cached("SELECT need FROM board_needs WHERE task = ?1 ORDER BY need")?;
    let needs = statement.query_map([as_signed(id)], |row| row.get(0).map(as_unsigned))?;
    Ok(needs.collect::<Result<_, _>>()?)
}

pub(super) fn messages(
    connection: &Connection,
    topic: &str,
    after: u64,
    rows_max: usize,
) -> Result<Vec<BoardMessage>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, topic, agent, body, reply_to FROM board_messages WHERE topic = ?1 AND sequence > ?2 ORDER BY sequence",
    )?;
    let mut rows = statement.query(rusqlite::params![topic, as_signed(after)])?;
    let mut page = Page::new(rows_max.min(BOARD_ROWS_MAX));
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let reply_to: Option<i64> = row.get(4)?;
        let message = BoardMessage {
            id: as_unsigned(row.get(0)?),
            topic: read_text(row, 1)?,
            agent: read_text(row, 2)?,
            body: long_text(connection, row.get(3)?)?,
            reply_to: reply_to.map(as_unsigned),
        };
        let bytes = message.body.len();
        page.push(message, bytes);
    }
    Ok(page.rows)
}

pub(super) fn knowledge(connection: &Connection, key: &str) -> Result<Option<Known>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT key, version, value, agent FROM board_knowledge WHERE key = ?1")?;
    let mut rows = statement.query([key])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Known {
        key: read_text(row, 0)?,
        version: as_unsigned(row.get(1)?),
        value: long_text(connection, row.get(2)?)?,
        agent: read_text(row, 3)?,
    }))
}

pub(super) fn decision(connection: &Connection, id: u64) -> Result<Option<BoardDecision>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT agent, title, body, quorum, threshold_percent, state FROM board_decisions WHERE sequence = ?1",
    )?;
    let mut rows = statement.query([as_signed(id)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let state: String = row.get(5)?;
    let state = match state.as_str() {
        "open" => DecisionState::Open,
        "approved" => DecisionState::Approved,
        "rejected" => DecisionState::Rejected,
        _ => return Err(Failure::Damaged(format!("decision {id} is in no state that there is"))),
    };
    Ok(Some(BoardDecision {
        id,
        agent: read_text(row, 0)?,
        proposal: Proposal {
            title: read_text(row, 1)?,
            body: long_text(connection, row.get(2)?)?,
            agents: voters(connection, id, "agent")?,
            roles: voters(connection, id, "role")?,
            quorum: as_unsigned(row.get(3)?),
            threshold_percent: as_unsigned(row.get(4)?),
        },
        state,
        ballots: ballots(connection, id)?,
    }))
}

fn voters(connection: &Connection, decision: u64, kind: &str) -> Result<Vec<String>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT name FROM board_voters WHERE decision = ?1 AND kind = ?2 ORDER BY name")?;
    let mut rows = statement.query(rusqlite::params![as_signed(decision), kind])?;
    let mut names = Vec::new();
    while let Some(row) = rows.next()? {
        names.push(read_text(row, 0)?);
    }
    Ok(names)
}

/// A decision is closed by a quorum that people wrote, so its votes are few enough for one answer; a page ends them anyway.
fn ballots(connection: &Connection, decision: u64) -> Result<Vec<(String, Vote, String)>, Failure> {
    let mut statement = connection
        .prepare_cached("SELECT agent, vote, reason FROM board_votes WHERE decision = ?1 ORDER BY sequence")?;
    let mut rows = statement.query([as_signed(decision)])?;
    let mut page = Page::new(usize::MAX);
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let vote: String = row.get(1)?;
        let vote = match vote.as_str() {
            "approve" => Vote::Approve,
            "reject" => Vote::Reject,
            "abstain" => Vote::Abstain,
            _ => {
                return Err(Failure::Damaged(format!(
                    "decision {decision} holds a vote that there is not"
                )));
            }
        };
        let ballot = (read_text(row, 0)?, vote, read_text(row, 2)?);
        let bytes = ballot.2.len();
        page.push(ballot, bytes);
    }
    Ok(page.rows)
}

pub(super) fn wanted(connection: &Connection, after: u64, rows_max: usize) -> Result<Vec<BoardWorkflow>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, name, agent, wanted FROM board_workflows WHERE wanted IS NOT NULL AND wanted > ?1 ORDER BY wanted",
    )?;
    let mut rows = statement.query([as_signed(after)])?;
    let mut page = Page::new(rows_max.min(BOARD_ROWS_MAX));
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        page.push(read_workflow(connection, row)?, 0);
    }
    Ok(page.rows)
}

pub(super) fn workflow(connection: &Connection, id: u64) -> Result<Option<BoardWorkflow>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT sequence, name, agent, wanted FROM board_workflows WHERE sequence = ?1")?;
    let mut rows = statement.query([as_signed(id)])?;
    match rows.next()? {
        Some(row) => read_workflow(connection, row).map(Some),
        None => Ok(None),
    }
}

fn read_workflow(connection: &Connection, row: &Row<'_>) -> Result<BoardWorkflow, Failure> {
    let id = as_unsigned(row.get(0)?);
    let wanted: Option<i64> = row.get(3)?;
    let mut statement = connection
        .prepare_cached("SELECT sequence, state FROM board_tasks WHERE workflow = ?1 ORDER BY sequence LIMIT ?2")?;
    let mut rows = statement.query([as_signed(id), as_signed(WORKFLOW_TASKS_MAX as u64)])?;
    let mut tasks = Vec::new();
    while let Some(row) = rows.next()? {
        tasks.push((as_unsigned(row.get(0)?), read_state(row, 1)?));
    }
    Ok(BoardWorkflow {
        id,
        name: read_text(row, 1)?,
        agent: read_text(row, 2)?,
        wanted: wanted.map(as_unsigned),
        tasks,
    })
}

pub(super) fn team(connection: &Connection, rows_max: usize) -> Result<Vec<TeamMember>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT agent, ifnull((SELECT text FROM board_status WHERE board_status.agent = team.agent), ''), \
         (SELECT count(*) FROM board_tasks WHERE holder = team.agent AND state = 'running') \
         FROM (SELECT agent FROM board_status UNION SELECT holder FROM board_tasks WHERE state = 'running') AS team \
         ORDER BY agent",
    )?;
    let mut rows = statement.query([])?;
    let mut page = Page::new(rows_max);
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let member = TeamMember {
            agent: read_text(row, 0)?,
            text: read_text(row, 1)?,
            claimed_tasks: as_unsigned(row.get(2)?),
        };
        let bytes = member.text.len();
        page.push(member, bytes);
    }
    Ok(page.rows)
}

fn read_state(row: &Row<'_>, column: usize) -> Result<TaskState, Failure> {
    let state: String = row.get(column)?;
    state
        .parse()
        .map_err(|_| Failure::Damaged("a task is in no state that there is".to_owned()))
}

/// A long text, held against its digest.
fn long_text(connection: &Connection, digest: [u8; 32]) -> Result<String, Failure> {
    let digest = Digest::from_bytes(digest);
    let bytes = contents::get(connection, &digest)?
        .ok_or_else(|| Failure::Damaged(format!("the contents of {digest} are missing")))?;
    String::from_utf8(bytes).map_err(|_| Failure::Damaged(format!("the contents of {digest} are no text")))
}
