//! What came of the work, as JSON and as a few sentences.

use std::collections::BTreeMap;

use assize_agent::process::{End, how};
use assize_agent::telling::{Room, count, cut, refused_item};
use assize_agent::{Refusal, why};
use serde_json::{Value, json};

use crate::rounds::{Ending, Round, Run};
use crate::suggestion::Reason;

/// How many bytes the lists of a report have at most, so that the whole stays below what an output may have.
const LISTS_BYTES_MAX: usize = 512 * 1024;

/// How long a name that a tool wrote may be in the report, in bytes.
const NAME_BYTES_MAX: usize = 512;

/// How much of the check's last words the report holds, in bytes.
const LAST_WORDS_BYTES_MAX: usize = 8 * 1024;

/// How long the summary is at most, in bytes.
const SUMMARY_BYTES_MAX: usize = 4 * 1024;

/// The report, without where it is stored.
pub(crate) fn report(run: &Run) -> Value {
    let mut room = Room::of(LISTS_BYTES_MAX);
    let changed = run.changed.iter();
    let changed = room.fit(changed.map(|(path, edits)| json!({ "path": path, "edits": edits })));
    let refused = run.refused.iter();
    let refused = room.fit(refused.map(|(path, refusal)| refused_item(path, "workspace.write", refusal)));
    let rounds: Vec<Value> = run.rounds.iter().map(|round| round_item(round, &mut room)).collect();
    let mut report = json!({
        "passed": run.ending == Ending::Passed,
        "ending": name(&run.ending),
        "rounds": rounds,
        "changed": changed,
        "refused": refused,
        "omitted": room.omitted(),
    });
    if run.ending != Ending::Passed
        && let Some(members) = report.as_object_mut()
    {
        members.insert("last_words".to_owned(), last_words(&run.last_words).into());
    }
    report
}

fn round_item(round: &Round, room: &mut Room) -> Value {
    let end = match &round.end {
        End::Exited(status) => json!({ "exited": status }),
        End::Signalled(signal) => json!({ "signalled": signal }),
        End::Stopped(why) => json!({ "stopped": cut(why, NAME_BYTES_MAX) }),
    };
    let skipped = room.fit(round.skipped.iter().map(|(rule, file, reason)| {
        json!({
            "rule": cut(rule, NAME_BYTES_MAX),
            "file": cut(file, NAME_BYTES_MAX),
            "reason": reason.text(),
        })
    }));
    json!({
        "end": end,
        "confined": round.confined,
        "dropped": round.dropped,
        "suggestions": round.seen,
        "applied": round.applied,
        "skipped": skipped,
        "changed": room.fit(round.changed.iter().map(|path| json!(path))),
    })
}

fn name(ending: &Ending) -> &'static str {
    match ending {
        Ending::Passed => "passed",
        Ending::NothingLeft => "nothing-left",
        Ending::Circle => "circle",
        Ending::RoundsUsed => "rounds-used",
        Ending::Stopped => "stopped",
        Ending::Refused(_) => "refused",
    }
}

/// The end of what a check wrote, without what would act on a terminal.
fn last_words(words: &[u8]) -> String {
    let start = words.len().saturating_sub(LAST_WORDS_BYTES_MAX);
    let words = String::from_utf8_lossy(words.get(start..).unwrap_or_default());
    let is_plain = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
    words.chars().filter(is_plain).collect()
}

/// The summary. `stored` is where the whole report lies, or why it is not stored.
pub(crate) fn summary(run: &Run, stored: Result<(), &Refusal>) -> String {
    let applied: u64 = run.rounds.iter().map(|round| round.applied).sum();
    let rounds = run.rounds.iter().filter(|round| round.applied > 0).count();
    let done = format!(
        "{} in {} and {}",
        count(usize::try_from(applied).unwrap_or(usize::MAX), "suggestion"),
        count(run.changed.len(), "file"),
        count(rounds, "round"),
    );
    let last = run.rounds.last();
    let end = last.map_or_else(String::new, |round| how(&round.end));
    let mut said = match (&run.ending, applied) {
        (Ending::Passed, 0) => "The check passes; nothing was applied.".to_owned(),
        (Ending::Passed, _) => format!("The check passes. Applied {done}."),
        (ending, _) => format!(
            "The check does not pass: {end}. {} Applied {done}.",
            reason(ending, last)
        ),
    };
    if let Some((path, refusal)) = run.refused.iter().next() {
        said.push_str(&format!(
            " Not written: {}; the first, {path}, because {}.",
            count(run.refused.len(), "file"),
            why(refusal)
        ));
    }
    if run.rounds.iter().any(|round| !round.confined) {
        said.push_str(" The check ran unconfined, as the policy says.");
    }
    if let Err(refusal) = stored {
        said.push_str(&format!(" The report was not stored: {}.", why(refusal)));
    }
    cut(&said, SUMMARY_BYTES_MAX)
}

/// Why the work ended before the check passed.
fn reason(ending: &Ending, last: Option<&Round>) -> String {
    match ending {
        Ending::NothingLeft if last.is_some_and(|round| round.seen > 0) => {
            let mut reasons: BTreeMap<Reason, usize> = BTreeMap::new();
            for (_, _, reason) in last.iter().flat_map(|round| &round.skipped) {
                let count = reasons.entry(*reason).or_default();
                *count = count.saturating_add(1);
            }
            let most = reasons.iter().max_by_key(|(_, count)| **count);
            let most = most.map_or("", |(reason, _)| reason.text());
            format!("None of its suggestions could be applied, mostly because {most}.")
        }
        Ending::Passed | Ending::NothingLeft => "It suggests nothing.".to_owned(),
        Ending::Circle => "Its suggestions lead in a circle.".to_owned(),
        Ending::RoundsUsed => "`rounds_max` rounds are used up.".to_owned(),
        Ending::Stopped => "Its limits ended it.".to_owned(),
        Ending::Refused(refusal) => format!("It could not be run again: {}.", why(refusal)),
    }
}
