//! Judges on trial: one against labelled cases, or two against each other.

use std::collections::BTreeMap;
use std::path::Path;

use super::prepare::sandbox;
use super::view::{FlipView, JudgeCompareView, JudgeTestView, RuleTallyView, SightingView, TriedView, WrongView};
use super::{App, Fault};
use crate::calibration::{self, Labelled, Score, Sighting, Trial, tallies, try_case};
use crate::catalog;
use crate::sandbox::{Judge, Sandbox};
use crate::settings::Home;

impl App {
    /// Holds judges against the labelled cases in a folder. Without `plugin` each case is heard by the embedded judge that
    /// it, or a folder it lies in, names.
    ///
    /// # Errors
    ///
    /// [`Fault`] when a case or a component cannot be used.
    pub fn test_judges(&self, folder: &Path, plugin: Option<&str>) -> Result<JudgeTestView, Fault> {
        let sandbox = sandbox(&Home::open(&self.home)?)?;
        let cases = self.cases(folder)?;
        let given = plugin.map(|plugin| self.judge(&sandbox, plugin)).transpose()?;
        let mut embedded: BTreeMap<&str, Judge> = BTreeMap::new();
        let (mut scores, mut wrong) = (Vec::new(), Vec::new());
        for case in &cases {
            let named = judge_of(case);
            let judge = match (&given, named) {
                // Cases of other judges say nothing about this one.
                (Some(judge), Some(named)) if judge.description().name != named => continue,
                (Some(judge), _) => judge,
                (None, Some(named)) => match embedded.entry(named) {
                    std::collections::btree_map::Entry::Occupied(known) => &*known.into_mut(),
                    std::collections::btree_map::Entry::Vacant(free) => &*free.insert(self.judge(&sandbox, named)?),
                },
                (None, None) => {
                    return Err(Fault::wrong(
                        format!("{} names no judge that comes with this binary", case.place.display()),
                        "say which judge hears the cases: --judge NAME or --judge FILE.wasm",
                    ));
                }
            };
            let score = attempt(&sandbox, judge, case)?.score(case);
            if !score.is_right() {
                wrong.push(wrong_view(case, &score));
            }
            scores.push(score);
        }
        let rules = tallies(&scores).into_iter().map(|(rule, tally)| RuleTallyView {
            rule,
            hits: tally.hits,
            misses: tally.misses,
            false_alarms: tally.false_alarms,
        });
        Ok(JudgeTestView {
            schema: "assize.judge-test/1",
            cases: scores.len() as u64,
            rules: rules.collect(),
            wrong,
        })
    }

    /// Lets two components hear the same cases and tells where they differ.
    ///
    /// # Errors
    ///
    /// [`Fault`] when a case or a component cannot be used.
    pub fn compare_judges(&self, one: &str, other: &str, folder: &Path) -> Result<JudgeCompareView, Fault> {
        let sandbox = sandbox(&Home::open(&self.home)?)?;
        let (one, other) = (self.judge(&sandbox, one)?, self.judge(&sandbox, other)?);
        let (mut flips, mut count) = (Vec::new(), 0);
        for case in &self.cases(folder)? {
            let names = [&one, &other].map(|judge| judge.description().name.as_str());
            if judge_of(case).is_some_and(|named| !names.contains(&named)) {
                continue;
            }
            count += 1;
            let (before, after) = (attempt(&sandbox, &one, case)?, attempt(&sandbox, &other, case)?);
            flips.extend(flip_view(case, &before, &after));
        }
        Ok(JudgeCompareView {
            schema: "assize.judge-compare/1",
            one: tried(&one),
            other: tried(&other),
            cases: count,
            flips,
        })
    }

    fn cases(&self, folder: &Path) -> Result<Vec<Labelled>, Fault> {
        let folder = self.dir.join(folder);
        let cases = calibration::find(&folder).map_err(|fault| {
            Fault::wrong(
                fault.to_string(),
                "tests/corpus/judges/README.md of Assize describes the format of cases",
            )
        })?;
        if cases.is_empty() {
            return Err(Fault::wrong(
                format!("there is no case in {}", folder.display()),
                "a case is a TOML file, or a folder with a case.toml",
            ));
        }
        Ok(cases)
    }

    fn judge(&self, sandbox: &Sandbox, plugin: &str) -> Result<Judge, Fault> {
        let bytes = self.component(plugin)?;
        sandbox.load(&bytes)?.map_err(|unusable| {
            Fault::wrong(
                format!("{plugin} cannot sit as a judge: {unusable}"),
                "plugins/README.md says how a judge is built",
            )
        })
    }
}

fn attempt(sandbox: &Sandbox, judge: &Judge, case: &Labelled) -> Result<Trial, Fault> {
    try_case(sandbox, judge, case).map_err(|fault| match fault {
        calibration::TrialFault::Host(fault) => fault.into(),
        other => Fault::wrong(
            format!("{}: {other}", case.place.display()),
            "mend the case; tests/corpus/judges/README.md of Assize describes the format",
        ),
    })
}

/// The embedded judge that a case, or the nearest folder above it, names.
fn judge_of(case: &Labelled) -> Option<&str> {
    let is_embedded = |name: &&str| catalog::judges().any(|embedded| embedded.name == *name);
    let folders = case.place.parent().into_iter().flat_map(Path::ancestors);
    let folders = folders.filter_map(|folder| folder.file_name()?.to_str());
    case.judge().or_else(|| folders.into_iter().find(is_embedded))
}

fn wrong_view(case: &Labelled, score: &Score) -> WrongView {
    WrongView {
        case: case.place.display().to_string(),
        summary: case.summary().to_owned(),
        vote: score.vote.clone(),
        misses: score.misses.iter().map(sighting_view).collect(),
        false_alarms: score.false_alarms.iter().map(sighting_view).collect(),
    }
}

fn flip_view(case: &Labelled, before: &Trial, after: &Trial) -> Option<FlipView> {
    let only = |one: &Trial, other: &Trial| -> Vec<SightingView> {
        let mut left = other.found.clone();
        let mut gone = Vec::new();
        for found in &one.found {
            match left.iter().position(|each| each == found) {
                Some(place) => drop(left.remove(place)),
                None => gone.push(sighting_view(found)),
            }
        }
        gone
    };
    let vote = |trial: &Trial| match &trial.vote {
        Ok(vote) => (*vote).to_owned(),
        Err(reason) => format!("no opinion ({reason})"),
    };
    let (gone, new) = (only(before, after), only(after, before));
    let votes = (vote(before), vote(after));
    let differs = votes.0 != votes.1 || !gone.is_empty() || !new.is_empty();
    differs.then(|| FlipView {
        case: case.place.display().to_string(),
        summary: case.summary().to_owned(),
        votes,
        gone,
        new,
    })
}

fn tried(judge: &Judge) -> TriedView {
    TriedView {
        name: judge.description().name.clone(),
        version: judge.description().version.clone(),
        component: judge.digest().to_string(),
    }
}

fn sighting_view(sighting: &Sighting) -> SightingView {
    SightingView {
        rule: sighting.rule.clone(),
        severity: sighting.severity.clone(),
        path: sighting.path.clone(),
        line: sighting.line,
    }
}
