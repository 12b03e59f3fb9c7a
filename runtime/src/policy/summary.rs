//! A policy at a glance, for `assize policy check`.

use super::council::Council;
use super::limits::Limit;
use super::permission::{Interface, Permission, PermissionPattern};
use super::powers::powers;
use super::role::Role;
use super::setting::Setting;
use super::{Policy, tier::Tier};
use crate::written::language::digits::grouped;
use assize_provenance::verdict::{Mode, Rule};
use std::fmt;

/// Draws a policy at a glance: who may do what, who judges, who decides, how large a change may be. Plain text without
/// control characters, lines of at most 80 columns as long as the policy's own names and patterns are short.
#[derive(Debug, Clone, Copy)]
pub struct Summary<'a>(pub &'a Policy);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policy = self.0;
        section(f, "roles", policy.roles().map(role_row))?;
        section(
            f,
            "agents",
            policy.agents().map(|agent| {
                (
                    agent.name.clone(),
                    vec![format!("plugin {}, role {}", agent.plugin, agent.role)],
                )
            }),
        )?;
        section(
            f,
            "judges",
            policy.judges().map(|judge| {
                (
                    judge.name.clone(),
                    vec![format!("plugin {}, role {}", judge.plugin, judge.role)],
                )
            }),
        )?;
        section(
            f,
            "councils",
            policy
                .councils()
                .map(|council| council_row(council, policy.default_council())),
        )?;
        section(f, "budgets", Tier::ALL.into_iter().map(|tier| budget_row(policy, tier)))?;
        section(f, "rules", rule_rows(policy.settings()).into_iter())
    }
}

/// A name and the lines that belong to it.
type Row = (String, Vec<String>);

/// Draws one section: its title, then each row with its lines in a column of their own.
fn section(f: &mut fmt::Formatter<'_>, title: &str, rows: impl Iterator<Item = Row>) -> fmt::Result {
    let rows: Vec<Row> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    writeln!(f, "\n{title}")?;
    for (name, lines) in rows {
        let mut name = name.as_str();
        for line in &lines {
            writeln!(f, "  {name:width$}  {line}")?;
            name = "";
        }
    }
    Ok(())
}

/// Says what a role may do, what it opens, and the limits that differ from the defaults.
fn role_row(role: &Role) -> Row {
    let mut lines = wrapped(&permissions(role));
    let mut open: Vec<(&str, Vec<String>)> = Vec::new();
    for power in powers(role) {
        let text = power.text;
        match open.last_mut().filter(|(kind, _)| *kind == power.kind) {
            Some((_, texts)) => texts.push(text),
            None => open.push((power.kind, vec![format!("{} {text}", power.kind)])),
        }
    }
    lines.extend(open.iter().flat_map(|(_, texts)| wrapped(texts)));
    let limits: Vec<_> = Limit::ALL
        .into_iter()
        .filter(|limit| role.limits.get(*limit) != limit.standard())
        .map(|limit| format!("{} = {}", limit.name(), role.limits.get(limit)))
        .collect();
    lines.extend(wrapped(&limits));
    if lines.is_empty() {
        lines.push("nothing".to_owned());
    }
    (role.name.clone(), lines)
}

/// Names what a role holds, a whole interface by its pattern.
fn permissions(role: &Role) -> Vec<String> {
    let mut names = Vec::new();
    for interface in Interface::ALL.iter().copied() {
        let of_interface = || {
            Permission::ALL
                .iter()
                .copied()
                .filter(|permission| permission.interface() == interface)
        };
        if of_interface().all(|permission| role.holds(permission)) {
            names.push(PermissionPattern::Interface(interface).to_string());
        } else {
            let held = of_interface().filter(|permission| role.holds(*permission));
            names.extend(held.map(|permission| permission.to_string()));
        }
    }
    names
}

/// Says who sits on a council and how it decides.
fn council_row(council: &Council, default: &str) -> Row {
    let terms = &council.terms;
    let rule = match terms.rule {
        Rule::Unanimous => "unanimous".to_owned(),
        Rule::Majority => "majority".to_owned(),
        Rule::Weighted { threshold_percent } => format!("weighted, {threshold_percent} % to approve"),
    };
    let author = if council.show_author {
        ", judges see the author"
    } else {
        ""
    };
    let is_default = if terms.name == default { ", the default" } else { "" };
    let mut lines = vec![format!(
        "{rule}, quorum {} of {}{author}{is_default}",
        terms.quorum,
        terms.seats.len()
    )];
    let seats: Vec<_> = terms
        .seats
        .iter()
        .map(|seat| {
            let weight = match terms.rule {
                Rule::Weighted { .. } => format!(" ×{}", seat.weight),
                Rule::Unanimous | Rule::Majority => String::new(),
            };
            let veto = if seat.veto { " (veto)" } else { "" };
            format!("{}{weight}{veto}", seat.judge)
        })
        .collect();
    lines.extend(wrapped(&seats));
    (terms.name.clone(), lines)
}

/// Says how large a change of one tier may be.
fn budget_row(policy: &Policy, tier: Tier) -> Row {
    let budget = policy.budget(tier);
    let is_default = if tier == policy.default_tier() {
        "  (without a spec)"
    } else {
        ""
    };
    let line = format!(
        "{:>7} files  {:>10} lines{is_default}",
        grouped(budget.files_max.into(), ','),
        grouped(budget.lines_max.into(), ',')
    );
    (format!("tier {}", tier.number()), vec![line])
}

/// Says how each rule counts that the policy mentions.
fn rule_rows(settings: &[Setting]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for setting in settings {
        let mode = match setting.mode {
            Mode::Block => "block",
            Mode::Warn => "warn",
            Mode::Off => "off",
        };
        let parameters = setting
            .parameters
            .iter()
            .map(|(name, value)| format!(", {name} = {value}"));
        let mut line: String = std::iter::once(mode.to_owned()).chain(parameters).collect();
        if !setting.paths.is_empty() {
            let paths: Vec<_> = setting.paths.iter().map(ToString::to_string).collect();
            line = format!("{line} in {}", paths.join(", ").escape_debug());
        }
        match rows.last_mut().filter(|(rule, _)| *rule == setting.rule) {
            Some((_, lines)) => lines.push(line),
            None => rows.push((setting.rule.clone(), vec![line])),
        }
    }
    rows
}

/// Sets words behind each other, with line breaks where a line gets long.
fn wrapped<T: AsRef<str>>(words: &[T]) -> Vec<String> {
    const WIDTH: usize = 56;
    let mut lines: Vec<String> = Vec::new();
    for word in words.iter().map(AsRef::as_ref) {
        match lines
            .last_mut()
            .filter(|line| line.len().saturating_add(word.len()) < WIDTH)
        {
            Some(line) => {
                line.push_str(", ");
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}
