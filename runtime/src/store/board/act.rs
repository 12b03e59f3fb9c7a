//! Whether something can be done on the board, and what is recorded of it then. Asked inside the transaction that records it.

use std::collections::BTreeSet;

use assize_provenance::digest::Digest;
use assize_provenance::opinion::Vote;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    Act, Author, BoardRefusal, Proposal, TASK_NEEDS_MAX, TASKS_OPEN_MAX, TaskDraft, VOTERS_MAX, WORKFLOW_TASKS_MAX,
};
use crate::event::{
    BOARD_TEXT_BYTES_MAX, Deed, KEY_BYTES_MAX, NAME_BYTES_MAX, RESOURCE_BYTES_MAX, TITLE_BYTES_MAX, text,
};
use crate::plan::TaskState;
use crate::store::fault::Failure;
use crate::store::query::{as_signed, as_unsigned};

/// What can be done: the deed, the texts that it names, and the version that it gives something.
pub(super) struct Checked {
    pub(super) deed: Deed,
    pub(super) texts: Vec<String>,
    pub(super) version: Option<u64>,
}

/// A failure of the store, or a refusal; `?` passes on both.
enum Stop {
    Failure(Failure),
    Refusal(BoardRefusal),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

impl From<BoardRefusal> for Stop {
    fn from(refusal: BoardRefusal) -> Self {
        Self::Refusal(refusal)
    }
}

/// Checks what an agent wants to do.
pub(super) fn check(
    connection: &Connection,
    author: &Author,
    act: &Act,
) -> Result<Result<Checked, BoardRefusal>, Failure> {
    match checked(connection, author, act) {
        Ok(checked) => Ok(Ok(checked)),
        Err(Stop::Refusal(refusal)) => Ok(Err(refusal)),
        Err(Stop::Failure(failure)) => Err(failure),
    }
}

fn checked(connection: &Connection, author: &Author, act: &Act) -> Result<Checked, Stop> {
    let mut texts = Vec::new();
    let mut version = None;
    let deed = match act {
        Act::CreateTask(draft) => {
            texts.push(draft.description.clone());
            create(connection, draft)?
        }
        Act::ClaimTask { task, claimed_max } => claim(connection, author, *task, *claimed_max)?,
        Act::CompleteTask { task, output } => {
            check_text("output", output)?;
            texts.push(output.clone());
            complete(connection, author, *task, output)?
        }
        Act::FailTask { task, reason } => {
            check_line("reason", reason, RESOURCE_BYTES_MAX)?;
            held(connection, author, *task)?;
            Deed::TaskFailed {
                task: *task,
                reason: reason.clone(),
            }
        }
        Act::EndTask { task, end } => end_task(connection, *task, end, &mut texts)?,
        Act::UpdateTask {
            task,
            title,
            description,
            priority,
        } => {
            texts.extend(description.clone());
            update(connection, *task, title.as_ref(), description.as_ref(), *priority)?
        }
        Act::AssignTask { task, to, can_reassign } => assign(connection, author, *task, to, *can_reassign)?,
        Act::Post { topic, body, reply_to } => {
            check_line("topic", topic, NAME_BYTES_MAX)?;
            check_text("message", body)?;
            texts.push(body.clone());
            post(connection, topic, body, *reply_to)?
        }
        Act::Share { key, value } => {
            version = Some(1);
            texts.push(value.clone());
            write_down(connection, key, value, Some(0))?
        }
        Act::Revise { key, value, expected } => {
            texts.push(value.clone());
            let deed = write_down(connection, key, value, *expected)?;
            if let Deed::KnowledgeSet { version: new, .. } = &deed {
                version = Some(*new);
            }
            deed
        }
        Act::Propose(proposal) => {
            texts.push(proposal.body.clone());
            propose(proposal)?
        }
        Act::Vote { decision, vote, reason } => cast(connection, author, *decision, *vote, reason)?,
        Act::DraftWorkflow { name, tasks } => draft_workflow(connection, name, tasks)?,
        Act::StartWorkflow { workflow } => start_workflow(connection, *workflow)?,
        Act::SayStatus { text } => {
            check_line("status", text, RESOURCE_BYTES_MAX)?;
            Deed::StatusSaid { text: text.clone() }
        }
    };
    Ok(Checked { deed, texts, version })
}

fn create(connection: &Connection, draft: &TaskDraft) -> Result<Deed, Stop> {
    check_line("title", &draft.title, TITLE_BYTES_MAX)?;
    check_text("description", &draft.description)?;
    for (what, name) in [("type", &draft.task_type), ("role", &draft.role)] {
        for name in name.iter() {
            check_line(what, name, NAME_BYTES_MAX)?;
        }
    }
    check_count("tasks that a task needs", draft.needs.len(), TASK_NEEDS_MAX)?;
    let open: i64 = connection
        .prepare_cached("SELECT count(*) FROM board_tasks WHERE state NOT IN ('success', 'failed', 'cancelled')")?
        .query_row([], |row| row.get(0))?;
    if as_unsigned(open) >= TASKS_OPEN_MAX {
        return Err(BoardRefusal::Limit(format!(
            "{TASKS_OPEN_MAX} tasks are on the board that have not come to an end; no more are taken before some of them have"
        ))
        .into());
    }
    for need in &draft.needs {
        task(connection, *need)?;
    }
    if let Some(parent) = draft.parent {
        if task(connection, parent)?.state.is_final() {
            return Err(conflict(format!(
                "task {parent} has come to an end: it gets no more parts"
            )));
        }
        if waits_for(connection, &draft.needs, parent)? {
            return Err(BoardRefusal::Invalid(format!(
                "it needs something that waits for task {parent}, which waits for its parts: none of them would ever start"
            ))
            .into());
        }
    }
    Ok(Deed::TaskCreated {
        title: draft.title.clone(),
        description: Digest::of(draft.description.as_bytes()),
        task_type: draft.task_type.clone(),
        role: draft.role.clone(),
        priority: draft.priority,
        parent: draft.parent,
        needs: draft.needs.clone(),
    })
}

/// Whether one of these tasks cannot succeed before `target` has come to an end. What has come to an end waits for nothing.
fn waits_for(connection: &Connection, from: &[u64], target: u64) -> Result<bool, Stop> {
    let mut next = connection.prepare_cached(
        "SELECT need FROM board_needs JOIN board_tasks ON sequence = need \
           WHERE task = ?1 AND state NOT IN ('success', 'failed', 'cancelled') \
         UNION SELECT sequence FROM board_tasks WHERE parent = ?1 AND state NOT IN ('success', 'failed', 'cancelled')",
    )?;
    let (mut seen, mut waiting) = (BTreeSet::new(), from.to_vec());
    while let Some(task) = waiting.pop() {
        if task == target {
            return Ok(true);
        }
        if !seen.insert(task) {
            continue;
        }
        let mut rows = next.query([as_signed(task)])?;
        while let Some(row) = rows.next()? {
            waiting.push(as_unsigned(row.get(0)?));
        }
    }
    Ok(false)
}

fn claim(connection: &Connection, author: &Author, id: u64, claimed_max: u64) -> Result<Deed, Stop> {
    let found = task(connection, id)?;
    if let Some(role) = &found.role
        && *role != author.role
    {
        return Err(conflict(format!("task {id} is for the role `{role}`")));
    }
    with_agents(connection, id, &found)?;
    if found.state != TaskState::Ready {
        return Err(conflict(format!(
            "task {id} is {}: only what is ready can be claimed",
            found.state
        )));
    }
    if let Some(holder) = found.holder.filter(|holder| *holder != author.agent) {
        return Err(conflict(format!("task {id} was given to the agent `{holder}`")));
    }
    let claimed: i64 = connection
        .prepare_cached("SELECT count(*) FROM board_tasks WHERE holder = ?1 AND state = 'running'")?
        .query_row([&author.agent], |row| row.get(0))?;
    if as_unsigned(claimed) >= claimed_max {
        return Err(BoardRefusal::Limit(format!(
            "the role's `claimed_tasks` is {claimed_max}, and the agent holds as many; complete one of them first"
        ))
        .into());
    }
    Ok(Deed::TaskClaimed { task: id })
}

fn complete(connection: &Connection, author: &Author, id: u64, output: &str) -> Result<Deed, Stop> {
    held(connection, author, id)?;
    let part: Option<i64> = connection
        .prepare_cached(
            "SELECT min(sequence) FROM board_tasks WHERE parent = ?1 AND state NOT IN ('success', 'failed', 'cancelled')",
        )?
        .query_row([as_signed(id)], |row| row.get(0))?;
    if let Some(part) = part {
        return Err(conflict(format!(
            "task {part} is a part of task {id} and has not come to an end"
        )));
    }
    Ok(Deed::TaskCompleted {
        task: id,
        output: Digest::of(output.as_bytes()),
    })
}

/// Insists that the author does this task now.
fn held(connection: &Connection, author: &Author, id: u64) -> Result<(), Stop> {
    let found = task(connection, id)?;
    if found.state != TaskState::Running {
        return Err(conflict(format!("task {id} is {}: nobody does it now", found.state)));
    }
    if found.holder.as_ref() != Some(&author.agent) {
        return Err(conflict(format!("another agent does task {id}")));
    }
    Ok(())
}

fn update(
    connection: &Connection,
    id: u64,
    title: Option<&String>,
    description: Option<&String>,
    priority: Option<i64>,
) -> Result<Deed, Stop> {
    title.map_or(Ok(()), |title| check_line("title", title, TITLE_BYTES_MAX))?;
    description.map_or(Ok(()), |description| check_text("description", description))?;
    still_open(connection, id)?;
    Ok(Deed::TaskUpdated {
        task: id,
        title: title.cloned(),
        description: description.map(|text| Digest::of(text.as_bytes())),
        priority,
    })
}

fn assign(connection: &Connection, author: &Author, id: u64, to: &str, can_reassign: bool) -> Result<Deed, Stop> {
    check_line("name of an agent", to, NAME_BYTES_MAX)?;
    let found = still_open(connection, id)?;
    with_agents(connection, id, &found)?;
    if !can_reassign && found.holder.is_some_and(|holder| holder != author.agent) {
        return Err(conflict(format!("another agent has task {id}, and it stays with it")));
    }
    Ok(Deed::TaskAssigned {
        task: id,
        to: to.to_owned(),
    })
}

/// Insists that agents decide who does a task: it belongs to no workflow that was started.
fn with_agents(connection: &Connection, id: u64, found: &Row) -> Result<(), Stop> {
    let Some(workflow) = found.workflow else { return Ok(()) };
    let wanted: Option<bool> = connection
        .prepare_cached("SELECT wanted IS NOT NULL FROM board_workflows WHERE sequence = ?1")?
        .query_row([as_signed(workflow)], |row| row.get(0))
        .optional()?;
    match wanted {
        Some(true) => Err(conflict(format!(
            "task {id} belongs to workflow {workflow}, which was started: the host gives it to its agent"
        ))),
        _ => Ok(()),
    }
}

/// What the host says of a task of a workflow that it does: in any state but a last one, for nobody claims such a task.
fn end_task(
    connection: &Connection,
    id: u64,
    end: &Result<String, String>,
    texts: &mut Vec<String>,
) -> Result<Deed, Stop> {
    if still_open(connection, id)?.state == TaskState::Blocked {
        return Err(conflict(format!("task {id} is blocked")));
    }
    match end {
        Ok(output) => {
            check_text("output", output)?;
            texts.push(output.clone());
            Ok(Deed::TaskCompleted {
                task: id,
                output: Digest::of(output.as_bytes()),
            })
        }
        Err(reason) => {
            check_line("reason", reason, RESOURCE_BYTES_MAX)?;
            Ok(Deed::TaskFailed {
                task: id,
                reason: reason.clone(),
            })
        }
    }
}

fn still_open(connection: &Connection, id: u64) -> Result<Row, Stop> {
    let found = task(connection, id)?;
    if found.state.is_final() {
        return Err(conflict(format!("task {id} has come to an end: it is {}", found.state)));
    }
    Ok(found)
}

fn post(connection: &Connection, topic: &str, body: &str, reply_to: Option<u64>) -> Result<Deed, Stop> {
    if let Some(id) = reply_to {
        let found: Option<String> = connection
            .prepare_cached("SELECT topic FROM board_messages WHERE sequence = ?1")?
            .query_row([as_signed(id)], |row| row.get(0))
            .optional()?;
        if found.as_deref() != Some(topic) {
            return Err(BoardRefusal::NotFound(format!("there is no message {id} in this topic")).into());
        }
    }
    Ok(Deed::MessagePosted {
        topic: topic.to_owned(),
        body: Digest::of(body.as_bytes()),
        reply_to,
    })
}

/// Writes under a key: with the version 0 only where nothing is.
fn write_down(connection: &Connection, key: &str, value: &str, expected: Option<u64>) -> Result<Deed, Stop> {
    check_line("key", key, KEY_BYTES_MAX)?;
    check_text("text", value)?;
    let found = connection
        .prepare_cached("SELECT version FROM board_knowledge WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?
        .map_or(0, as_unsigned);
    match expected {
        Some(0) if found > 0 => return Err(conflict(format!("something is known under `{key}` already; update it"))),
        Some(expected) if expected != found => {
            return Err(conflict(format!(
                "`{key}` has version {found}, and {expected} was expected"
            )));
        }
        None if found == 0 => return Err(BoardRefusal::NotFound(format!("nothing is known under `{key}`")).into()),
        _ => {}
    }
    Ok(Deed::KnowledgeSet {
        key: key.to_owned(),
        version: found.saturating_add(1),
        value: Digest::of(value.as_bytes()),
    })
}

fn propose(proposal: &Proposal) -> Result<Deed, Stop> {
    check_line("title", &proposal.title, TITLE_BYTES_MAX)?;
    check_text("proposal", &proposal.body)?;
    for (what, names) in [
        ("agents that vote", &proposal.agents),
        ("roles that vote", &proposal.roles),
    ] {
        check_count(what, names.len(), VOTERS_MAX)?;
        for name in names {
            check_line("name of who votes", name, NAME_BYTES_MAX)?;
        }
    }
    let agents: BTreeSet<&String> = proposal.agents.iter().collect();
    if agents.is_empty() && proposal.roles.is_empty() {
        return Err(BoardRefusal::Invalid("nobody votes; name agents or roles".to_owned()).into());
    }
    if proposal.quorum == 0 || !(1..=100).contains(&proposal.threshold_percent) {
        return Err(
            BoardRefusal::Invalid("the quorum is at least 1, and the threshold 1 to 100 percent".to_owned()).into(),
        );
    }
    if proposal.roles.is_empty() && proposal.quorum > agents.len() as u64 {
        return Err(BoardRefusal::Invalid(format!(
            "{} agents vote, and the quorum of {} would never be full",
            agents.len(),
            proposal.quorum
        ))
        .into());
    }
    Ok(Deed::DecisionProposed {
        title: proposal.title.clone(),
        body: Digest::of(proposal.body.as_bytes()),
        agents: proposal.agents.clone(),
        roles: proposal.roles.clone(),
        quorum: proposal.quorum,
        threshold_percent: proposal.threshold_percent,
    })
}

fn cast(connection: &Connection, author: &Author, decision: u64, vote: Vote, reason: &str) -> Result<Deed, Stop> {
    check_long_line("reason", reason, RESOURCE_BYTES_MAX)?;
    let state: Option<String> = connection
        .prepare_cached("SELECT state FROM board_decisions WHERE sequence = ?1")?
        .query_row([as_signed(decision)], |row| row.get(0))
        .optional()?;
    let Some(state) = state else {
        return Err(BoardRefusal::NotFound(format!("there is no decision {decision}")).into());
    };
    if state != "open" {
        return Err(conflict(format!("decision {decision} is closed: it is {state}")));
    }
    let votes: Option<i64> = connection
        .prepare_cached(
            "SELECT 1 FROM board_voters WHERE decision = ?1 \
             AND (kind = 'agent' AND name = ?2 OR kind = 'role' AND name = ?3)",
        )?
        .query_row(params![as_signed(decision), author.agent, author.role], |row| {
            row.get(0)
        })
        .optional()?;
    if votes.is_none() {
        return Err(conflict(format!(
            "the agent is none of those who vote on decision {decision}"
        )));
    }
    let voted: Option<i64> = connection
        .prepare_cached("SELECT 1 FROM board_votes WHERE decision = ?1 AND agent = ?2")?
        .query_row(params![as_signed(decision), author.agent], |row| row.get(0))
        .optional()?;
    if voted.is_some() {
        return Err(conflict(format!("the agent has voted on decision {decision} already")));
    }
    let vote = match vote {
        Vote::Approve => "approve",
        Vote::Reject => "reject",
        Vote::Abstain => "abstain",
    };
    Ok(Deed::Voted {
        decision,
        vote: vote.to_owned(),
        reason: reason.to_owned(),
    })
}

fn draft_workflow(connection: &Connection, name: &str, tasks: &[u64]) -> Result<Deed, Stop> {
    check_line("name", name, NAME_BYTES_MAX)?;
    check_count("tasks of a workflow", tasks.len(), WORKFLOW_TASKS_MAX)?;
    if tasks.is_empty() {
        return Err(BoardRefusal::Invalid("a workflow has at least one task".to_owned()).into());
    }
    let mut seen = BTreeSet::new();
    for id in tasks {
        if !seen.insert(id) {
            return Err(BoardRefusal::Invalid(format!("task {id} stands in the list twice")).into());
        }
        if let Some(other) = task(connection, *id)?.workflow {
            return Err(conflict(format!("task {id} belongs to workflow {other}")));
        }
    }
    Ok(Deed::WorkflowDrafted {
        name: name.to_owned(),
        tasks: tasks.to_vec(),
    })
}

fn start_workflow(connection: &Connection, workflow: u64) -> Result<Deed, Stop> {
    let wanted: Option<bool> = connection
        .prepare_cached("SELECT wanted IS NOT NULL FROM board_workflows WHERE sequence = ?1")?
        .query_row([as_signed(workflow)], |row| row.get(0))
        .optional()?;
    match wanted {
        None => Err(BoardRefusal::NotFound(format!("there is no workflow {workflow}")).into()),
        Some(true) => Err(conflict(format!("workflow {workflow} was started already"))),
        Some(false) => Ok(Deed::WorkflowWanted { workflow }),
    }
}

/// What decides about a task.
struct Row {
    state: TaskState,
    role: Option<String>,
    holder: Option<String>,
    workflow: Option<u64>,
}

fn task(connection: &Connection, id: u64) -> Result<Row, Stop> {
    type Columns = (String, Option<String>, Option<String>, Option<i64>);
    let found: Option<Columns> = connection
        .prepare_cached("SELECT state, role, holder, workflow FROM board_tasks WHERE sequence = ?1")?
        .query_row([as_signed(id)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((state, role, holder, workflow)) = found else {
        return Err(BoardRefusal::NotFound(format!("there is no task {id}")).into());
    };
    let state = state
        .parse()
        .map_err(|_| Failure::Damaged(format!("task {id} is in no state that there is")))?;
    Ok(Row {
        state,
        role,
        holder,
        workflow: workflow.map(as_unsigned),
    })
}

fn conflict(reason: String) -> Stop {
    BoardRefusal::Conflict(reason).into()
}

/// A line is kept letter by letter, or refused.
fn check_line(what: &str, line: &str, bytes_max: usize) -> Result<(), Stop> {
    if line.is_empty() {
        return Err(BoardRefusal::Invalid(format!("the {what} is empty")).into());
    }
    check_long_line(what, line, bytes_max)
}

/// Like [`check_line`], and it may be empty.
fn check_long_line(what: &str, line: &str, bytes_max: usize) -> Result<(), Stop> {
    if text::is_plain(line, bytes_max) {
        return Ok(());
    }
    Err(BoardRefusal::Invalid(format!(
        "the {what} has more than {bytes_max} bytes, or not only printable characters"
    ))
    .into())
}

fn check_text(what: &str, text: &str) -> Result<(), Stop> {
    if text.len() <= BOARD_TEXT_BYTES_MAX {
        return Ok(());
    }
    let kib_max = BOARD_TEXT_BYTES_MAX >> 10;
    Err(BoardRefusal::Limit(format!(
        "the {what} has more than {kib_max} KiB; larger results are artifacts"
    ))
    .into())
}

fn check_count(what: &str, count: usize, count_max: usize) -> Result<(), Stop> {
    if count <= count_max {
        return Ok(());
    }
    Err(BoardRefusal::Limit(format!("there are {count} {what}, and {count_max} are the most")).into())
}
