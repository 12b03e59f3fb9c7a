//! What a formatter would write, as differences in lines: rustfmt's own, and unified ones.

use super::{Dialect, Reading};
use crate::suggestion::{Apart, Edit, Place, Reason, Suggestion};

/// Reads all differences of an output.
pub(super) fn read(text: &str, dialect: Dialect, reading: &mut Reading) {
    let text = uncoloured(text);
    let (mut file, mut hunk): (Option<&str>, Option<Hunk<'_>>) = (None, None);
    for line in text.split('\n') {
        if let Some(open) = &mut hunk
            && open.take(line)
        {
            continue;
        }
        if let Some(closed) = hunk.take() {
            closed.close(reading);
        }
        if dialect.takes(Dialect::Rustfmt)
            && let Some((file, first)) = rustfmt_place(line)
        {
            hunk = Some(Hunk::new("rustfmt", file, first, None));
        } else if dialect.takes(Dialect::Diff) {
            if let Some(name) = line.strip_prefix("+++ ") {
                let name = name.split('\t').next().unwrap_or_default();
                file = Some(name.strip_prefix("b/").unwrap_or(name));
            } else if let (Some(file), Some((first, counts))) = (file, unified_place(line)) {
                hunk = Some(Hunk::new("diff", file, first, Some(counts)));
            }
        }
    }
    if let Some(closed) = hunk {
        closed.close(reading);
    }
}

/// One difference on its way.
struct Hunk<'a> {
    rule: &'static str,
    file: &'a str,
    first: u64,
    /// How many old and new lines are to come, where the tool says so.
    counts: Option<(u64, u64)>,
    old: Vec<&'a str>,
    new: Vec<&'a str>,
    /// Which side a mark for a missing last line feed would be of.
    last: char,
    unended: (bool, bool),
}

impl<'a> Hunk<'a> {
    fn new(rule: &'static str, file: &'a str, first: u64, counts: Option<(u64, u64)>) -> Self {
        Self {
            rule,
            file,
            first,
            counts,
            old: Vec::new(),
            new: Vec::new(),
            last: ' ',
            unended: (false, false),
        }
    }

    /// Takes a line that belongs to the difference, and tells whether it does.
    fn take(&mut self, line: &'a str) -> bool {
        if line.starts_with('\\') && self.counts.is_some() {
            self.unended.0 |= self.last != '+';
            self.unended.1 |= self.last != '-';
            return true;
        }
        let mut letters = line.chars();
        let Some(sign) = letters.next().filter(|sign| matches!(sign, ' ' | '-' | '+')) else {
            return false;
        };
        let (is_old, is_new) = (sign != '+', sign != '-');
        if let Some((old, new)) = &mut self.counts {
            let left = (old.checked_sub(is_old.into()), new.checked_sub(is_new.into()));
            let (Some(old_left), Some(new_left)) = left else {
                return false;
            };
            (*old, *new) = (old_left, new_left);
        }
        if is_old {
            self.old.push(letters.as_str());
        }
        if is_new {
            self.new.push(letters.as_str());
        }
        self.last = sign;
        true
    }

    fn close(mut self, reading: &mut Reading) {
        // Only one of them ends with a line feed: there another, empty line follows.
        match self.unended {
            (true, false) => self.new.push(""),
            (false, true) => self.old.push(""),
            _ => {}
        }
        let is_whole = self.counts.is_none_or(|left| left == (0, 0)) && !self.old.is_empty() && !self.new.is_empty();
        reading.add(Suggestion {
            rule: self.rule.to_owned(),
            edits: vec![Edit {
                file: self.file.to_owned(),
                place: Place::Lines {
                    first: self.first,
                    old: self.old.iter().map(|&line| line.to_owned()).collect(),
                },
                with: self.new.join("\n"),
            }],
            unfit: (!is_whole).then_some(Reason::Unreadable),
            apart: Apart::Characters,
        });
    }
}

/// `Diff in FILE:LINE:`, and `Diff in FILE at line LINE:` of older versions.
fn rustfmt_place(line: &str) -> Option<(&str, u64)> {
    let place = line.strip_prefix("Diff in ")?.trim_end().strip_suffix(':')?;
    let apart = place.rsplit_once(" at line ").or_else(|| place.rsplit_once(':'));
    let (file, line) = apart?;
    Some((file, line.parse().ok()?))
}

/// `@@ -FIRST,COUNT +FIRST,COUNT @@`; a count of 1 may be left out.
fn unified_place(line: &str) -> Option<(u64, (u64, u64))> {
    let (old, rest) = line.strip_prefix("@@ -")?.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let part = |part: &str| {
        let (first, count) = part.split_once(',').unwrap_or((part, "1"));
        Some((first.parse().ok()?, count.parse().ok()?))
    };
    let ((first, old), (_, new)): ((u64, u64), (u64, u64)) = (part(old)?, part(new)?);
    Some((first, (old, new)))
}

/// A text without what sets colours on a terminal.
fn uncoloured(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\u{1b}' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('[') => {
                letters.by_ref().find(|letter| ('@'..='~').contains(letter));
            }
            Some('(' | ')') => {
                letters.next();
            }
            _ => {}
        }
    }
    plain
}
