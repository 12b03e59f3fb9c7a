//! What agents did, and what they may.

use serde::Serialize;

/// What came of one call of an agent.
#[derive(Debug, Clone, Serialize)]
pub struct CallView {
    /// `assize.call/1`.
    pub schema: &'static str,
    /// How it ended: `finished`, or the reason why there is no outcome, such as `faulted` or `fuel-exhausted`.
    pub ended: String,
    /// What happened, where it did not finish.
    pub detail: Option<String>,
    /// What the agent says it did.
    pub summary: Option<String>,
    /// The agent's result.
    pub output: Option<serde_json::Value>,
    /// The run, as the record names it.
    pub run: String,
    /// Who acted: name, component, role.
    pub agent: AgentView,
    /// The policy that was applied.
    pub policy: RolePolicyView,
    /// The folder it worked in.
    pub dir: String,
    /// The files that it changed.
    pub changes: Vec<ChangedFileView>,
    /// How many changed files are not shown.
    pub changes_left_out: u64,
    /// The permissions that it used, by name, with how often.
    pub used: Vec<UseView>,
    /// The commands that were run for it, in order.
    pub commands: Vec<CommandView>,
    /// The requests that were sent for it, in the order in which they were over.
    pub requests: Vec<RequestView>,
    /// How many commands and requests are not shown.
    pub outings_left_out: u64,
    /// What was refused.
    pub refused: Vec<AccessView>,
    /// How many kinds of refusals are not shown.
    pub refused_left_out: u64,
    /// Units of fuel it used.
    pub fuel_spent: u64,
    /// How many host calls it made.
    pub host_calls: u64,
    /// What it logged.
    pub log: Vec<LogLineView>,
    /// How many log lines were dropped.
    pub log_dropped: u64,
}

/// A command that was run.
#[derive(Debug, Clone, Serialize)]
pub struct CommandView {
    /// The program and its arguments.
    pub command: String,
    /// The folder of the workspace it started in; empty for the workspace itself.
    pub dir: String,
    /// Whether the kernel confined it.
    pub confined: bool,
    /// How it ended.
    pub outcome: String,
    /// How long it took, in milliseconds.
    pub wall_ms: u64,
    /// How many bytes it wrote on standard output and standard error.
    pub output_bytes: u64,
}

/// A request that was sent.
#[derive(Debug, Clone, Serialize)]
pub struct RequestView {
    /// The method.
    pub method: String,
    /// The origin.
    pub origin: String,
    /// The path, without the query.
    pub path: String,
    /// The names of the secrets that it carried.
    pub secrets: Vec<String>,
    /// The status of the answer, where there was one.
    pub status: Option<u16>,
    /// What came of it.
    pub outcome: String,
    /// How many bytes of the body were sent.
    pub sent_bytes: u64,
    /// How many bytes of the answer's body came.
    pub received_bytes: u64,
}

/// Who acted.
#[derive(Debug, Clone, Serialize)]
pub struct AgentView {
    /// The name it is recorded under.
    pub name: String,
    /// The name and version it gives itself.
    pub plugin: String,
    /// SHA-256 of its component, in hex.
    pub component: String,
    /// The role it acted under.
    pub role: String,
    /// On whose behalf, where there was somebody.
    pub on_behalf_of: Option<String>,
}

/// The policy that gave the role.
#[derive(Debug, Clone, Serialize)]
pub struct RolePolicyView {
    /// What it is called.
    pub file: String,
    /// SHA-256 of its text, in hex.
    pub digest: String,
}

/// One file that a call changed.
#[derive(Debug, Clone, Serialize)]
pub struct ChangedFileView {
    /// Its path.
    pub path: String,
    /// `added`, `deleted` or `modified`.
    pub status: &'static str,
}

/// How often a permission was used.
#[derive(Debug, Clone, Serialize)]
pub struct UseView {
    /// The permission.
    pub permission: String,
    /// How often.
    pub times: u64,
}

/// One line of a guest.
#[derive(Debug, Clone, Serialize)]
pub struct LogLineView {
    /// `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// The text.
    pub message: String,
}

/// One use of a power, or one refusal.
#[derive(Debug, Clone, Serialize)]
pub struct AccessView {
    /// When, as RFC 3339 in UTC.
    pub at: String,
    /// Who.
    pub agent: String,
    /// Under which role.
    pub role: String,
    /// In which run.
    pub run: String,
    /// The permission.
    pub permission: String,
    /// On what.
    pub resource: String,
    /// Whether it was granted.
    pub granted: bool,
    /// Why.
    pub reason: String,
    /// How often in a row.
    pub times: u64,
}

/// The record of accesses.
#[derive(Debug, Clone, Serialize)]
pub struct AccessesView {
    /// `assize.accesses/1`.
    pub schema: &'static str,
    /// The accesses, newest first.
    pub accesses: Vec<AccessView>,
    /// Whether there are more.
    pub more: bool,
}

/// What a component would hold under a role.
#[derive(Debug, Clone, Serialize)]
pub struct PluginCheckView {
    /// `assize.plugin-check/1`.
    pub schema: &'static str,
    /// What it says of itself.
    pub plugin: super::PluginView,
    /// The role.
    pub role: String,
    /// The policy that gave the role.
    pub policy: RolePolicyView,
    /// Whether it would be started.
    pub starts: bool,
    /// Why not.
    pub reason: Option<String>,
    /// The permissions it would hold.
    pub granted: Vec<String>,
    /// What it wants and would be refused, with what would grant it.
    pub refused: Vec<RefusedView>,
}

/// A permission that is asked for and not granted.
#[derive(Debug, Clone, Serialize)]
pub struct RefusedView {
    /// The permission.
    pub permission: String,
    /// What would grant it.
    pub needs: String,
}

/// A plugin that was pinned, or is no longer.
#[derive(Debug, Clone, Serialize)]
pub struct PinView {
    /// `assize.pin/1`.
    pub schema: &'static str,
    /// `added`, `replaced`, `unchanged` or `removed`.
    pub done: &'static str,
    /// Its name.
    pub name: String,
    /// Its world: `agent` or `judge`.
    pub world: String,
    /// Where its component lies, from the root of the work tree.
    pub file: String,
    /// SHA-256 of its component, in hex.
    pub component: String,
    /// What was pinned under the name before.
    pub before: Option<String>,
}

/// Whether a machine and a repository are in order.
#[derive(Debug, Clone, Serialize)]
pub struct DoctorView {
    /// `assize.doctor/1`.
    pub schema: &'static str,
    /// What was looked at.
    pub checks: Vec<HealthView>,
    /// The attacks, where they were asked for.
    pub attacks: Vec<AttackView>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct HealthView {
    /// What.
    pub name: &'static str,
    /// `ok`, `note` or `failed`.
    pub state: &'static str,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// One attack on this installation.
#[derive(Debug, Clone, Serialize)]
pub struct AttackView {
    /// Its id.
    pub id: String,
    /// What it tries.
    pub tries: String,
    /// What stops it.
    pub stopped_by: String,
    /// Whether it was stopped.
    pub held: bool,
    /// What came of it.
    pub answer: String,
}
