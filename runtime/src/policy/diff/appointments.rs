//! Who holds which role: agents and judges.

use super::{Changes, Effect, roles};
use crate::policy::Policy;
use std::collections::BTreeMap;

/// What a policy says of one agent or judge.
#[derive(Clone, Copy)]
struct Appointment<'a> {
    plugin: &'a str,
    role: &'a str,
    line: usize,
}

/// Compares agents, then judges.
pub(super) fn compare(old: &Policy, new: &Policy, changes: &mut Changes) {
    kind("agent", (old, &agents(old)), (new, &agents(new)), changes);
    kind("judge", (old, &judges(old)), (new, &judges(new)), changes);
}

type Named<'a> = BTreeMap<&'a str, Appointment<'a>>;

fn agents(policy: &Policy) -> Named<'_> {
    policy
        .agents()
        .map(|agent| {
            let appointment = Appointment {
                plugin: &agent.plugin,
                role: &agent.role,
                line: agent.line,
            };
            (agent.name.as_str(), appointment)
        })
        .collect()
}

fn judges(policy: &Policy) -> Named<'_> {
    policy
        .judges()
        .map(|judge| {
            let appointment = Appointment {
                plugin: &judge.plugin,
                role: &judge.role,
                line: judge.line,
            };
            (judge.name.as_str(), appointment)
        })
        .collect()
}

fn kind(what: &str, old: (&Policy, &Named<'_>), new: (&Policy, &Named<'_>), changes: &mut Changes) {
    for (name, after) in new.1 {
        changes.about(format!("{what} `{name}`"));
        match old.1.get(name) {
            Some(before) => one(what, (old.0, before), (new.0, after), changes),
            None => changes.widens(
                format!("is new: the plugin `{}` holds the role `{}`", after.plugin, after.role),
                Some(after.line),
            ),
        }
    }
    for (name, before) in old.1 {
        if !new.1.contains_key(name) {
            changes.about(format!("{what} `{name}`"));
            changes.narrows("is gone", Some(before.line));
        }
    }
}

fn one(what: &str, old: (&Policy, &Appointment<'_>), new: (&Policy, &Appointment<'_>), changes: &mut Changes) {
    let (before, after) = (old.1, new.1);
    if before.plugin != after.plugin {
        let text = format!("is another plugin: `{}` in place of `{}`", after.plugin, before.plugin);
        changes.widens(text, Some(after.line));
    }
    if before.role == after.role {
        return;
    }
    changes.neutral(format!("holds the role `{}` in place of `{}`", after.role, before.role));
    let known = changes.found.len();
    if let (Some(before), Some(after)) = (old.0.role(before.role), new.0.role(after.role)) {
        roles::powers(before, after, what == "judge", changes);
    }
    // The line that gives the new role is where a reader looks first.
    for change in changes.found.iter_mut().skip(known) {
        if change.effect == Effect::Widens && change.line.is_none() {
            change.line = Some((super::Side::New, after.line));
        }
    }
}
