//! Changed lines as text: unified hunks with three lines of context.

use std::fmt::Write as _;
use std::ops::Range;

use super::hunks::{Hunk, compare, is_binary, lines};

/// How many unchanged lines stand around changed ones.
const CONTEXT_LINES: usize = 3;

/// The changes as unified hunks; nothing where a side is binary, or where they have more than `bytes_max`.
pub fn hunks(before: &[u8], now: &[u8], bytes_max: usize) -> String {
    if is_binary(before) || is_binary(now) {
        return String::new();
    }
    let old: Vec<&[u8]> = lines(before).collect();
    let new: Vec<&[u8]> = lines(now).collect();
    let mut text = String::new();
    for group in groups(compare(before, now)) {
        write_group(&group, &old, &new, &mut text);
        if text.len() > bytes_max {
            return String::new();
        }
    }
    text
}

/// Hunks whose contexts touch stand together.
fn groups(hunks: Vec<Hunk>) -> Vec<Vec<Hunk>> {
    let mut groups: Vec<Vec<Hunk>> = Vec::new();
    for hunk in hunks {
        let start = span(&hunk.removed).start;
        match groups.last_mut() {
            Some(group)
                if group.last().is_some_and(|last| {
                    start.saturating_sub(span(&last.removed).end) <= CONTEXT_LINES.saturating_mul(2)
                }) =>
            {
                group.push(hunk);
            }
            _ => groups.push(vec![hunk]),
        }
    }
    groups
}

fn write_group(group: &[Hunk], old: &[&[u8]], new: &[&[u8]], text: &mut String) {
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        return;
    };
    let before = span(&first.removed).start.min(CONTEXT_LINES);
    let after = old.len().saturating_sub(span(&last.removed).end).min(CONTEXT_LINES);
    let whole =
        |first: Range<usize>, last: Range<usize>| first.start.saturating_sub(before)..last.end.saturating_add(after);
    let removed = whole(span(&first.removed), span(&last.removed));
    let added = whole(span(&first.added), span(&last.added));
    // Writing to a string cannot fail.
    let _ = writeln!(text, "@@ -{} +{} @@", place(&removed), place(&added));
    let mut at = removed.start;
    for hunk in group {
        let (gone, come) = (span(&hunk.removed), span(&hunk.added));
        write_lines(' ', old.get(at..gone.start), text);
        write_lines('-', old.get(gone.clone()), text);
        write_lines('+', new.get(come), text);
        at = gone.end;
    }
    write_lines(' ', old.get(at..removed.end), text);
}

fn write_lines(sign: char, lines: Option<&[&[u8]]>, text: &mut String) {
    for line in lines.unwrap_or_default() {
        text.push(sign);
        text.push_str(&String::from_utf8_lossy(line));
        if !line.ends_with(b"\n") {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// Where lines stand, as unified diffs write it: counted from 1, and before an empty range.
fn place(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start.saturating_add(1)),
        count => format!("{},{count}", lines.start.saturating_add(1)),
    }
}

fn span(lines: &Range<u32>) -> Range<usize> {
    lines.start as usize..lines.end as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_read_like_a_unified_diff() {
        let before = b"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n";
        let now = b"1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17";
        assert_eq!(
            hunks(before, now, 1_000),
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n@@ -14,3 +14,4 @@\n 14\n 15\n 16\n+17\n\\ No newline at end of file\n"
        );
        assert_eq!(hunks(b"", b"a\n", 1_000), "@@ -0,0 +1 @@\n+a\n");
        assert_eq!(hunks(b"a\n", b"", 1_000), "@@ -1 +0,0 @@\n-a\n");
        assert_eq!(hunks(b"a\n", b"a\0", 1_000), "");
        assert_eq!(hunks(b"a\n", b"b\n", 10), "");
    }
}
