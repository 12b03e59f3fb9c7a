//! The powers of roles, one kind after the other.

use super::{Changes, Effect, Side};
use crate::policy::Policy;
use crate::policy::files::FileGrant;
use crate::policy::limits::Limit;
use crate::policy::permission::{Interface, Permission, PermissionPattern, PermissionSet};
use crate::policy::place::Place;
use crate::policy::role::{Role, Ruling};
use std::collections::BTreeSet;

/// The limits without which a judge may come to no opinion or see less.
const JUDGING: [Limit; 5] = [
    Limit::MemoryMib,
    Limit::FuelMillions,
    Limit::WallSeconds,
    Limit::HostCalls,
    Limit::EvidenceMib,
];

/// Compares every role of both policies.
pub(super) fn compare(old: &Policy, new: &Policy, changes: &mut Changes) {
    let names: BTreeSet<&str> = old.roles().chain(new.roles()).map(|role| role.name.as_str()).collect();
    for name in names {
        changes.about(subject(name, new));
        match (old.role(name), new.role(name)) {
            (Some(before), Some(after)) => powers(before, after, is_judging(name, new), changes),
            (None, Some(after)) => {
                changes.widens("is new", Some(after.line));
                powers(&Role::empty(name), after, false, changes);
            }
            (Some(before), None) => changes.narrows("is gone", Some(before.line)),
            (None, None) => {}
        }
    }
}

/// Names a role and who holds it.
fn subject(name: &str, new: &Policy) -> String {
    let agents = new
        .agents()
        .filter(|agent| agent.role == name)
        .map(|agent| format!("agent `{}`", agent.name));
    let judges = new
        .judges()
        .filter(|judge| judge.role == name)
        .map(|judge| format!("judge `{}`", judge.name));
    let holders: Vec<_> = agents.chain(judges).collect();
    match holders.as_slice() {
        [] => format!("role `{name}`"),
        holders => format!("role `{name}` ({})", holders.join(", ")),
    }
}

fn is_judging(role: &str, policy: &Policy) -> bool {
    policy.judges().any(|judge| judge.role == role)
}

/// Compares two roles. Where the new one is a judge's, what it loses weakens the judge.
pub(super) fn powers(old: &Role, new: &Role, is_judging: bool, changes: &mut Changes) {
    permissions(old, new, is_judging, changes);
    lists(old, new, changes);
    files("read", old.files.read(), new.files.read(), changes);
    files("write", old.files.write(), new.files.write(), changes);
    grants(
        "send",
        (&old.http, &new.http),
        |one, two| one.covers(two),
        |grant| &grant.place,
        changes,
    );
    grants(
        "run",
        (&old.commands, &new.commands),
        |one, two| one.covers(two),
        |grant| &grant.place,
        changes,
    );
    grants(
        "let commands read",
        (&old.system, &new.system),
        |one, two| one.covers(two),
        |grant| &grant.place,
        changes,
    );
    grants(
        "use the secret",
        (&old.secrets, &new.secrets),
        |one, two| one.is_same(two),
        |grant| &grant.place,
        changes,
    );
    environment(old, new, changes);
    tasks(old, new, changes);
    limits(old, new, is_judging, changes);
    if old.inherits != new.inherits {
        let list = |role: &Role| match role.inherits.as_slice() {
            [] => "no role".to_owned(),
            names => format!("`{}`", names.join("`, `")),
        };
        changes.neutral(format!("inherits {} in place of {}", list(new), list(old)));
    }
}

fn permissions(old: &Role, new: &Role, is_judging: bool, changes: &mut Changes) {
    let (gained, lost) = (new.held().without(old.held()), old.held().without(new.held()));
    for (name, permission) in named(gained) {
        changes.widens(format!("may now use {name}"), line(new, permission));
    }
    for (name, permission) in named(lost) {
        let text = format!("may no longer use {name}");
        if is_judging && permission.interface() == Interface::Evidence {
            changes.widens(format!("{text}, so that it judges with less before it"), None);
        } else {
            changes.narrows(text, line(old, permission));
        }
    }
}

/// Names each permission of a set with what it gives; a whole interface is named once, by its pattern.
fn named(set: PermissionSet) -> Vec<(String, Permission)> {
    let mut names = Vec::new();
    for interface in Interface::ALL.iter().copied() {
        let all: Vec<_> = Permission::ALL
            .iter()
            .copied()
            .filter(|permission| permission.interface() == interface)
            .collect();
        match all.as_slice() {
            [first, _, ..] if all.iter().all(|permission| set.contains(*permission)) => {
                names.push((format!("`{}.*`", interface.name()), *first));
            }
            all => names.extend(
                all.iter()
                    .copied()
                    .filter(|permission| set.contains(*permission))
                    .map(|permission| (format!("`{permission}`: {}", permission.meaning()), permission)),
            ),
        }
    }
    names
}

