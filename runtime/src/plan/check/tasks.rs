//! The rules for `[tasks]`, but for the graph that they make together.

use super::{Scope, check_name, inputs, retry, short};
use crate::plan::authored::{NeedText, RepeatText, TaskText, Text, WhenText};
use crate::plan::code::Code;
use crate::plan::value::{Type, shown};
use crate::plan::workflow::{Doer, Edge, Judged, Repeat, Task, When};
use crate::written::language::problems::{Problems, quoted};
use serde_json::Value;
use std::collections::BTreeSet;
use toml::Spanned;

/// The word for nobody in place of a council.
pub(in crate::plan) const NOBODY: &str = "none";

/// What is said of agents, and so not of a task that is a workflow.
const AGENTS_KEYS: [&str; 8] = [
    "council",
    "confirm",
    "retry",
    "timeout_seconds",
    "priority",
    "key",
    "estimate_minutes",
    "type",
];

/// Checks one task of the file.
pub(super) fn check(text: &TaskText, texts: &[TaskText], scope: &Scope<'_>, problems: &mut Problems<'_>) -> Task {
    check_name("task", &text.name, problems);
    let doer = check_doer(text, problems);
    let judged = check_council(text, problems);
    for (what, name) in [("key", &text.key), ("type", &text.kind)] {
        if let Some(name) = name {
            check_name(what, name, problems);
        }
    }
    let repeat = text
        .repeat
        .as_ref()
        .and_then(|repeat| check_repeat(repeat, scope, problems));
    if text.place_of("repeat").is_some() {
        check_copies(text, scope, problems);
    }
    let is_workflow = matches!(doer, Doer::Workflow(_));
    Task {
        name: text.name.get_ref().clone(),
        place: text.name.span(),
        summary: text.summary.clone().map(Text::into_inner).unwrap_or_default(),
        kind: text.kind.clone(),
        needs: check_needs(text.needs.as_deref().unwrap_or_default(), texts, scope, problems),
        inputs: inputs::check(text, repeat.as_ref(), is_workflow, scope, problems),
        inputs_place: text.place_of("inputs").unwrap_or_else(|| text.name.span()),
        confirm: text.confirm.as_ref().is_none_or(|confirm| *confirm.get_ref()) && !matches!(judged, Judged::ByNobody),
        retry: retry::check(text.retry.as_ref(), problems),
        timeout_seconds: text.timeout_seconds,
        priority: text.priority.unwrap_or(0),
        key: text.key.clone().map(Text::into_inner),
        undo: None,
        undoes: None,
        estimate_seconds: text.estimate_minutes.map(|minutes| minutes.saturating_mul(60)),
        when: text.when.as_ref().and_then(|when| check_when(when, scope, problems)),
        doer,
        judged,
        repeat,
    }
}

/// Checks that one agent or one workflow does the task (W101), and that nothing is said of agents where it is a workflow (W108).
fn check_doer(text: &TaskText, problems: &mut Problems<'_>) -> Doer {
    let title = format!("[tasks.{}]", short(text.name.get_ref()));
    match (text.place_of("agent"), text.place_of("workflow")) {
        (None, None) => {
            problems
                .report(Code::OneDoer, format!("nobody does {title}"))
                .at(text.name.span(), "")
                .hint("add a line like `agent = \"codemod\"`, or `workflow = \"release\"`");
        }
        (Some(agent), Some(workflow)) => {
            problems
                .report(Code::OneDoer, format!("{title} has both an agent and a workflow"))
                .at(workflow, "")
                .at(agent, "")
                .hint("remove one of the two");
        }
        (None, Some(workflow)) => {
            for key in AGENTS_KEYS {
                if let Some(place) = text.place_of(key) {
                    problems
                        .report(Code::MisplacedKey, format!("{title} is a workflow and has `{key}`"))
                        .at(place, "belongs to a task of an agent")
                        .at(workflow.clone(), "a workflow because of this")
                        .hint("write it in the file of that workflow");
                }
            }
        }
        (Some(_), None) => {}
    }
    match (&text.agent, &text.workflow) {
        (None, Some(workflow)) => {
            check_name("workflow", workflow, problems);
            Doer::Workflow(workflow.clone())
        }
        (agent, _) => {
            if let Some(agent) = agent {
                check_name("agent", agent, problems);
            }
            Doer::Agent(agent.clone().unwrap_or_else(|| Spanned::new(0..0, String::new())))
        }
    }
}

/// Checks the council, and that nobody confirms what nobody judges (W111).
fn check_council(text: &TaskText, problems: &mut Problems<'_>) -> Judged {
    let Some(council) = &text.council else {
        return Judged::ByDefault;
    };
    check_name("council", council, problems);
    if council.get_ref() != NOBODY {
        return Judged::By(council.clone());
    }
    if let Some(confirm) = &text.confirm {
        problems
            .report(
                Code::ConfirmUnjudged,
                "nothing of this task lands, so there is nothing to confirm",
            )
            .at(confirm.span(), "")
            .at(council.span(), "nobody judges it")
            .hint("remove `confirm`, or name a council");
    }
    Judged::ByNobody
}

