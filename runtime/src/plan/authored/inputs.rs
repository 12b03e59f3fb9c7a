//! `inputs` of a task: values, or tables that say where a value comes from.

use super::read::{ITEMS_MAX, owned, short};
use super::{GivenText, InputText};
use crate::plan::code::Code;
use crate::plan::value::{Tables, plain};
use crate::written::language::problems::{Problems, quoted};
use crate::written::language::section::{Keys, Section, items, number, wrong_type};
use toml::Spanned;
use toml::de::DeValue;

/// How many names and positions lead into an output, at most.
pub(in crate::plan) const PATH_MAX: usize = 16;

/// The largest position in a list of an output.
const POSITION_MAX: u64 = 999_999_999;

/// The keys of an input that is a table.
pub(in crate::plan) const INPUT: Keys = Keys {
    known: &["value", "parameter", "output", "path", "history", "copy"],
    later: &["artifact", "file", "secret"],
};

/// The keys that each say alone where an input comes from.
const SOURCES: [&str; 5] = ["value", "parameter", "output", "history", "copy"];

/// Reads `inputs`; those with mistakes are left out.
pub(super) fn read_inputs(section: &Section<'_>, problems: &mut Problems<'_>) -> Vec<InputText> {
    let title = format!("`inputs` of {}", section.title);
    let inputs = section.section("inputs", title, problems);
    let Some(inputs) = inputs.filter(|inputs| !inputs.is_too_long(ITEMS_MAX, problems)) else {
        return Vec::new();
    };
    let mut read = Vec::new();
    for (name, value) in inputs.entries() {
        let title = format!("the input {}", quoted(&short(name.get_ref())));
        let given = match value.get_ref() {
            DeValue::Table(_) => read_source(title, value, problems),
            _ => plain(&title, value, Tables::Refused, problems).map(GivenText::Value),
        };
        read.extend(given.map(|given| InputText {
            name: owned(name),
            place: value.span(),
            given,
        }));
    }
    read
}

/// Reads an input that is a table: exactly one key of it says where the value comes from (W105).
fn read_source(title: String, value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<GivenText> {
    let section = Section::open(title, value.span(), value, problems)?;
    section.allow_only(&INPUT, problems);
    let mut sources: Vec<_> = SOURCES
        .into_iter()
        .filter_map(|key| Some((key, section.key_place(key)?)))
        .collect();
    sources.sort_by_key(|(_, place)| place.start);
    let mut sources = sources.into_iter();
    let hint = "write one of `value`, `parameter`, `output`, `history` and `copy`; a table that is a value itself stands under \
                `value`";
    let Some((source, _)) = sources.next() else {
        // Where a key was refused already, that says it all.
        if section.entries().is_empty() || section.key_place("path").is_some() {
            problems
                .report(
                    Code::NoSource,
                    format!("{} does not say where it comes from", section.title),
                )
                .at(value.span(), "")
                .hint(hint);
        }
        return None;
    };
    if let Some((other, place)) = sources.next() {
        problems
            .report(
                Code::NoSource,
                format!("{} comes from `{source}` and from `{other}`", section.title),
            )
            .at(place, "the second source")
            .hint(hint);
        return None;
    }
    match section.key_place("path") {
        Some(place) if source != "output" => {
            problems
                .report(Code::NoSource, format!("{} has a `path` and no output", section.title))
                .at(place, "")
                .hint("`path` leads into an `output`: remove it, or name the output");
            None
        }
        _ => read_given(source, &section, problems),
    }
}

fn read_given(source: &str, section: &Section<'_>, problems: &mut Problems<'_>) -> Option<GivenText> {
    let value = section.value(source)?;
    match source {
        "value" => plain(&section.title, value, Tables::Plain, problems).map(GivenText::Value),
        "parameter" => section.text(source, problems).map(GivenText::Parameter),
        "copy" => section.text(source, problems).map(GivenText::Copy),
        "output" => {
            let path = read_path(section, problems);
            let task = section.text(source, problems)?;
            Some(GivenText::Output { task, path: path? })
        }
        _ => {
            let flag = section.flag(source, problems)?;
            if !flag.get_ref() {
                problems
                    .report(
                        Code::NoSource,
                        format!("{} does not say where it comes from", section.title),
                    )
                    .at(flag.span(), "")
                    .hint("write `history = true`, or remove the input");
            }
            flag.into_inner().then_some(GivenText::History)
        }
    }
}

/// Reads `path` of an output: names and positions. Nothing comes back where any part is wrong.
fn read_path(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Vec<String>> {
    let (Some(place), Some(value)) = (section.key_place("path"), section.value("path")) else {
        return Some(Vec::new());
    };
    let steps = items(
        "path",
        "an array of names and positions",
        place,
        value,
        PATH_MAX,
        problems,
    )?;
    let what = "an item of `path`";
    let path: Vec<String> = steps
        .iter()
        .filter_map(|step| match step.get_ref() {
            DeValue::String(name) => Some(name.clone().into_owned()),
            DeValue::Integer(_) => number(what, step, 0..=POSITION_MAX, problems).map(|at| at.get_ref().to_string()),
            other => {
                wrong_type(what, "a name or a position", other, step.span(), problems);
                None
            }
        })
        .collect();
    (path.len() == steps.len()).then_some(path)
}
