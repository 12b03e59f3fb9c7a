//! The text that takes the place of a match, with `$1` and `${name}` for what the groups of the pattern found.

use regex::{Captures, Regex};

/// A text with references to groups, all of which the pattern has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Group(usize),
}

impl Template {
    /// Reads a template for the groups of `regex`; `$$` is a dollar sign.
    pub(crate) fn parse(text: &str, regex: &Regex) -> Result<Self, String> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            pieces.push(Piece::Text(before.to_owned()));
            if let Some(behind) = after.strip_prefix('$') {
                pieces.push(Piece::Text("$".to_owned()));
                rest = behind;
                continue;
            }
            let (name, behind) =
                reference(after).ok_or("has a `$` that refers to no group; write `$$` for a dollar sign")?;
            let group = group_of(regex, name).ok_or_else(|| missing(regex, name))?;
            pieces.push(Piece::Group(group));
            rest = behind;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
        Ok(Self { pieces })
    }

    /// The text for one match.
    pub(crate) fn expand(&self, found: &Captures<'_>, into: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => into.push_str(text),
                Piece::Group(group) => into.push_str(found.get(*group).map_or("", |part| part.as_str())),
            }
        }
    }
}

/// The name behind a dollar sign, and what follows.
fn reference(after: &str) -> Option<(&str, &str)> {
    if let Some(braced) = after.strip_prefix('{') {
        return braced.split_once('}').filter(|(name, _)| !name.is_empty());
    }
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let end = after.find(|letter| !is_name(letter)).unwrap_or(after.len());
    after.split_at_checked(end).filter(|(name, _)| !name.is_empty())
}

fn group_of(regex: &Regex, name: &str) -> Option<usize> {
    match name.parse::<usize>() {
        Ok(number) => (number < regex.captures_len()).then_some(number),
        Err(_) => regex.capture_names().position(|group| group == Some(name)),
    }
}

fn missing(regex: &Regex, name: &str) -> String {
    let groups = regex.captures_len().saturating_sub(1);
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let mut said = format!("refers to the group `{name}`, but the pattern has {groups} groups and none of that name");
    if let Some((number, behind)) = name
        .split_at_checked(digits)
        .filter(|(number, behind)| !number.is_empty() && !behind.is_empty())
    {
        said.push_str(&format!(
            "; for the group {number} with `{behind}` behind it write `${{{number}}}{behind}`"
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test fails by panicking")]

    use super::*;

    fn expanded(pattern: &str, template: &str, text: &str) -> Result<String, String> {
        let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
        let template = Template::parse(template, &regex)?;
        let mut into = String::new();
        for found in regex.captures_iter(text) {
            template.expand(&found, &mut into);
        }
        Ok(into)
    }

    #[test]
    fn groups_are_put_in_by_number_and_name() {
        assert_eq!(
            expanded("(a)(?P<second>b)", "${second}-$1-$0$$", "ab"),
            Ok("b-a-ab$".to_owned())
        );
        assert_eq!(expanded("(a)|(b)", "<$1$2>", "ab"), Ok("<a><b>".to_owned()));
    }

    #[test]
    fn a_group_that_is_not_there_is_named() {
        let complaint = expanded("(a)", "$1x", "a").expect_err("no such group");
        assert!(
            complaint.contains("`1x`") && complaint.contains("`${1}x`"),
            "{complaint}"
        );
        assert!(expanded("a", "$1", "a").is_err() && expanded("a", "${b}", "a").is_err());
        assert!(expanded("a", "1 $", "a").is_err() && expanded("a", "${", "a").is_err());
    }
}
