//! Compares two texts line by line, by the one diff profile `assize-diff-v1`.
//!
//! A profile is frozen: it names everything that decides which lines count as changed, so that a case gives the same
//! hunks on every machine and in years. `assize-diff-v1` is:
//!
//! - A file is **binary** when a NUL byte stands in its first 8,000 bytes; then nothing is compared. Attributes, text
//!   conversions and filters of the repository do not exist here.
//! - A side is **oversized** above 8 MiB, above 250,000 lines, or with a line longer than 1 MiB; then nothing is compared
//!   either, and the counts are those of a full replacement.
//! - A **line** ends with LF, which belongs to it; a CR before it stays. The last line may lack the LF, and then differs
//!   from the same line with one.
//! - The **algorithm** is histogram of the crate imara-diff 0.2 (with its fallback to Myers' for lines that repeat more
//!   than 63 times), then its `postprocess_lines` (hunks slide to where indentation suggests, tabs are 8 wide). No space
//!   is ignored. An update of that crate that changes a hunk is a new profile; a test holds its hunks.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, TokenSource};

/// The profile's name, as it stands in entries.
pub const DIFF_PROFILE: &str = "assize-diff-v1";
/// How many bytes of a file are searched for a NUL.
pub const BINARY_SEARCH_BYTES: usize = 8_000;
/// The largest side that is compared, in bytes.
pub const SIDE_BYTES_MAX: u64 = 8 << 20;
/// The most lines a side may have to be compared.
pub const SIDE_LINES_MAX: usize = 250_000;
/// The longest line that is compared, in bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Lines that changed together, as ranges of line numbers counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The base's lines that were removed.
    pub removed: Range<u32>,
    /// The head's lines that were added.
    pub added: Range<u32>,
}

/// Tells whether the contents count as binary.
#[must_use]
pub fn is_binary(contents: &[u8]) -> bool {
    contents.iter().take(BINARY_SEARCH_BYTES).any(|byte| *byte == 0)
}

/// Counts the lines; a last one without line feed counts.
#[must_use]
pub fn count_lines(contents: &[u8]) -> usize {
    let ended = memchr::memchr_iter(b'\n', contents).count();
    ended + usize::from(contents.last().is_some_and(|byte| *byte != b'\n'))
}

/// Tells whether the contents are larger than the profile compares.
#[must_use]
pub fn is_oversized(contents: &[u8]) -> bool {
    contents.len() as u64 > SIDE_BYTES_MAX
        || count_lines(contents) > SIDE_LINES_MAX
        || lines(contents).any(|line| line.len() > LINE_BYTES_MAX)
}

/// Splits contents into lines, each with its line feed.
pub fn lines(contents: &[u8]) -> impl Iterator<Item = &[u8]> {
    contents.split_inclusive(|byte| *byte == b'\n')
}

/// Compares two texts. Sides that [`is_oversized`] refuses must not come here: time and memory grow with them.
#[must_use]
pub fn compare(base: &[u8], head: &[u8]) -> Vec<Hunk> {
    let input = InternedInput::new(Lines(base), Lines(head));
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    diff.hunks()
        .map(|hunk| Hunk {
            removed: hunk.before,
            added: hunk.after,
        })
        .collect()
}

/// The lines of one side, counted and not guessed: the crate's own source guesses their number from the first twenty and
/// would reserve memory for millions.
struct Lines<'a>(&'a [u8]);

impl<'a> TokenSource for Lines<'a> {
    type Token = &'a [u8];
    type Tokenizer = imara_diff::sources::ByteLines<'a>;

    fn tokenize(&self) -> Self::Tokenizer {
        imara_diff::sources::byte_lines(self.0)
    }

    fn estimate_tokens(&self) -> u32 {
        u32::try_from(count_lines(self.0)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(base: &str, head: &str) -> Vec<(Range<u32>, Range<u32>)> {
        compare(base.as_bytes(), head.as_bytes())
            .into_iter()
            .map(|hunk| (hunk.removed, hunk.added))
            .collect()
    }

    #[test]
    fn lines_end_with_a_line_feed() {
        assert_eq!(count_lines(b""), 0);
        assert_eq!(count_lines(b"a"), 1);
        assert_eq!(count_lines(b"a\n"), 1);
        assert_eq!(count_lines(b"a\nb"), 2);
        assert_eq!(lines(b"a\r\nb").collect::<Vec<_>>(), [&b"a\r\n"[..], b"b"]);
    }

    #[test]
    fn a_carriage_return_and_a_missing_line_feed_are_differences() {
        assert_eq!(ranges("a\nb\n", "a\r\nb\n"), [(0..1, 0..1)]);
        assert_eq!(ranges("a\nb\n", "a\nb"), [(1..2, 1..2)]);
        assert_eq!(ranges("a\n", "a\n"), []);
    }

    /// These hunks are the profile: when an update of the diff crate changes them, the profile gets a new name.
    #[test]
    fn the_profile_keeps_its_hunks() {
        let base = "fn a() {\n    one();\n}\n\nfn b() {\n    two();\n}\n";
        let head = "fn a() {\n    one();\n}\n\nfn c() {\n    three();\n}\n\nfn b() {\n    two();\n    four();\n}\n";
        assert_eq!(ranges(base, head), [(4..4, 4..8), (6..6, 10..11)]);
        let moved = "fn b() {\n    two();\n}\n\nfn a() {\n    one();\n}\n";
        assert_eq!(ranges(base, moved), [(0..4, 0..0), (7..7, 3..7)]);
        assert_eq!(ranges("", head), [(0..0, 0..12)]);
        assert_eq!(ranges(head, ""), [(0..12, 0..0)]);
    }

    #[test]
    fn hostile_texts_are_compared_in_bounded_time() {
        const LINES: usize = SIDE_LINES_MAX / 4;
        let started = std::time::Instant::now();
        let blank = "\n".repeat(LINES);
        let alternating = "a\nb\n".repeat(LINES / 2);
        let counted: String = (0..LINES).map(|line| format!("{}\n", line % 997)).collect();
        let backwards: String = (0..LINES).map(|line| format!("{}\n", (LINES - line) % 991)).collect();
        for (base, head) in [(&blank, &alternating), (&alternating, &counted), (&counted, &backwards)] {
            assert!(!compare(base.as_bytes(), head.as_bytes()).is_empty());
        }
        assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    }

    #[test]
    fn sides_above_the_limits_are_oversized() {
        assert!(!is_oversized(&b"x\n".repeat(SIDE_LINES_MAX)));
        assert!(is_oversized(&b"x\n".repeat(SIDE_LINES_MAX + 1)));
        assert!(!is_oversized(&b"x".repeat(LINE_BYTES_MAX)));
        assert!(is_oversized(&b"x".repeat(LINE_BYTES_MAX + 1)));
    }

    #[test]
    fn a_nul_counts_only_near_the_start() {
        let mut text = vec![b'x'; BINARY_SEARCH_BYTES];
        text.push(0);
        assert!(!is_binary(&text));
        assert!(is_binary(&text[1..]));
    }
}
