//! Path patterns, in the grammar of policies: `*` is any characters within one part of a path, `?` is one character, `**`
//! as a whole part is any number of whole parts, everything else is itself. A pattern speaks of the whole path.
//!
//! The grammar belongs to the host (`provenance/src/pattern.rs`), which refuses texts outside of it; here such a text is no
//! pattern at all. Pattern and path may both be hostile, so a part of a path is compared with at most 32 parts of the
//! pattern, each in time linear in its length, 64 times that where it has a `?`.

/// The most bytes of a pattern, by the grammar.
const PATTERN_BYTES_MAX: usize = 1024;

/// The most parts of a pattern, by the grammar. A set of positions fits into the bits of one number.
const PARTS_MAX: usize = 32;

/// The most bytes of a part with a `?` in it, by the grammar.
const ANY_PART_BYTES_MAX: usize = 64;

/// A set of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern<'a> {
    parts: Vec<&'a str>,
}

impl<'a> Pattern<'a> {
    /// Reads a pattern; nothing where the text is outside of the grammar.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let has_sign = |letter: char| matches!(letter, '[' | ']' | '{' | '}') || letter.is_control();
        if text.len() > PATTERN_BYTES_MAX || text.starts_with('!') || text.contains(has_sign) {
            return None;
        }
        let parts: Vec<&str> = text.split('/').collect();
        let is_sound = |part: &&str| match *part {
            "**" => true,
            "" | "." | ".." => false,
            part => !part.contains("**") && (part.len() <= ANY_PART_BYTES_MAX || !part.contains('?')),
        };
        (parts.len() <= PARTS_MAX && parts.iter().all(is_sound)).then_some(Self { parts })
    }

    /// Tells whether a path belongs to the set.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        // Bit n stands for “the first n parts of the pattern are used up”.
        let mut reached = self.past_empty_runs(1);
        for part in path.split('/') {
            let mut next = 0_u64;
            for (position, wanted) in self.parts.iter().enumerate() {
                let here = 1_u64 << position;
                if reached & here == 0 {
                    continue;
                }
                if *wanted == "**" {
                    next |= here;
                } else if part_matches(wanted, part) {
                    next |= here << 1;
                }
            }
            reached = self.past_empty_runs(next);
            if reached == 0 {
                return false;
            }
        }
        reached >> self.parts.len() & 1 == 1
    }

    /// Lets every `**` that is reached stand for no part at all.
    fn past_empty_runs(&self, mut reached: u64) -> u64 {
        for (position, part) in self.parts.iter().enumerate() {
            if *part == "**" && reached >> position & 1 == 1 {
                reached |= 1_u64 << position << 1;
            }
        }
        reached
    }
}

/// Matches one part. Between two stars the first place where a text fits is the best: it leaves the most room.
fn part_matches(pattern: &str, part: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| after_start(first, part)) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return ends_with(piece, rest);
        }
        match after_first(piece, rest) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// What follows the first place at which `piece` stands in `text`.
fn after_first<'text>(piece: &str, text: &'text str) -> Option<&'text str> {
    if !piece.contains('?') {
        return text
            .find(piece)
            .and_then(|at| text.get(at.saturating_add(piece.len())..));
    }
    let mut starts = text.char_indices().map(|(at, _)| at);
    starts.find_map(|at| after_start(piece, text.get(at..)?))
}

/// What follows `piece` where it stands at the start of `text`.
fn after_start<'text>(piece: &str, text: &'text str) -> Option<&'text str> {
    if !piece.contains('?') {
        return text.strip_prefix(piece);
    }
    let mut letters = text.chars();
    let fits = piece
        .chars()
        .all(|wanted| letters.next().is_some_and(|letter| wanted == '?' || wanted == letter));
    fits.then_some(letters.as_str())
}

