//! How findings count.

use super::Changes;
use crate::policy::Policy;
use crate::policy::rules::KnownRule;
use crate::policy::setting::Setting;
use assize_provenance::pattern::PathPattern;
use assize_provenance::verdict::Mode;
use std::collections::{BTreeMap, BTreeSet};

/// How many pairs of settings of one rule are compared. Beyond that the answer is that it may widen.
const PAIRS_MAX: usize = 250_000;

/// Compares what both policies say of every rule.
pub(super) fn compare(old: &Policy, new: &Policy, changes: &mut Changes) {
    let (before, after) = (by_rule(old), by_rule(new));
    let rules: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    for rule in rules {
        changes.about(format!("rule `{rule}`"));
        let old = before.get(rule).map_or(&[][..], Vec::as_slice);
        let new = after.get(rule).map_or(&[][..], Vec::as_slice);
        modes(old, new, changes);
        parameters(rule, old, new, changes);
    }
}

fn by_rule(policy: &Policy) -> BTreeMap<&str, Vec<&Setting>> {
    let mut rules: BTreeMap<&str, Vec<&Setting>> = BTreeMap::new();
    for setting in policy.settings() {
        rules.entry(&setting.rule).or_default().push(setting);
    }
    rules
}

fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Block => "blocks",
        Mode::Warn => "only warns",
        Mode::Off => "is off",
    }
}

/// One mode and where it holds: in a pattern, or everywhere.
type Zone<'a> = (Mode, Option<&'a PathPattern>);

/// Takes settings apart into zones, in the order in which they are asked; at the end everything blocks.
fn zones<'a>(settings: &[&'a Setting]) -> Vec<Zone<'a>> {
    let mut zones = Vec::new();
    for setting in settings {
        match setting.paths.as_slice() {
            [] => zones.push((setting.mode, None)),
            paths => zones.extend(paths.iter().map(|path| (setting.mode, Some(path)))),
        }
    }
    zones.push((Mode::Block, None));
    zones
}

fn modes(old: &[&Setting], new: &[&Setting], changes: &mut Changes) {
    let (before, after) = (zones(old), zones(new));
    if before == after {
        return;
    }
    // A hostile file could make this take minutes.
    if before.len().saturating_mul(after.len()) > PAIRS_MAX {
        let text = format!(
            "has too many settings to compare: {} in place of {}",
            after.len(),
            before.len()
        );
        changes.widens(text, None);
        return;
    }
    let mut widened = false;
    for zone in after.iter().filter(|zone| !was_as_lax(zone, &before)) {
        widened = true;
        changes.widens(format!("{} {}", word(zone.0), place(zone.1)), None);
    }
    if !widened && let Some(zone) = before.iter().find(|zone| !was_as_lax(zone, &after)) {
        changes.narrows(format!("no longer {} {}", word(zone.0), place(zone.1)), None);
    }
}

fn place(pattern: Option<&PathPattern>) -> String {
    pattern.map_or_else(
        || "wherever nothing else is said".to_owned(),
        |pattern| format!("in `{pattern}`"),
    )
}

/// Tells whether it is proven that every path of `zone` had a mode at least as lax before: the first zone that covers it was,
/// and so was every zone before that, because each may take some of its paths.
fn was_as_lax(zone: &Zone<'_>, before: &[Zone<'_>]) -> bool {
    for (mode, pattern) in before {
        if *mode < zone.0 {
            return false;
        }
        let covers = match (pattern, zone.1) {
            (None, _) => true,
            (Some(pattern), Some(inner)) => pattern.covers(inner),
            (Some(_), None) => false,
        };
        if covers {
            return true;
        }
    }
    false
}

fn parameters(rule: &str, old: &[&Setting], new: &[&Setting], changes: &mut Changes) {
    let values = |settings: &[&Setting]| -> BTreeMap<String, u64> {
        settings
            .last()
            .map(|setting| setting.parameters.clone())
            .unwrap_or_default()
    };
    let (before, after) = (complete(rule, values(old)), complete(rule, values(new)));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (before, after) = (before.get(name).copied(), after.get(name).copied());
        if before == after {
            continue;
        }
        let shown = |value: Option<u64>| value.map_or_else(|| "nothing".to_owned(), |value| value.to_string());
        let text = format!("`{name}` is {} in place of {}", shown(after), shown(before));
        if is_stricter(rule, name, before, after) {
            changes.narrows(text, None);
        } else {
            changes.widens(text, None);
        }
    }
}

/// Adds the parameters that stand at their defaults, where the rule is one that comes with Assize.
fn complete(rule: &str, mut values: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    for known in KnownRule::named(rule).map_or(&[][..], |known| known.parameters) {
        values.entry(known.name.to_owned()).or_insert(known.standard);
    }
    values
}

/// Tells whether a parameter is known to be stricter than before. What a rule of somebody else's judge means by a number is
/// not known.
fn is_stricter(rule: &str, name: &str, before: Option<u64>, after: Option<u64>) -> bool {
    let (Some(before), Some(after), Some(_)) = (before, after, KnownRule::named(rule)) else {
        return false;
    };
    match name {
        "warn_lines" | "block_lines" | "max_kib" | "min_lines" => after < before,
        "required" => after > before,
        // 0 leaves the number to the tier, which may be above or below any other.
        "min_percent" => before != 0 && after > before,
        _ => false,
    }
}
