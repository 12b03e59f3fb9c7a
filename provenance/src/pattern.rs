//! The path patterns of policies and waivers. The grammar is frozen: an old verdict must come out the same for ever.
//!
//! | in a pattern | matches |
//! |---|---|
//! | `*` | any number of characters within one part of a path, also none |
//! | `?` | one character within one part |
//! | `**` as a whole part | any number of whole parts, also none |
//! | anything else | itself, byte for byte |
//!
//! A path is the contract's form: relative, `/` between the parts, and `\xNN` for what is not printable UTF-8. A pattern
//! always speaks of the whole path. There are no character classes, alternatives or negations; their signs are refused, so
//! that nobody believes in them.

mod cover;
mod guarded;

use std::fmt;
use std::str::FromStr;

/// How many bytes a pattern may have.
pub const PATTERN_BYTES_MAX: usize = 1024;

/// How many parts a pattern may have.
pub const PARTS_MAX: usize = 32;

/// How many bytes a part with a `?` in it may have.
pub const ANY_PART_BYTES_MAX: usize = 64;

/// A set of paths.
///
/// Patterns and paths may both come from a hostile repository, so matching is bounded: a part is matched in time linear in the
/// path (64 times that where it has a `?`), and each part of a path against at most 32 parts of the pattern.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PathPattern {
    text: String,
    parts: Vec<Part>,
    /// How long the text is before the first part with a wildcard, without the slash between them.
    literal_bytes: usize,
    /// The positions of `**`, one bit for each.
    any_parts: u64,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Part {
    AnyParts,
    /// The texts between the stars: the first stands at the beginning, the last at the end, the others anywhere between.
    Wild(Vec<Segment>),
    Literal(String),
}

/// A text without stars.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Segment {
    text: String,
    /// Whether it has a `?`.
    has_any: bool,
}

/// Why a text is no path pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// There is nothing in it.
    #[error("a path pattern cannot be empty; write `**` for every path")]
    Empty,
    /// It is too long.
    #[error("a path pattern has at most {PATTERN_BYTES_MAX} bytes, this one has {0}")]
    TooLong(usize),
    /// It has too many parts.
    #[error("a path pattern has at most {PARTS_MAX} parts between slashes, this one has {0}")]
    TooManyParts(usize),
    /// A part with `?` is too long.
    #[error(
        "a part of a path pattern with `?` has at most {ANY_PART_BYTES_MAX} bytes; write `*` or the characters themselves"
    )]
    LongAnyPart,
    /// It starts or ends with a slash, or has two in a row.
    #[error("a path pattern is relative and has exactly one `/` between its parts; for a folder write `folder/**`")]
    EmptyPart,
    /// It has a part that no path has.
    #[error("a path pattern has no `{0}` part, because no path in a repository has one")]
    DotPart(String),
    /// Two stars stand beside something else.
    #[error("`**` stands alone between slashes, unlike in `{0}`; within one part write `*`")]
    StarsInPart(String),
    /// It has a sign that other pattern languages give a meaning.
    #[error(
        "`{0}` has no meaning in a path pattern; write one pattern per alternative, and `?` for the character itself"
    )]
    Sign(char),
    /// It has a control character.
    #[error("a path pattern has no control characters; paths write them as `\\xNN`")]
    Control,
}

