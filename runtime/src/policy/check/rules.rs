//! The rules for `[rules]`.

use super::{is_name, unknown_word};
use crate::policy::authored::{SettingText, Text};
use crate::policy::code::Code;
use crate::policy::judge::Judge;
use crate::policy::rules::{KnownRule, RULES, SHIPPED_JUDGES};
use crate::policy::setting::Setting;
use crate::written::language::nearest::nearest;
use crate::written::language::problems::{Problems, listed, quoted};
use assize_provenance::pattern::PathPattern;
use assize_provenance::verdict::Mode;
use std::collections::{BTreeMap, BTreeSet};

/// The longest rule id, in bytes, as the contract has it.
const RULE_BYTES_MAX: usize = 64;

/// Checks every setting, and completes them with the parameters that the file leaves at their defaults.
pub(super) fn check(
    settings: &[SettingText],
    judges: Option<&BTreeMap<String, Judge>>,
    problems: &mut Problems<'_>,
) -> Vec<Setting> {
    let mut seen = BTreeSet::new();
    let mut checked = Vec::new();
    for setting in settings {
        // What is wrong with a rule's id is said once, however many settings the rule has.
        if seen.insert(setting.rule.get_ref()) {
            check_id(&setting.rule, judges, problems);
        }
        if let Some(judges) = judges {
            check_parameters(setting, judges, problems);
        }
        check_content(setting, problems);
        check_scope(setting, problems);
        let (mode, paths) = (check_mode(setting, problems), check_paths(setting, problems));
        checked.push(Setting {
            rule: setting.rule.get_ref().clone(),
            mode,
            paths,
            parameters: parameters(setting),
        });
    }
    check_reachable(settings, problems);
    complete(&mut checked, judges);
    checked
}

/// Checks a rule's id (P301) and, where the judges are known, whose rule it is.
fn check_id(rule: &Text, judges: Option<&BTreeMap<String, Judge>>, problems: &mut Problems<'_>) {
    let id = rule.get_ref();
    let parts = id
        .split_once('/')
        .filter(|(judge, name)| is_name(judge) && is_name(name));
    let Some((prefix, _)) = parts.filter(|_| id.len() <= RULE_BYTES_MAX) else {
        problems
            .report(Code::MalformedRule, format!("{} is no rule", quoted(id)))
            .at(rule.span(), "")
            .hint("a rule is written \"judge/rule\", such as \"technical/placeholder\", in at most 64 bytes");
        return;
    };
    if let Some(judges) = judges {
        check_judge(rule, prefix, judges, problems);
    }
}

/// Checks that a judge of this policy has the rule (P302, P303).
fn check_judge(rule: &Text, prefix: &str, judges: &BTreeMap<String, Judge>, problems: &mut Problems<'_>) {
    let id = rule.get_ref();
    if !judges.values().any(|judge| judge.rule_prefix() == prefix) {
        let prefixes = || judges.values().map(Judge::rule_prefix);
        problems
            .report(
                Code::RuleWithoutJudge,
                format!("no judge of this policy has rules under `{prefix}/`"),
            )
            .at(rule.span(), "")
            .mean(
                nearest(prefix, prefixes()),
                format!("the judges here have rules under {}", listed(prefixes())),
            );
    } else if is_shipped(prefix, judges) && KnownRule::named(id).is_none() {
        let ids = || {
            RULES
                .iter()
                .filter(|known| known.judge() == prefix)
                .map(|known| known.id)
        };
        problems
            .report(
                Code::UnknownRule,
                format!("the judge `{prefix}` has no rule {}", quoted(id)),
            )
            .at(rule.span(), "")
            .mean(nearest(id, ids()), format!("its rules are {}", listed(ids())));
    }
}

/// Tells whether the rules under `prefix` are those of a judge that comes with Assize.
fn is_shipped(prefix: &str, judges: &BTreeMap<String, Judge>) -> bool {
    SHIPPED_JUDGES.contains(&prefix) && judges.values().any(|judge| judge.plugin == prefix)
}

/// Checks that the parameters of a setting are its rule's (P304). The rules of other judges may have any.
fn check_parameters(setting: &SettingText, judges: &BTreeMap<String, Judge>, problems: &mut Problems<'_>) {
    let Some(rule) = KnownRule::named(setting.rule.get_ref()).filter(|rule| is_shipped(rule.judge(), judges)) else {
        return;
    };
    for (name, _) in &setting.parameters {
        if rule.parameter(name.get_ref()).is_none() {
            let known = || {
                rule.parameters
                    .iter()
                    .map(|parameter| parameter.name)
                    .chain(["mode", "paths"])
            };
            problems
                .report(
                    Code::UnknownParameter,
                    format!("`{}` has no parameter {}", rule.id, quoted(name.get_ref())),
                )
                .at(name.span(), "")
                .mean(
                    nearest(name.get_ref(), known()),
                    format!("the keys here are {}", listed(known())),
                );
        }
    }
}

