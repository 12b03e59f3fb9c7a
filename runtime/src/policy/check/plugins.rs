//! The rules for `[agents]` and `[judges]`.

use super::lines::Lines;
use super::{check_name, names_here};
use crate::policy::agent::Agent;
use crate::policy::authored::{PluginText, RoleText, Text};
use crate::policy::code::Code;
use crate::policy::judge::Judge;
use crate::written::language::nearest::nearest;
use crate::written::language::problems::{Problems, quoted};
use std::collections::BTreeMap;

/// The longest plugin reference, in bytes.
const PLUGIN_BYTES_MAX: usize = 256;

/// The name under which the host itself acts: in commits, on the board, in the chain.
const HOST_NAME: &str = "assize";

/// Checks every agent.
pub(super) fn check_agents(
    agents: Option<&[PluginText]>,
    roles: Option<&[RoleText]>,
    lines: &Lines,
    problems: &mut Problems<'_>,
) -> BTreeMap<String, Agent> {
    check("agent", agents, roles, problems, |name, plugin, role| Agent {
        name,
        plugin,
        line: lines.line_of(role.span().start),
        role: role.get_ref().clone(),
    })
}

/// Checks every judge.
pub(super) fn check_judges(
    judges: Option<&[PluginText]>,
    roles: Option<&[RoleText]>,
    lines: &Lines,
    problems: &mut Problems<'_>,
) -> BTreeMap<String, Judge> {
    check("judge", judges, roles, problems, |name, plugin, role| Judge {
        name,
        plugin,
        line: lines.line_of(role.span().start),
        role: role.get_ref().clone(),
    })
}

/// Checks every plugin of one kind; `make` gets the name, the plugin and the role of those that are whole.
fn check<T>(
    what: &str,
    plugins: Option<&[PluginText]>,
    roles: Option<&[RoleText]>,
    problems: &mut Problems<'_>,
    make: impl Fn(String, String, &Text) -> T,
) -> BTreeMap<String, T> {
    let mut checked = BTreeMap::new();
    for written in plugins.unwrap_or_default() {
        check_name(what, &written.name, problems);
        check_not_the_host(what, &written.name, problems);
        if let Some(plugin) = &written.plugin {
            check_plugin(plugin, problems);
        }
        if let (Some(role), Some(roles)) = (&written.role, roles) {
            check_role(role, roles, problems);
        }
        if let (Some(plugin), Some(role)) = (&written.plugin, &written.role) {
            let name = written.name.get_ref().clone();
            checked.insert(name.clone(), make(name, plugin.get_ref().clone(), role));
        }
    }
    checked
}

/// Checks that nobody goes by the host's name (P010).
fn check_not_the_host(what: &str, name: &Text, problems: &mut Problems<'_>) {
    if name.get_ref() == HOST_NAME {
        problems
            .report(
                Code::MalformedName,
                format!("{} is the name under which the host itself acts", quoted(HOST_NAME)),
            )
            .at(name.span(), "")
            .hint(format!("call the {what} something else"));
    }
}

/// Checks that the role of a judge or an agent exists (P201).
fn check_role(role: &Text, roles: &[RoleText], problems: &mut Problems<'_>) {
    let names = || roles.iter().map(|known| known.name.get_ref());
    if !names().any(|known| known == role.get_ref()) {
        problems
            .report(
                Code::UnknownRole,
                format!("there is no role {}", quoted(role.get_ref())),
            )
            .at(role.span(), "")
            .mean(nearest(role.get_ref(), names()), names_here("roles", names()));
    }
}

/// Checks how a plugin is named (P202).
fn check_plugin(plugin: &Text, problems: &mut Problems<'_>) {
    let name = plugin.get_ref();
    let is_printable = name.bytes().all(|byte| byte.is_ascii_graphic());
    if name.is_empty() || name.len() > PLUGIN_BYTES_MAX || !is_printable {
        problems
            .report(Code::MalformedPlugin, format!("{} cannot name a plugin", quoted(name)))
            .at(plugin.span(), "")
            .hint(format!(
                "use 1 to {PLUGIN_BYTES_MAX} printable ASCII characters without spaces"
            ));
    }
}
