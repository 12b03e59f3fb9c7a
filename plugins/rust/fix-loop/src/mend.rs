//! From suggestions and texts to new texts. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::sheet::{Placed, Sheet};
use crate::suggestion::{Apart, Reason, Suggestion};

/// The texts by their paths in the workspace; a reason where there is none.
pub(crate) type Sheets = BTreeMap<String, Result<Sheet, Reason>>;

/// Where the files lie that tools name; a reason where they do not lie anywhere.
pub(crate) type Paths = BTreeMap<String, Result<String, Reason>>;

/// What comes of a list of suggestions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Mended {
    /// The new texts of files that change, and how many edits each has.
    pub(crate) texts: BTreeMap<String, (String, u64)>,
    /// How many suggestions were applied.
    pub(crate) applied: u64,
    /// The position of each that was not applied, and why.
    pub(crate) skipped: Vec<(usize, Reason)>,
}

/// Applies what can be applied together; of two that touch each other the first.
pub(crate) fn mend(sheets: &Sheets, paths: &Paths, suggestions: &[Suggestion]) -> Mended {
    let mut draft = Draft::default();
    let mut mended = Mended::default();
    for (position, suggestion) in suggestions.iter().enumerate() {
        match placed(sheets, paths, suggestion).and_then(|edits| draft.take(sheets, suggestion.apart, edits)) {
            Ok(()) => mended.applied = mended.applied.saturating_add(1),
            Err(reason) => mended.skipped.push((position, reason)),
        }
    }
    for (path, edits) in draft.edits {
        let Ok(sheet) = sheet(sheets, path) else { continue };
        let text = rewritten(sheet.text(), &edits);
        if text != sheet.text() {
            mended.texts.insert(path.to_owned(), (text, edits.len() as u64));
        }
    }
    mended
}

fn sheet<'a>(sheets: &'a Sheets, path: &str) -> Result<&'a Sheet, Reason> {
    match sheets.get(path) {
        Some(Ok(sheet)) => Ok(sheet),
        Some(Err(reason)) => Err(*reason),
        None => Err(Reason::Outside),
    }
}

/// The edits of one suggestion by file, none of which overlaps another.
type Edits<'a> = BTreeMap<&'a str, Vec<Placed>>;

fn placed<'a>(sheets: &Sheets, paths: &'a Paths, suggestion: &Suggestion) -> Result<Edits<'a>, Reason> {
    if let Some(reason) = suggestion.unfit {
        return Err(reason);
    }
    let mut edits: Edits<'a> = BTreeMap::new();
    let mut changes = false;
    for edit in &suggestion.edits {
        let path = match paths.get(&edit.file) {
            Some(Ok(path)) => path,
            Some(Err(reason)) => return Err(*reason),
            None => return Err(Reason::Outside),
        };
        let sheet = sheet(sheets, path)?;
        let placed = sheet.place(edit)?;
        changes |= sheet.text().get(placed.start..placed.end) != Some(placed.with.as_str());
        edits.entry(path).or_default().push(placed);
    }
    for edits in edits.values_mut() {
        // Stable: what is put in at one place keeps its order.
        edits.sort_by_key(|edit| (edit.start, edit.end));
        let overlap = |pair: &[Placed]| matches!(pair, [one, other] if other.start < one.end);
        if edits.windows(2).any(overlap) {
            return Err(Reason::Choice);
        }
    }
    if changes { Ok(edits) } else { Err(Reason::Void) }
}

/// What was taken so far.
#[derive(Debug, Default)]
struct Draft<'a> {
    edits: BTreeMap<&'a str, Vec<Placed>>,
    /// The ranges that are taken in each file, by their starts; none touches another.
    taken: BTreeMap<&'a str, BTreeMap<usize, usize>>,
    suggestions: BTreeSet<Edits<'a>>,
}

impl<'a> Draft<'a> {
    fn take(&mut self, sheets: &Sheets, apart: Apart, edits: Edits<'a>) -> Result<(), Reason> {
        if self.suggestions.contains(&edits) {
            return Err(Reason::Repeated);
        }
        let mut wanted = Vec::new();
        for (path, edits) in &edits {
            for edit in edits {
                let range = match apart {
                    Apart::Characters => edit.start..edit.end,
                    Apart::Lines => sheet(sheets, path)?.widened(edit.start, edit.end),
                };
                if self.touches(path, &range) {
                    return Err(Reason::Overlap);
                }
                wanted.push((*path, range));
            }
        }
        for (path, range) in wanted {
            self.occupy(path, range);
        }
        for (path, edits) in &edits {
            self.edits.entry(path).or_default().extend(edits.iter().cloned());
        }
        self.suggestions.insert(edits);
        Ok(())
    }

    fn touches(&self, path: &str, range: &Range<usize>) -> bool {
        let taken = self.taken.get(path);
        // Those taken do not touch each other: the last that begins before the range ends is the one that reaches farthest.
        let last = taken.and_then(|taken| taken.range(..=range.end).next_back());
        last.is_some_and(|(_, end)| *end >= range.start)
    }

    /// Takes a range; what touches it belongs to the same suggestion and is joined with it.
    fn occupy(&mut self, path: &'a str, range: Range<usize>) {
        let taken = self.taken.entry(path).or_default();
        let (mut start, mut end) = (range.start, range.end);
        while let Some((other, reach)) = taken.range(..=end).next_back().map(|(other, reach)| (*other, *reach)) {
            if reach < start {
                break;
            }
            taken.remove(&other);
            (start, end) = (start.min(other), end.max(reach));
        }
        taken.insert(start, end);
    }
}

/// A text with edits that do not overlap.
fn rewritten(text: &str, edits: &[Placed]) -> String {
    let mut edits: Vec<&Placed> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.start, edit.end));
    let (mut new, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        new.push_str(text.get(at..edit.start).unwrap_or_default());
        new.push_str(&edit.with);
        at = edit.end;
    }
    new.push_str(text.get(at..).unwrap_or_default());
    new
}
