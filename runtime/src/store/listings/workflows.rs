//! The listings of workflows: runs, their tasks, and what people asked for.

use rusqlite::{Connection, params};

use crate::event::Step;
use crate::store::query::as_signed;

/// Brings the listings up to date with one more step.
pub(super) fn apply(connection: &Connection, sequence: u64, step: &Step) -> Result<(), rusqlite::Error> {
    match step {
        Step::Started { .. } => start(connection, sequence, step)?,
        Step::AttemptStarted { .. } => try_task(connection, sequence, step)?,
        Step::AttemptEnded { .. } => end_attempt(connection, step)?,
        Step::Judged { .. } | Step::Joined { .. } | Step::Landed { .. } => move_on(connection, step)?,
        Step::Asked { .. } => ask(connection, sequence, step)?,
        Step::Answered { .. } => answer(connection, step)?,
        Step::Ended { .. } => end(connection, step)?,
    }
    connection
        .prepare_cached("UPDATE workflow_runs SET last = ?2 WHERE run = ?1")?
        .execute(params![step.run().as_bytes(), as_signed(sequence)])?;
    Ok(())
}

fn start(connection: &Connection, sequence: u64, step: &Step) -> Result<(), rusqlite::Error> {
    let Step::Started {
        run,
        workflow,
        plan,
        mode,
        base,
        branch,
        policy,
        actor,
        at_ms,
    } = step
    else {
        return Ok(());
    };
    let mut insert = connection.prepare_cached(
        "INSERT INTO workflow_runs (sequence, run, workflow, plan, mode, base, branch, policy, actor, started_ms, attempts, \
         landed, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, ?1) ON CONFLICT (run) DO NOTHING",
    )?;
    insert.execute(params![
        as_signed(sequence),
        run.as_bytes(),
        workflow,
        plan.as_bytes(),
        mode,
        base,
        branch,
        policy.as_bytes(),
        actor,
        as_signed(*at_ms),
    ])?;
    Ok(())
}

/// What is known of an attempt before is not known of the next one.
fn try_task(connection: &Connection, sequence: u64, step: &Step) -> Result<(), rusqlite::Error> {
    let Step::AttemptStarted {
        run,
        task,
        attempt,
        call,
        base,
        at_ms,
    } = step
    else {
        return Ok(());
    };
    let mut insert = connection.prepare_cached(
        "INSERT INTO workflow_tasks (sequence, run, task, attempt, call, base, step, detail, started_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'attempt-started', '', ?7) \
         ON CONFLICT (run, task) DO UPDATE SET attempt = excluded.attempt, call = excluded.call, base = excluded.base, \
         step = excluded.step, outcome = NULL, detail = '', output = NULL, made = NULL, council = NULL, decision = NULL, \
         started_ms = excluded.started_ms, ended_ms = NULL",
    )?;
    insert.execute(params![
        as_signed(sequence),
        run.as_bytes(),
        task,
        as_signed(*attempt),
        call.as_bytes(),
        base,
        as_signed(*at_ms),
    ])?;
    connection
        .prepare_cached("UPDATE workflow_runs SET attempts = attempts + 1 WHERE run = ?1")?
        .execute([run.as_bytes()])?;
    Ok(())
}

fn end_attempt(connection: &Connection, step: &Step) -> Result<(), rusqlite::Error> {
    let Step::AttemptEnded {
        run,
        task,
        attempt,
        outcome,
        detail,
        output,
        commit,
        at_ms,
    } = step
    else {
        return Ok(());
    };
    let mut update = connection.prepare_cached(
        "UPDATE workflow_tasks SET step = 'attempt-ended', attempt = ?3, outcome = ?4, detail = ?5, output = ?6, made = ?7, \
         ended_ms = ?8 WHERE run = ?1 AND task = ?2",
    )?;
    update.execute(params![
        run.as_bytes(),
        task,
        as_signed(*attempt),
        outcome,
        detail,
        output.as_ref().map(|digest| digest.as_bytes()),
        commit,
        as_signed(*at_ms),
    ])?;
    Ok(())
}

/// What becomes of a change after its attempt has ended.
fn move_on(connection: &Connection, step: &Step) -> Result<(), rusqlite::Error> {
    match step {
        Step::Judged {
            run,
            task,
            council,
            decision,
            ..
        } => {
            let mut update = connection.prepare_cached(
                "UPDATE workflow_tasks SET step = 'judged', council = ?3, decision = ?4 WHERE run = ?1 AND task = ?2",
            )?;
            update.execute(params![run.as_bytes(), task, council, decision])?;
        }
        Step::Joined {
            run,
            task,
            commit,
            detail,
            ..
        } => {
            let mut update = connection.prepare_cached(
                "UPDATE workflow_tasks SET step = 'joined', made = ?3, council = NULL, decision = NULL, \
                 detail = CASE WHEN ?4 = '' THEN detail ELSE ?4 END WHERE run = ?1 AND task = ?2",
            )?;
            update.execute(params![run.as_bytes(), task, commit, detail])?;
        }
        Step::Landed { run, task, commit, .. } => {
            let mut update = connection
                .prepare_cached("UPDATE workflow_tasks SET step = 'landed', made = ?3 WHERE run = ?1 AND task = ?2")?;
            update.execute(params![run.as_bytes(), task, commit])?;
            connection
                .prepare_cached("UPDATE workflow_runs SET landed = landed + 1 WHERE run = ?1")?
                .execute([run.as_bytes()])?;
        }
        _ => {}
    }
    Ok(())
}

fn ask(connection: &Connection, sequence: u64, step: &Step) -> Result<(), rusqlite::Error> {
    let Step::Asked {
        run,
        task,
        request,
        author,
        shown,
        text,
        at_ms,
        ..
    } = step
    else {
        return Ok(());
    };
    let mut insert = connection.prepare_cached(
        "INSERT INTO workflow_requests (sequence, run, task, request, author, shown, text, asked_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    insert.execute(params![
        as_signed(sequence),
        run.as_bytes(),
        task,
        request,
        author,
        shown.as_ref().map(|digest| digest.as_bytes()),
        text,
        as_signed(*at_ms),
    ])?;
    Ok(())
}

/// The first answer counts.
fn answer(connection: &Connection, step: &Step) -> Result<(), rusqlite::Error> {
    let Step::Answered {
        run,
        asked,
        accepted,
        reason,
        at_ms,
    } = step
    else {
        return Ok(());
    };
    let mut update = connection.prepare_cached(
        "UPDATE workflow_requests SET answered_ms = ?3, accepted = ?4, reason = ?5 \
         WHERE sequence = ?2 AND run = ?1 AND answered_ms IS NULL",
    )?;
    update.execute(params![
        run.as_bytes(),
        as_signed(*asked),
        as_signed(*at_ms),
        accepted,
        reason
    ])?;
    Ok(())
}

/// The first end counts.
fn end(connection: &Connection, step: &Step) -> Result<(), rusqlite::Error> {
    let Step::Ended {
        run,
        outcome,
        detail,
        at_ms,
    } = step
    else {
        return Ok(());
    };
    let mut update = connection.prepare_cached(
        "UPDATE workflow_runs SET ended_ms = ?2, outcome = ?3, detail = ?4 WHERE run = ?1 AND ended_ms IS NULL",
    )?;
    update.execute(params![run.as_bytes(), as_signed(*at_ms), outcome, detail])?;
    Ok(())
}
