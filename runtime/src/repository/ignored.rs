//! Which new files of a worktree are no part of a change, because the repository says so: its `.gitignore` files, as they stand
//! in the commit that the worktree was made from (gitignore(5)). Neither `.git/info/exclude` nor anything of the user's is read.

use assize_provenance::reader::{ObjectReader, ReadError};
use assize_provenance::tree::Mode;

use super::checkout::{Listed, Listing};
use crate::case::contents::{self, ContentsError};
use crate::case::path::RepositoryPath;

/// The largest `.gitignore` that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// The most patterns that are kept; further ones ignore nothing.
const PATTERNS_MAX: usize = 20_000;

/// The patterns of one tree, of outer folders first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ignored {
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    /// The folder whose `.gitignore` it stands in.
    folder: RepositoryPath,
    parts: Vec<Part>,
    /// It says that something is not ignored after all.
    is_exception: bool,
    only_folders: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Any number of folders.
    AnyParts,
    One(Vec<u8>),
}

impl Ignored {
    /// Reads the patterns of a tree.
    pub(super) fn read<R: ObjectReader + ?Sized>(reader: &R, files: &Listing) -> Result<Self, ContentsError> {
        let mut ignored = Self::default();
        let is_list = |file: &&Listed| file.path.file_name() == b".gitignore" && file.mode != Mode::Symlink;
        let mut lists: Vec<&Listed> = files.iter().filter(is_list).collect();
        lists.sort_by_key(|file| file.path.parts().count());
        for file in lists.into_iter().filter(|file| file.mode != Mode::Submodule) {
            let text = match contents::read_blob(reader, &file.path, &file.id, FILE_BYTES_MAX) {
                Err(ContentsError::Read {
                    error: ReadError::TooLarge { .. },
                    ..
                }) => continue,
                other => other?,
            };
            ignored.add(&super::beneath::parent(&file.path), &text);
        }
        Ok(ignored)
    }

    fn add(&mut self, folder: &RepositoryPath, text: &[u8]) {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let left = PATTERNS_MAX.saturating_sub(self.patterns.len());
        let lines = text
            .split(|byte| *byte == b'\n')
            .filter_map(|line| Pattern::parse(folder, line));
        self.patterns.extend(lines.take(left));
    }

    /// Whether the patterns name a path, or a folder that it lies in.
    pub(super) fn holds(&self, path: &RepositoryPath, is_folder: bool) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        let count = path.parts().count();
        let mut above = RepositoryPath::default();
        path.parts().enumerate().any(|(place, part)| {
            above = above.join(part);
            self.names(&above, is_folder || place.saturating_add(1) < count)
        })
    }

    /// Whether the patterns name this path itself.
    fn names(&self, path: &RepositoryPath, is_folder: bool) -> bool {
        let decides = |pattern: &&Pattern| (is_folder || !pattern.only_folders) && pattern.matches(path);
        // The last one that fits decides, those of inner folders after those of outer ones.
        self.patterns
            .iter()
            .rev()
            .find(decides)
            .is_some_and(|pattern| !pattern.is_exception)
    }
}

impl Pattern {
    fn parse(folder: &RepositoryPath, line: &[u8]) -> Option<Self> {
        let line = without_blanks(line.strip_suffix(b"\r").unwrap_or(line));
        if line.is_empty() || line.starts_with(b"#") {
            return None;
        }
        let (is_exception, line) = line.strip_prefix(b"!").map_or((false, line), |rest| (true, rest));
        let (only_folders, line) = line.strip_suffix(b"/").map_or((false, line), |rest| (true, rest));
        // A slash at the start or inside ties it to its folder; otherwise it may stand anywhere below.
        let is_tied = line.contains(&b'/');
        let line = line.strip_prefix(b"/").unwrap_or(line);
        if line.is_empty() {
            return None;
        }
        let mut parts: Vec<Part> = if is_tied { Vec::new() } else { vec![Part::AnyParts] };
        for part in line.split(|byte| *byte == b'/') {
            match part {
                b"**" if parts.last() == Some(&Part::AnyParts) => {}
                b"**" => parts.push(Part::AnyParts),
                part => parts.push(Part::One(part.to_vec())),
            }
        }
        if !is_tied && parts.len() == 1 {
            // Two stars alone are two stars.
            parts.push(Part::One(b"*".to_vec()));
        }
        Some(Self {
            folder: folder.clone(),
            parts,
            is_exception,
            only_folders,
        })
    }

