//! `[tasks.NAME]` and what stands in it.

use super::inputs::read_inputs;
use super::read::{ITEMS_MAX, SECONDS_MAX};
use super::{NeedText, RepeatText, RetryText, TaskText, Text, WhenText};
use crate::plan::value::{Tables, plain};
use crate::written::language::problems::Problems;
use crate::written::language::section::{Keys, Section, items, number, signed, text, wrong_type};
use toml::Spanned;
use toml::de::DeValue;

/// How often a task may be tried.
pub(in crate::plan) const ATTEMPTS_MAX: u64 = 100;

/// The longest wait before a new attempt, in milliseconds: one day.
pub(in crate::plan) const DELAY_MS_MAX: u64 = 86_400_000;

/// The largest factor between two waits, in hundredths.
pub(in crate::plan) const FACTOR_PERCENT_MAX: u64 = 1_000;

/// How many copies of a repeated task there may be.
pub(in crate::plan) const COPIES_MAX: u64 = 9_999;

/// The most important and, below zero, the least important task.
pub(in crate::plan) const PRIORITY_MAX: i64 = 1_000;

/// The longest estimate, in minutes: one year.
pub(in crate::plan) const ESTIMATE_MINUTES_MAX: u64 = 525_600;

pub(in crate::plan) const TASK: Keys = Keys {
    known: &[
        "agent",
        "workflow",
        "summary",
        "type",
        "needs",
        "inputs",
        "council",
        "confirm",
        "retry",
        "timeout_seconds",
        "priority",
        "key",
        "undo",
        "estimate_minutes",
        "repeat",
        "when",
    ],
    later: &["budget_cents", "model", "persona", "wait"],
};
pub(in crate::plan) const NEED: Keys = Keys {
    known: &["task", "gate"],
    later: &[],
};
pub(in crate::plan) const RETRY: Keys = Keys {
    known: &[
        "attempts",
        "delay_ms",
        "factor_percent",
        "delay_max_ms",
        "jitter_percent",
        "on",
    ],
    later: &[],
};
pub(in crate::plan) const REPEAT: Keys = Keys {
    known: &["parameter"],
    later: &["until"],
};
pub(in crate::plan) const WHEN: Keys = Keys {
    known: &["parameter", "is"],
    later: &["output"],
};

/// Reads `[tasks.NAME]`.
pub(super) fn read_task(name: Text, section: &Section<'_>, problems: &mut Problems<'_>) -> TaskText {
    section.allow_only(&TASK, problems);
    let number = |key: &str, max: u64, problems: &mut Problems<'_>| {
        section.number(key, 1..=max, problems).map(Spanned::into_inner)
    };
    TaskText {
        keys: section
            .entries()
            .into_iter()
            .map(|(key, _)| (key.get_ref().clone().into_owned(), key.span()))
            .collect(),
        agent: section.text("agent", problems),
        workflow: section.text("workflow", problems),
        summary: section.text("summary", problems),
        kind: section.text("type", problems),
        needs: read_needs(section, problems),
        inputs: read_inputs(section, problems),
        council: section.text("council", problems),
        confirm: section.flag("confirm", problems),
        retry: section.value("retry").and_then(|value| read_retry(value, problems)),
        timeout_seconds: number("timeout_seconds", SECONDS_MAX, problems),
        priority: section
            .value("priority")
            .and_then(|value| signed("priority", value, -PRIORITY_MAX..=PRIORITY_MAX, problems))
            .map(Spanned::into_inner),
        key: section.text("key", problems),
        undo: section.text("undo", problems),
        estimate_minutes: number("estimate_minutes", ESTIMATE_MINUTES_MAX, problems),
        repeat: section.value("repeat").and_then(|value| read_repeat(value, problems)),
        when: section.value("when").and_then(|value| read_when(value, problems)),
        name,
    }
}

