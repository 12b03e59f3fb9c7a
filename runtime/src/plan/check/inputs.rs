//! The rules for `inputs` of a task, but for the order of tasks.

use super::{Scope, is_input_name, is_name, unknown_word};
use crate::plan::TASK_NAME_BYTES_MAX;
use crate::plan::authored::{GivenText, InputText, TaskText, Text};
use crate::plan::code::Code;
use crate::plan::value::Type;
use crate::plan::workflow::{Given, Input, Repeat};
use crate::written::language::problems::{Problems, quoted};

/// What a copy of a repeated task can be told of itself.
pub(in crate::plan) const COPY_WORDS: [&str; 2] = ["number", "item"];

/// Checks the inputs of one task; those with mistakes are left out.
pub(super) fn check(
    text: &TaskText,
    repeat: Option<&Repeat>,
    is_workflow: bool,
    scope: &Scope<'_>,
    problems: &mut Problems<'_>,
) -> Vec<Input> {
    let mut inputs = Vec::new();
    for input in &text.inputs {
        // What a workflow is given are its parameters, whose names are checked with it.
        if !is_workflow {
            check_input_name(input, problems);
        }
        let given = match &input.given {
            GivenText::Value(value) => Some(Given::Value(value.clone())),
            GivenText::History => Some(Given::History),
            GivenText::Parameter(name) => scope
                .parameter(name, problems)
                .map(|(place, _)| Given::Parameter(place)),
            GivenText::Output { task, path } => check_output(task, path, scope, problems),
            GivenText::Copy(word) => check_copy(word, text, repeat, scope, problems),
        };
        inputs.extend(given.map(|given| Input {
            name: input.name.clone(),
            place: input.place.clone(),
            given,
        }));
    }
    inputs
}

/// Checks the name of an input (W010).
fn check_input_name(input: &InputText, problems: &mut Problems<'_>) {
    let name = input.name.get_ref();
    if !is_input_name(name) {
        problems
            .report(
                Code::MalformedName,
                format!("{} cannot be the name of an input", quoted(name)),
            )
            .at(input.name.span(), "")
            .hint("use 1 to 64 letters, digits, hyphens and underscores, and no hyphen first");
    }
}

/// Checks whose output is given (W102): a task of this file, and behind a slash a task of the workflow that it is.
fn check_output(name: &Text, path: &[String], scope: &Scope<'_>, problems: &mut Problems<'_>) -> Option<Given> {
    let (outer, inner) = match name.get_ref().split_once('/') {
        Some((outer, inner)) => (outer, Some(inner)),
        None => (name.get_ref().as_str(), None),
    };
    let task = scope.task(outer, name.span(), problems)?;
    let is_short = name.get_ref().len() <= TASK_NAME_BYTES_MAX;
    if let Some(inner) = inner.filter(|inner| !is_short || !inner.split('/').all(is_name)) {
        problems
            .report(
                Code::MalformedName,
                format!("{} cannot be the name of a task", quoted(inner)),
            )
            .at(name.span(), "")
            .hint("write the task, a slash, and the task inside of it, as in `release/build`");
        return None;
    }
    Some(Given::Output {
        task,
        inner: inner.map(str::to_owned),
        path: path.to_vec(),
    })
}

/// Checks what a copy is told of itself (W109, W012).
fn check_copy(
    word: &Text,
    text: &TaskText,
    repeat: Option<&Repeat>,
    scope: &Scope<'_>,
    problems: &mut Problems<'_>,
) -> Option<Given> {
    if text.place_of("repeat").is_none() {
        problems
            .report(
                Code::CopyOutside,
                format!("{} has no copies", quoted(text.name.get_ref())),
            )
            .at(word.span(), "")
            .hint("repeat the task, as in `repeat = 3`, or give it something else");
        return None;
    }
    match word.get_ref().as_str() {
        "number" => Some(Given::Number),
        "item" => {
            let by = match repeat? {
                Repeat::Parameter(place, _) => scope.parameters?.get(*place),
                Repeat::Times(_) => None,
            };
            if by.is_none_or(|parameter| parameter.kind != Type::List) {
                problems
                    .report(
                        Code::CopyOutside,
                        format!("the copies of {} have no items", quoted(text.name.get_ref())),
                    )
                    .at(word.span(), "")
                    .hint("repeat the task by a parameter that is a list, or give it `copy = \"number\"`");
            }
            Some(Given::Item)
        }
        _ => {
            unknown_word("property of a copy", word, &COPY_WORDS, problems);
            None
        }
    }
}