    fn matches(&self, path: &RepositoryPath) -> bool {
        let parts: Vec<&[u8]> = path.parts().collect();
        let above: Vec<&[u8]> = self.folder.parts().collect();
        let Some(parts) = parts.strip_prefix(above.as_slice()) else {
            return false;
        };
        // Which of the pattern's parts may come next, after each part of the path.
        let mut here = vec![false; self.parts.len().saturating_add(1)];
        if let Some(start) = here.first_mut() {
            *start = true;
        }
        self.skip_any(&mut here);
        for part in parts {
            let mut next = vec![false; here.len()];
            for (place, wanted) in self.parts.iter().enumerate() {
                if here.get(place) != Some(&true) {
                    continue;
                }
                let (stays, goes) = match wanted {
                    Part::AnyParts => (true, place.saturating_add(1) == self.parts.len()),
                    Part::One(glob) => (false, glob_matches(glob, part)),
                };
                for (to, is_open) in [(place, stays), (place.saturating_add(1), goes)] {
                    if let Some(next) = next.get_mut(to) {
                        *next |= is_open;
                    }
                }
            }
            self.skip_any(&mut next);
            here = next;
        }
        here.last() == Some(&true)
    }

    /// `**` may stand for nothing, but not at the end: `a/**` is what lies in `a`.
    fn skip_any(&self, open: &mut [bool]) {
        for (place, part) in self.parts.iter().enumerate() {
            let is_last = place.saturating_add(1) == self.parts.len();
            if *part == Part::AnyParts
                && !is_last
                && open.get(place) == Some(&true)
                && let Some(next) = open.get_mut(place.saturating_add(1))
            {
                *next = true;
            }
        }
    }
}

/// Cuts blanks off the end, unless a backslash keeps them.
fn without_blanks(line: &[u8]) -> &[u8] {
    let mut line = line;
    while let Some(rest) = line.strip_suffix(b" ") {
        let backslashes = rest.iter().rev().take_while(|byte| **byte == b'\\').count();
        if backslashes % 2 == 1 {
            break;
        }
        line = rest;
    }
    line
}

/// Matches one part: `*`, `?`, `[a-z]`, and a backslash before what stands for itself.
fn glob_matches(glob: &[u8], name: &[u8]) -> bool {
    let (mut glob, mut name) = (glob, name);
    // Where to go on when the last star has to take one more byte.
    let mut last_star: Option<(&[u8], &[u8])> = None;
    loop {
        if let Some(rest) = glob.strip_prefix(b"*") {
            last_star = Some((rest, name));
            glob = rest;
            continue;
        }
        let step = match name.split_first() {
            None if glob.is_empty() => return true,
            None => None,
            Some((byte, after)) => one(glob, *byte).map(|rest| (rest, after)),
        };
        if let Some((rest, after)) = step {
            (glob, name) = (rest, after);
            continue;
        }
        let Some((rest, tried)) = last_star else { return false };
        let Some((_, tried)) = tried.split_first() else {
            return false;
        };
        last_star = Some((rest, tried));
        (glob, name) = (rest, tried);
    }
}

