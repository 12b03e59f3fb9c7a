//! Patterns of commands, against a naive reading of the same grammar.

use std::fmt::Write as _;

use assize::policy::Policy;
use assize::policy::place::Place;
use assize::policy::process::{Argument, CommandGrant, Confinement};

/// The most commands and words of one input that are looked at.
const COMMANDS_MAX: usize = 16;
const WORDS_MAX: usize = 12;

/// Takes the first two lines as patterns and every other as a command, words between single spaces.
///
/// # Panics
///
/// When a promise is broken.
pub fn command(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n').map(words);
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else {
        return;
    };
    ask_policy(&first);
    let (Some(ours), Some(theirs)) = (pattern(&first), pattern(&second)) else {
        return;
    };
    assert!(ours.covers(&ours) && ours.both(&ours).is_some_and(|both| both.arguments == ours.arguments));
    let both = ours.both(&theirs);
    if let Some(both) = &both {
        assert!(
            ours.covers(both) && theirs.covers(both),
            "{ours} and {theirs} gave {both}"
        );
    }
    for command in lines.take(COMMANDS_MAX) {
        let (one, two) = (ours.opens(&command), theirs.opens(&command));
        assert_eq!(one, naive(&first, &command, false), "{ours} and {command:?}");
        assert_eq!(two, naive(&second, &command, false), "{theirs} and {command:?}");
        assert!(
            !(ours.covers(&theirs) && two && !one),
            "{ours} covers {theirs} but for {command:?}"
        );
        let together = both.as_ref().is_some_and(|both| both.opens(&command));
        assert_eq!(together, one && two, "{ours} and {theirs} and {command:?}");
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').take(WORDS_MAX).collect()
}

/// The pattern that a policy would make of these words, where it takes them.
fn pattern(words: &[&str]) -> Option<CommandGrant> {
    let (last, before) = words.split_last()?;
    if before.contains(&"**") || words[0].starts_with('*') || words[0].is_empty() {
        return None;
    }
    if words
        .iter()
        .any(|word| word.contains('*') && !matches!(*word, "*" | "**"))
    {
        return None;
    }
    let argument = |word: &&str| match *word {
        "*" => Argument::AnyOne,
        "**" => Argument::AnyRest,
        word => Argument::Text(word.to_owned()),
    };
    Some(grant(before.iter().chain([last]).map(argument).collect()))
}

fn naive(pattern: &[&str], command: &[&str], options_over: bool) -> bool {
    match (pattern.split_first(), command.split_first()) {
        (None, None) => true,
        (Some((&"**", _)), _) => true,
        (Some((&"*", rest)), Some((word, after))) => {
            (options_over || !word.starts_with('-')) && naive(rest, after, options_over)
        }
        (Some((text, rest)), Some((word, after))) => text == word && naive(rest, after, options_over || *text == "--"),
        _ => false,
    }
}

/// Whatever the words are, a policy with them is taken or refused, and never anything else.
fn ask_policy(words: &[&str]) {
    let mut text = String::from("version = 1\n[roles.a]\nallow = [\"process.run\"]\n[roles.a.process]\nallow = [[");
    for word in words {
        // TOML's basic strings are JSON's, but for what JSON leaves bare.
        let quoted = serde_json::to_string(word)
            .unwrap_or_default()
            .replace('\u{7f}', "\\u007f");
        let _ = write!(text, "{quoted}, ");
    }
    text.push_str("]]\n");
    let _ = Policy::parse("fuzz.toml", &text);
}

/// A grant of these arguments, from nowhere in particular.
fn grant(arguments: Vec<Argument>) -> CommandGrant {
    CommandGrant {
        arguments,
        confinement: Confinement::Full,
        place: Place {
            role: "a".to_owned(),
            item: String::new(),
            line: 1,
        },
    }
}
