//! What somebody may do: one question, or everything.

use std::collections::BTreeSet;
use std::path::Path;

use crate::app::view::policies::{
    HeldPermissionView, LimitView, PolicyExplainView, PolicyGrantsView, PolicyLineView, PowerView, SubjectView,
};
use crate::app::{App, Fault};
use crate::policy::Policy;
use crate::policy::explain::{Question, QuestionError, explain};
use crate::policy::limits::Limit;
use crate::policy::permission::Permission;
use crate::policy::powers::powers;
use crate::policy::role::{Role, Ruling};
use crate::policy::subject::{Subject, SubjectError};

/// One question about somebody.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The agent, judge or role.
    pub name: &'a str,
    /// A permission, or `http`, `environment` or `secrets`.
    pub permission: &'a str,
    /// What it is used on, word by word.
    pub resource: &'a [String],
    /// How many tasks the agent holds already.
    pub claimed_tasks: u64,
    /// Whether another agent holds the task.
    pub is_anothers: bool,
    /// The policy file; the work tree's own where none is named.
    pub policy: Option<&'a Path>,
}

impl App {
    /// Says whether somebody may do something, and by which line of the policy.
    ///
    /// # Errors
    ///
    /// [`Fault::Wrong`] where the question names nothing that exists, [`Fault::Policy`] where the policy has mistakes.
    pub fn explain_policy(&self, asked: Asked<'_>) -> Result<PolicyExplainView, Fault> {
        let (policy, file) = self.policy_asked_about(asked.policy)?;
        let subject = subject(&policy, asked.name)?;
        let question = Question {
            what: asked.permission,
            on: asked.resource,
            claimed_tasks: asked.claimed_tasks,
            is_anothers: asked.is_anothers,
        };
        let answer = explain(&policy, &subject, question).map_err(unanswerable)?;
        let line = |line: crate::policy::explain::DecidingLine| PolicyLineView {
            table: line.table,
            item: line.item,
            line: line.line,
        };
        Ok(PolicyExplainView {
            schema: "assize.policy-explain/1",
            policy: file,
            subject: shown(&subject),
            permission: answer.what,
            resource: asked.resource.to_vec(),
            granted: answer.granted,
            reason: answer.reason,
            lines: answer.lines.into_iter().map(line).collect(),
            needs: answer.needs,
            served: answer.permission.is_none_or(Permission::is_served),
        })
    }

    /// Lists everything that an agent, a judge or a role may do, and which of it no recorded run of this clone has ever used.
    ///
    /// # Errors
    ///
    /// [`Fault::Wrong`] where nobody is called so, [`Fault::Policy`] where the policy has mistakes, [`Fault::Store`] where the
    /// record cannot be read.
    pub fn policy_grants(&self, name: &str, policy: Option<&Path>) -> Result<PolicyGrantsView, Fault> {
        let (policy, file) = self.policy_asked_about(policy)?;
        let used = self.used_permissions(name, &policy)?;
        let subject = subject(&policy, name)?;
        let role = subject.role;
        Ok(PolicyGrantsView {
            schema: "assize.policy-grants/1",
            policy: file,
            subject: shown(&subject),
            permissions: role
                .permissions()
                .map(|permission| held(role, permission, used.as_ref()))
                .collect(),
            powers: powers(role)
                .into_iter()
                .map(|power| PowerView {
                    kind: power.kind,
                    text: power.text,
                    role: power.place.role.clone(),
                    line: power.place.line,
                })
                .collect(),
            limits: Limit::ALL
                .into_iter()
                .map(|limit| LimitView {
                    name: limit.name(),
                    value: role.limits.get(limit),
                })
                .collect(),
        })
    }
}

/// One permission of a role, with the line that allows it.
fn held(role: &Role, permission: Permission, used: Option<&BTreeSet<Permission>>) -> HeldPermissionView {
    let line = match role.ruling(permission) {
        Some(Ruling::Allowed(place)) => Some(PolicyLineView {
            table: format!("[roles.{}]", place.role),
            item: place.item.clone(),
            line: place.line,
        }),
        _ => None,
    };
    HeldPermissionView {
        name: permission.name(),
        meaning: permission.meaning(),
        served: permission.is_served(),
        line,
        used: used.map(|used| used.contains(&permission)),
    }
}

fn subject<'a>(policy: &'a Policy, name: &str) -> Result<Subject<'a>, Fault> {
    policy.subject(name).map_err(|error| {
        let hint = match &error {
            SubjectError::Unknown {
                nearest: Some(near), ..
            } => format!("did you mean `{near}`?"),
            SubjectError::Unknown { .. } => {
                let mut names: Vec<_> = policy.subjects().map(|subject| subject.name).collect();
                names.sort_unstable();
                names.dedup();
                format!("it has {}", names.join(", "))
            }
            SubjectError::Ambiguous { .. } => "write the longer name of the one that is meant".to_owned(),
        };
        Fault::wrong(error.to_string(), hint)
    })
}

fn unanswerable(error: QuestionError) -> Fault {
    let message = error.to_string();
    let (QuestionError::Unknown { advice, .. } | QuestionError::Unfit { advice, .. }) = error;
    Fault::wrong(message, advice)
}

fn shown(subject: &Subject<'_>) -> SubjectView {
    SubjectView {
        kind: subject.kind,
        name: subject.name.to_owned(),
        plugin: subject.plugin.map(str::to_owned),
        role: subject.role.name.clone(),
    }
}
