//! The rules for `[roles]`, and the inheritance between them.

use super::lines::Lines;
use super::powers::{self, Powers};
use super::{check_distinct, check_name, names_here};
use crate::policy::authored::{RoleText, Text};
use crate::policy::code::Code;
use crate::policy::limits::{Limit, Limits};
use crate::policy::permission::{Interface, PermissionPattern};
use crate::policy::place::Place;
use crate::policy::role::{Role, Ruling, Rulings};
use crate::written::language::nearest::nearest;
use crate::written::language::problems::{Problems, listed, quoted};
use std::collections::{BTreeMap, BTreeSet};

/// A role that is worked out, with what its heirs need to know of it.
struct Resolved {
    role: Role,
    /// The limits that the role or one it inherits sets.
    limits: BTreeMap<Limit, u64>,
    /// What the role or one it inherits opens outside of the sandbox.
    powers: Powers,
}

/// Checks every role and works out what each inherits.
pub(super) fn check(roles: &[RoleText], lines: &Lines, problems: &mut Problems<'_>) -> BTreeMap<String, Role> {
    for role in roles {
        check_name("role", &role.name, problems);
        check_distinct("inherits", &role.inherits, problems);
        check_distinct("allow", &role.allow, problems);
        check_distinct("deny", &role.deny, problems);
        check_parents(role, roles, problems);
    }
    let mut resolved: BTreeMap<&str, Resolved> = BTreeMap::new();
    for role in parents_first(roles, problems) {
        let done = resolve(role, &resolved, lines, problems);
        resolved.insert(role.name.get_ref(), done);
    }
    resolved
        .into_iter()
        .map(|(name, resolved)| (name.to_owned(), resolved.role))
        .collect()
}

/// Checks that the inherited roles exist (P102).
fn check_parents(role: &RoleText, roles: &[RoleText], problems: &mut Problems<'_>) {
    let names = || roles.iter().map(|known| known.name.get_ref());
    for parent in &role.inherits {
        if !names().any(|known| known == parent.get_ref()) {
            problems
                .report(
                    Code::UnknownParent,
                    format!("there is no role {} to inherit", quoted(parent.get_ref())),
                )
                .at(parent.span(), "")
                .mean(nearest(parent.get_ref(), names()), names_here("roles", names()));
        }
    }
}

/// Orders the roles so that each comes after those it inherits, and reports cycles (P103). The roles of a cycle come last
/// among themselves, in the order of the file.
fn parents_first<'a>(roles: &'a [RoleText], problems: &mut Problems<'_>) -> Vec<&'a RoleText> {
    let mut waiting: Vec<&RoleText> = roles.iter().collect();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let names: BTreeSet<&str> = waiting.iter().map(|role| role.name.get_ref().as_str()).collect();
        let is_ready = |role: &RoleText| {
            !role
                .inherits
                .iter()
                .any(|parent| names.contains(parent.get_ref().as_str()))
        };
        let (ready, mut rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|role| is_ready(role));
        if ready.is_empty() {
            let cycle = find_cycle(&rest);
            report_cycle(&cycle, problems);
            let members: BTreeSet<&str> = cycle.iter().map(|(role, _)| role.name.get_ref().as_str()).collect();
            let (broken, others) = rest
                .into_iter()
                .partition(|role| members.contains(role.name.get_ref().as_str()));
            ordered.extend::<Vec<_>>(broken);
            rest = others;
        }
        ordered.extend(ready);
        waiting = rest;
    }
    ordered
}

/// Follows one inherited role after the other until one comes again; each of `roles` inherits another of them.
fn find_cycle<'a>(roles: &[&'a RoleText]) -> Vec<(&'a RoleText, &'a Text)> {
    let mut path: Vec<(&RoleText, &Text)> = Vec::new();
    let mut next = roles.first().copied();
    while let Some(role) = next {
        if let Some(start) = path
            .iter()
            .position(|(seen, _)| seen.name.get_ref() == role.name.get_ref())
        {
            return path.split_off(start);
        }
        let step = role.inherits.iter().find_map(|parent| {
            let found = roles
                .iter()
                .copied()
                .find(|other| other.name.get_ref() == parent.get_ref())?;
            Some((found, parent))
        });
        next = step.map(|(found, parent)| {
            path.push((role, parent));
            found
        });
    }
    path
}