fn line(role: &Role, permission: Permission) -> Option<usize> {
    match role.ruling(permission) {
        Some(Ruling::Allowed(place) | Ruling::Denied(place)) => Some(place.line),
        None => None,
    }
}

/// Compares what the lists promise beyond the permissions of today: what is denied whoever allows it later, and what covers
/// functions of later versions.
fn lists(old: &Role, new: &Role, changes: &mut Changes) {
    for (pattern, _) in &old.denies {
        if !new.denies.iter().any(|(other, _)| covers(*other, *pattern)) {
            changes.widens(
                format!("no longer denies \"{pattern}\", so that an `allow` of it counts"),
                None,
            );
        }
    }
    let lost = old.held().without(new.held());
    for (pattern, place) in &new.denies {
        let is_known = old.denies.iter().any(|(other, _)| covers(*other, *pattern));
        if !is_known && !lost.iter().any(|permission| pattern.covers(permission)) {
            let text = format!("denies \"{pattern}\", whoever allows it later");
            changes.add(Effect::Narrows, text, Some((Side::New, place.line)));
        }
    }
    let is_open = |pattern: PermissionPattern| !matches!(pattern, PermissionPattern::One(_));
    for (pattern, place) in new.allows.iter().filter(|(pattern, _)| is_open(*pattern)) {
        if !old.allows.iter().any(|(other, _)| covers(*other, *pattern)) {
            changes.widens(
                format!("allows \"{pattern}\", which also covers functions of later versions"),
                Some(place.line),
            );
        }
    }
}

fn covers(one: PermissionPattern, other: PermissionPattern) -> bool {
    match other {
        PermissionPattern::One(permission) => one.covers(permission),
        other => one == PermissionPattern::All || one == other,
    }
}

fn files(verb: &str, old: &[FileGrant], new: &[FileGrant], changes: &mut Changes) {
    let is_covered = |by: &[FileGrant], one: &FileGrant| by.iter().any(|grant| grant.pattern.covers(&one.pattern));
    for grant in new.iter().filter(|grant| !is_covered(old, grant)) {
        changes.widens(format!("may now {verb} `{}`", grant.pattern), Some(grant.place.line));
    }
    for grant in old.iter().filter(|grant| !is_covered(new, grant)) {
        changes.narrows(
            format!("may no longer {verb} all of `{}`", grant.pattern),
            Some(grant.place.line),
        );
    }
}

fn grants<T: ToString>(
    verb: &str,
    (old, new): (&[T], &[T]),
    covers: impl Fn(&T, &T) -> bool,
    place: impl Fn(&T) -> &Place,
    changes: &mut Changes,
) {
    for grant in new.iter().filter(|grant| !old.iter().any(|other| covers(other, grant))) {
        changes.widens(
            format!("may now {verb} `{}`", grant.to_string()),
            Some(place(grant).line),
        );
    }
    for grant in old.iter().filter(|grant| !new.iter().any(|other| covers(other, grant))) {
        changes.narrows(
            format!("may no longer {verb} all of `{}`", grant.to_string()),
            Some(place(grant).line),
        );
    }
}

fn environment(old: &Role, new: &Role, changes: &mut Changes) {
    for (name, variable) in new.environment.iter() {
        if old.environment.get(name).map(|before| &before.source) != Some(&variable.source) {
            changes.widens(
                format!("now sees the variable `{name}` {}", variable.source),
                Some(variable.place.line),
            );
        }
    }
    for (name, variable) in old.environment.iter() {
        if new.environment.get(name).is_none() {
            changes.narrows(
                format!("no longer sees the variable `{name}`"),
                Some(variable.place.line),
            );
        }
    }
}

fn tasks(old: &Role, new: &Role, changes: &mut Changes) {
    match (&old.tasks.types, &new.tasks.types) {
        (Some(_), None) => changes.widens("may now take tasks of every type", None),
        (None, Some(_)) => changes.narrows("takes tasks of some types only", None),
        (Some(before), Some(after)) => {
            for (name, place) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
                changes.widens(format!("may now take tasks of type `{name}`"), Some(place.line));
            }
            for (name, place) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
                changes.narrows(format!("no longer takes tasks of type `{name}`"), Some(place.line));
            }
        }
        (None, None) => {}
    }
    match (old.tasks.can_reassign(), new.tasks.can_reassign()) {
        (false, true) => changes.widens("may now give away tasks that others hold", None),
        (true, false) => changes.narrows("no longer gives away tasks that others hold", None),
        _ => {}
    }
}

fn limits(old: &Role, new: &Role, is_judging: bool, changes: &mut Changes) {
    for limit in Limit::ALL {
        let (before, after) = (old.limits.get(limit), new.limits.get(limit));
        let name = limit.name();
        if is_judging && after < before && JUDGING.contains(&limit) {
            let text =
                format!("`{name}` falls from {before} to {after}, so a judge may come to no opinion or see less");
            changes.widens(text, None);
        } else {
            changes.number(&format!("`{name}`"), before, after);
        }
    }
}
