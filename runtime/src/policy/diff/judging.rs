//! Who decides about a change, and how large it may be.

use super::Changes;
use crate::policy::Policy;
use crate::policy::council::Council;
use crate::policy::tier::Tier;
use assize_provenance::verdict::{Rule, Seat};
use std::collections::BTreeSet;

/// Compares councils, tiers and budgets.
pub(super) fn compare(old: &Policy, new: &Policy, changes: &mut Changes) {
    changes.about("the policy");
    if old.default_council() != new.default_council() {
        changes.widens(
            format!(
                "lets the council `{}` decide in place of `{}`",
                new.default_council(),
                old.default_council()
            ),
            None,
        );
    }
    let (before, after) = (old.default_tier().number(), new.default_tier().number());
    if after > before {
        changes.widens(
            format!("puts changes without a spec into tier {after} in place of {before}"),
            None,
        );
    } else if after < before {
        changes.narrows(
            format!("puts changes without a spec into tier {after} in place of {before}"),
            None,
        );
    }
    budgets(old, new, changes);
    let names: BTreeSet<&str> = old
        .councils()
        .chain(new.councils())
        .map(|council| council.terms.name.as_str())
        .collect();
    for name in names {
        changes.about(format!("council `{name}`"));
        match (old.council(name), new.council(name)) {
            (Some(before), Some(after)) => council(before, after, changes),
            (None, Some(_)) => changes.widens("is new, and its verdicts can be asked for", None),
            (Some(_), None) => changes.narrows("is gone", None),
            (None, None) => {}
        }
    }
}

fn budgets(old: &Policy, new: &Policy, changes: &mut Changes) {
    for tier in Tier::ALL {
        changes.about(format!("tier {}", tier.number()));
        let (before, after) = (old.budget(tier), new.budget(tier));
        changes.number("`files`", before.files_max.into(), after.files_max.into());
        changes.number("`lines`", before.lines_max.into(), after.lines_max.into());
    }
    // A lower tier may still have the larger budget.
    let (before, after) = (old.budget(old.default_tier()), new.budget(new.default_tier()));
    if old.default_tier() != new.default_tier() {
        changes.about("a change without a spec");
        changes.number("its number of files", before.files_max.into(), after.files_max.into());
        changes.number("its number of lines", before.lines_max.into(), after.lines_max.into());
    }
}

fn council(old: &Council, new: &Council, changes: &mut Changes) {
    let (before, after) = (&old.terms, &new.terms);
    match (old.show_author, new.show_author) {
        (false, true) => changes.widens("shows the judges who wrote a change", None),
        (true, false) => changes.narrows("no longer shows the judges who wrote a change", None),
        _ => {}
    }
    seats(&before.seats, &after.seats, changes);
    match after.quorum.cmp(&before.quorum) {
        std::cmp::Ordering::Less => {
            changes.widens(
                format!("`quorum` falls from {} to {}", before.quorum, after.quorum),
                None,
            );
        }
        std::cmp::Ordering::Greater => {
            changes.narrows(
                format!("`quorum` rises from {} to {}", before.quorum, after.quorum),
                None,
            );
        }
        std::cmp::Ordering::Equal => {}
    }
    if before.rule == after.rule {
        return;
    }
    let text = format!(
        "decides by the rule {} in place of {}",
        word(after.rule),
        word(before.rule)
    );
    if is_stricter(after.rule, before.rule) {
        changes.narrows(text, None);
    } else {
        changes.widens(text, None);
    }
}

fn word(rule: Rule) -> String {
    match rule {
        Rule::Unanimous => "\"unanimous\"".to_owned(),
        Rule::Majority => "\"majority\"".to_owned(),
        Rule::Weighted { threshold_percent } => format!("\"weighted\" with {threshold_percent} percent"),
    }
}

/// Tells whether whatever `new` approves, `old` approves too, with the same seats.
fn is_stricter(new: Rule, old: Rule) -> bool {
    match (new, old) {
        (Rule::Unanimous, _) => true,
        (Rule::Weighted { threshold_percent: new }, Rule::Weighted { threshold_percent: old }) => new >= old,
        _ => new == old,
    }
}

fn seats(old: &[Seat], new: &[Seat], changes: &mut Changes) {
    for seat in old {
        match new.iter().find(|other| other.judge == seat.judge) {
            None => changes.widens(format!("no longer hears the judge `{}`", seat.judge), None),
            Some(other) => {
                match (seat.veto, other.veto) {
                    (true, false) => changes.widens(format!("takes the veto from the judge `{}`", seat.judge), None),
                    (false, true) => changes.narrows(format!("gives the judge `{}` a veto", seat.judge), None),
                    _ => {}
                }
                if seat.weight != other.weight {
                    let text = format!(
                        "weighs the judge `{}` {} in place of {}",
                        seat.judge, other.weight, seat.weight
                    );
                    changes.widens(text, None);
                }
            }
        }
    }
    for seat in new {
        if !old.iter().any(|other| other.judge == seat.judge) {
            let text = format!(
                "also hears the judge `{}`, whose approval may make up for another's silence",
                seat.judge
            );
            changes.widens(text, None);
        }
    }
}
