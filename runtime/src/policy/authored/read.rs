//! From TOML to the policy as written, one function per section of the file.

use super::roles::read_role;
use super::{Authored, CouncilText, PluginText, SettingText, Text, TierText};
use crate::policy::code::Code;
use crate::policy::tier::{Budget, Tier};
use crate::written::language::opening;
use crate::written::language::problems::{Problems, quoted};
use crate::written::language::section::{Keys, Section, number, wrong_type};
use std::borrow::Cow;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// How many roles, judges, or councils a policy may have.
pub(super) const ENTRIES_MAX: usize = 64;

/// How many rule settings a policy may have.
pub(super) const SETTINGS_MAX: usize = 256;

/// How many items a list may hold.
pub(super) const ITEMS_MAX: usize = 256;

/// The largest value of a parameter: larger numbers do not survive JSON (RFC 8785, section 3.2.2.3).
pub(super) const PARAMETER_MAX: u64 = 9_007_199_254_740_991;

/// The largest weight of a judge.
pub(super) const WEIGHT_MAX: u64 = 1_000_000;

pub(super) const FILE: Keys = Keys {
    known: &[
        "version",
        "default_tier",
        "default_council",
        "roles",
        "agents",
        "judges",
        "tiers",
        "rules",
        "councils",
    ],
    later: &[
        "gates",
        "models",
        "personas",
        "profiles",
        "secrets",
        "tools",
        "waivers",
        "workflows",
    ],
};
pub(super) const AGENT: Keys = Keys {
    known: &["plugin", "role"],
    later: &["digest", "model", "persona"],
};
pub(super) const JUDGE: Keys = Keys {
    known: &["plugin", "role"],
    later: &["digest", "model"],
};
pub(super) const TIER: Keys = Keys {
    known: &["files", "lines"],
    later: &["coverage_percent", "mutation_percent"],
};
// Whole numbers under other keys are parameters, which are checked against the rule.
pub(super) const SETTING: Keys = Keys {
    known: &["mode", "paths"],
    later: &["until"],
};
pub(super) const COUNCIL: Keys = Keys {
    known: &[
        "judges",
        "quorum",
        "rule",
        "weights",
        "threshold_percent",
        "veto",
        "show_author",
    ],
    later: &["rounds"],
};

/// Reads the whole file. A file of another version is not read any further.
pub(in crate::policy) fn read(table: &DeTable<'_>, problems: &mut Problems<'_>) -> Option<Authored> {
    let root = Section::root(table, problems.language());
    opening::version(&root, problems)?;
    root.allow_only(&FILE, problems);
    root.require("roles", "[roles.judge]", problems);
    root.require("judges", "[judges.technical]", problems);
    root.require("councils", "[councils.default]", problems);
    Some(Authored {
        default_tier: root.number("default_tier", 1..=3, problems),
        default_council: root.text("default_council", problems),
        roles: read_named(&root, "roles", problems, read_role),
        agents: read_named(&root, "agents", problems, |name, section, problems| {
            read_plugin(name, section, &AGENT, ("codemod", "developer"), problems)
        }),
        judges: read_named(&root, "judges", problems, |name, section, problems| {
            read_plugin(name, section, &JUDGE, ("technical", "judge"), problems)
        }),
        tiers: read_tiers(&root, problems),
        rules: read_rules(&root, problems),
        councils: read_named(&root, "councils", problems, read_council),
    })
}

/// Reads a section whose keys are names, such as `[roles]`, with `read` for each named table. Nothing comes back where the
/// section is missing or any part of it is no table.
fn read_named<T>(
    root: &Section<'_>,
    key: &str,
    problems: &mut Problems<'_>,
    read: impl Fn(Text, &Section<'_>, &mut Problems<'_>) -> T,
) -> Option<Vec<T>> {
    let section = root.section(key, format!("[{key}]"), problems)?;
    if section.is_too_long(ENTRIES_MAX, problems) {
        return None;
    }
    let entries = section.entries();
    let mut named = Vec::new();
    for (name, value) in &entries {
        let name = owned(name);
        let title = format!("[{key}.{}]", short(name.get_ref()));
        if let Some(entry) = Section::open(title, name.span(), value, problems) {
            named.push(read(name, &entry, problems));
        }
    }
    (named.len() == entries.len()).then_some(named)
}

/// Reads `[agents.NAME]` or `[judges.NAME]`, with an example of a plugin and of its role.
fn read_plugin(
    name: Text,
    section: &Section<'_>,
    keys: &Keys,
    (plugin, role): (&str, &str),
    problems: &mut Problems<'_>,
) -> PluginText {
    section.allow_only(keys, problems);
    section.require("plugin", &format!("plugin = \"{plugin}\""), problems);
    section.require("role", &format!("role = \"{role}\""), problems);
    PluginText {
        name,
        plugin: section.text("plugin", problems),
        role: section.text("role", problems),
    }
}

/// Reads `[tiers]`.
fn read_tiers(root: &Section<'_>, problems: &mut Problems<'_>) -> Vec<TierText> {
    let Some(section) = root.section("tiers", "[tiers]".to_owned(), problems) else {
        return Vec::new();
    };
    section.allow_only(
        &Keys {
            known: &["1", "2", "3"],
            later: &[],
        },
        problems,
    );
    let mut tiers = Vec::new();
    for tier in Tier::ALL {
        let number = tier.number().to_string();
        if let Some(entry) = section.section(&number, format!("[tiers.{number}]"), problems) {
            entry.allow_only(&TIER, problems);
            tiers.push(TierText {
                tier,
                files: entry
                    .number("files", 1..=Budget::FILES_MAX, problems)
                    .map(Spanned::into_inner),
                lines: entry
                    .number("lines", 1..=Budget::LINES_MAX, problems)
                    .map(Spanned::into_inner),
            });
        }
    }
    tiers
}

