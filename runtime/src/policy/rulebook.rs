//! `policies/RULES.md` as values: what each rule of the shipped judges finds, how severe that is, what it leaves alone.
//!
//! The file is for people first, and this module reads what its form has to keep: a table with one row a rule, whose second
//! cell says the severity, and one `##` section a rule or for several, headed by their ids with commas between.

use std::sync::LazyLock;

use crate::written::language::nearest::nearest;

/// The text of `policies/RULES.md`.
pub const TEXT: &str = include_str!("../../../policies/RULES.md");

/// The words of a finding's severity, from mild to severe.
const SEVERITIES: [&str; 4] = ["note", "warning", "error", "critical"];

/// Every rule that the file explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rulebook {
    pages: Vec<Page>,
}

/// What the file says of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rule's id, `judge/rule`.
    pub rule: &'static str,
    /// How severe its findings are, in words: `error`, `note or warning`, `note to critical`.
    pub severity: &'static str,
    /// What it finds, as one sentence without markup.
    pub summary: String,
    /// Its section, as Markdown without the heading. Rules with one section share it.
    pub text: &'static str,
}

impl Page {
    /// Returns the worst severity that the rule's findings can have: `note`, `warning`, `error` or `critical`.
    #[must_use]
    pub fn worst(&self) -> &'static str {
        let named = |word: &&&str| self.severity.split(' ').any(|part| part == **word);
        SEVERITIES.iter().rev().find(named).copied().unwrap_or("note")
    }
}

impl Rulebook {
    /// Returns the book that comes with this binary.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Rulebook> = LazyLock::new(|| Rulebook::parse(TEXT));
        &SHIPPED
    }

    /// Reads a book. What does not have the form is passed over.
    #[must_use]
    pub fn parse(text: &'static str) -> Self {
        let mut pages = Vec::new();
        for section in text.split("\n## ").skip(1) {
            let (heading, text) = section.split_once('\n').unwrap_or((section, ""));
            for rule in heading.split(',').map(str::trim).filter(|rule| rule.contains('/')) {
                pages.push(Page {
                    rule,
                    severity: "",
                    summary: summary(text),
                    text: text.trim(),
                });
            }
        }
        for (rule, severity) in text.lines().filter_map(row) {
            if let Some(page) = pages.iter_mut().find(|page| page.rule == rule) {
                page.severity = severity;
            }
        }
        Self { pages }
    }

    /// Returns the pages, in the file's order.
    #[must_use]
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// Returns what the file says of a rule.
    #[must_use]
    pub fn page(&self, rule: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.rule == rule)
    }

    /// Returns the rule that somebody who wrote `word` most likely meant, with or without its judge.
    #[must_use]
    pub fn nearest(&self, word: &str) -> Option<&'static str> {
        let ids = || self.pages.iter().map(|page| page.rule);
        let short = |id: &'static str| id.split_once('/').map_or(id, |(_, rule)| rule);
        nearest(word, ids()).or_else(|| {
            let meant = nearest(word, ids().map(short))?;
            ids().find(|id| short(id) == meant)
        })
    }
}

/// A row of the table: a rule in a link, and its severity.
fn row(line: &'static str) -> Option<(&'static str, &'static str)> {
    let (rule, rest) = line.strip_prefix("| [")?.split_once(']')?;
    let (_, severity) = rest.split_once('|')?;
    Some((rule, severity.trim().trim_end_matches('|').trim_end()))
}

/// The first sentence of a section: its first paragraph up to a full stop and a space, or whole; without marks of emphasis.
fn summary(text: &str) -> String {
    let paragraph = text.trim().split("\n\n").next().unwrap_or_default();
    let line = paragraph
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace("**", "");
    let end = line.find(". ").map_or(line.len(), |stop| stop.saturating_add(1));
    line.get(..end).unwrap_or(&line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::rules::RULES;
    use super::{Rulebook, SEVERITIES};

    /// A rule without a page, a page without a rule, or a page twice, all fail here.
    #[test]
    fn every_rule_has_its_page_and_every_page_its_rule() {
        let mut pages: Vec<&str> = Rulebook::shipped().pages().iter().map(|page| page.rule).collect();
        let mut rules: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        pages.sort_unstable();
        rules.sort_unstable();
        assert_eq!(pages, rules);
    }

    #[test]
    fn every_page_says_how_severe_its_rule_is_and_what_it_finds() {
        for page in Rulebook::shipped().pages() {
            let words: Vec<&str> = page.severity.split(' ').collect();
            let is_known = |word: &&&str| SEVERITIES.contains(word) || matches!(**word, "to" | "or");
            assert!(
                !page.severity.is_empty() && words.iter().all(|word| is_known(&word)),
                "the table of policies/RULES.md says `{}` of {}",
                page.severity,
                page.rule
            );
            assert!(
                page.summary.starts_with("Find") && page.summary.len() > 30,
                "{}: its section does not begin with what it finds: {}",
                page.rule,
                page.summary
            );
            assert!(page.text.contains("**Find"), "{}", page.rule);
        }
    }

    #[test]
    fn a_small_book_is_read() {
        let book = Rulebook::parse(
            "# Rules\n\n| rule | severity |\n|---|---|\n| [j/a](#ja-jb) | note to critical |\n| [j/b](#ja-jb) | note |\n\n\
             ## j/a, j/b\n\n**Find** one thing\nover two lines. **Why:** so.\n\nMore.\n\n## Afterword\n\nNothing.\n",
        );
        let [first, second] = book.pages() else {
            panic!("{book:#?}");
        };
        assert_eq!((first.rule, first.worst()), ("j/a", "critical"));
        assert_eq!((second.rule, second.worst()), ("j/b", "note"));
        assert_eq!(first.summary, "Find one thing over two lines.");
        assert_eq!(first.text, second.text);
        assert!(first.text.ends_with("More."), "{}", first.text);
    }

    #[test]
    fn a_likely_rule_is_offered() {
        let book = Rulebook::shipped();
        assert_eq!(book.nearest("technical/placeholdr"), Some("technical/placeholder"));
        assert_eq!(book.nearest("placeholder"), Some("technical/placeholder"));
        assert_eq!(book.nearest("shadowcopy"), Some("integration/shadow-copy"));
        assert_eq!(book.nearest("zzzz"), None);
    }
}
