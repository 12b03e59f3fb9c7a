//! Listings: what is known now, made from the events one by one. The same function makes them while events are appended and
//! when they are made again, so both give the same.

mod board;
mod workflows;

use assize_provenance::time::Time;
use rusqlite::{Connection, params};

use super::query::as_signed;
use crate::event::Event;

/// A listing: its table, and the columns that order its rows.
pub(super) const LISTINGS: &[(&str, &str)] = &[
    ("runs", "sequence"),
    ("usage", "agent, permission"),
    ("state", "agent, key"),
    ("state_sizes", "agent"),
    ("artifacts", "sequence"),
    ("workflow_runs", "sequence"),
    ("workflow_tasks", "sequence"),
    ("workflow_requests", "sequence"),
    ("board_tasks", "sequence"),
    ("board_needs", "task, need"),
    ("board_messages", "sequence"),
    ("board_knowledge", "key"),
    ("board_decisions", "sequence"),
    ("board_voters", "decision, kind, name"),
    ("board_votes", "sequence"),
    ("board_workflows", "sequence"),
    ("board_status", "agent"),
];

/// Brings the listings up to date with one more event.
pub(super) fn apply(connection: &Connection, sequence: u64, at: Time, event: &Event) -> Result<(), rusqlite::Error> {
    match event {
        Event::RunStarted { .. } => start(connection, sequence, at, event),
        Event::AccessChecked { .. } => access(connection, at, event),
        Event::StateSet {
            agent,
            key,
            version,
            value,
            ..
        } => remember(connection, agent, key, *version, value.as_deref()),
        Event::ArtifactStored {
            run,
            agent,
            name,
            media_type,
            digest,
            bytes,
        } => {
            let mut insert = connection.prepare_cached(
                "INSERT INTO artifacts (sequence, run, agent, name, media_type, digest, bytes) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            let (sequence, bytes) = (as_signed(sequence), as_signed(*bytes));
            insert.execute(params![
                sequence,
                run.as_bytes(),
                agent,
                name,
                media_type,
                digest.as_bytes(),
                bytes
            ])?;
            Ok(())
        }
        // Nothing lists these but the events themselves.
        Event::CommandRun { .. } | Event::RequestSent { .. } | Event::HostCalled { .. } | Event::Transcribed { .. } => {
            Ok(())
        }
        Event::Workflow(step) => workflows::apply(connection, sequence, step),
        Event::Board { agent, deed, .. } => board::apply(connection, sequence, agent, deed),
        Event::RunEnded { .. } => end(connection, at, event),
    }
}

/// The first event that starts a run counts.
fn start(connection: &Connection, sequence: u64, at: Time, event: &Event) -> Result<(), rusqlite::Error> {
    let Event::RunStarted {
        run,
        agent,
        plugin,
        component,
        role,
        policy,
        on_behalf_of,
        actor,
        dir,
    } = event
    else {
        return Ok(());
    };
    let mut insert = connection.prepare_cached(
        "INSERT INTO runs (sequence, run, agent, plugin, component, role, policy, on_behalf_of, actor, dir, started, granted, \
         denied) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0) ON CONFLICT (run) DO NOTHING",
    )?;
    insert.execute(params![
        as_signed(sequence),
        run.as_bytes(),
        agent,
        plugin,
        component.as_bytes(),
        role,
        policy.as_bytes(),
        on_behalf_of,
        actor,
        dir,
        at.unix_seconds(),
    ])?;
    Ok(())
}

fn access(connection: &Connection, at: Time, event: &Event) -> Result<(), rusqlite::Error> {
    let Event::AccessChecked {
        run,
        agent,
        permission,
        resource,
        granted,
        times,
        ..
    } = event
    else {
        return Ok(());
    };
    let times = as_signed(*times);
    let (granted_times, denied_times) = if *granted { (times, 0) } else { (0, times) };
    connection
        .prepare_cached("UPDATE runs SET granted = granted + ?2, denied = denied + ?3 WHERE run = ?1")?
        .execute(params![run.as_bytes(), granted_times, denied_times])?;
    let mut count = connection.prepare_cached(
        "INSERT INTO usage (agent, permission, granted, denied, last_at, last_resource, last_granted) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT (agent, permission) DO UPDATE SET granted = granted + excluded.granted, \
         denied = denied + excluded.denied, last_at = excluded.last_at, last_resource = excluded.last_resource, \
         last_granted = excluded.last_granted",
    )?;
    count.execute(params![
        agent,
        permission,
        granted_times,
        denied_times,
        at.unix_seconds(),
        resource,
        granted
    ])?;
    Ok(())
}

fn remember(
    connection: &Connection,
    agent: &str,
    key: &str,
    version: u64,
    value: Option<&[u8]>,
) -> Result<(), rusqlite::Error> {
    let before = super::state::size_of(connection, agent, key)?;
    let after = super::state::size(key, value);
    connection
        .prepare_cached(
            "INSERT INTO state (agent, key, version, value) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (agent, key) DO UPDATE SET version = excluded.version, value = excluded.value",
        )?
        .execute(params![agent, key, as_signed(version), value])?;
    connection
        .prepare_cached(
            "INSERT INTO state_sizes (agent, bytes) VALUES (?1, ?2) \
             ON CONFLICT (agent) DO UPDATE SET bytes = bytes + excluded.bytes",
        )?
        .execute(params![agent, as_signed(after).saturating_sub(as_signed(before))])?;
    Ok(())
}

/// The first event that ends a run counts.
fn end(connection: &Connection, at: Time, event: &Event) -> Result<(), rusqlite::Error> {
    let Event::RunEnded {
        run,
        outcome,
        detail,
        fuel_spent,
        host_calls,
        log_lines,
        log_dropped,
        ..
    } = event
    else {
        return Ok(());
    };
    let mut update = connection.prepare_cached(
        "UPDATE runs SET ended = ?2, outcome = ?3, detail = ?4, fuel_spent = ?5, host_calls = ?6, log_lines = ?7, \
         log_dropped = ?8 WHERE run = ?1 AND ended IS NULL",
    )?;
    update.execute(params![
        run.as_bytes(),
        at.unix_seconds(),
        outcome,
        detail,
        as_signed(*fuel_spent),
        as_signed(*host_calls),
        as_signed(*log_lines),
        as_signed(*log_dropped),
    ])?;
    Ok(())
}
