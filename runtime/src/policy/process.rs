//! Which commands of the machine a plugin may run.

use super::place::Place;
use std::fmt;

/// One argument of a command, as a policy writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// This text, byte for byte.
    Text(String),
    /// `*`: any one argument that is no option, which is one that begins with `-`; behind a `--` any one.
    AnyOne,
    /// `**`: any number of arguments, also none. It stands last.
    AnyRest,
}

/// One command of `process.allow`. There is never a shell: a program and its arguments are started as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandGrant {
    /// The program, then its arguments.
    pub arguments: Vec<Argument>,
    /// Which line of the policy says so.
    pub place: Place,
}

impl CommandGrant {
    /// Tells whether the grant opens a command: the program and its arguments.
    #[must_use]
    pub fn opens(&self, command: &[&str]) -> bool {
        let mut given = command.iter();
        let mut options_over = false;
        for argument in &self.arguments {
            let fits = match (argument, given.next()) {
                (Argument::AnyRest, _) => return true,
                (Argument::AnyOne, Some(word)) => options_over || !is_option(word),
                (Argument::Text(text), Some(word)) => text == word,
                (Argument::AnyOne | Argument::Text(_), None) => false,
            };
            if !fits {
                return false;
            }
            options_over |= argument.ends_options();
        }
        given.next().is_none()
    }

    /// Tells whether this grant opens every command that `other` opens.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let mut theirs = other.arguments.iter();
        let mut options_over = false;
        for argument in &self.arguments {
            // Where their `--` stood, ours did: so a `*` of theirs never takes an option that ours does not.
            let fits = match (argument, theirs.next()) {
                (Argument::AnyRest, _) => return true,
                (Argument::AnyOne, Some(Argument::AnyOne)) => true,
                (Argument::AnyOne, Some(Argument::Text(theirs))) => options_over || !is_option(theirs),
                (Argument::Text(ours), Some(Argument::Text(theirs))) => ours == theirs,
                _ => false,
            };
            if !fits {
                return false;
            }
            options_over |= argument.ends_options();
        }
        theirs.next().is_none()
    }
}

impl Argument {
    /// Tells whether no argument behind it is an option.
    fn ends_options(&self) -> bool {
        matches!(self, Self::Text(text) if text == "--")
    }
}

/// Tells whether programs read an argument as an option.
fn is_option(word: &str) -> bool {
    word.starts_with('-')
}

impl CommandGrant {
    /// Returns the grant of what both open, if they open anything together.
    #[must_use]
    pub fn both(&self, other: &Self) -> Option<Self> {
        let mut arguments = Vec::new();
        let (mut ours, mut theirs) = (self.arguments.iter(), other.arguments.iter());
        let (mut our_options_over, mut their_options_over) = (false, false);
        loop {
            let pair = (ours.next(), theirs.next());
            match pair {
                (None, None | Some(Argument::AnyRest)) | (Some(Argument::AnyRest), None) => break,
                (Some(Argument::AnyRest), Some(argument)) => {
                    arguments.push(argument.clone());
                    arguments.extend(theirs.cloned());
                    break;
                }
                (Some(argument), Some(Argument::AnyRest)) => {
                    arguments.push(argument.clone());
                    arguments.extend(ours.cloned());
                    break;
                }
                (Some(Argument::AnyOne), Some(Argument::AnyOne)) => arguments.push(Argument::AnyOne),
                (Some(Argument::AnyOne), Some(argument @ Argument::Text(text)))
                    if our_options_over || !is_option(text) =>
                {
                    arguments.push(argument.clone());
                }
                (Some(argument @ Argument::Text(text)), Some(Argument::AnyOne))
                    if their_options_over || !is_option(text) =>
                {
                    arguments.push(argument.clone());
                }
                (Some(one), Some(two)) if one == two => arguments.push(one.clone()),
                _ => return None,
            }
            our_options_over |= pair.0.is_some_and(Argument::ends_options);
            their_options_over |= pair.1.is_some_and(Argument::ends_options);
        }
        Some(Self {
            arguments,
            place: self.place.clone(),
        })
    }
}

impl fmt::Display for CommandGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, argument) in self.arguments.iter().enumerate() {
            let space = if position == 0 { "" } else { " " };
            match argument {
                Argument::AnyOne => write!(f, "{space}*")?,
                Argument::AnyRest => write!(f, "{space}**")?,
                Argument::Text(text) if is_plain(text) => write!(f, "{space}{text}")?,
                Argument::Text(text) => write!(f, "{space}{text:?}")?,
            }
        }
        Ok(())
    }
}

/// Tells whether a text reads as one argument without quotation marks.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text != "*" && text != "**" && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"')
}

#[cfg(test)]
mod tests {
    use super::{Argument, CommandGrant};
    use crate::policy::place::Place;

    fn grant(text: &str) -> CommandGrant {
        let argument = |word| match word {
            "*" => Argument::AnyOne,
            "**" => Argument::AnyRest,
            word => Argument::Text(word.to_owned()),
        };
        CommandGrant {
            arguments: text.split(' ').map(argument).collect(),
            place: Place {
                role: String::new(),
                item: text.to_owned(),
                line: 1,
            },
        }
    }

    #[test]
    fn a_command_is_opened_argument_by_argument() {
        for (pattern, command, yes) in [
            ("cargo test **", &["cargo", "test"][..], true),
            ("cargo test **", &["cargo", "test", "--", "x"], true),
            ("cargo test **", &["cargo", "tests"], false),
            ("cargo test **", &["cargo"], false),
            ("cargo *", &["cargo", "build"], true),
            ("cargo *", &["cargo"], false),
            ("cargo *", &["cargo", "build", "x"], false),
            ("cargo", &["cargo"], true),
            ("cargo", &[], false),
            ("cargo", &["/tmp/cargo"], false),
            ("ls *", &["ls", "-R"], false),
            ("ls *", &["ls", "-"], false),
            ("ls -- *", &["ls", "--", "-R"], true),
            ("ls * --", &["ls", "-R", "--"], false),
            ("ls **", &["ls", "-R"], true),
        ] {
            assert_eq!(grant(pattern).opens(command), yes, "{pattern} {command:?}");
        }
    }

    #[test]
    fn what_covers_another_opens_all_that_it_opens() {
        let words = ["a", "--", "-b", "*", "**"];
        let mut patterns = vec!["a".to_owned()];
        for first in words {
            patterns.push(format!("a {first}"));
            if first != "**" {
                patterns.extend(words.map(|second| format!("a {first} {second}")));
            }
        }
        let mut commands: Vec<Vec<&str>> = vec![vec!["a"]];
        for length in 1..=3 {
            let shorter: Vec<Vec<&str>> = commands
                .iter()
                .filter(|command| command.len() == length)
                .cloned()
                .collect();
            for command in shorter {
                commands.extend(["a", "--", "-b", "-c", "c"].map(|word| [command.as_slice(), &[word]].concat()));
            }
        }
        for ours in &patterns {
            for theirs in &patterns {
                let (ours, theirs) = (grant(ours), grant(theirs));
                let opens_all = commands
                    .iter()
                    .all(|command| !theirs.opens(command) || ours.opens(command));
                assert_eq!(ours.covers(&theirs), opens_all, "{ours} and {theirs}");
                let both = ours.both(&theirs);
                for command in &commands {
                    assert_eq!(
                        both.as_ref().is_some_and(|both| both.opens(command)),
                        ours.opens(command) && theirs.opens(command),
                        "{ours} and {theirs} of {command:?}"
                    );
                }
            }
        }
    }
}