/// Reads `[rules]`.
fn read_rules(root: &Section<'_>, problems: &mut Problems<'_>) -> Vec<SettingText> {
    let Some(section) = root.section("rules", "[rules]".to_owned(), problems) else {
        return Vec::new();
    };
    let mut settings = Vec::new();
    for (name, value) in section.entries() {
        let rule = owned(name);
        match value.get_ref() {
            DeValue::Array(items) if items.is_empty() => {
                problems
                    .report(
                        Code::EmptySetting,
                        format!("the settings of {} are empty", quoted(rule.get_ref())),
                    )
                    .at(value.span(), "")
                    .hint("write \"block\", \"warn\" or \"off\", or remove the line");
            }
            DeValue::Array(items) => {
                settings.extend(items.iter().filter_map(|item| read_setting(&rule, item, problems)));
            }
            _ => settings.extend(read_setting(&rule, value, problems)),
        }
    }
    if settings.len() > SETTINGS_MAX {
        problems
            .report(
                Code::TooMany,
                format!("[rules] holds {} settings, more than {SETTINGS_MAX}", settings.len()),
            )
            .at_section(section.place.as_ref());
        return Vec::new();
    }
    settings
}

/// Reads one setting: a mode, or a table.
fn read_setting(rule: &Text, value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<SettingText> {
    let title = format!("the setting of {}", quoted(rule.get_ref()));
    let place = value.span();
    match value.get_ref() {
        DeValue::String(mode) => Some(SettingText {
            rule: rule.clone(),
            place: place.clone(),
            mode: Some(Spanned::new(place, mode.clone().into_owned())),
            paths: None,
            parameters: Vec::new(),
        }),
        DeValue::Table(_) => read_setting_table(rule, &Section::open(title, place, value, problems)?, problems),
        other => {
            wrong_type(&title, "a mode, a table or an array of tables", other, place, problems);
            None
        }
    }
}

/// Reads a setting's table: its mode, its paths, and the rule's parameters. Nothing comes back where any part is wrong, so
/// that nothing is concluded from the rest.
fn read_setting_table(rule: &Text, section: &Section<'_>, problems: &mut Problems<'_>) -> Option<SettingText> {
    let mut is_whole = true;
    let mut parameters = Vec::new();
    for (name, value) in section.entries() {
        let key = name.get_ref().as_ref();
        if SETTING.known.contains(&key) {
            continue;
        }
        if !matches!(value.get_ref(), DeValue::Integer(_)) {
            section.refuse(name, &SETTING, problems);
            is_whole = false;
        } else if let Some(value) = number(key, value, 0..=PARAMETER_MAX, problems) {
            parameters.push((owned(name), value.into_inner()));
        } else {
            is_whole = false;
        }
    }
    let mode = section.text("mode", problems);
    is_whole &= mode.is_some() || section.key_place("mode").is_none();
    let paths = section.texts("paths", ITEMS_MAX, problems);
    is_whole &= paths.is_some();
    is_whole.then(|| SettingText {
        rule: rule.clone(),
        place: section.place.clone().unwrap_or_default(),
        mode,
        paths: paths.filter(|_| section.key_place("paths").is_some()),
        parameters,
    })
}

/// Reads `[councils.NAME]`.
fn read_council(name: Text, section: &Section<'_>, problems: &mut Problems<'_>) -> CouncilText {
    section.allow_only(&COUNCIL, problems);
    section.require("judges", "judges = [\"technical\"]", problems);
    let judges = section
        .key_place("judges")
        .and_then(|_| section.texts("judges", ENTRIES_MAX, problems));
    CouncilText {
        weights_key: section.key_place("weights"),
        weights: read_weights(name.get_ref(), section, problems),
        threshold_key: section.key_place("threshold_percent"),
        threshold_percent: section
            .number("threshold_percent", 51..=100, problems)
            .map(Spanned::into_inner),
        name,
        judges,
        quorum: section.number("quorum", 0..=u64::MAX, problems),
        rule: section.text("rule", problems),
        veto: section.texts("veto", ENTRIES_MAX, problems).unwrap_or_default(),
        show_author: section.flag("show_author", problems).is_some_and(Spanned::into_inner),
    }
}

/// Reads `weights` of a council.
fn read_weights(council: &str, section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Vec<(Text, u64)>> {
    let title = format!("`weights` of [councils.{}]", short(council));
    let weights = section.section("weights", title, problems)?;
    if weights.is_too_long(ENTRIES_MAX, problems) {
        return None;
    }
    let mut seats = Vec::new();
    for (judge, value) in weights.entries() {
        let weight = number(judge.get_ref(), value, 1..=WEIGHT_MAX, problems)?;
        seats.push((owned(judge), weight.into_inner()));
    }
    Some(seats)
}

/// Copies a key out of the parsed text.
pub(super) fn owned(key: &Spanned<Cow<'_, str>>) -> Text {
    Spanned::new(key.span(), key.get_ref().clone().into_owned())
}

/// Cuts a name for the title of a section.
pub(super) fn short(name: &str) -> String {
    quoted(name).trim_matches('`').to_owned()
}
