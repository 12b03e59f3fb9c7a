//! The rules for `[councils]` and `default_council`.

use super::{check_distinct, check_name, names_here, unknown_word};
use crate::policy::authored::{CouncilText, PluginText, Text};
use crate::policy::code::Code;
use crate::policy::council::Council;
use crate::written::language::nearest::nearest;
use crate::written::language::problems::{Problems, quoted};
use assize_provenance::verdict::{self, Rule, Seat};
use std::collections::BTreeMap;

/// The council that hears a case where the policy names none.
const DEFAULT_COUNCIL: &str = "default";

/// Checks that the default council exists (P407) and returns its name.
pub(super) fn check_default(
    name: Option<&Text>,
    councils: Option<&[CouncilText]>,
    problems: &mut Problems<'_>,
) -> String {
    let wanted = name.map_or(DEFAULT_COUNCIL, |name| name.get_ref().as_str());
    let Some(councils) = councils else {
        return wanted.to_owned();
    };
    let names = || councils.iter().map(|council| council.name.get_ref());
    if !names().any(|known| known == wanted) {
        let problem = problems.report(Code::UnknownCouncil, format!("there is no council {}", quoted(wanted)));
        let first = councils.first().map_or(0..0, |council| council.name.span());
        match name {
            Some(name) => problem
                .at(name.span(), "")
                .mean(nearest(wanted, names()), names_here("councils", names())),
            None => problem
                .at(first, "no council has that name")
                .hint("say which council hears a case: `default_council = \"NAME\"` at the top of the file"),
        };
    }
    wanted.to_owned()
}

/// Checks every council.
pub(super) fn check(
    councils: &[CouncilText],
    judges: Option<&[PluginText]>,
    problems: &mut Problems<'_>,
) -> BTreeMap<String, Council> {
    let mut checked = BTreeMap::new();
    for council in councils {
        check_name("council", &council.name, problems);
        let rule = check_rule(council, problems);
        let Some(sitting) = &council.judges else {
            continue;
        };
        check_sitting(council, sitting, problems);
        if let Some(judges) = judges {
            check_judges(sitting, judges, problems);
        }
        check_veto(council, sitting, problems);
        check_weights(council, sitting, problems);
        let name = council.name.get_ref().clone();
        let quorum = check_quorum(council, sitting, problems);
        let seats = sitting.iter().map(|judge| seat(council, judge)).collect();
        let terms = verdict::Council {
            name: name.clone(),
            seats,
            quorum,
            rule,
        };
        checked.insert(
            name,
            Council {
                terms,
                show_author: council.show_author,
            },
        );
    }
    checked
}

/// Checks that somebody sits, and nobody twice (P401, P013).
fn check_sitting(council: &CouncilText, sitting: &[Text], problems: &mut Problems<'_>) {
    if sitting.is_empty() {
        problems
            .report(
                Code::EmptyCouncil,
                format!("nobody sits on the council {}", quoted(council.name.get_ref())),
            )
            .at(council.name.span(), "")
            .hint("list at least one judge in `judges`");
    }
    check_distinct("judges", sitting, problems);
}

/// Checks that the sitting judges exist (P402).
fn check_judges(sitting: &[Text], judges: &[PluginText], problems: &mut Problems<'_>) {
    let names = || judges.iter().map(|judge| judge.name.get_ref());
    for judge in sitting
        .iter()
        .filter(|judge| !names().any(|known| known == judge.get_ref()))
    {
        problems
            .report(
                Code::UnknownJudge,
                format!("there is no judge {}", quoted(judge.get_ref())),
            )
            .at(judge.span(), "")
            .mean(nearest(judge.get_ref(), names()), names_here("judges", names()));
    }
}

/// Checks the quorum (P403); without one everybody must be heard.
fn check_quorum(council: &CouncilText, sitting: &[Text], problems: &mut Problems<'_>) -> u32 {
    let seats = u32::try_from(sitting.len()).unwrap_or(u32::MAX);
    let Some(quorum) = &council.quorum else {
        return seats;
    };
    let number = u32::try_from(*quorum.get_ref()).unwrap_or(u32::MAX);
    // A council without judges was reported already.
    if seats > 0 && !(1..=seats).contains(&number) {
        let (written, name) = (quorum.get_ref(), quoted(council.name.get_ref()));
        problems
            .report(
                Code::ImpossibleQuorum,
                format!("a quorum of {written} is impossible on the council {name}"),
            )
            .at(
                quorum.span(),
                format!("must be at least 1 and at most {seats}, the number of its judges"),
            );
    }
    number
}

