//! The change itself, page by page: changed files, and the hunks of one file.

use std::ops::Range;
use std::sync::Arc;

use assize_provenance::reader::ObjectId;

use super::shelf::{Item, Key};
use super::{Reading, Refusal, behind_the_end, next_page};
use crate::case::hunks::{self, Hunk};
use crate::case::{Blob, Case, Change};

/// The most changed files on one page.
pub const CHANGES_PER_PAGE: usize = 512;
/// How many bytes of lines a page of hunks holds, counted as they are in the file and with 16 bytes for each line. A page
/// holds at least one line, and a line at most 1 MiB; showing bytes that are not UTF-8 takes up to three times as much.
pub const HUNK_PAGE_BYTES: usize = 256 << 10;
/// What each line costs besides its bytes.
const LINE_COST_BYTES: usize = 16;

/// Some of the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePage<'a> {
    /// The changes, in byte order of their paths.
    pub changes: &'a [Change],
    /// Where the rest starts, when there is more.
    pub next: Option<u32>,
}

/// Lines that changed together, as a judge sees them: without line feed, with U+FFFD for what is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HunkText {
    /// The base's line at which the hunk starts, counted from 1; where nothing was removed, the line it comes before.
    pub base_start: u32,
    /// The lines removed.
    pub removed: Vec<String>,
    /// The head's line at which the hunk starts, counted from 1; where nothing was added, the line it comes before.
    pub head_start: u32,
    /// The lines added.
    pub added: Vec<String>,
}

/// Some of a file's hunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HunkPage {
    /// The hunks from top to bottom. One that does not fit a page is cut into several.
    pub hunks: Vec<HunkText>,
    /// Where the rest starts, when there is more.
    pub next: Option<u32>,
}

/// A hunk, or as much of one as fits a page: its lines, and where they lie in the bytes of both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    removed: Range<u32>,
    added: Range<u32>,
    removed_bytes: Range<u32>,
    added_bytes: Range<u32>,
}

impl Piece {
    fn cost(&self) -> usize {
        self.removed_bytes.len() + self.added_bytes.len() + LINE_COST_BYTES * (self.removed.len() + self.added.len())
    }
}

pub(super) fn changes(case: &Case, from: u32) -> Result<ChangePage<'_>, Refusal> {
    let all = &case.changes;
    let rest = all
        .get(from as usize..)
        .ok_or_else(|| behind_the_end(from, all.len()))?;
    let changes = &rest[..rest.len().min(CHANGES_PER_PAGE)];
    Ok(ChangePage {
        changes,
        next: next_page(from as usize + changes.len(), all.len()),
    })
}

pub(super) fn hunks(reading: &mut Reading<'_>, change: &Change, from: u32) -> Result<HunkPage, Refusal> {
    let base = side(reading, change, change.base.as_ref())?;
    let head = side(reading, change, change.head.as_ref())?;
    let ids = |blob: &Option<Blob>| blob.as_ref().map(|blob| blob.id);
    let pieces = pieces(reading, (ids(&change.base), ids(&change.head)), &base, &head);
    let rest = pieces
        .get(from as usize..)
        .ok_or_else(|| behind_the_end(from, pieces.len()))?;
    let mut cost = 0;
    let fitting = rest.iter().take_while(|piece| {
        cost += piece.cost();
        cost <= HUNK_PAGE_BYTES
    });
    let count = fitting.count().max(1).min(rest.len());
    let hunks = rest[..count].iter().map(|piece| show(piece, &base, &head)).collect();
    Ok(HunkPage {
        hunks,
        next: next_page(from as usize + count, pieces.len()),
    })
}

fn side(reading: &mut Reading<'_>, change: &Change, blob: Option<&Blob>) -> Result<Arc<Vec<u8>>, Refusal> {
    blob.map_or_else(|| Ok(Arc::default()), |blob| reading.blob(&change.path, blob.id))
}

/// Compares two sides and cuts what does not fit a page.
fn pieces(
    reading: &mut Reading<'_>,
    ids: (Option<ObjectId>, Option<ObjectId>),
    base: &[u8],
    head: &[u8],
) -> Arc<Vec<Piece>> {
    let key = Key::Hunks(ids.0, ids.1);
    if let Some(Item::Hunks(pieces)) = reading.shelf.get(&key) {
        return Arc::clone(pieces);
    }
    let found = if ids.0 == ids.1 {
        Vec::new()
    } else {
        hunks::compare(base, head)
    };
    let pieces = Arc::new(cut(&found, base, head));
    reading.shelf.put(key, Item::Hunks(Arc::clone(&pieces)));
    pieces
}

/// Walks the lines of one side from top to bottom.
struct Lines<'a> {
    contents: &'a [u8],
    line: u32,
    /// Where that line starts. Contents that are compared are far smaller than 4 GiB.
    byte: u32,
}

impl<'a> Lines<'a> {
    fn new(contents: &'a [u8]) -> Self {
        Self {
            contents,
            line: 0,
            byte: 0,
        }
    }

    /// Steps over one line and returns its length in bytes.
    fn step(&mut self) -> usize {
        let rest = &self.contents[self.byte as usize..];
        let bytes = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        self.byte += bytes as u32;
        self.line += 1;
        bytes
    }

    fn step_to(&mut self, line: u32) {
        while self.line < line {
            self.step();
        }
    }

    /// Steps over lines before `end` as long as they fit, and returns the lines and bytes that were stepped over.
    fn take(&mut self, end: u32, cost: &mut usize) -> (Range<u32>, Range<u32>) {
        let (first_line, first_byte) = (self.line, self.byte);
        while self.line < end && *cost < HUNK_PAGE_BYTES {
            let before = (self.line, self.byte);
            let more = self.step() + LINE_COST_BYTES;
            if *cost > 0 && *cost + more > HUNK_PAGE_BYTES {
                (self.line, self.byte) = before;
                break;
            }
            *cost += more;
        }
        (first_line..self.line, first_byte..self.byte)
    }
}

fn cut(found: &[Hunk], base: &[u8], head: &[u8]) -> Vec<Piece> {
    let (mut base, mut head) = (Lines::new(base), Lines::new(head));
    let mut pieces = Vec::with_capacity(found.len());
    for hunk in found {
        base.step_to(hunk.removed.start);
        head.step_to(hunk.added.start);
        while base.line < hunk.removed.end || head.line < hunk.added.end {
            let mut cost = 0;
            let (removed, removed_bytes) = base.take(hunk.removed.end, &mut cost);
            // What was added waits until all that was removed is shown.
            let end = if base.line < hunk.removed.end {
                head.line
            } else {
                hunk.added.end
            };
            let (added, added_bytes) = head.take(end, &mut cost);
            pieces.push(Piece {
                removed,
                added,
                removed_bytes,
                added_bytes,
            });
        }
    }
    pieces
}

fn show(piece: &Piece, base: &[u8], head: &[u8]) -> HunkText {
    HunkText {
        base_start: piece.removed.start + 1,
        removed: texts(&base[piece.removed_bytes.start as usize..piece.removed_bytes.end as usize]),
        head_start: piece.added.start + 1,
        added: texts(&head[piece.added_bytes.start as usize..piece.added_bytes.end as usize]),
    }
}

fn texts(lines: &[u8]) -> Vec<String> {
    hunks::lines(lines)
        .map(|line| String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line)).into_owned())
        .collect()
}
