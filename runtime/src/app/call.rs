//! Calling an agent by hand: one task in one folder, with the powers of one role.

mod shown;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assize_provenance::entry::v1::word;
use assize_provenance::reader::ObjectId;

use super::accesses::state_dir;
use super::plugins::{Plugin, load};
use super::prepare::sandbox;
use super::view::agents::{AccessView, AgentView, CallView, LogLineView, RolePolicyView};
use super::{App, Fault, read_named};
use crate::driver::calls;
use crate::driver::prepare::{parse_policy, policy_in};
use crate::driver::roster::component_in;
use crate::event::{Event, RunId};
use crate::outcome::Outcome;
use crate::policy::grant::{GrantError, Grants, Request};
use crate::policy::permission::Permission;
use crate::policy::{self, Policy};
use crate::repository::{Head, Repository};
use crate::sandbox::{Account, Agent, Done, JSON_BYTES_MAX, Sandbox, StoreDesk, Surroundings, Task};
use crate::store::Store;
use crate::workspace::Workspace;
use shown::{changed, folded, outings, used};

/// The longest input of a task, in bytes.
pub const INPUT_BYTES_MAX: usize = JSON_BYTES_MAX;

/// How many changed files and refusals a view shows.
const SHOWN_MAX: usize = 1_000;

/// What is asked of whom.
#[derive(Debug, Clone, Copy)]
pub struct CallRequest<'a> {
    /// The agent: a name of the policy, a plugin's name, or a component's file.
    pub plugin: &'a str,
    /// The role it acts under; the policy's for an agent of that name otherwise.
    pub role: Option<&'a str>,
    /// The agent or role on whose behalf it acts: it holds at most those grants too.
    pub on_behalf_of: Option<&'a str>,
    /// Its input, as JSON text.
    pub input: &'a str,
    /// The folder it works in; that of the app otherwise.
    pub dir: Option<&'a Path>,
    /// The policy file to take roles from, instead of the committed one.
    pub policy: Option<&'a Path>,
}

/// Who is called, and with what.
struct Called {
    name: String,
    role: String,
    agent: Agent,
    grants: Grants,
}

impl App {
    /// Lets an agent do one task. What it used and what it was refused is recorded in the repository's store before this
    /// returns; what it changed in the folder stays there, also where it failed.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the call could not be made; nothing of the folder was changed then.
    pub fn call_agent(&self, request: &CallRequest<'_>) -> Result<CallView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        let policy = self.role_policy(request.policy)?;
        let sandbox = sandbox(&home)?;
        let called = self.called(request, &policy, &sandbox)?;
        let task = Task::new(&called.name, request.input).map_err(|error| {
            Fault::wrong(
                error.to_string(),
                "write JSON text, or @FILE for a file that holds it; what is long belongs into a file of the agent's folder",
            )
        })?;
        let dir = request.dir.map_or_else(|| self.dir.clone(), |dir| self.dir.join(dir));
        let (workspace, dir) = open_workspace(&dir)?;
        let store = Arc::new(Store::open(&state_dir(&repository))?);
        let run = calls::draw_run()?;
        store.append(self.now()?, &[self.started(run, &called, request, &policy, &dir)])?;
        let desk = StoreDesk::new(Arc::clone(&store), self.clock, run, &called.name, &called.role);
        let grants = called.grants.clone();
        let secrets = Self::secrets_for(&home, &grants)?;
        let ran = sandbox.run(
            &called.agent,
            &task,
            grants,
            Surroundings {
                workspace: Some(&workspace),
                desk: Some(Box::new(desk)),
                outside: calls::outside(&home, secrets)?,
                ..Surroundings::default()
            },
        );
        let end = match &ran {
            Ok(account) => calls::ended(run, &called.name, account),
            Err(fault) => calls::failed(run, &called.name, fault),
        };
        let noted = store.append(self.now()?, &[end]);
        // Why the host failed matters more than that this could not be recorded either.
        let account = ran?;
        noted?;
        Ok(self.view(run, &called, request, &policy, &dir, account))
    }

