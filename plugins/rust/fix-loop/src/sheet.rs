//! The text of one file, and where the places lie in it that tools name.

use std::ops::Range;

use crate::suggestion::{Edit, Place, Reason};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A text with the starts of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sheet {
    text: String,
    /// The lines as a line feed ends them.
    lines: Vec<usize>,
    /// The same, where a lone carriage return ends a line, too.
    rows: Vec<usize>,
}

/// An edit with its place in bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Placed {
    /// The first byte.
    pub(crate) start: usize,
    /// The byte behind the last.
    pub(crate) end: usize,
    /// The new text.
    pub(crate) with: String,
}

impl Sheet {
    pub(crate) fn new(text: String) -> Self {
        let bytes = text.as_bytes();
        let (mut lines, mut rows) = (vec![0], vec![0]);
        for (at, byte) in bytes.iter().enumerate() {
            let behind = at.saturating_add(1);
            if *byte == b'\n' {
                lines.push(behind);
                rows.push(behind);
            } else if *byte == b'\r' && bytes.get(behind) != Some(&b'\n') {
                rows.push(behind);
            }
        }
        Self { text, lines, rows }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Finds the place of an edit, and says why where it is not there.
    pub(crate) fn place(&self, edit: &Edit) -> Result<Placed, Reason> {
        let (range, with) = match &edit.place {
            Place::Bytes {
                start,
                end,
                line,
                column,
                seen,
            } => (self.bytes((*start, *end), (*line, *column), seen)?, edit.with.clone()),
            Place::Points { start, end } => (self.point(*start)?..self.point(*end)?, edit.with.clone()),
            Place::Units { start, end, seen } => {
                if seen.as_ref().is_some_and(|seen| **seen != *self.text) {
                    return Err(Reason::Stale);
                }
                (self.unit(*start)?..self.unit(*end)?, edit.with.clone())
            }
            Place::Lines { first, old } => self.whole_lines(*first, old, &edit.with)?,
        };
        if self.text.get(range.clone()).is_none() {
            return Err(Reason::NoPlace);
        }
        Ok(Placed {
            start: range.start,
            end: range.end,
            with,
        })
    }

    /// A range as far as whole lines reach around it.
    pub(crate) fn widened(&self, start: usize, end: usize) -> Range<usize> {
        let first = self.rows.partition_point(|row| *row <= start);
        let first = self.rows.get(first.saturating_sub(1)).copied().unwrap_or(0);
        let behind = self.rows.partition_point(|row| *row <= end);
        first..self.rows.get(behind).copied().unwrap_or(self.text.len())
    }

    /// A line without what ends it, and without a byte order mark; counted from 0.
    fn line(&self, index: usize) -> Option<(usize, &str)> {
        let start = *self.lines.get(index)?;
        let next = index.checked_add(1).and_then(|next| self.lines.get(next));
        let line = self.text.get(start..next.copied().unwrap_or(self.text.len()))?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        match line.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) if start == 0 => Some((BYTE_ORDER_MARK.len_utf8(), rest)),
            _ => Some((start, line)),
        }
    }

    /// Bytes that a tool names itself; they count only where the lines are those that it saw.
    fn bytes(&self, range: (u64, u64), at: (u64, u64), seen: &[String]) -> Result<Range<usize>, Reason> {
        let ((start, end), (line, column)) = (range, at);
        let (start, end, first) = (number(start)?, number(end)?, index(line)?);
        let mut last = None;
        for (offset, seen) in seen.iter().enumerate() {
            let there = first.checked_add(offset).and_then(|index| self.line(index));
            let (line_start, text) = there.ok_or(Reason::Stale)?;
            if text != seen.strip_suffix('\r').unwrap_or(seen) {
                return Err(Reason::Stale);
            }
            last = Some(line_start..=line_start.saturating_add(text.len()).saturating_add("\r\n".len()));
        }
        let (line_start, _) = self.line(first).ok_or(Reason::NoPlace)?;
        let before = self.text.get(line_start..start).ok_or(Reason::NoPlace)?;
        let is_there = index(column)? == before.chars().count() && last.is_some_and(|last| last.contains(&end));
        if is_there { Ok(start..end) } else { Err(Reason::Stale) }
    }

    /// The byte at a row and a column in characters.
    fn point(&self, (row, column): (u64, u64)) -> Result<usize, Reason> {
        let (row, column) = (index(row)?, index(column)?);
        let start = *self.rows.get(row).ok_or(Reason::NoPlace)?;
        let next = self.rows.get(row.saturating_add(1)).copied();
        let text = self
            .text
            .get(start..next.unwrap_or(self.text.len()))
            .unwrap_or_default();
        let mark = if start == 0 && text.starts_with(BYTE_ORDER_MARK) {
            1
        } else {
            0
        };
        let inside = text.trim_end_matches(['\r', '\n']);
        let mut places = inside.char_indices().map(|(at, _)| at).chain([inside.len()]);
        let at = places.nth(column.saturating_add(mark)).ok_or(Reason::NoPlace)?;
        Ok(start.saturating_add(at))
    }

    /// The byte at a unit of UTF-16.
    fn unit(&self, unit: i64) -> Result<usize, Reason> {
        let text = self.text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.text);
        let mark = self.text.len().saturating_sub(text.len());
        if unit == -1 {
            return if mark > 0 { Ok(0) } else { Err(Reason::NoPlace) };
        }
        let mut left = usize::try_from(unit).map_err(|_| Reason::NoPlace)?;
        for (at, letter) in text.char_indices() {
            if left == 0 {
                return Ok(mark.saturating_add(at));
            }
            // Half a character is no place.
            left = left.checked_sub(letter.len_utf16()).ok_or(Reason::NoPlace)?;
        }
        if left == 0 {
            Ok(self.text.len())
        } else {
            Err(Reason::NoPlace)
        }
    }

    /// Whole lines, at their number or else at the one place where they stand; and the new text with the file's own ends of
    /// lines.
    fn whole_lines(&self, first: u64, old: &[String], with: &str) -> Result<(Range<usize>, String), Reason> {
        let stands = |at: usize| {
            let mut lines = old.iter().enumerate();
            lines.all(|(offset, old)| {
                let there = at.checked_add(offset).and_then(|index| self.line(index));
                there.is_some_and(|(_, line)| line == old.strip_suffix('\r').unwrap_or(old))
            })
        };
        if old.is_empty() {
            return Err(Reason::Unreadable);
        }
        let mut at = index(first)?;
        if !stands(at) {
            let mut others = (0..self.lines.len()).filter(|at| stands(*at));
            at = others.next().ok_or(Reason::Stale)?;
            if others.next().is_some() {
                return Err(Reason::Stale);
            }
        }
        let last = at.saturating_add(old.len()).saturating_sub(1);
        let (start, _) = self.line(at).ok_or(Reason::NoPlace)?;
        let (last_start, last_line) = self.line(last).ok_or(Reason::NoPlace)?;
        let end = last_start.saturating_add(last_line.len());
        let has_returns = self.text.split_once('\n').is_some_and(|(line, _)| line.ends_with('\r'));
        let ending = if has_returns { "\r\n" } else { "\n" };
        let new: Vec<&str> = with.split('\n').collect();
        let new: Vec<&str> = new.iter().map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
        Ok((start..end, new.join(ending)))
    }
}

fn number(number: u64) -> Result<usize, Reason> {
    usize::try_from(number).map_err(|_| Reason::NoPlace)
}

/// What is counted from 1, counted from 0.
fn index(counted: u64) -> Result<usize, Reason> {
    number(counted.checked_sub(1).ok_or(Reason::NoPlace)?)
}
