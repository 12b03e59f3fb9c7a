//! The rules for `undo` (W107).

use super::Scope;
use crate::plan::authored::TaskText;
use crate::plan::code::Code;
use crate::plan::workflow::Task;
use crate::written::language::problems::{Problems, quoted};
use std::collections::BTreeMap;
use std::ops::Range;

/// What an undo task cannot have, and why.
const REFUSED: [(&str, &str); 5] = [
    (
        "needs",
        "it starts for no other reason than the failure of the run, and takes no part in the order",
    ),
    ("workflow", "let an agent undo it"),
    ("undo", "what was undone stays so"),
    ("repeat", "there is one for each task"),
    ("when", "it is left out where the task is that it belongs to"),
];

/// Checks every `undo`, and returns which task undoes which: undone task → undo task.
pub(super) fn check(texts: &[TaskText], scope: &Scope<'_>, problems: &mut Problems<'_>) -> BTreeMap<usize, usize> {
    let mut undone: BTreeMap<usize, usize> = BTreeMap::new();
    let mut undoing: BTreeMap<usize, Range<usize>> = BTreeMap::new();
    for (place, text) in texts.iter().enumerate() {
        let Some(name) = &text.undo else { continue };
        for key in ["repeat", "workflow"] {
            if let Some(key_place) = text.place_of(key) {
                let hint = "undo the tasks of the workflow, or take the task out of the repetition";
                refuse("only one task of an agent can be undone", name.span(), hint, problems)
                    .at(key_place, "this is more than one task");
            }
        }
        let Some(undo) = scope.task(name.get_ref(), name.span(), problems) else {
            continue;
        };
        if let Some(first) = undoing.insert(undo, name.span()) {
            let message = format!("{} undoes two tasks", quoted(name.get_ref()));
            refuse(&message, name.span(), "write a second undo task", problems).at(first, "the first one");
            continue;
        }
        undone.insert(place, undo);
    }
    for (undo, place) in &undoing {
        if let Some(text) = texts.get(*undo) {
            check_alone(text, place, problems);
        }
    }
    check_needed(texts, scope, &undoing, problems);
    undone
}

/// Checks that an undo task has nothing of its own that decides whether and when it starts.
fn check_alone(text: &TaskText, place: &Range<usize>, problems: &mut Problems<'_>) {
    for (key, hint) in REFUSED {
        if let Some(key_place) = text.place_of(key) {
            let message = format!("{} undoes a task and has `{key}`", quoted(text.name.get_ref()));
            refuse(&message, key_place, hint, problems).at(place.clone(), "an undo task because of this");
        }
    }
}

/// Checks that nobody needs an undo task.
fn check_needed(
    texts: &[TaskText],
    scope: &Scope<'_>,
    undoing: &BTreeMap<usize, Range<usize>>,
    problems: &mut Problems<'_>,
) {
    for need in texts.iter().flat_map(|text| text.needs.iter().flatten()) {
        let task = scope.places.get(need.task.get_ref().as_str());
        if let Some(place) = task.and_then(|task| undoing.get(task)) {
            let message = format!("{} only undoes, and cannot be needed", quoted(need.task.get_ref()));
            let hint = "need the task that it undoes, or write another task for this";
            refuse(&message, need.task.span(), hint, problems).at(place.clone(), "an undo task because of this");
        }
    }
}

fn refuse<'p>(
    message: &str,
    place: Range<usize>,
    hint: &str,
    problems: &'p mut Problems<'_>,
) -> crate::written::language::problems::Problem<'p> {
    problems.report(Code::UndoAlone, message).hint(hint).at(place, "")
}

/// Enters into the tasks which undoes which.
pub(super) fn enter(tasks: &mut [Task], undone: &BTreeMap<usize, usize>) {
    for (place, undo) in undone {
        if let Some(task) = tasks.get_mut(*place) {
            task.undo = Some(*undo);
        }
        if let Some(task) = tasks.get_mut(*undo) {
            task.undoes = Some(*place);
        }
    }
}
