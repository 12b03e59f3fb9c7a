//! One problem in a text that a person wrote: what it is, where it stands, what to do.
//!
//! A diagnostic is plain data. Whoever shows it draws it (`cli::render` for a terminal), and only there are hostile
//! characters escaped; a diagnostic may quote the file as it is.

use std::ops::Range;

/// A place in the text and what is to be seen there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The bytes of the text that are meant; empty for a place between two bytes. It may reach past the end of the text
    /// or into a character: whoever draws it cuts it to what is there.
    pub span: Range<usize>,
    /// What is to be seen there, in a few words; empty where the message says it all.
    pub text: String,
}

/// One problem in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code of the rule that was broken, such as `P005`. The reference of the language explains each.
    pub code: &'static str,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// The name of the file, as the person knows it.
    pub file: String,
    /// Where: the first label is the place of the problem, the others are places that explain it. None where the problem
    /// has no place, such as a file that is too large.
    pub labels: Vec<Label>,
    /// What to do about it, as a sentence without a full stop.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Returns where the problem stands in the text, for sorting: problems without a place come first.
    #[must_use]
    pub fn position(&self) -> usize {
        self.labels.first().map_or(0, |label| label.span.start)
    }
}

/// What is wrong with a file of a repository, as judges see it: the same as a [`Diagnostic`], said in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// The line, counted from 1; 0 means the whole file.
    pub line: u32,
    /// What is wrong, as a sentence.
    pub message: String,
}
