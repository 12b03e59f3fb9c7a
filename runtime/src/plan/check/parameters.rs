//! The rules for `[parameters]`.

use super::{check_distinct, check_name, unknown_word};
use crate::plan::authored::{ParameterText, Text};
use crate::plan::code::Code;
use crate::plan::value::{Type, shown};
use crate::plan::workflow::Parameter;
use crate::written::language::problems::{Problems, listed, quoted};

/// Checks every parameter. One whose type is wrong takes texts, and nothing is concluded from that.
pub(super) fn check(texts: &[ParameterText], problems: &mut Problems<'_>) -> Vec<Parameter> {
    texts.iter().map(|text| check_one(text, problems)).collect()
}

fn check_one(text: &ParameterText, problems: &mut Problems<'_>) -> Parameter {
    check_name("parameter", &text.name, problems);
    let kind = text.kind.as_ref().and_then(|word| check_type(word, problems));
    if let Some(kind) = kind {
        check_default(kind, text, problems);
        check_choices(kind, text, problems);
    }
    let choices = text.choices.as_deref().unwrap_or_default();
    Parameter {
        name: text.name.get_ref().clone(),
        kind: kind.unwrap_or(Type::Text),
        summary: text
            .summary
            .as_ref()
            .map(|summary| summary.get_ref().clone())
            .unwrap_or_default(),
        default: text.default.as_ref().map(|(_, value)| value.clone()),
        choices: choices.iter().map(|choice| choice.get_ref().clone()).collect(),
        place: text.name.span(),
    }
}

/// Reads the type (W012).
fn check_type(word: &Text, problems: &mut Problems<'_>) -> Option<Type> {
    let kind = Type::named(word.get_ref());
    if kind.is_none() {
        unknown_word("type of a parameter", word, &Type::NAMES, problems);
    }
    kind
}

/// Checks that the default has the type (W202).
fn check_default(kind: Type, text: &ParameterText, problems: &mut Problems<'_>) {
    let Some((place, value)) = &text.default else { return };
    if !kind.takes(value) {
        problems
            .report(
                Code::ParameterType,
                format!(
                    "the default of {} is not {}",
                    quoted(text.name.get_ref()),
                    kind.article()
                ),
            )
            .at(place.clone(), "")
            .hint("change the `type` or the `default`");
    }
}

/// Checks the choices (W204).
fn check_choices(kind: Type, text: &ParameterText, problems: &mut Problems<'_>) {
    let Some(place) = text.choices_key.clone() else { return };
    let name = quoted(text.name.get_ref());
    if kind != Type::Text {
        problems
            .report(Code::MisplacedChoices, format!("{name} has choices and is no text"))
            .at(place, "")
            .hint("remove `choices`, or write `type = \"text\"`");
        return;
    }
    let Some(choices) = &text.choices else { return };
    check_distinct("choices", choices, problems);
    if choices.is_empty() {
        problems
            .report(Code::MisplacedChoices, format!("{name} leaves nothing to choose"))
            .at(place, "")
            .hint("list what it may be, or remove `choices`");
        return;
    }
    let Some((place, value)) = &text.default else { return };
    let is_choice = |text: &str| choices.iter().any(|choice| choice.get_ref() == text);
    if value.as_str().is_some_and(|text| !is_choice(text)) {
        problems
            .report(
                Code::MisplacedChoices,
                format!("the default of {name}, {}, is none of its choices", shown(value)),
            )
            .at(place.clone(), "")
            .hint(format!(
                "use one of {}",
                listed(choices.iter().map(|choice| choice.get_ref()))
            ));
    }
}
