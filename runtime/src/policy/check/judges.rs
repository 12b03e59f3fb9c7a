//! The rules for `[judges]`.

use super::{check_name, names_here};
use crate::policy::authored::{JudgeText, RoleText, Text};
use crate::policy::code::Code;
use crate::policy::judge::Judge;
use crate::policy::nearest::nearest;
use crate::policy::problems::{Problems, quoted};
use std::collections::BTreeMap;

/// The longest plugin reference, in bytes.
const PLUGIN_BYTES_MAX: usize = 256;

/// Checks every judge.
pub(super) fn check(
    judges: &[JudgeText],
    roles: Option<&[RoleText]>,
    problems: &mut Problems<'_>,
) -> BTreeMap<String, Judge> {
    let mut checked = BTreeMap::new();
    for judge in judges {
        check_name("judge", &judge.name, problems);
        if let Some(plugin) = &judge.plugin {
            check_plugin(plugin, problems);
        }
        if let (Some(role), Some(roles)) = (&judge.role, roles) {
            check_role(role, roles, problems);
        }
        if let (Some(plugin), Some(role)) = (&judge.plugin, &judge.role) {
            let name = judge.name.get_ref().clone();
            let (plugin, role) = (plugin.get_ref().clone(), role.get_ref().clone());
            checked.insert(name.clone(), Judge { name, plugin, role });
        }
    }
    checked
}

/// Checks that a judge's role exists (P201).
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
