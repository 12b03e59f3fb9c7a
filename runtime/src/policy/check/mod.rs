//! From the policy as written to the checked one: what the values mean together, one function for each numbered rule of
//! the reference.

mod councils;
mod lines;
mod plugins;
mod powers;
mod roles;
mod rules;

use super::Policy;
use super::authored::{Authored, Text, TierText};
use super::code::Code;
use super::tier::{Budget, Tier};
use crate::written::language::nearest::nearest;
use crate::written::language::problems::{Problems, listed, quoted};
use assize_provenance::digest::Digest;
use lines::Lines;
use std::collections::BTreeSet;

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// Checks a whole file. The policy that comes back is whole only if nothing was reported.
pub(super) fn check(authored: Authored, file_name: &str, text: &str, problems: &mut Problems<'_>) -> Policy {
    let default_tier = authored
        .default_tier
        .and_then(|number| Tier::numbered(number.into_inner()));
    let (roles, judges) = (authored.roles.as_deref(), authored.judges.as_deref());
    let councils = authored.councils.as_deref();
    let default_council = councils::check_default(authored.default_council.as_ref(), councils, problems);
    let lines = Lines::of(text);
    let checked_roles = roles::check(roles.unwrap_or_default(), &lines, problems);
    let checked_agents = plugins::check_agents(authored.agents.as_deref(), roles, &lines, problems);
    let checked_judges = plugins::check_judges(judges, roles, &lines, problems);
    let whole = judges
        .filter(|written| written.len() == checked_judges.len())
        .map(|_| &checked_judges);
    let settings = rules::check(&authored.rules, whole, problems);
    let checked_councils = councils::check(councils.unwrap_or_default(), judges, problems);
    Policy {
        file_name: file_name.to_owned(),
        digest: Digest::of(text.as_bytes()),
        default_tier: default_tier.unwrap_or(Tier::Two),
        default_council,
        roles: checked_roles,
        agents: checked_agents,
        judges: checked_judges,
        budgets: Tier::ALL
            .into_iter()
            .map(|tier| budget(tier, &authored.tiers))
            .collect(),
        settings,
        councils: checked_councils,
    }
}

/// Completes the budget of one tier with what the language says where the file says nothing.
fn budget(tier: Tier, written: &[TierText]) -> Budget {
    let mut budget = tier.standard_budget();
    if let Some(text) = written.iter().find(|text| text.tier == tier) {
        let number = |value: Option<u64>, standard| value.and_then(|value| value.try_into().ok()).unwrap_or(standard);
        budget.files_max = number(text.files, budget.files_max);
        budget.lines_max = number(text.lines, budget.lines_max);
    }
    budget
}

/// Tells whether `name` may name something (P010): 1 to 64 lower-case letters, digits and hyphens.
pub(in crate::policy) fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_letter)
}

/// Checks the name of a role, judge or council (P010).
fn check_name(what: &str, name: &Text, problems: &mut Problems<'_>) {
    if !is_name(name.get_ref()) {
        problems
            .report(
                Code::MalformedName,
                format!("{} cannot be the name of a {what}", quoted(name.get_ref())),
            )
            .at(name.span(), "")
            .hint("use 1 to 64 lower-case letters, digits and hyphens");
    }
}

/// Checks that a list says nothing twice (P013).
fn check_distinct(key: &str, items: &[Text], problems: &mut Problems<'_>) {
    let mut seen = BTreeSet::new();
    for item in items {
        if !seen.insert(item.get_ref()) {
            let first = items
                .iter()
                .find(|other| other.get_ref() == item.get_ref())
                .map_or(item.span(), Text::span);
            problems
                .report(
                    Code::Repeated,
                    format!("`{key}` lists {} twice", quoted(item.get_ref())),
                )
                .at(item.span(), "again here")
                .at(first, "first here")
                .hint("remove one of the two");
        }
    }
}

/// Reports a word that is none of `known` (P012).
fn unknown_word(key: &str, word: &Text, known: &[&str], problems: &mut Problems<'_>) {
    problems
        .report(Code::UnknownWord, format!("{} is no {key}", quoted(word.get_ref())))
        .at(word.span(), "")
        .mean(nearest(word.get_ref(), known), format!("use one of {}", listed(known)));
}

/// Says which `things` the file has, for a name that is none of theirs.
fn names_here<T: AsRef<str>>(things: &str, names: impl IntoIterator<Item = T>) -> String {
    match listed(names) {
        names if names.is_empty() => format!("this file has no {things}"),
        names => format!("the {things} here are {names}"),
    }
}