/// Checks what a task needs (W102, W013, W106).
fn check_needs(needs: &[NeedText], texts: &[TaskText], scope: &Scope<'_>, problems: &mut Problems<'_>) -> Vec<Edge> {
    let mut seen = BTreeSet::new();
    let mut edges = Vec::new();
    for need in needs {
        let gate = need.gate.as_ref().map(|gate| gate.get_ref().as_str());
        if !seen.insert((need.task.get_ref().as_str(), gate)) {
            problems
                .report(
                    Code::Repeated,
                    format!("`needs` lists {} twice", quoted(need.task.get_ref())),
                )
                .at(need.task.span(), "again here")
                .hint("remove one of the two");
        }
        let Some(task) = scope.task(need.task.get_ref(), need.task.span(), problems) else {
            continue;
        };
        if let (Some(gate), Some(text)) = (&need.gate, texts.get(task)) {
            check_gate(gate, text, problems);
        }
        edges.push(Edge {
            task,
            gate: need.gate.clone(),
            place: need.task.span(),
        });
    }
    edges
}

/// Checks that a gate has something to look at (W106).
fn check_gate(gate: &Text, text: &TaskText, problems: &mut Problems<'_>) {
    check_name("council", gate, problems);
    let name = quoted(text.name.get_ref());
    let is_judged = text.council.as_ref().is_none_or(|council| council.get_ref() != NOBODY);
    let council = text.council.as_ref().map_or_else(|| text.name.span(), Text::span);
    let (why, place) = if gate.get_ref() == NOBODY {
        ("a gate is a council, and `none` is nobody".to_owned(), gate.span())
    } else if let Some(place) = text.place_of("workflow") {
        (format!("a gate cannot stand on {name}: it is a workflow"), place)
    } else if let Some(place) = text.place_of("when") {
        (
            format!("a gate cannot stand on {name}: where it is left out, nobody would keep the gate"),
            place,
        )
    } else if !is_judged {
        (format!("a gate cannot stand on {name}: nobody judges it"), council)
    } else {
        return;
    };
    let problem = problems.report(Code::GateUnjudged, why).at(gate.span(), "");
    let problem = if place == gate.span() {
        problem
    } else {
        problem.at(place, "because of this")
    };
    problem.hint("put the gate on a task of an agent that a council judges in every run");
}

/// Checks how many copies there are (W201, W202, W304).
fn check_repeat(repeat: &RepeatText, scope: &Scope<'_>, problems: &mut Problems<'_>) -> Option<Repeat> {
    let name = match repeat {
        RepeatText::Times(times) => return Some(Repeat::Times(*times)),
        RepeatText::Parameter(name) => name,
    };
    let (place, parameter) = scope.parameter(name, problems)?;
    if !matches!(parameter.kind, Type::Number | Type::List) {
        problems
            .report(
                Code::ParameterType,
                format!("{} does not say how many copies there are", quoted(name.get_ref())),
            )
            .at(name.span(), format!("its type is \"{}\"", parameter.kind.name()))
            .hint("repeat by a number, or by a list with one item for each copy");
    }
    if let Some(value) = parameter
        .default
        .as_ref()
        .filter(|value| crate::plan::copies(value).is_none())
    {
        problems
            .report(
                Code::Width,
                format!(
                    "no task is repeated by {}, the default of {}",
                    shown(value),
                    quoted(name.get_ref())
                ),
            )
            .at(parameter.place.clone(), "")
            .at(name.span(), "repeated by it here")
            .hint("a repeated task has 1 to 9,999 copies");
    }
    Some(Repeat::Parameter(place, name.span()))
}

/// Checks that no task has the name of a copy (W110).
fn check_copies(text: &TaskText, scope: &Scope<'_>, problems: &mut Problems<'_>) {
    let name = text.name.get_ref();
    for other in &scope.tasks {
        let number = other
            .strip_prefix(name.as_str())
            .and_then(|rest| rest.strip_prefix('-'));
        let is_number =
            number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
        if is_number {
            problems
                .report(
                    Code::CopyName,
                    format!("{} could be a copy of {}", quoted(other), quoted(name)),
                )
                .at(
                    text.name.span(),
                    "repeated: its copies are called after it, with a number",
                )
                .hint("call one of the two differently");
        }
    }
}

/// Checks when a task is done at all (W201, W202).
fn check_when(when: &WhenText, scope: &Scope<'_>, problems: &mut Problems<'_>) -> Option<When> {
    let (parameter, known) = scope.parameter(&when.parameter, problems)?;
    let place = when.parameter.span();
    let Some((is_place, is)) = &when.is else {
        if known.kind != Type::Boolean {
            problems
                .report(
                    Code::ParameterType,
                    format!("{} is not true or false", quoted(when.parameter.get_ref())),
                )
                .at(place.clone(), format!("its type is \"{}\"", known.kind.name()))
                .hint(format!(
                    "say what it must be: `when = {{ parameter = \"{}\", is = … }}`",
                    short(when.parameter.get_ref())
                ));
        }
        return Some(When {
            parameter,
            is: Value::Bool(true),
            place,
        });
    };
    let is_choice = |text: &str| known.choices.is_empty() || known.choices.iter().any(|choice| choice == text);
    let message = if !known.kind.takes(is) {
        Some(format!("{} is never {}", quoted(&known.name), shown(is)))
    } else {
        let other = is.as_str().filter(|text| !is_choice(text));
        other.map(|text| format!("{} is none of the choices of {}", quoted(text), quoted(&known.name)))
    };
    if let Some(message) = message {
        problems
            .report(Code::ParameterType, message)
            .at(is_place.clone(), "")
            .hint(known.advice());
    }
    Some(When {
        parameter,
        is: is.clone(),
        place,
    })
}
