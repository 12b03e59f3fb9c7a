//! What came of a job, as JSON and as a few sentences.

use assize_agent::telling::{Room, count, cut, refused_item};
use assize_agent::{Outcome, Refusal, why};
use serde_json::{Value, json};

use crate::apply::Done;
use crate::plan::Plan;

/// How many bytes the lists of a report have at most, so that the whole stays below what an output may have.
const LISTS_BYTES_MAX: usize = 640 * 1024;

/// How long the summary is at most, in bytes.
const SUMMARY_BYTES_MAX: usize = 4 * 1024;

/// The outcome of a job.
pub(crate) fn outcome(plan: &Plan, done: &Done, unmet: &[String], dry_run: bool) -> Outcome {
    let mut room = Room::of(LISTS_BYTES_MAX);
    let edits = plan
        .tallies
        .iter()
        .map(|tally| json!({ "matches": tally.matches, "files": tally.files, "repeats": tally.repeats }));
    let refused = plan.refused.iter().chain(&done.refused);
    let refused = room.fit(refused.map(|(path, permission, refusal)| refused_item(path, permission, refusal)));
    let skipped = plan.skipped.iter();
    let skipped = room.fit(skipped.map(|(path, reason)| json!({ "path": path, "reason": reason })));
    let renamed = done.renamed.iter();
    let renamed = room.fit(renamed.map(|(from, to)| json!({ "from": from, "to": to })));
    let changed = done.changed.iter();
    let changed = room.fit(changed.map(|(path, count)| json!({ "path": path, "replacements": count })));
    let output = json!({
        "dry_run": dry_run,
        "edits": edits.collect::<Vec<Value>>(),
        "changed": changed,
        "renamed": renamed,
        "skipped": skipped,
        "refused": refused,
        "unmet": unmet,
        "omitted": room.omitted(),
    });
    Outcome {
        summary: summary(plan, done, unmet, dry_run),
        output: output.to_string(),
    }
}

fn summary(plan: &Plan, done: &Done, unmet: &[String], dry_run: bool) -> String {
    let places: u64 = done.changed.iter().map(|(_, count)| count).sum();
    let places = usize::try_from(places).unwrap_or(usize::MAX);
    let (changed, renamed) = (done.changed.len(), done.renamed.len());
    let mut said = match (dry_run, changed, renamed) {
        (_, 0, 0) => "Nothing to change.".to_owned(),
        (true, ..) => format!("Would change {} in {}", count(changed, "file"), count(places, "place")),
        (false, ..) => format!("Changed {} in {}", count(changed, "file"), count(places, "place")),
    };
    if changed > 0 || renamed > 0 {
        said.push_str(&format!(" and rename{} {renamed}.", if dry_run { "" } else { "d" }));
    }
    if !unmet.is_empty() {
        said.push_str(&format!(
            " As it stands nothing would be written: {}.",
            unmet.join("; ")
        ));
    }
    let repeating = plan.tallies.iter().zip(0_u32..).filter(|(tally, _)| tally.repeats);
    let repeating: Vec<String> = repeating.map(|(_, index)| format!("edits[{index}]")).collect();
    if !repeating.is_empty() {
        let which = repeating.join(", ");
        said.push_str(&format!(
            " A second run would change these files once more, by {which}."
        ));
    }
    if !plan.skipped.is_empty() {
        said.push_str(&format!(" Left alone: {}.", count(plan.skipped.len(), "file")));
    }
    let refusals: Vec<&Refusal> = plan
        .refused
        .iter()
        .chain(&done.refused)
        .map(|(_, _, refusal)| refusal)
        .collect();
    if let Some(first) = refusals.first() {
        said.push_str(&format!(
            " Refused: {}; the first because {}.",
            count(refusals.len(), "time"),
            why(first)
        ));
    }
    cut(&said, SUMMARY_BYTES_MAX)
}
