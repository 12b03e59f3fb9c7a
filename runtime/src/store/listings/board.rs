//! The listings of the board. What follows from a deed by itself is done here, so that it is the same whenever the listings
//! are made: what waited for a task becomes ready or blocked, and the vote that makes a quorum full closes its decision.

use rusqlite::{Connection, params};

use crate::event::Deed;
use crate::plan::TaskState;
use crate::store::query::as_signed;

/// Brings the listings up to date with one more deed.
pub(super) fn apply(connection: &Connection, sequence: u64, agent: &str, deed: &Deed) -> Result<(), rusqlite::Error> {
    match deed {
        Deed::TaskCreated { .. } => create(connection, sequence, agent, deed),
        Deed::TaskClaimed { task } => {
            let mut update =
                connection.prepare_cached("UPDATE board_tasks SET state = ?2, holder = ?3 WHERE sequence = ?1")?;
            update.execute(params![as_signed(*task), TaskState::Running.name(), agent])?;
            Ok(())
        }
        Deed::TaskCompleted { task, output } => {
            let mut update =
                connection.prepare_cached("UPDATE board_tasks SET state = ?2, output = ?3 WHERE sequence = ?1")?;
            update.execute(params![as_signed(*task), TaskState::Success.name(), output.as_bytes()])?;
            unlock(connection, *task)
        }
        Deed::TaskFailed { task, reason } => {
            let mut update =
                connection.prepare_cached("UPDATE board_tasks SET state = ?2, reason = ?3 WHERE sequence = ?1")?;
            update.execute(params![as_signed(*task), TaskState::Failed.name(), reason])?;
            block(connection, *task)
        }
        Deed::TaskUpdated { .. } => update(connection, deed),
        Deed::TaskAssigned { task, to } => {
            // Whoever did it does it no more: it is claimed again.
            let mut update = connection.prepare_cached(
                "UPDATE board_tasks SET holder = ?2, state = CASE state WHEN 'running' THEN 'ready' ELSE state END \
                 WHERE sequence = ?1",
            )?;
            update.execute(params![as_signed(*task), to])?;
            Ok(())
        }
        Deed::MessagePosted { topic, body, reply_to } => {
            let mut insert = connection.prepare_cached(
                "INSERT INTO board_messages (sequence, topic, agent, body, reply_to) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            let reply_to = reply_to.map(as_signed);
            insert.execute(params![as_signed(sequence), topic, agent, body.as_bytes(), reply_to])?;
            Ok(())
        }
        Deed::KnowledgeSet { key, version, value } => {
            let mut set = connection.prepare_cached(
                "INSERT INTO board_knowledge (key, version, value, agent) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (key) DO UPDATE SET version = excluded.version, value = excluded.value, agent = excluded.agent",
            )?;
            set.execute(params![key, as_signed(*version), value.as_bytes(), agent])?;
            Ok(())
        }
        Deed::DecisionProposed { .. } => propose(connection, sequence, agent, deed),
        Deed::Voted { decision, vote, reason } => {
            let mut insert = connection.prepare_cached(
                "INSERT INTO board_votes (sequence, decision, agent, vote, reason) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (decision, agent) DO NOTHING",
            )?;
            insert.execute(params![as_signed(sequence), as_signed(*decision), agent, vote, reason])?;
            close(connection, *decision)
        }
        Deed::WorkflowDrafted { name, tasks } => draft(connection, sequence, agent, name, tasks),
        Deed::WorkflowWanted { workflow } => {
            let mut update = connection
                .prepare_cached("UPDATE board_workflows SET wanted = ?2 WHERE sequence = ?1 AND wanted IS NULL")?;
            update.execute(params![as_signed(*workflow), as_signed(sequence)])?;
            Ok(())
        }
        Deed::StatusSaid { text } => {
            let mut set = connection.prepare_cached(
                "INSERT INTO board_status (agent, text) VALUES (?1, ?2) ON CONFLICT (agent) DO UPDATE SET text = excluded.text",
            )?;
            set.execute(params![agent, text])?;
            Ok(())
        }
    }
}

fn create(connection: &Connection, sequence: u64, agent: &str, deed: &Deed) -> Result<(), rusqlite::Error> {
    let Deed::TaskCreated {
        title,
        description,
        task_type,
        role,
        priority,
        parent,
        needs,
    } = deed
    else {
        return Ok(());
    };
    let mut insert = connection.prepare_cached(
        "INSERT INTO board_tasks (sequence, title, description, task_type, role, priority, parent, state, reason, creator) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', '', ?8)",
    )?;
    insert.execute(params![
        as_signed(sequence),
        title,
        description.as_bytes(),
        task_type,
        role,
        priority,
        parent.map(as_signed),
        agent,
    ])?;
    let mut add =
        connection.prepare_cached("INSERT INTO board_needs (task, need) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for need in needs {
        add.execute(params![as_signed(sequence), as_signed(*need)])?;
    }
    let mut stuck = connection.prepare_cached(
        "UPDATE board_tasks SET state = 'blocked', reason = 'it needs task ' || \
         (SELECT min(need) FROM board_needs JOIN board_tasks AS needed ON needed.sequence = need \
          WHERE task = ?1 AND needed.state IN ('failed', 'cancelled', 'blocked')) || ', which did not succeed' \
         WHERE sequence = ?1 AND EXISTS (SELECT 1 FROM board_needs JOIN board_tasks AS needed ON needed.sequence = need \
          WHERE task = ?1 AND needed.state IN ('failed', 'cancelled', 'blocked'))",
    )?;
    stuck.execute([as_signed(sequence)])?;
    let mut free = connection.prepare_cached(
        "UPDATE board_tasks SET state = 'ready' WHERE sequence = ?1 AND state = 'pending' \
         AND NOT EXISTS (SELECT 1 FROM board_needs JOIN board_tasks AS needed ON needed.sequence = need \
          WHERE task = ?1 AND needed.state <> 'success')",
    )?;
    free.execute([as_signed(sequence)])?;
    Ok(())
}

/// What needed a task that succeeded is ready, if everything else that it needs has succeeded too.
fn unlock(connection: &Connection, task: u64) -> Result<(), rusqlite::Error> {
    let mut free = connection.prepare_cached(
        "UPDATE board_tasks SET state = 'ready' WHERE state = 'pending' \
         AND sequence IN (SELECT task FROM board_needs WHERE need = ?1) \
         AND NOT EXISTS (SELECT 1 FROM board_needs JOIN board_tasks AS needed ON needed.sequence = need \
          WHERE task = board_tasks.sequence AND needed.state <> 'success')",
    )?;
    free.execute([as_signed(task)])?;
    Ok(())
}

/// What needs a task that failed is blocked, and what needs that, however far behind.
fn block(connection: &Connection, task: u64) -> Result<(), rusqlite::Error> {
    let mut stuck = connection.prepare_cached(
        "WITH RECURSIVE behind (task) AS (SELECT task FROM board_needs WHERE need = ?1 \
          UNION SELECT board_needs.task FROM board_needs JOIN behind ON board_needs.need = behind.task) \
         UPDATE board_tasks SET state = 'blocked', reason = 'task ' || ?1 || ' failed, and nothing goes on without it' \
         WHERE state = 'pending' AND sequence IN (SELECT task FROM behind)",
    )?;
    stuck.execute([as_signed(task)])?;
    Ok(())
}

fn update(connection: &Connection, deed: &Deed) -> Result<(), rusqlite::Error> {
    let Deed::TaskUpdated {
        task,
        title,
        description,
        priority,
    } = deed
    else {
        return Ok(());
    };
    let mut update = connection.prepare_cached(
        "UPDATE board_tasks SET title = ifnull(?2, title), description = ifnull(?3, description), \
         priority = ifnull(?4, priority) WHERE sequence = ?1",
    )?;
    let description = description.as_ref().map(|digest| digest.as_bytes());
    update.execute(params![as_signed(*task), title, description, priority])?;
    Ok(())
}

fn propose(connection: &Connection, sequence: u64, agent: &str, deed: &Deed) -> Result<(), rusqlite::Error> {
    let Deed::DecisionProposed {
        title,
        body,
        agents,
        roles,
        quorum,
        threshold_percent,
    } = deed
    else {
        return Ok(());
    };
    let mut insert = connection.prepare_cached(
        "INSERT INTO board_decisions (sequence, agent, title, body, quorum, threshold_percent, state) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open')",
    )?;
    insert.execute(params![
        as_signed(sequence),
        agent,
        title,
        body.as_bytes(),
        as_signed(*quorum),
        as_signed(*threshold_percent),
    ])?;
    let mut add = connection
        .prepare_cached("INSERT INTO board_voters (decision, kind, name) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?;
    for (kind, names) in [("agent", agents), ("role", roles)] {
        for name in names {
            add.execute(params![as_signed(sequence), kind, name])?;
        }
    }
    Ok(())
}

/// A decision is closed when its quorum is full; it is approved when enough of those who did not abstain approved.
fn close(connection: &Connection, decision: u64) -> Result<(), rusqlite::Error> {
    let mut close = connection.prepare_cached(
        "UPDATE board_decisions SET state = CASE WHEN tally.approvals > 0 \
           AND tally.approvals * 100 >= threshold_percent * (tally.approvals + tally.rejections) \
           THEN 'approved' ELSE 'rejected' END \
         FROM (SELECT count(*) AS votes, total(vote = 'approve') AS approvals, total(vote = 'reject') AS rejections \
           FROM board_votes WHERE decision = ?1) AS tally \
         WHERE sequence = ?1 AND state = 'open' AND tally.votes >= quorum",
    )?;
    close.execute([as_signed(decision)])?;
    Ok(())
}

fn draft(
    connection: &Connection,
    sequence: u64,
    agent: &str,
    name: &str,
    tasks: &[u64],
) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached("INSERT INTO board_workflows (sequence, name, agent) VALUES (?1, ?2, ?3)")?
        .execute(params![as_signed(sequence), name, agent])?;
    let mut add =
        connection.prepare_cached("UPDATE board_tasks SET workflow = ?2 WHERE sequence = ?1 AND workflow IS NULL")?;
    for task in tasks {
        add.execute(params![as_signed(*task), as_signed(sequence)])?;
    }
    Ok(())
}
