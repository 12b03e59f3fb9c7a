//! What a change does to one text file, line by line.

use crate::Refusal;
use crate::evidence::{Change, Evidence, Form};
use crate::pages;

/// The lines a change adds to a file and removes from it. Held in two buffers, because a file of eight megabytes may have
/// millions of lines.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The added lines, with their numbers in the head.
    pub added: Lines,
    /// The removed lines, with their numbers in the base.
    pub removed: Lines,
}

impl Patch {
    /// Reads a change's hunks. A change without comparable text gives an empty patch.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    pub fn read(evidence: &dyn Evidence, change: &Change) -> Result<Self, Refusal> {
        let mut patch = Self::default();
        if change.form != Form::Text || change.added_lines.saturating_add(change.removed_lines) == 0 {
            return Ok(patch);
        }
        for hunk in pages::hunks(evidence, &change.path) {
            let hunk = hunk?;
            patch.added.extend(hunk.head_start, &hunk.added);
            patch.removed.extend(hunk.base_start, &hunk.removed);
        }
        Ok(patch)
    }
}

/// One line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, counted from 1.
    pub number: u32,
    /// What it says, without the line ending.
    pub text: &'a str,
}

/// Numbered lines in one buffer.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Lines {
    text: String,
    /// Of each line its number and where it ends in `text`.
    ends: Vec<(u32, usize)>,
}

impl Lines {
    /// Appends lines that follow each other from line `start`. A carriage return at their end is dropped.
    pub fn extend(&mut self, start: u32, lines: &[String]) {
        for (number, line) in (start..).zip(lines) {
            self.text.push_str(line.strip_suffix('\r').unwrap_or(line));
            self.ends.push((number, self.text.len()));
        }
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Tells whether there is no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The lines from top to bottom.
    pub fn iter(&self) -> impl Iterator<Item = Line<'_>> {
        let mut start = 0;
        self.ends.iter().map(move |&(number, end)| {
            let text = self.text.get(start..end).unwrap_or_default();
            start = end;
            Line { number, text }
        })
    }
}