/// Reads `needs`: empty where the key is missing, nothing where any part is wrong.
fn read_needs(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Vec<NeedText>> {
    let (Some(place), Some(value)) = (section.key_place("needs"), section.value("needs")) else {
        return Some(Vec::new());
    };
    let items = items("needs", "an array", place, value, ITEMS_MAX, problems)?;
    let needs: Vec<_> = items.iter().filter_map(|item| read_need(item, problems)).collect();
    (needs.len() == items.len()).then_some(needs)
}

fn read_need(item: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<NeedText> {
    let what = "an item of `needs`";
    match item.get_ref() {
        DeValue::String(name) => Some(NeedText {
            task: Spanned::new(item.span(), name.clone().into_owned()),
            gate: None,
        }),
        DeValue::Table(_) => {
            let section = Section::open(what.to_owned(), item.span(), item, problems)?;
            section.allow_only(&NEED, problems);
            section.require("task", "task = \"design\"", problems);
            let gate = section.text("gate", problems);
            Some(NeedText {
                task: section.text("task", problems)?,
                gate,
            })
        }
        other => {
            let wanted = "the name of a task, or a table with `task` and `gate`";
            wrong_type(what, wanted, other, item.span(), problems);
            None
        }
    }
}

/// Reads `retry`: how often, or a table.
fn read_retry(value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<RetryText> {
    match value.get_ref() {
        DeValue::Integer(_) => {
            let attempts = number("retry", value, 1..=ATTEMPTS_MAX, problems)?.into_inner();
            Some(RetryText {
                attempts: Some(attempts),
                ..RetryText::default()
            })
        }
        DeValue::Table(_) => {
            let section = Section::open("`retry`".to_owned(), value.span(), value, problems)?;
            section.allow_only(&RETRY, problems);
            section.require("attempts", "attempts = 3", problems);
            let number = |key: &str, range, problems: &mut Problems<'_>| {
                section.number(key, range, problems).map(Spanned::into_inner)
            };
            Some(RetryText {
                attempts: number("attempts", 1..=ATTEMPTS_MAX, problems),
                delay_ms: number("delay_ms", 0..=DELAY_MS_MAX, problems),
                factor_percent: number("factor_percent", 100..=FACTOR_PERCENT_MAX, problems),
                delay_max_ms: section.number("delay_max_ms", 0..=DELAY_MS_MAX, problems),
                jitter_percent: number("jitter_percent", 0..=100, problems),
                on: section
                    .key_place("on")
                    .and_then(|_| section.texts("on", ITEMS_MAX, problems)),
            })
        }
        other => {
            let wanted = "how often the task is tried, or a table";
            wrong_type("`retry`", wanted, other, value.span(), problems);
            None
        }
    }
}

/// Reads `repeat`: how many copies, or a table.
fn read_repeat(value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<RepeatText> {
    match value.get_ref() {
        DeValue::Integer(_) => {
            let times = number("repeat", value, 1..=COPIES_MAX, problems)?;
            Some(RepeatText::Times(times.into_inner()))
        }
        DeValue::Table(_) => {
            let section = Section::open("`repeat`".to_owned(), value.span(), value, problems)?;
            section.allow_only(&REPEAT, problems);
            section.require("parameter", "parameter = \"width\"", problems);
            Some(RepeatText::Parameter(section.text("parameter", problems)?))
        }
        other => {
            let wanted = "how many copies there are, or a table with `parameter`";
            wrong_type("`repeat`", wanted, other, value.span(), problems);
            None
        }
    }
}

/// Reads `when`: a parameter, or a table.
fn read_when(value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<WhenText> {
    match value.get_ref() {
        DeValue::String(_) => Some(WhenText {
            parameter: text("when", value, problems)?,
            is: None,
        }),
        DeValue::Table(_) => {
            let section = Section::open("`when`".to_owned(), value.span(), value, problems)?;
            section.allow_only(&WHEN, problems);
            section.require("parameter", "parameter = \"qa\"", problems);
            let is = match section.value("is") {
                Some(is) => Some((is.span(), plain("`is`", is, Tables::Plain, problems)?)),
                None => None,
            };
            Some(WhenText {
                parameter: section.text("parameter", problems)?,
                is,
            })
        }
        other => {
            let wanted = "the name of a parameter, or a table with `parameter` and `is`";
            wrong_type("`when`", wanted, other, value.span(), problems);
            None
        }
    }
}