/// Checks that a setting says something (P307).
fn check_content(setting: &SettingText, problems: &mut Problems<'_>) {
    let rule = quoted(setting.rule.get_ref());
    if setting.mode.is_none() && setting.paths.is_none() && setting.parameters.is_empty() {
        problems
            .report(Code::EmptySetting, format!("the setting of {rule} says nothing"))
            .at(setting.place.clone(), "")
            .hint("write \"block\", \"warn\" or \"off\", or remove it");
    }
    if setting.paths.as_ref().is_some_and(Vec::is_empty) {
        problems
            .report(Code::EmptySetting, format!("the setting of {rule} holds in no path"))
            .at(setting.place.clone(), "`paths` is empty")
            .hint("remove `paths` for a setting that holds everywhere");
    }
}

/// Checks that a setting with paths sets no parameters (P308): a judge knows one value for the whole change.
fn check_scope(setting: &SettingText, problems: &mut Problems<'_>) {
    if setting.paths.is_none() {
        return;
    }
    for (name, _) in &setting.parameters {
        problems
            .report(
                Code::ParameterInPaths,
                format!("{} cannot be limited to paths", quoted(name.get_ref())),
            )
            .at(name.span(), "")
            .hint("set it in a setting without `paths`, behind this one");
    }
}

/// Checks the mode of a setting (P012); without one it blocks, as a rule does that has no setting.
fn check_mode(setting: &SettingText, problems: &mut Problems<'_>) -> Mode {
    match setting.mode.as_ref().map(|mode| (mode, mode.get_ref().as_str())) {
        None | Some((_, "block")) => Mode::Block,
        Some((_, "warn")) => Mode::Warn,
        Some((_, "off")) => Mode::Off,
        Some((mode, _)) => {
            unknown_word("mode of a rule", mode, &["block", "warn", "off"], problems);
            Mode::Block
        }
    }
}

/// Checks the path patterns of a setting (P305).
fn check_paths(setting: &SettingText, problems: &mut Problems<'_>) -> Vec<PathPattern> {
    let paths = setting.paths.as_deref().unwrap_or_default();
    super::check_distinct("paths", paths, problems);
    let mut patterns = Vec::new();
    for path in paths {
        match PathPattern::parse(path.get_ref()) {
            Ok(pattern) => patterns.push(pattern),
            Err(error) => {
                problems
                    .report(Code::MalformedPattern, error.to_string())
                    .at(path.span(), "")
                    .hint("write paths from the root of the repository, such as `docs/**` or `*.md`");
            }
        }
    }
    patterns
}

/// Checks that no setting stands behind one that holds everywhere (P306).
fn check_reachable(settings: &[SettingText], problems: &mut Problems<'_>) {
    let mut everywhere: BTreeMap<&str, &SettingText> = BTreeMap::new();
    for setting in settings {
        let rule = setting.rule.get_ref().as_str();
        match everywhere.get(rule) {
            Some(earlier) => {
                problems
                    .report(
                        Code::UnreachableSetting,
                        format!("this setting of {} never counts", quoted(rule)),
                    )
                    .at(setting.place.clone(), "never reached")
                    .at(earlier.place.clone(), "holds everywhere and stands first")
                    .hint("the first setting that fits counts: put the one without `paths` last");
            }
            None if setting.paths.is_none() => {
                everywhere.insert(rule, setting);
            }
            None => {}
        }
    }
}

/// Collects the parameters of a setting, the rule's defaults among them.
fn parameters(setting: &SettingText) -> BTreeMap<String, u64> {
    let mut values = standard_parameters(KnownRule::named(setting.rule.get_ref()));
    values.extend(
        setting
            .parameters
            .iter()
            .map(|(name, value)| (name.get_ref().clone(), *value)),
    );
    values
}

/// Returns the parameters of a rule at their defaults.
fn standard_parameters(rule: Option<&KnownRule>) -> BTreeMap<String, u64> {
    let parameters = rule.map_or(&[][..], |rule| rule.parameters);
    parameters
        .iter()
        .map(|parameter| (parameter.name.to_owned(), parameter.standard))
        .collect()
}

/// Gives each rule with parameters a last setting that holds everywhere, if it has none; groups the settings by rule; and
/// gives all settings of a rule the same parameters.
fn complete(settings: &mut Vec<Setting>, judges: Option<&BTreeMap<String, Judge>>) {
    let is_in_use = |rule: &&KnownRule| judges.is_some_and(|judges| is_shipped(rule.judge(), judges));
    for rule in RULES
        .iter()
        .filter(is_in_use)
        .filter(|rule| !rule.parameters.is_empty())
    {
        if !settings
            .iter()
            .any(|setting| setting.rule == rule.id && setting.paths.is_empty())
        {
            settings.push(Setting {
                rule: rule.id.to_owned(),
                mode: Mode::Block,
                paths: Vec::new(),
                parameters: standard_parameters(Some(rule)),
            });
        }
    }
    // A stable sort: the settings of one rule keep their order, which decides.
    settings.sort_by(|a, b| a.rule.cmp(&b.rule));
    let everywhere = settings.iter().filter(|setting| setting.paths.is_empty());
    let parameters: BTreeMap<String, BTreeMap<String, u64>> = everywhere
        .map(|setting| (setting.rule.clone(), setting.parameters.clone()))
        .collect();
    for setting in settings {
        if let Some(parameters) = parameters.get(&setting.rule) {
            setting.parameters.clone_from(parameters);
        }
    }
}
