//! What differs between two trees. It follows the host's diff profile closely enough for cases: renames by equal contents
//! first and by half of the lines then, hunks without context.

use std::collections::{BTreeMap, BTreeSet};

use assize_judge::evidence::{Change, Form, Hunk, Kind, Status};
use imara_diff::{Algorithm, Diff, InternedInput};

use crate::memory::{Entry, Tree};

/// The part of lines that must be equal for a rename, in percent.
const SIMILARITY_PERCENT: usize = 50;

/// The changes from one tree to another, in byte order of their paths.
#[must_use]
pub fn compare(base: &Tree, head: &Tree) -> Vec<Change> {
    let deleted: Vec<&String> = base.keys().filter(|path| !head.contains_key(*path)).collect();
    let added: Vec<&String> = head.keys().filter(|path| !base.contains_key(*path)).collect();
    let renames = renames(base, head, &deleted, &added);
    let moved: BTreeSet<&String> = renames.values().copied().collect();
    let mut changes = Vec::new();
    for (path, after) in head {
        match (base.get(path), renames.get(path)) {
            (Some(before), _) if before != after => changes.push(change(path, None, Some(before), Some(after))),
            (Some(_), _) => {}
            (None, Some(old)) => changes.push(change(path, Some(old), base.get(*old), Some(after))),
            (None, None) => changes.push(change(path, None, None, Some(after))),
        }
    }
    let gone = deleted.into_iter().filter(|path| !moved.contains(path));
    changes.extend(gone.map(|path| change(path, None, base.get(path), None)));
    changes.sort_by(|left, right| left.path.cmp(&right.path));
    changes
}

fn change(path: &str, old_path: Option<&str>, before: Option<&Entry>, after: Option<&Entry>) -> Change {
    let is_text = [before, after]
        .into_iter()
        .flatten()
        .all(|entry| entry.is_text() && entry.kind != Kind::Submodule);
    let bytes = |entry: Option<&Entry>| entry.map(|entry| entry.bytes.clone()).unwrap_or_default();
    let hunks = if is_text {
        hunks(&bytes(before), &bytes(after))
    } else {
        Vec::new()
    };
    let status = match (before, after, old_path) {
        (None, ..) => Status::Added,
        (_, None, _) => Status::Deleted,
        (_, _, Some(_)) => Status::Renamed,
        _ => Status::Modified,
    };
    Change {
        path: path.to_owned(),
        old_path: old_path.map(str::to_owned),
        status,
        base: before.map(Entry::blob),
        head: after.map(Entry::blob),
        form: if is_text { Form::Text } else { Form::Binary },
        added_lines: hunks.iter().map(|hunk| hunk.added.len() as u32).sum(),
        removed_lines: hunks.iter().map(|hunk| hunk.removed.len() as u32).sum(),
    }
}

/// The hunks between two texts.
#[must_use]
pub fn hunks(before: &[u8], after: &[u8]) -> Vec<Hunk> {
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let input = InternedInput::new(before.as_ref(), after.as_ref());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let text = |lines: &[&str], range: std::ops::Range<u32>| -> Vec<String> {
        let lines = lines.get(range.start as usize..range.end as usize).unwrap_or_default();
        lines
            .iter()
            .map(|line| line.strip_suffix('\n').unwrap_or(line).to_owned())
            .collect()
    };
    let (before, after): (Vec<&str>, Vec<&str>) = (
        before.split_inclusive('\n').collect(),
        after.split_inclusive('\n').collect(),
    );
    let cut = diff.hunks().map(|hunk| Hunk {
        base_start: hunk.before.start.saturating_add(1),
        removed: text(&before, hunk.before),
        head_start: hunk.after.start.saturating_add(1),
        added: text(&after, hunk.after),
    });
    cut.collect()
}

/// Of each renamed file's new path the old one.
fn renames<'a>(
    base: &Tree,
    head: &Tree,
    deleted: &[&'a String],
    added: &[&'a String],
) -> BTreeMap<&'a String, &'a String> {
    let mut renames = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for percent in [100, SIMILARITY_PERCENT] {
        for new in added {
            let free = deleted
                .iter()
                .filter(|old| !taken.contains(*old) && !renames.contains_key(new));
            let scored = free.filter_map(|old| Some((similarity(base.get(*old)?, head.get(*new)?), *old)));
            let best = scored
                .filter(|(score, _)| *score >= percent)
                .max_by_key(|(score, old)| (*score, std::cmp::Reverse(*old)));
            if let Some((_, old)) = best {
                taken.insert(old);
                renames.insert(*new, old);
            }
        }
    }
    renames
}

fn similarity(before: &Entry, after: &Entry) -> usize {
    if before.kind != after.kind || before.bytes.is_empty() || after.bytes.is_empty() {
        return 0;
    }
    if before.bytes == after.bytes {
        return 100;
    }
    let mut left: BTreeMap<&[u8], usize> = BTreeMap::new();
    for line in before.bytes.split(|&byte| byte == b'\n') {
        *left.entry(line).or_default() += 1;
    }
    let mut equal = 0_usize;
    for line in after.bytes.split(|&byte| byte == b'\n') {
        if let Some(count) = left.get_mut(line).filter(|count| **count > 0) {
            *count = count.saturating_sub(1);
            equal = equal.saturating_add(line.len().saturating_add(1));
        }
    }
    let longer = before.bytes.len().max(after.bytes.len());
    // Equal contents score 100 only where every byte is equal.
    (equal.saturating_mul(100) / longer.max(1)).min(99)
}
