//! The lines of a file that a diagnostic shows: cut where they are long, and with nothing in them that a terminal obeys.

use super::stand_in;
use crate::diagnostic::Diagnostic;
use std::ops::Range;

/// How much of a line is kept behind the place where a label starts, in characters. What is kept is cut to the columns of
/// the terminal when it is drawn; this only keeps a long line from costing much.
const KEPT_CHARS: usize = 400;

/// How much of a place is marked, in bytes: its start is enough to find it, and a line of marks would hide it.
const MARKED_BYTES_MAX: usize = 60;

/// How far into its line a label may stand, in bytes. Nobody finds anything in a longer line.
const BEFORE_BYTES_MAX: usize = 4_000;

/// The lines that a diagnostic shows.
pub(super) struct Excerpt {
    /// The lines, with stand-ins.
    pub(super) text: String,
    /// The number of the first of the lines, counted from 1.
    pub(super) first_line: usize,
    /// Where each label of the diagnostic stands in `text`.
    pub(super) spans: Vec<Range<usize>>,
}

impl Excerpt {
    /// Cuts the lines out of `source` that the labels of `diagnostic` are in. Nothing where it has no labels, or where one
    /// stands too far into its line to be shown.
    pub(super) fn of(diagnostic: &Diagnostic, source: &str) -> Option<Self> {
        let marks: Vec<Range<usize>> = diagnostic
            .labels
            .iter()
            .map(|label| within(&label.span, source))
            .collect();
        let depth = |edge: usize| edge.saturating_sub(line_start(source, edge));
        if marks
            .iter()
            .any(|mark| depth(mark.start).max(depth(mark.end)) > BEFORE_BYTES_MAX)
        {
            return None;
        }
        let start = line_start(source, marks.iter().map(|mark| mark.start).min()?);
        let last = marks.iter().map(|mark| mark.end).max()?;
        let end = source
            .get(last..)?
            .find('\n')
            .map_or(source.len(), |rest| last.saturating_add(rest));
        let mut excerpt = Self {
            text: String::new(),
            first_line: line_number(source, start),
            spans: marks.clone(),
        };
        let mut position = start;
        for (number, line) in source.get(start..end)?.split('\n').enumerate() {
            if number > 0 {
                excerpt.text.push('\n');
            }
            excerpt.push_line(line, position, &marks);
            position = position.saturating_add(line.len()).saturating_add(1);
        }
        Some(excerpt)
    }

    /// Adds one line, which starts at byte `start` of the source, and sets the spans whose edges are in it.
    fn push_line(&mut self, line: &str, start: usize, marks: &[Range<usize>]) {
        let end = start.saturating_add(line.len());
        let line = line.strip_suffix('\r').unwrap_or(line);
        let in_line = |edge: usize| {
            (start..=end)
                .contains(&edge)
                .then(|| edge.saturating_sub(start).min(line.len()))
        };
        let first = marks
            .iter()
            .flat_map(|mark| [mark.start, mark.end])
            .find_map(in_line)
            .unwrap_or(0);
        let behind = line.get(first..).unwrap_or_default();
        let kept = behind
            .char_indices()
            .nth(KEPT_CHARS)
            .map_or(line.len(), |(rest, _)| first.saturating_add(rest));

        let drawn_from = self.text.len();
        self.text
            .extend(line.get(..kept).unwrap_or_default().chars().map(stand_in));
        let place = |edge: usize| {
            let shown = line.get(..edge.min(kept)).unwrap_or_default();
            drawn_from.saturating_add(shown.chars().map(|character| stand_in(character).len_utf8()).sum())
        };
        for (mark, span) in marks.iter().zip(&mut self.spans) {
            if let Some(edge) = in_line(mark.start) {
                span.start = place(edge);
            }
            if let Some(edge) = in_line(mark.end) {
                span.end = place(edge);
            }
        }
        if kept < line.len() {
            self.text.push('…');
        }
    }
}

/// Returns the line and the column of a position, in characters, both counted from 1.
pub(super) fn line_and_column(source: &str, position: usize) -> (usize, usize) {
    let position = source.floor_char_boundary(position);
    let before = source.get(line_start(source, position)..position).unwrap_or_default();
    (line_number(source, position), before.chars().count().saturating_add(1))
}

/// Cuts a range to what is in the text and worth marking, at the borders of characters.
fn within(span: &Range<usize>, text: &str) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    let end = span.end.clamp(start, start.saturating_add(MARKED_BYTES_MAX));
    start..text.floor_char_boundary(end).max(start)
}

/// Returns where the line starts that holds `position`.
fn line_start(text: &str, position: usize) -> usize {
    let before = text.get(..position).unwrap_or_default();
    before.rfind('\n').map_or(0, |newline| newline.saturating_add(1))
}

/// Returns the number of the line that holds `position`, counted from 1.
fn line_number(text: &str, position: usize) -> usize {
    text.bytes()
        .take(position)
        .filter(|byte| *byte == b'\n')
        .count()
        .saturating_add(1)
}
