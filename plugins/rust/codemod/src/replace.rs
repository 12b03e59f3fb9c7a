//! Other text in the place of what matches.

use regex::Regex;

use crate::template::Template;

/// A pattern and what takes its place.
#[derive(Debug)]
pub(crate) struct Replace {
    regex: Regex,
    with: With,
}

#[derive(Debug)]
enum With {
    Text(String),
    Template(Template),
}

/// What came of one text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Replaced {
    /// The text afterwards.
    pub(crate) text: String,
    /// How often the pattern matched.
    pub(crate) matches: u64,
    /// How often that changed something.
    pub(crate) replacements: u64,
}

impl Replace {
    /// Puts `with` as it is in the place of each match.
    pub(crate) fn literal(regex: Regex, with: &str) -> Self {
        let with = With::Text(with.to_owned());
        Self { regex, with }
    }

    /// Puts a template in the place of each match.
    pub(crate) fn template(regex: Regex, with: &str) -> Result<Self, String> {
        let with = With::Template(Template::parse(with, &regex)?);
        Ok(Self { regex, with })
    }

    /// Replaces every match in a text.
    pub(crate) fn apply(&self, text: &str) -> Replaced {
        let (mut after, mut copied) = (String::with_capacity(text.len()), 0);
        let (mut matches, mut replacements) = (0_u64, 0_u64);
        // Most files have no match, and a plain search is much faster than one for groups.
        if self.regex.is_match(text) {
            for found in self.regex.captures_iter(text) {
                let Some(whole) = found.get(0) else { continue };
                after.push_str(text.get(copied..whole.start()).unwrap_or_default());
                let start = after.len();
                match &self.with {
                    With::Text(with) => after.push_str(with),
                    With::Template(template) => template.expand(&found, &mut after),
                }
                matches = matches.saturating_add(1);
                let is_other = after.get(start..) != Some(whole.as_str());
                replacements = replacements.saturating_add(u64::from(is_other));
                copied = whole.end();
            }
        }
        after.push_str(text.get(copied..).unwrap_or_default());
        Replaced {
            text: after,
            matches,
            replacements,
        }
    }
}

/// A pattern for a literal that is no part of a longer word.
pub(crate) fn whole_words(literal: &str) -> String {
    let is_word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    let edge = |letter: Option<char>| if is_word(letter) { r"\b" } else { "" };
    let (first, last) = (edge(literal.chars().next()), edge(literal.chars().next_back()));
    format!("{first}{}{last}", regex::escape(literal))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test fails by panicking")]

    use super::*;

    fn regex(pattern: &str) -> Regex {
        Regex::new(pattern).expect("a pattern")
    }

    #[test]
    fn what_already_stands_there_is_a_match_and_no_replacement() {
        let replace = Replace::literal(regex("(?i)colour"), "color");
        let replaced = replace.apply("Colour color colour");
        assert_eq!(
            (replaced.text.as_str(), replaced.matches, replaced.replacements),
            ("color color color", 2, 2)
        );
        let again = Replace::literal(regex("(?i)color"), "color").apply(&replaced.text);
        assert_eq!((again.matches, again.replacements), (3, 0));
    }

    #[test]
    fn a_literal_stands_for_itself() {
        let replace = Replace::literal(regex(&regex::escape("a.b(")), "$1");
        assert_eq!(replace.apply("a.b( axb(").text, "$1 axb(");
    }

    #[test]
    fn whole_words_are_no_parts() {
        let replace = Replace::literal(regex(&whole_words("cat")), "dog");
        assert_eq!(
            replace.apply("cat concat cat_ (cat) Ücat").text,
            "dog concat cat_ (dog) Ücat"
        );
        let replace = Replace::literal(regex(&whole_words("->x")), "->y");
        assert_eq!(replace.apply("a->x a->xs").text, "a->y a->xs");
    }
}
