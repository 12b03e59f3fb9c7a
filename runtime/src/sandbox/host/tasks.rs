//! `tasks`: who is to do what, and what has to be done before.

use crate::plan::TaskState;
use crate::policy::access::{Context, Resource};
use crate::policy::permission::Permission;
use crate::sandbox::bindings::tasks as wit;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::host::board::{nothing, number, record_number, record_signed, record_text, weigh_all};
use crate::sandbox::host::serve::{Answer, Served, declined};
use crate::sandbox::journal::Argument;
use crate::sandbox::state::{CallState, Powers};
use crate::sandbox::transcript::Transcript;
use crate::store::{Act, BoardTask, TaskDraft};

/// What a task weighs besides its texts, in bytes.
const TASK_BYTES: usize = 64;

impl wit::Host for CallState {
    fn create(&mut self, draft: wit::Draft) -> wasmtime::Result<Served<u64>> {
        let priority = draft.priority;
        let draft = TaskDraft {
            title: self.kept(&draft.title),
            description: self.kept(&draft.description),
            task_type: draft.kind.map(|kind| self.masker.mask_text(&kind)),
            role: draft.role.map(|role| self.masker.mask_text(&role)),
            priority: i64::from(priority),
            parent: draft.parent,
            needs: draft.needs,
        };
        let arguments: &[&dyn Argument] = &[
            &draft.title,
            &draft.description,
            &draft.task_type,
            &draft.role,
            &priority,
            &draft.parent,
            &draft.needs,
        ];
        let on = (Permission::TasksCreate, draft.title.as_str());
        self.put(on, arguments, draft.description.len(), number, |_| {
            Ok(Act::CreateTask(draft.clone()))
        })
    }

    fn claim(&mut self, id: u64) -> wasmtime::Result<Served<()>> {
        let permission = Permission::TasksClaim;
        self.put((permission, &id.to_string()), &[&id], 0, nothing, |powers| {
            powers.must_fit(permission, id)?;
            let claimed_max = powers.grants.limits().claimed_tasks();
            Ok(Act::ClaimTask { task: id, claimed_max })
        })
    }

    fn complete(&mut self, id: u64, output: String) -> wasmtime::Result<Served<()>> {
        let output = self.kept(&output);
        let on = (Permission::TasksComplete, &*id.to_string());
        self.put(on, &[&id, &output], output.len(), nothing, |_| {
            let output = output.clone();
            Ok(Act::CompleteTask { task: id, output })
        })
    }

    fn fail(&mut self, id: u64, reason: String) -> wasmtime::Result<Served<()>> {
        let reason = self.kept(&reason);
        let on = (Permission::TasksFail, &*id.to_string());
        self.put(on, &[&id, &reason], 0, nothing, |_| {
            let reason = reason.clone();
            Ok(Act::FailTask { task: id, reason })
        })
    }

    fn update(&mut self, id: u64, change: wit::Change) -> wasmtime::Result<Served<()>> {
        let title = change.title.map(|title| self.kept(&title));
        let description = change.description.map(|description| self.kept(&description));
        let priority = change.priority;
        let bytes = description.as_ref().map_or(0, String::len);
        let arguments: &[&dyn Argument] = &[&id, &title, &description, &priority];
        let on = (Permission::TasksUpdate, &*id.to_string());
        self.put(on, arguments, bytes, nothing, |_| {
            Ok(Act::UpdateTask {
                task: id,
                title: title.clone(),
                description: description.clone(),
                priority: priority.map(i64::from),
            })
        })
    }

    fn assign(&mut self, id: u64, agent: String) -> wasmtime::Result<Served<()>> {
        let permission = Permission::TasksAssign;
        let to = self.masker.mask_text(&agent);
        let on = (permission, &*format!("{id} to {to}"));
        self.put(on, &[&id, &to], 0, nothing, |powers| {
            powers.must_fit(permission, id)?;
            Ok(Act::AssignTask {
                task: id,
                to: to.clone(),
                can_reassign: powers.grants.tasks().can_reassign(),
            })
        })
    }

    fn get(&mut self, id: u64) -> wasmtime::Result<Served<wit::Task>> {
        let on = (Permission::TasksGet, &*id.to_string());
        self.look(on, &[&id], |board| board.task(id).map(task))
    }