/// Checks that whoever has a veto sits (P404, P013).
fn check_veto(council: &CouncilText, sitting: &[Text], problems: &mut Problems<'_>) {
    check_distinct("veto", &council.veto, problems);
    for judge in &council.veto {
        if !has_seat(sitting, judge) {
            let names = || sitting.iter().map(Text::get_ref);
            problems
                .report(
                    Code::VetoWithoutSeat,
                    format!("{} has a veto and no seat on the council", quoted(judge.get_ref())),
                )
                .at(judge.span(), "")
                .mean(
                    nearest(judge.get_ref(), names()),
                    "add it to `judges`, or remove it here",
                );
        }
    }
}

/// Checks the rule (P012) and what belongs to it.
fn check_rule(council: &CouncilText, problems: &mut Problems<'_>) -> Rule {
    match council.rule.as_ref().map(|rule| (rule, rule.get_ref().as_str())) {
        None | Some((_, "unanimous")) => {
            check_unweighted(council, problems);
            Rule::Unanimous
        }
        Some((_, "majority")) => {
            check_unweighted(council, problems);
            Rule::Majority
        }
        Some((rule, "weighted")) => check_weighted(council, rule, problems),
        Some((rule, _)) => {
            unknown_word(
                "rule of a council",
                rule,
                &["unanimous", "majority", "weighted"],
                problems,
            );
            Rule::Unanimous
        }
    }
}

/// Checks that a council that is not weighted has no weights (P405).
fn check_unweighted(council: &CouncilText, problems: &mut Problems<'_>) {
    for (key, place) in [
        ("weights", &council.weights_key),
        ("threshold_percent", &council.threshold_key),
    ] {
        if let Some(place) = place {
            problems
                .report(
                    Code::WeightsUnused,
                    format!("`{key}` means nothing to a council that is not weighted"),
                )
                .at(place.clone(), "")
                .hint("remove it, or write `rule = \"weighted\"`");
        }
    }
}

/// Checks that a weighted council has weights and a threshold (P007).
fn check_weighted(council: &CouncilText, rule: &Text, problems: &mut Problems<'_>) -> Rule {
    let mut missing = |key: &str, example: &str| {
        problems
            .report(
                Code::MissingKey,
                format!(
                    "the council {} is weighted and has no `{key}`",
                    quoted(council.name.get_ref())
                ),
            )
            .at(rule.span(), "")
            .hint(format!("add a line like `{example}`"));
    };
    if council.weights_key.is_none() {
        missing("weights", "weights = { constitutional = 2, technical = 1 }");
    }
    if council.threshold_key.is_none() {
        missing("threshold_percent", "threshold_percent = 80");
    }
    let percent = council.threshold_percent.and_then(|percent| u8::try_from(percent).ok());
    Rule::Weighted {
        threshold_percent: percent.unwrap_or(100),
    }
}

/// Checks that exactly the sitting judges are weighed (P406).
fn check_weights(council: &CouncilText, sitting: &[Text], problems: &mut Problems<'_>) {
    let (Some(weights), Some(place)) = (&council.weights, &council.weights_key) else {
        return;
    };
    for judge in sitting.iter().filter(|judge| weight(council, judge).is_none()) {
        problems
            .report(
                Code::WeightsIncomplete,
                format!("`weights` has no weight for {}", quoted(judge.get_ref())),
            )
            .at(place.clone(), "")
            .at(judge.span(), "sits here");
    }
    for (judge, _) in weights.iter().filter(|(judge, _)| !has_seat(sitting, judge)) {
        problems
            .report(
                Code::WeightsIncomplete,
                format!("{} has a weight and no seat", quoted(judge.get_ref())),
            )
            .at(judge.span(), "")
            .mean(
                nearest(judge.get_ref(), sitting.iter().map(Text::get_ref)),
                "add it to `judges`, or remove it here",
            );
    }
}

/// Tells whether a judge is among those who sit.
fn has_seat(sitting: &[Text], judge: &Text) -> bool {
    sitting.iter().any(|seat| seat.get_ref() == judge.get_ref())
}

/// Returns the weight that the council gives a judge.
fn weight(council: &CouncilText, judge: &Text) -> Option<u64> {
    council
        .weights
        .as_ref()?
        .iter()
        .find(|(name, _)| name.get_ref() == judge.get_ref())
        .map(|(_, weight)| *weight)
}

/// Builds the seat of one judge; where votes are not weighted, every vote weighs 1.
fn seat(council: &CouncilText, judge: &Text) -> Seat {
    Seat {
        judge: judge.get_ref().clone(),
        weight: weight(council, judge)
            .and_then(|weight| u32::try_from(weight).ok())
            .unwrap_or(1),
        veto: council.veto.iter().any(|name| name.get_ref() == judge.get_ref()),
    }
}
