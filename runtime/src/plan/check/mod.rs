//! From the workflow as written to the checked one: what the values mean together, one function for each numbered rule of the
//! reference.

mod graph;
mod inputs;
mod parameters;
mod retry;
mod tasks;
mod undo;

use super::Mode;
use super::authored::{Authored, TaskText, Text};
use super::branch::is_branch;
use super::code::Code;
use super::workflow::{CONCURRENCY, Given, Parameter, Repeat, Task, Workflow};
use crate::written::language::nearest::nearest;
use crate::written::language::problems::{Problems, listed, quoted};
use std::collections::{BTreeMap, BTreeSet};

pub(super) use inputs::COPY_WORDS;
pub(super) use tasks::NOBODY;

/// The longest name, in bytes.
pub(in crate::plan) const NAME_BYTES_MAX: usize = 64;

/// How many tasks a message names.
const TASKS_NAMED_MAX: usize = 12;

/// The names that tasks may use.
struct Scope<'a> {
    /// The tasks, in the order of the file.
    tasks: Vec<&'a str>,
    places: BTreeMap<&'a str, usize>,
    /// Nothing where the parameters have mistakes, so that nothing is concluded from them.
    parameters: Option<&'a [Parameter]>,
}

impl<'a> Scope<'a> {
    fn of(texts: &'a [TaskText], parameters: Option<&'a [Parameter]>) -> Self {
        let tasks: Vec<&str> = texts.iter().map(|text| text.name.get_ref().as_str()).collect();
        Self {
            places: tasks.iter().enumerate().map(|(place, name)| (*name, place)).collect(),
            tasks,
            parameters,
        }
    }

    /// Returns the task of that name, or reports that there is none (W102).
    fn task(&self, name: &str, span: std::ops::Range<usize>, problems: &mut Problems<'_>) -> Option<usize> {
        let place = self.places.get(name).copied();
        if place.is_none() && !problems.is_full() {
            problems
                .report(Code::UnknownTask, format!("there is no task {}", quoted(name)))
                .at(span, "")
                .mean(nearest(name, &self.tasks), self.tasks_here());
        }
        place
    }

    /// Says which tasks there are; of many only the first.
    fn tasks_here(&self) -> String {
        let names = listed(self.tasks.iter().take(TASKS_NAMED_MAX));
        let more = if self.tasks.len() > TASKS_NAMED_MAX {
            " and others"
        } else {
            ""
        };
        format!("the tasks of this file are {names}{more}")
    }

    /// Returns the parameter of that name, or reports that there is none (W201).
    fn parameter(&self, name: &Text, problems: &mut Problems<'_>) -> Option<(usize, &'a Parameter)> {
        let parameters = self.parameters?;
        let found = parameters
            .iter()
            .enumerate()
            .find(|(_, parameter)| parameter.name == *name.get_ref());
        if found.is_none() {
            let names = || parameters.iter().map(|parameter| parameter.name.as_str());
            problems
                .report(
                    Code::UnknownParameter,
                    format!("there is no parameter {}", quoted(name.get_ref())),
                )
                .at(name.span(), "")
                .mean(
                    nearest(name.get_ref(), names()),
                    format!("declare it: [parameters.{}]", short(name.get_ref())),
                );
        }
        found
    }
}

/// Checks a whole file. The workflow that comes back is whole only if nothing was reported; it has no name yet.
pub(super) fn check(authored: Authored, problems: &mut Problems<'_>) -> Option<Workflow> {
    let mode = check_mode(authored.mode.as_ref(), problems);
    let branch = check_branch(authored.branch.as_ref(), problems);
    let parameters = authored
        .parameters
        .as_deref()
        .map(|texts| parameters::check(texts, problems));
    let keys = check_keys(&authored.keys, problems);
    let texts = authored.tasks.as_deref()?;
    if texts.is_empty() {
        // W007.
        problems
            .report(Code::MissingKey, "a workflow file has no task")
            .hint("add a section like `[tasks.build]`");
    }
    let scope = Scope::of(texts, parameters.as_deref());
    let undone = undo::check(texts, &scope, problems);
    let mut tasks: Vec<Task> = texts
        .iter()
        .map(|text| tasks::check(text, texts, &scope, problems))
        .collect();
    undo::enter(&mut tasks, &undone);
    let is_whole = texts.iter().all(|text| text.needs.is_some());
    let order = graph::order(&tasks, is_whole, problems);
    if problems.is_empty() {
        check_unused(
            parameters.as_deref().unwrap_or_default(),
            &tasks,
            &authored.keys,
            problems,
        );
    }
    Some(Workflow {
        name: String::new(),
        file_name: String::new(),
        text: String::new(),
        summary: authored.summary.map(Text::into_inner).unwrap_or_default(),
        mode: mode.unwrap_or(Mode::Auto),
        branch,
        concurrency: authored
            .concurrency
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(CONCURRENCY),
        timeout_seconds: authored.timeout_seconds,
        parameters: parameters.unwrap_or_default(),
        keys,
        tasks,
        order,
    })
}

