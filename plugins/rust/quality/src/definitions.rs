//! The names that lines of code define.

use assize_judge::language::Language;
use assize_judge::words::{is_word_byte, leading_word};

/// Words before a name that is being defined.
const KEYWORDS: [&str; 18] = [
    "fn",
    "def",
    "func",
    "fun",
    "function",
    "sub",
    "class",
    "struct",
    "enum",
    "trait",
    "interface",
    "type",
    "protocol",
    "const",
    "module",
    "mod",
    "object",
    "record",
];

/// Words that begin a line which defines nothing, although a bracket follows a name.
const STATEMENTS: [&str; 12] = [
    "if", "for", "while", "switch", "return", "catch", "else", "match", "throw", "await", "case", "do",
];

/// The name a line defines, if it defines one of at least three characters. Shorter names say nothing about what a test
/// speaks of.
pub(crate) fn defined_in(line: &str, language: Language) -> Option<&str> {
    let trimmed = line.trim_start();
    by_keyword(trimmed)
        .or_else(|| by_brackets(trimmed, language))
        .filter(|name| name.len() >= 3)
}

fn by_keyword(line: &str) -> Option<&str> {
    let mut words = line.split_inclusive(|letter: char| letter.is_whitespace());
    // Modifiers such as `pub(crate) async` stand before the keyword; a definition begins within five words.
    let mut offset = 0_usize;
    for word in words.by_ref().take(5) {
        offset = offset.saturating_add(word.len());
        if KEYWORDS.contains(&word.trim_end()) {
            let mut after = line.get(offset..)?.trim_start();
            // `func (r *Receiver) Name` in Go, `def self.name` in Ruby.
            if after.starts_with('(') {
                after = after.split_once(')')?.1.trim_start();
            }
            let name = leading_word(after.strip_prefix("self.").unwrap_or(after));
            return (!name.is_empty() && !KEYWORDS.contains(&name)).then_some(name);
        }
        if word.contains(['=', '"', ';']) {
            return None;
        }
    }
    None
}

/// `public int name(…) {` and `name(…) {`, as methods are written without a keyword.
fn by_brackets(line: &str, language: Language) -> Option<&str> {
    let has_such = matches!(
        language,
        Language::C
            | Language::Cpp
            | Language::CSharp
            | Language::Java
            | Language::Dart
            | Language::JavaScript
            | Language::TypeScript
    );
    if !has_such || !line.trim_end().ends_with('{') || STATEMENTS.contains(&leading_word(line)) {
        return None;
    }
    let before = line.get(..line.find('(')?)?;
    let start = before
        .bytes()
        .rposition(|byte| !is_word_byte(byte))
        .map_or(0, |at| at.saturating_add(1));
    before
        .get(start..)
        .filter(|name| !name.is_empty() && !STATEMENTS.contains(name) && *name != "function")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_seen_in_many_languages() {
        for (line, language, name) in [
            ("pub(crate) async fn load(x: u8) {", Language::Rust, "load"),
            ("    def total(self):", Language::Python, "total"),
            ("func (s *Server) Close() error {", Language::Go, "Close"),
            (
                "export default class Widget extends Base {",
                Language::TypeScript,
                "Widget",
            ),
            ("  public static int parse(String s) {", Language::Java, "parse"),
            ("  render() {", Language::JavaScript, "render"),
            ("def self.build(x)", Language::Ruby, "build"),
            ("export const limit = 3;", Language::TypeScript, "limit"),
        ] {
            assert_eq!(defined_in(line, language), Some(name), "{line}");
        }
    }

    #[test]
    fn calls_and_statements_define_nothing() {
        for (line, language) in [
            ("if (ready(x)) {", Language::Java),
            ("let x = function(y);", Language::JavaScript),
            ("return total(x)", Language::Python),
            ("x = load(y)", Language::Rust),
        ] {
            assert_eq!(defined_in(line, language), None, "{line}");
        }
    }
}