    fn list(&mut self, state: Option<wit::State>, after: u64) -> wasmtime::Result<Served<Vec<wit::Task>>> {
        let state = state.map(state_of);
        let name = state.map_or("", TaskState::name);
        self.look((Permission::TasksList, name), &[&name, &after], |board| {
            Ok(board.tasks(state, after)?.into_iter().map(task).collect())
        })
    }
}

impl Powers {
    /// Refuses what the role's terms for tasks do not allow: tasks of other types, and those that others hold. Types never
    /// change; who holds a task, and how many the agent holds, is asked again where it is recorded.
    fn must_fit(&mut self, permission: Permission, id: u64) -> Served<()> {
        let desk = self.desk()?;
        let task = desk.task(id).map_err(declined)?;
        let is_anothers = task.holder.is_some_and(|holder| holder != desk.agent());
        let context = Context {
            resource: Resource::Task {
                task_type: task.draft.task_type.as_deref(),
                is_anothers,
            },
            claimed_tasks: 0,
        };
        let decision = self.grants.check(permission, &context);
        if decision.granted {
            return Ok(());
        }
        Err(contract::Refusal::Denied(contract::Denial {
            permission: permission.name().into(),
            needs: format!(
                "{}; change [roles.{}.tasks] of the policy",
                decision.reason,
                self.grants.role()
            ),
        }))
    }
}

fn task(task: BoardTask) -> wit::Task {
    wit::Task {
        id: task.id,
        title: task.draft.title,
        description: task.draft.description,
        kind: task.draft.task_type,
        role: task.draft.role,
        priority: i32::try_from(task.draft.priority).unwrap_or(i32::MAX),
        parent: task.draft.parent,
        needs: task.draft.needs,
        state: state(task.state),
        reason: task.reason,
        creator: task.creator,
        holder: task.holder,
        output: task.output,
    }
}

fn state(state: TaskState) -> wit::State {
    match state {
        TaskState::Pending => wit::State::Pending,
        TaskState::Ready => wit::State::Ready,
        TaskState::Running => wit::State::Running,
        TaskState::Waiting => wit::State::Waiting,
        TaskState::Review => wit::State::Review,
        TaskState::Paused => wit::State::Paused,
        TaskState::Blocked => wit::State::Blocked,
        TaskState::Success => wit::State::Success,
        TaskState::Failed => wit::State::Failed,
        TaskState::Cancelled => wit::State::Cancelled,
    }
}

fn state_of(state: wit::State) -> TaskState {
    match state {
        wit::State::Pending => TaskState::Pending,
        wit::State::Ready => TaskState::Ready,
        wit::State::Running => TaskState::Running,
        wit::State::Waiting => TaskState::Waiting,
        wit::State::Review => TaskState::Review,
        wit::State::Paused => TaskState::Paused,
        wit::State::Blocked => TaskState::Blocked,
        wit::State::Success => TaskState::Success,
        wit::State::Failed => TaskState::Failed,
        wit::State::Cancelled => TaskState::Cancelled,
    }
}

fn weigh(task: &wit::Task) -> usize {
    let output = task.output.as_ref().map_or(0, String::len);
    [
        TASK_BYTES,
        task.title.len(),
        task.description.len(),
        task.needs.len().saturating_mul(8),
        task.reason.len(),
        output,
    ]
    .into_iter()
    .fold(0, usize::saturating_add)
}

impl Answer for wit::Task {
    fn weight(&self) -> u64 {
        weigh(self) as u64
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(self.id);
        for text in [&self.title, &self.description, &self.reason, &self.creator] {
            transcript.bytes(text.as_bytes());
        }
        for text in [&self.kind, &self.role, &self.holder, &self.output] {
            record_text(transcript, text.as_deref());
        }
        record_signed(transcript, self.priority);
        record_number(transcript, self.parent);
        transcript.number(self.needs.len() as u64);
        self.needs.iter().for_each(|need| transcript.number(*need));
        transcript.bytes(state_of(self.state).name().as_bytes());
    }
}

impl Answer for Vec<wit::Task> {
    fn weight(&self) -> u64 {
        weigh_all(self, weigh)
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(self.len() as u64);
        self.iter().for_each(|task| task.record(transcript));
    }
}