/// Reads the mode (W012).
fn check_mode(text: Option<&Text>, problems: &mut Problems<'_>) -> Option<Mode> {
    let text = text?;
    let mode = Mode::ALL.iter().copied().find(|mode| mode.name() == text.get_ref());
    if mode.is_none() {
        unknown_word("mode", text, &Mode::ALL.map(Mode::name), problems);
    }
    mode
}

/// Checks the name of the branch (W015).
fn check_branch(text: Option<&Text>, problems: &mut Problems<'_>) -> Option<String> {
    let text = text?;
    let name = text.get_ref();
    if !is_branch(name) {
        let problem = problems
            .report(
                Code::MalformedBranch,
                format!("{} cannot be the name of a branch", quoted(name)),
            )
            .at(text.span(), "");
        match name.strip_prefix("refs/heads/").filter(|short| is_branch(short)) {
            Some(short) => problem.hint(format!("write its short name: `{short}`")),
            None => problem.hint("write the short name of a branch, such as `main`"),
        };
    }
    Some(name.clone())
}

/// Checks the names of `[keys]` and returns how many tasks with each run at once.
fn check_keys(keys: &[(Text, u64)], problems: &mut Problems<'_>) -> BTreeMap<String, u32> {
    for (name, _) in keys {
        check_name("key", name, problems);
    }
    keys.iter()
        .filter_map(|(name, most)| Some((name.get_ref().clone(), u32::try_from(*most).ok()?)))
        .collect()
}

/// Reports parameters and keys that nobody uses (W203, W112). Other workflows may use a key, so nothing is said of keys where
/// there are any.
fn check_unused(parameters: &[Parameter], tasks: &[Task], keys: &[(Text, u64)], problems: &mut Problems<'_>) {
    let mut used = BTreeSet::new();
    for task in tasks {
        used.extend(task.inputs.iter().filter_map(|input| match input.given {
            Given::Parameter(place) => Some(place),
            _ => None,
        }));
        used.extend(task.when.iter().map(|when| when.parameter));
        if let Some(Repeat::Parameter(place, _)) = task.repeat {
            used.insert(place);
        }
    }
    for (place, parameter) in parameters.iter().enumerate() {
        if !used.contains(&place) {
            problems
                .report(
                    Code::UnusedParameter,
                    format!("nothing uses the parameter {}", quoted(&parameter.name)),
                )
                .at(parameter.place.clone(), "")
                .hint(format!(
                    "use it, as in `inputs = {{ {} = {{ parameter = \"{}\" }} }}`, or remove it",
                    parameter.name, parameter.name
                ));
        }
    }
    if tasks.iter().any(Task::is_workflow) {
        return;
    }
    for (name, _) in keys {
        let mut held = tasks.iter().filter_map(|task| task.key.as_deref());
        if !held.any(|key| key == name.get_ref()) {
            let known = tasks.iter().filter_map(|task| task.key.as_deref());
            problems
                .report(
                    Code::UnusedKey,
                    format!("no task has the key {}", quoted(name.get_ref())),
                )
                .at(name.span(), "")
                .mean(
                    nearest(name.get_ref(), known),
                    "give a task this `key`, or remove the limit",
                );
        }
    }
}

/// Tells whether `name` may name something: 1 to 64 lower-case letters, digits and hyphens, no hyphen first.
pub(in crate::plan) fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_letter) && !name.starts_with('-')
}

/// Tells whether `name` may name a member of an input.
pub(in crate::plan) fn is_input_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_letter) && !name.starts_with('-')
}

/// Checks a name (W010).
fn check_name(what: &str, name: &Text, problems: &mut Problems<'_>) {
    if !is_name(name.get_ref()) {
        problems
            .report(
                Code::MalformedName,
                format!("{} cannot be the name of a {what}", quoted(name.get_ref())),
            )
            .at(name.span(), "")
            .hint("use 1 to 64 lower-case letters, digits and hyphens, and no hyphen first");
    }
}

/// Reports a word that is none of `known` (W012).
fn unknown_word(key: &str, word: &Text, known: &[&str], problems: &mut Problems<'_>) {
    problems
        .report(Code::UnknownWord, format!("{} is no {key}", quoted(word.get_ref())))
        .at(word.span(), "")
        .mean(nearest(word.get_ref(), known), format!("use one of {}", listed(known)));
}

/// Checks that a list says nothing twice (W013).
fn check_distinct(key: &str, items: &[Text], problems: &mut Problems<'_>) {
    let mut seen: BTreeMap<&str, &Text> = BTreeMap::new();
    for item in items {
        if let Some(first) = seen.insert(item.get_ref(), item) {
            problems
                .report(
                    Code::Repeated,
                    format!("`{key}` lists {} twice", quoted(item.get_ref())),
                )
                .at(item.span(), "again here")
                .at(first.span(), "first here")
                .hint("remove one of the two");
        }
    }
}

/// Cuts a name for a piece of an example.
fn short(name: &str) -> String {
    quoted(name).trim_matches('`').to_owned()
}