/// Reports a cycle with its whole path (P103).
fn report_cycle(cycle: &[(&RoleText, &Text)], problems: &mut Problems<'_>) {
    let Some((first, _)) = cycle.first() else {
        return;
    };
    let names = cycle
        .iter()
        .map(|(role, _)| role)
        .chain([first])
        .map(|role| role.name.get_ref().as_str());
    let path = names.collect::<Vec<_>>().join("` → `");
    let mut problem = problems.report(
        Code::InheritanceCycle,
        format!("the role `{}` inherits itself: `{path}`", first.name.get_ref()),
    );
    for (_, parent) in cycle {
        problem = problem.at(parent.span(), "inherited here");
    }
    problem.hint("break the circle at one of these places");
}

/// Works out one role from its own lists and those it inherits, all of which are worked out already.
fn resolve(role: &RoleText, done: &BTreeMap<&str, Resolved>, lines: &Lines, problems: &mut Problems<'_>) -> Resolved {
    let mut allow = own_items("allow", role, &role.allow, lines, problems);
    let mut deny = own_items("deny", role, &role.deny, lines, problems);
    let mut limits = BTreeMap::new();
    let parents: Vec<&Resolved> = role
        .inherits
        .iter()
        .filter_map(|parent| done.get(parent.get_ref().as_str()))
        .collect();
    for parent in &parents {
        inherit(&mut allow, &parent.role.allows);
        inherit(&mut deny, &parent.role.denies);
        for (limit, value) in &parent.limits {
            // Of several inherited values the strictest holds, as with `deny`.
            limits
                .entry(*limit)
                .and_modify(|least: &mut u64| *least = (*least).min(*value))
                .or_insert(*value);
        }
    }
    limits.extend(role.limits.iter().copied());
    let mut values = Limits::standard();
    for (limit, value) in &limits {
        values.set(*limit, *value);
    }
    let inherited: Vec<&Powers> = parents.iter().map(|parent| &parent.powers).collect();
    let powers = powers::resolve(role, &inherited, lines, problems);
    let role = Role {
        name: role.name.get_ref().clone(),
        line: lines.line_of(role.name.span().start),
        inherits: role.inherits.iter().map(|parent| parent.get_ref().clone()).collect(),
        limits: values,
        files: powers.to_files(),
        http: powers.http.clone(),
        commands: powers.commands.clone(),
        system: powers.system.clone(),
        environment: powers.to_environment(),
        secrets: powers.secrets.clone(),
        tasks: powers.tasks.clone(),
        rulings: rulings(&allow, &deny),
        allows: allow,
        denies: deny,
    };
    Resolved { role, limits, powers }
}

/// Adds what is inherited, once: roles that are inherited on several ways do not multiply.
fn inherit(items: &mut Vec<(PermissionPattern, Place)>, inherited: &[(PermissionPattern, Place)]) {
    for (pattern, place) in inherited {
        if !items.iter().any(|(known, _)| known == pattern) {
            items.push((*pattern, place.clone()));
        }
    }
}

/// Reads the items of one list of a role and reports those that name nothing (P101).
fn own_items(
    key: &str,
    role: &RoleText,
    items: &[Text],
    lines: &Lines,
    problems: &mut Problems<'_>,
) -> Vec<(PermissionPattern, Place)> {
    let mut patterns = Vec::new();
    for item in items {
        match PermissionPattern::named(item.get_ref()) {
            Some(pattern) => {
                let place = Place {
                    role: role.name.get_ref().clone(),
                    item: item.get_ref().clone(),
                    line: lines.line_of(item.span().start),
                };
                patterns.push((pattern, place));
            }
            None => {
                let name = quoted(item.get_ref());
                problems
                    .report(
                        Code::UnknownPermission,
                        format!("`{key}` names {name}, which is no permission"),
                    )
                    .at(item.span(), "")
                    .mean(
                        nearest(item.get_ref(), PermissionPattern::all_texts()),
                        format!(
                            "the interfaces are {}",
                            listed(Interface::ALL.iter().map(|interface| interface.name()))
                        ),
                    );
            }
        }
    }
    patterns
}

/// Decides each permission that a list covers: whatever denies it wins.
fn rulings(allow: &[(PermissionPattern, Place)], deny: &[(PermissionPattern, Place)]) -> Rulings {
    let place = |items: &[(PermissionPattern, Place)], permission| {
        items
            .iter()
            .find(|(pattern, _)| pattern.covers(permission))
            .map(|(_, place)| place.clone())
    };
    Rulings::new(|permission| {
        let denied = place(deny, permission).map(Ruling::Denied);
        denied.or_else(|| place(allow, permission).map(Ruling::Allowed))
    })
}