    /// Reads the input of a task from a file.
    ///
    /// # Errors
    ///
    /// [`Fault`] when it cannot be read, is too long, or is not UTF-8.
    pub fn read_input(&self, file: &Path) -> Result<String, Fault> {
        let bytes = read_named(&self.dir.join(file), INPUT_BYTES_MAX as u64)?;
        String::from_utf8(bytes).map_err(|_| {
            Fault::wrong(
                format!("{} is not UTF-8", file.display()),
                "an input is JSON text, in UTF-8",
            )
        })
    }

    /// The policy that gives roles to agents that are called by hand: a file that is named, else the one that is committed,
    /// else the default. What only lies in the work tree gives no powers: an agent may have written it.
    pub(super) fn role_policy(&self, named: Option<&Path>) -> Result<Policy, Fault> {
        if let Some(path) = named {
            let bytes = read_named(&self.dir.join(path), policy::BYTES_MAX as u64)?;
            return Ok(parse_policy(&path.display().to_string(), &bytes)?);
        }
        let repository = self.repository()?;
        let (policy, _) = policy_in(repository.objects().as_ref(), newest(&repository)?)?;
        Ok(policy)
    }

    /// Finds the agent, its role and what it holds.
    fn called(&self, request: &CallRequest<'_>, policy: &Policy, sandbox: &Sandbox) -> Result<Called, Fault> {
        let appointed = policy.agent(request.plugin);
        let role = match (request.role, appointed) {
            (Some(role), _) => role,
            (None, Some(appointed)) => &appointed.role,
            (None, None) => {
                return Err(Fault::wrong(
                    format!("the policy {} has no agent `{}`", policy.file_name(), request.plugin),
                    whom_to_name(policy),
                ));
            }
        };
        let plugin = appointed.map_or(request.plugin, |appointed| appointed.plugin.as_str());
        let bytes = match (appointed, request.policy) {
            // The committed policy speaks of committed components: an agent may have written those of the work tree.
            (Some(_), None) => self.committed_component(plugin)?,
            _ => self.component(plugin)?,
        };
        let Plugin::Agent(agent) = load(sandbox, plugin, &bytes)? else {
            return Err(Fault::wrong(
                format!("{plugin} is a judge; it does no tasks"),
                "judges are called by `assize review`, and by `assize judge test` on labelled cases",
            ));
        };
        let description = agent.description();
        let asked = Request {
            plugin: &description.name,
            requires: &description.requires,
            wants: &description.wants,
            imports: agent.imports(),
        };
        let mut grants = Grants::resolve(policy, role, asked).map_err(|error| withheld(&error, policy))?;
        if let Some(principal) = request.on_behalf_of {
            let caller = all_of(policy, principal).map_err(|error| withheld(&error, policy))?;
            grants = grants.attenuate(&caller);
        }
        Ok(Called {
            name: appointed.map_or_else(|| description.name.clone(), |appointed| appointed.name.clone()),
            role: role.to_owned(),
            agent,
            grants,
        })
    }

    /// The component that the committed policy names.
    fn committed_component(&self, plugin: &str) -> Result<Vec<u8>, Fault> {
        let repository = self.repository()?;
        let commit = newest(&repository)?;
        component_in(repository.objects().as_ref(), commit, plugin)?.map_err(|reason| {
            Fault::wrong(
                reason,
                "commit the component, and pin it where it has a name: `assize plugin add FILE`",
            )
        })
    }

    fn started(&self, run: RunId, called: &Called, request: &CallRequest<'_>, policy: &Policy, dir: &Path) -> Event {
        Event::RunStarted {
            run,
            agent: called.name.clone(),
            plugin: called.agent.description().name.clone(),
            component: called.agent.digest(),
            role: called.role.clone(),
            policy: policy.digest(),
            on_behalf_of: request.on_behalf_of.map(ToOwned::to_owned),
            actor: self.actor.clone(),
            dir: dir.display().to_string(),
        }
    }

