//! The problems found so far: parsing and checking go on after each, so that a person sees all of them at once.

use super::Language;
use crate::diagnostic::{Diagnostic, Label};
use std::ops::Range;

/// Of more problems only the last is kept, in the last place: nobody reads them, and a hostile file could make a great many.
const PROBLEMS_MAX: usize = 100;

/// Longer quotations are cut, in characters.
const QUOTED_CHARS_MAX: usize = 64;

/// The problems found so far in one file.
#[derive(Debug)]
pub struct Problems<'a> {
    file: &'a str,
    found: Vec<Diagnostic>,
    language: &'static Language,
}

impl<'a> Problems<'a> {
    /// Starts without problems.
    #[must_use]
    pub fn new(file: &'a str, language: &'static Language) -> Self {
        Self {
            file,
            found: Vec::new(),
            language,
        }
    }

    /// Returns the language of the file.
    #[must_use]
    pub fn language(&self) -> &'static Language {
        self.language
    }

    /// Adds a problem that breaks the rule `code`; the places and the hint follow on what comes back.
    pub fn report(&mut self, code: impl Into<&'static str>, message: impl Into<String>) -> Problem<'_> {
        if self.found.len() >= PROBLEMS_MAX {
            self.found.pop();
        }
        self.found.push(Diagnostic {
            code: code.into(),
            message: message.into(),
            file: self.file.to_owned(),
            labels: Vec::new(),
            hint: None,
        });
        Problem(self.found.last_mut())
    }

    /// Tells whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Tells whether so much was found that nobody reads more of it: then no effort is worth it any more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.found.len() >= PROBLEMS_MAX
    }

    /// Returns everything found, from the top of the file to its end.
    #[must_use]
    pub fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.found
            .sort_by(|a, b| (a.position(), a.code).cmp(&(b.position(), b.code)));
        self.found
    }
}

/// The problem that was reported last.
#[derive(Debug)]
pub struct Problem<'p>(Option<&'p mut Diagnostic>);

impl Problem<'_> {
    /// Adds a place; the first one added is the place of the problem.
    pub fn at(mut self, span: Range<usize>, text: impl Into<String>) -> Self {
        if let Some(diagnostic) = &mut self.0 {
            diagnostic.labels.push(Label {
                span,
                text: text.into(),
            });
        }
        self
    }

    /// Adds the place of a section, if it has one.
    pub fn at_section(self, place: Option<&Range<usize>>) -> Self {
        match place {
            Some(place) => self.at(place.clone(), ""),
            None => self,
        }
    }

    /// Says what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(diagnostic) = &mut self.0 {
            diagnostic.hint = Some(hint.into());
        }
        self
    }

    /// Offers the word that was probably meant, or else says `otherwise`.
    pub fn mean(self, nearest: Option<impl AsRef<str>>, otherwise: impl Into<String>) -> Self {
        match nearest {
            Some(word) => self.hint(format!("did you mean `{}`?", word.as_ref())),
            None => self.hint(otherwise),
        }
    }
}

/// Quotes a piece of the file in a message, cut where it is long.
#[must_use]
pub fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "`\"\"`".to_owned();
    }
    match text.char_indices().nth(QUOTED_CHARS_MAX) {
        Some((end, _)) => format!("`{}…`", text.get(..end).unwrap_or_default()),
        None => format!("`{text}`"),
    }
}

/// Lists words in a message.
pub fn listed<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    let mut list = String::new();
    for word in words {
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str(&format!("`{}`", word.as_ref()));
    }
    list
}