impl PathPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// Every [`PatternError`].
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.len() > PATTERN_BYTES_MAX {
            return Err(PatternError::TooLong(text.len()));
        }
        if text.starts_with('!') {
            return Err(PatternError::Sign('!'));
        }
        for sign in text.chars() {
            match sign {
                '[' | ']' | '{' | '}' => return Err(PatternError::Sign(sign)),
                sign if sign.is_control() => return Err(PatternError::Control),
                _ => {}
            }
        }
        let parts = text.split('/').map(Part::parse).collect::<Result<Vec<_>, _>>()?;
        if parts.len() > PARTS_MAX {
            return Err(PatternError::TooManyParts(parts.len()));
        }
        let literal: Vec<&str> = text
            .split('/')
            .zip(&parts)
            .take_while(|(_, part)| matches!(part, Part::Literal(_)))
            .map(|(text, _)| text)
            .collect();
        let any_parts = parts.iter().enumerate().fold(0, |bits, (position, part)| {
            bits | u64::from(matches!(part, Part::AnyParts)) << position
        });
        Ok(Self {
            literal_bytes: literal.join("/").len(),
            any_parts,
            text: text.to_owned(),
            parts,
        })
    }

    /// Returns the pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether the pattern matches a path. All paths are alike here: this is for rule settings and waivers.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.reaches(path, |_| false)
    }

    /// Tells whether the pattern grants a path: as [`matches`](Self::matches), but a part of the path that some file system
    /// takes for `.git` or `.assize` is matched only by a part of the pattern without wildcards. So no `**` ever grants a
    /// repository's inside or the rules by which it is judged.
    #[must_use]
    pub fn matches_granting(&self, path: &str) -> bool {
        self.reaches(path, guarded::is_guarded)
    }

    /// Tells whether the pattern may grant something below the folder `path`, or the folder itself. The empty path is the
    /// root, from which every pattern leads somewhere.
    #[must_use]
    pub fn leads_below(&self, folder: &str) -> bool {
        folder.is_empty() || self.walk(folder, guarded::is_guarded) != 0
    }

    /// Tells whether the pattern grants everything below the folder `path`, whatever it will hold, but for what only a part
    /// without wildcards grants. It may say no of a folder of which it is true; it never says yes of another. The empty path is
    /// the root.
    #[must_use]
    pub fn grants_all_below(&self, folder: &str) -> bool {
        let reached = if folder.is_empty() {
            self.skip_empty_runs(1)
        } else {
            self.walk(folder, guarded::is_guarded)
        };
        let last = self.parts.len().saturating_sub(1);
        matches!(self.parts.last(), Some(Part::AnyParts)) && reached & (1 << last) != 0
    }

    /// Tells whether a part of the pattern is, without wildcards, a name that some file system takes for `.git`.
    #[must_use]
    pub fn names_repository(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Literal(literal) if guarded::is_repository(literal)))
    }

    fn reaches(&self, path: &str, is_guarded: impl Fn(&str) -> bool) -> bool {
        // Most paths differ from most patterns before the first wildcard, and this tells it at once.
        let before = self.text.get(..self.literal_bytes).unwrap_or_default();
        match path.strip_prefix(before) {
            Some(rest) if before.is_empty() || rest.is_empty() || rest.starts_with('/') => {
                self.walk(path, is_guarded) & (1 << self.parts.len()) != 0
            }
            _ => false,
        }
    }

    /// Walks the path once and returns the set of pattern positions that its parts can reach, one bit for each: a pattern
    /// has at most 32 parts, so that nothing is allocated.
    fn walk(&self, path: &str, is_guarded: impl Fn(&str) -> bool) -> u64 {
        let mut here = self.skip_empty_runs(1);
        for part in path.split('/') {
            let mut guarded = None;
            let mut is_open = || !*guarded.get_or_insert_with(|| is_guarded(part));
            let mut next = 0_u64;
            let mut waiting = here;
            while waiting != 0 {
                let position = waiting.trailing_zeros();
                waiting &= waiting.wrapping_sub(1);
                next |= match self.parts.get(position as usize) {
                    Some(Part::AnyParts) => u64::from(is_open()) << position,
                    Some(Part::Wild(segments)) => u64::from(wild_matches(segments, part) && is_open()) << position << 1,
                    Some(Part::Literal(literal)) => u64::from(literal == part) << position << 1,
                    None => 0,
                };
            }
            if next == 0 {
                return 0;
            }
            here = self.skip_empty_runs(next);
        }
        here
    }

    /// Lets every `**` that can be reached match no part at all.
    fn skip_empty_runs(&self, mut reached: u64) -> u64 {
        loop {
            let further = reached | (reached & self.any_parts) << 1;
            if further == reached {
                return reached;
            }
            reached = further;
        }
    }
}

impl Part {
    fn parse(text: &str) -> Result<Self, PatternError> {
        match text {
            "" => Err(PatternError::EmptyPart),
            "." | ".." => Err(PatternError::DotPart(text.to_owned())),
            "**" => Ok(Self::AnyParts),
            _ if text.contains("**") => Err(PatternError::StarsInPart(text.to_owned())),
            _ if text.contains('?') && text.len() > ANY_PART_BYTES_MAX => Err(PatternError::LongAnyPart),
            _ if text.contains(['*', '?']) => Ok(Self::Wild(text.split('*').map(Segment::new).collect())),
            _ => Ok(Self::Literal(text.to_owned())),
        }
    }
}

/// Tells whether some file system takes a part of a path, in the contract's form, for `.git` or `.assize`: no wildcard grants
/// it.
#[must_use]
pub fn is_guarded(part: &str) -> bool {
    guarded::is_guarded(part)
}

/// Tells whether some file system takes a part of a path, in the contract's form, for `.git`.
#[must_use]
pub fn is_repository(part: &str) -> bool {
    guarded::is_repository(part)
}

/// Matches one part. Taking the first place where a middle segment fits is enough: what comes after it has then the most room.
fn wild_matches(segments: &[Segment], part: &str) -> bool {
    let Some((first, others)) = segments.split_first() else {
        return false;
    };
    let Some(mut rest) = first.fits_at_start(part) else {
        return false;
    };
    let Some((last, middle)) = others.split_last() else {
        return rest.is_empty();
    };
    for segment in middle {
        match segment.first_fit(rest) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    last.fits_at_end(rest)
}

impl Segment {
    fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            has_any: text.contains('?'),
        }
    }

    /// Returns what follows the segment where it stands at the start of a text.
    fn fits_at_start<'text>(&self, text: &'text str) -> Option<&'text str> {
        if !self.has_any {
            return text.strip_prefix(&self.text);
        }
        let mut rest = text.chars();
        let fits = self
            .text
            .chars()
            .all(|sign| rest.next().is_some_and(|letter| sign == '?' || sign == letter));
        fits.then_some(rest.as_str())
    }

    /// Returns what follows the first place where the segment fits.
    fn first_fit<'text>(&self, text: &'text str) -> Option<&'text str> {
        if !self.has_any {
            return text.split_once(&self.text).map(|(_, after)| after);
        }
        let mut starts = text.char_indices().map(|(start, _)| start);
        starts.find_map(|start| text.get(start..).and_then(|rest| self.fits_at_start(rest)))
    }

    fn fits_at_end(&self, text: &str) -> bool {
        if !self.has_any {
            return text.ends_with(&self.text);
        }
        let mut rest = text.chars();
        self.text
            .chars()
            .rev()
            .all(|sign| rest.next_back().is_some_and(|letter| sign == '?' || sign == letter))
    }
}

impl FromStr for PathPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PathPattern({:?})", self.text)
    }
}

#[cfg(test)]
mod tests;