    fn view(
        &self,
        run: RunId,
        called: &Called,
        request: &CallRequest<'_>,
        policy: &Policy,
        dir: &Path,
        account: Account<Done>,
    ) -> CallView {
        let description = called.agent.description();
        let (ended, detail, done) = match account.outcome {
            Outcome::Finished(done) => ("finished".to_owned(), None, Some(done)),
            Outcome::Ended(absence, detail) => (word(&absence).to_owned(), Some(detail), None),
        };
        let outings_left_out = account.outings.len().saturating_sub(SHOWN_MAX) as u64;
        let (commands, requests) = outings(account.outings);
        let at = self.clock.rfc3339();
        let refused = folded(account.accesses.iter().filter(|access| !access.granted));
        CallView {
            schema: "assize.call/1",
            ended,
            detail,
            summary: done.as_ref().map(|done| done.summary.clone()),
            output: done.and_then(|done| serde_json::from_str(&done.output).ok()),
            run: run.to_string(),
            agent: AgentView {
                name: called.name.clone(),
                plugin: format!("{} {}", description.name, description.version),
                component: called.agent.digest().to_string(),
                role: called.role.clone(),
                on_behalf_of: request.on_behalf_of.map(ToOwned::to_owned),
            },
            policy: RolePolicyView {
                file: policy.file_name().to_owned(),
                digest: policy.digest().to_string(),
            },
            dir: dir.display().to_string(),
            changes_left_out: account.changes.len().saturating_sub(SHOWN_MAX) as u64,
            changes: account.changes.into_iter().take(SHOWN_MAX).map(changed).collect(),
            used: used(&account.accesses),
            commands,
            requests,
            outings_left_out,
            refused_left_out: refused.len().saturating_sub(SHOWN_MAX) as u64,
            refused: refused
                .into_iter()
                .take(SHOWN_MAX)
                .map(|access| AccessView {
                    at: at.clone(),
                    agent: called.name.clone(),
                    role: called.role.clone(),
                    run: run.to_string(),
                    permission: access.permission.name().to_owned(),
                    resource: access.resource,
                    granted: false,
                    reason: access.reason,
                    times: access.times,
                })
                .collect(),
            fuel_spent: account.fuel_spent,
            host_calls: account.host_calls,
            log: account
                .log
                .into_iter()
                .map(|line| LogLineView {
                    level: line.level,
                    message: line.message,
                })
                .collect(),
            log_dropped: account.log_dropped,
        }
    }
}

/// The newest commit of what is checked out; none in a repository without any.
fn newest(repository: &Repository) -> Result<Option<ObjectId>, Fault> {
    Ok(match repository.head()? {
        Head::Branch { commit, .. } => commit,
        Head::Detached(commit) => Some(commit),
    })
}

/// Everything that an agent of the policy, or a role, could hold.
fn all_of(policy: &Policy, principal: &str) -> Result<Grants, GrantError> {
    let role = policy.agent(principal).map_or(principal, |agent| agent.role.as_str());
    let everything: Vec<String> = Permission::ALL.iter().map(ToString::to_string).collect();
    let asked = Request {
        plugin: principal,
        requires: &[],
        wants: &everything,
        imports: &[],
    };
    Grants::resolve(policy, role, asked)
}

/// What to name where a call names neither a role nor an agent of the policy.
fn whom_to_name(policy: &Policy) -> String {
    let roles: Vec<&str> = policy.roles().map(|role| role.name.as_str()).collect();
    let agents: Vec<&str> = policy.agents().map(|agent| agent.name.as_str()).collect();
    let roles = format!("name a role with --role: {}", roles.join(", "));
    match agents.as_slice() {
        [] => roles,
        agents => format!("{roles}; or call one of its agents: {}", agents.join(", ")),
    }
}

fn open_workspace(dir: &Path) -> Result<(Workspace, PathBuf), Fault> {
    let workspace =
        Workspace::open(dir).map_err(|error| Fault::wrong(error.to_string(), "name a folder with --dir"))?;
    let shown = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    Ok((workspace, shown))
}

fn withheld(error: &GrantError, policy: &Policy) -> Fault {
    let hint = match error {
        GrantError::UnknownRole { .. } => {
            let names: Vec<&str> = policy.roles().map(|role| role.name.as_str()).collect();
            format!("it has {}", names.join(", "))
        }
        _ => "powers come from the committed policy; `assize policy explain` says which line gives what".to_owned(),
    };
    Fault::wrong(error.to_string(), hint)
}