fn ends_with(piece: &str, text: &str) -> bool {
    if !piece.contains('?') {
        return text.ends_with(piece);
    }
    let mut letters = text.chars();
    piece.chars().rev().all(|wanted| {
        letters
            .next_back()
            .is_some_and(|letter| wanted == '?' || wanted == letter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Pattern::parse(pattern).is_some_and(|pattern| pattern.matches(path))
    }

    #[test]
    fn patterns_match_by_the_grammar() {
        for (pattern, path) in [
            ("src/*.rs", "src/a.rs"),
            ("src/*.rs", "src/.rs"),
            ("src/**", "src/a/b.rs"),
            ("src/**", "src"),
            ("**/x", "a/b/x"),
            ("**/x", "x"),
            ("a/**/z", "a/z"),
            ("a/**/**/z", "a/b/c/z"),
            ("a?c", "aéc"),
            ("*a*b*", "xaxbx"),
            ("*-??.txt", "a-b-12.txt"),
            ("docs/\\xff", "docs/\\xff"),
        ] {
            assert!(matches(pattern, path), "{pattern} should match {path}");
        }
        for (pattern, path) in [
            ("src/*.rs", "src/a/b.rs"),
            ("src/*.rs", "a.rs"),
            ("src", "src/a"),
            ("src/**", "srcs/a"),
            ("**/x", "x/a"),
            ("a?c", "ac"),
            ("a?c", "a/c"),
            ("*a*b*", "ba"),
            ("ab*ba", "aba"),
        ] {
            assert!(!matches(pattern, path), "{pattern} should not match {path}");
        }
    }

    #[test]
    fn what_the_grammar_refuses_is_no_pattern() {
        let long_part = format!("?{}", "a".repeat(64));
        let many_parts = "a/".repeat(32) + "a";
        for text in [
            "",
            "/a",
            "a/",
            "a//b",
            "./a",
            "a/..",
            "a**",
            "a[b]",
            "{a,b}",
            "!a",
            "a\tb",
            &long_part,
            &many_parts,
        ] {
            assert_eq!(Pattern::parse(text), None, "{text}");
        }
        assert!(Pattern::parse(&("a/".repeat(31) + "a")).is_some());
    }

    #[test]
    fn a_hostile_pattern_ends_soon() {
        let pattern = "**/*a/".repeat(15) + "**/b";
        let path = "aaaaaaaa/".repeat(400) + "c";
        assert!(!matches(&pattern, &path));
        assert!(!matches(&("*a".repeat(500) + "b"), &"a".repeat(4_000)));
    }

    /// Every small pattern against every small path, compared with a matcher that tries everything.
    #[test]
    fn small_patterns_agree_with_the_dullest_matcher() {
        fn dull(pattern: &[&str], path: &[&str]) -> bool {
            match pattern.split_first() {
                None => path.is_empty(),
                Some((&"**", rest)) => (0..=path.len()).any(|skip| dull(rest, path.get(skip..).unwrap_or_default())),
                Some((part, rest)) => path
                    .split_first()
                    .is_some_and(|(first, after)| dull_part(part.as_bytes(), first.as_bytes()) && dull(rest, after)),
            }
        }
        fn dull_part(pattern: &[u8], part: &[u8]) -> bool {
            match pattern.split_first() {
                None => part.is_empty(),
                Some((b'*', rest)) => {
                    (0..=part.len()).any(|skip| dull_part(rest, part.get(skip..).unwrap_or_default()))
                }
                Some((wanted, rest)) => part
                    .split_first()
                    .is_some_and(|(letter, after)| (*wanted == b'?' || wanted == letter) && dull_part(rest, after)),
            }
        }
        fn texts(letters: &[char], length_max: usize) -> Vec<String> {
            let mut all = vec![String::new()];
            let mut from = 0;
            for _ in 0..length_max {
                let longer: Vec<String> = all
                    .iter()
                    .skip(from)
                    .flat_map(|text| letters.iter().map(move |letter| format!("{text}{letter}")))
                    .collect();
                from = all.len();
                all.extend(longer);
            }
            all
        }
        let is_path = |path: &&String| path.split('/').all(|part| !part.is_empty());
        let paths = texts(&['a', 'b', '/'], 5);
        let paths: Vec<&String> = paths.iter().filter(is_path).collect();
        for text in texts(&['a', 'b', '*', '?', '/'], 4) {
            let Some(pattern) = Pattern::parse(&text) else { continue };
            let parts: Vec<&str> = text.split('/').collect();
            for path in &paths {
                let expected = dull(&parts, &path.split('/').collect::<Vec<_>>());
                assert_eq!(pattern.matches(path), expected, "{text} and {path}");
            }
        }
    }
}