/// Matches one byte, and returns what is left of the pattern.
fn one(glob: &[u8], byte: u8) -> Option<&[u8]> {
    match glob.split_first()? {
        (b'?', rest) => Some(rest),
        (b'\\', rest) => rest
            .split_first()
            .filter(|(wanted, _)| **wanted == byte)
            .map(|(_, rest)| rest),
        (b'[', rest) => class(rest, byte),
        (wanted, rest) => (*wanted == byte).then_some(rest),
    }
}

/// Matches a class whose bracket was opened, and returns what stands behind it.
fn class(glob: &[u8], byte: u8) -> Option<&[u8]> {
    let (is_negated, mut rest) = match glob.split_first()? {
        (b'!' | b'^', rest) => (true, rest),
        _ => (false, glob),
    };
    let (mut fits, mut is_first) = (false, true);
    loop {
        let (low, after) = match rest.split_first()? {
            (b']', after) if !is_first => return (fits != is_negated).then_some(after),
            (b'[', after) if after.starts_with(b":") => {
                let end = after.windows(2).position(|pair| pair == b":]")?;
                fits |= is_of(after.get(1..end)?, byte)?;
                rest = after.get(end.checked_add(2)?..)?;
                is_first = false;
                continue;
            }
            (b'\\', after) => after.split_first()?,
            (low, after) => (low, after),
        };
        is_first = false;
        let range = after
            .strip_prefix(b"-")
            .and_then(<[u8]>::split_first)
            .filter(|(high, _)| **high != b']');
        match range {
            Some((b'\\', behind)) => {
                let (high, behind) = behind.split_first()?;
                fits |= (*low..=*high).contains(&byte);
                rest = behind;
            }
            Some((high, behind)) => {
                fits |= (*low..=*high).contains(&byte);
                rest = behind;
            }
            None => {
                fits |= *low == byte;
                rest = after;
            }
        }
    }
}

/// Whether a byte is of a named class; nothing for a name that is none.
fn is_of(name: &[u8], byte: u8) -> Option<bool> {
    Some(match name {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"blank" => byte == b' ' || byte == b'\t',
        b"cntrl" => byte.is_ascii_control(),
        b"digit" => byte.is_ascii_digit(),
        b"graph" => byte.is_ascii_graphic(),
        b"lower" => byte.is_ascii_lowercase(),
        b"print" => byte.is_ascii_graphic() || byte == b' ',
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => byte.is_ascii_whitespace() || byte == 0x0b,
        b"upper" => byte.is_ascii_uppercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(lists: &[(&str, &str)]) -> Ignored {
        let mut ignored = Ignored::default();
        for (folder, text) in lists {
            ignored.add(&folder.parse().unwrap(), text.as_bytes());
        }
        ignored
    }

    #[test]
    fn patterns_with_classes_and_escapes_match_bytes() {
        for (glob, name, expected) in [
            ("*.[oa]", "x.o", true),
            ("*.[!oa]", "x.o", false),
            ("[]-]x", "]x", true),
            ("[a-c]*[0-9]", "bxx7", true),
            ("[[:digit:]]", "7", true),
            ("[[:nothing:]]", "7", false),
            ("[a", "a", false),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("a*b*c", "aXbXbXc", true),
            ("*a*a*a*a*a*a*b", &"a".repeat(4000), false),
        ] {
            assert_eq!(
                glob_matches(glob.as_bytes(), name.as_bytes()),
                expected,
                "{glob} {name}"
            );
        }
    }

    #[test]
    fn the_last_pattern_of_the_innermost_list_decides() {
        let ignored = ignored(&[("", "*.log\n!keep.log\n/build\n# not\n"), ("sub", "!*.log\nbuild/\n")]);
        let holds = |path: &str| ignored.holds(&path.parse().unwrap(), false);
        assert!(holds("a.log") && holds("x/y.log") && holds("build") && holds("build/x"));
        assert!(!holds("keep.log") && !holds("sub/a.log") && !holds("x/build"));
        // Only a folder.
        assert!(!holds("sub/build") && holds("sub/build/x") && !holds("# not"));
    }
}
