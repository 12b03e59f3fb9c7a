//! Git trees as bytes: read strictly, written canonically, named by SHA-1.
//!
//! A tree is a run of `mode SP name NUL id`, sorted by name as if a folder's name ended in `/` (gitformat-pack(5), and
//! `base_name_compare` in git). Git itself tolerates trees that break its rules; here they are refused, because two readers
//! of such a tree see two different folders.

use std::cmp::Ordering;
use std::fmt;

use sha1::{Digest as _, Sha1};

use crate::reader::{ObjectId, ObjectKind};

/// How many bytes a tree may have.
pub const TREE_BYTES_MAX: u64 = 64 << 20;

/// How many bytes one name in a tree may have.
pub const NAME_BYTES_MAX: usize = 4096;

/// What a tree's entry is, in git's octal modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// `40000`: a folder.
    Folder,
    /// `100644`: a regular file.
    File,
    /// `100664`: a regular file as early versions of git wrote it.
    GroupWritable,
    /// `100755`: a regular file that may be executed.
    Executable,
    /// `120000`: a symbolic link.
    Symlink,
    /// `160000`: another repository's commit.
    Submodule,
}

impl Mode {
    const ALL: [Self; 6] = [
        Self::Folder,
        Self::File,
        Self::GroupWritable,
        Self::Executable,
        Self::Symlink,
        Self::Submodule,
    ];

    /// Returns the mode as a tree spells it.
    #[must_use]
    pub const fn octal(self) -> &'static str {
        match self {
            Self::Folder => "40000",
            Self::File => "100644",
            Self::GroupWritable => "100664",
            Self::Executable => "100755",
            Self::Symlink => "120000",
            Self::Submodule => "160000",
        }
    }

    fn parse(octal: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.octal().as_bytes() == octal)
    }
}

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// What it is.
    pub mode: Mode,
    /// Its name, which is any bytes but NUL and `/`.
    pub name: Vec<u8>,
    /// Where its contents are.
    pub id: ObjectId,
}

/// Why bytes are no tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// It is too large.
    #[error("the tree has {0} bytes, more than the {TREE_BYTES_MAX} that are read")]
    TooLarge(usize),
    /// It ends within an entry.
    #[error("the tree ends within an entry")]
    Cut,
    /// A mode is none that git writes.
    #[error("the tree has an entry of unknown mode `{0}`")]
    Mode(String),
    /// A name means another place, or is too long.
    #[error("the tree has an entry with the forbidden name `{0}`")]
    Name(String),
    /// Names are not sorted, or one stands twice.
    #[error("the tree's entries are not in order at `{0}`")]
    Order(String),
}

/// Reads a tree.
///
/// Refused are unknown modes, names that are empty, `.`, `..`, `.git` in any case of letters or contain `/`, names twice
/// (also once as file and once as folder), and any other order than git's.
///
/// # Errors
///
/// Every [`TreeError`].
pub fn parse(bytes: &[u8]) -> Result<Vec<TreeEntry>, TreeError> {
    if u64::try_from(bytes.len()).is_ok_and(|length| length > TREE_BYTES_MAX) {
        return Err(TreeError::TooLarge(bytes.len()));
    }
    let mut entries: Vec<TreeEntry> = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (entry, after) = parse_entry(rest)?;
        if let Some(last) = entries.last() {
            check_order(&entries, last, &entry)?;
        }
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

fn parse_entry(bytes: &[u8]) -> Result<(TreeEntry, &[u8]), TreeError> {
    let (mode, rest) = split_at_byte(bytes, b' ').ok_or(TreeError::Cut)?;
    let mode = Mode::parse(mode).ok_or_else(|| TreeError::Mode(shown(mode)))?;
    let (name, rest) = split_at_byte(rest, 0).ok_or(TreeError::Cut)?;
    let is_special = name.is_empty() || name == b"." || name == b".." || name.eq_ignore_ascii_case(b".git");
    if is_special || name.contains(&b'/') || name.len() > NAME_BYTES_MAX {
        return Err(TreeError::Name(shown(name)));
    }
    let (id, rest) = rest.split_first_chunk::<20>().ok_or(TreeError::Cut)?;
    Ok((
        TreeEntry {
            mode,
            name: name.to_vec(),
            id: ObjectId::from_bytes(*id),
        },
        rest,
    ))
}

fn split_at_byte(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let position = bytes.iter().position(|byte| *byte == separator)?;
    let (before, after) = bytes.split_at_checked(position)?;
    Some((before, after.split_first()?.1))
}

/// Checks that `next` may follow `last`. A file `a` and a folder `a` need not be neighbours (`a`, `a.b`, `a/`), so names
/// that start like the next folder's are looked at as far back as they can lie.
fn check_order(entries: &[TreeEntry], last: &TreeEntry, next: &TreeEntry) -> Result<(), TreeError> {
    let wrong = || Err(TreeError::Order(shown(&next.name)));
    if compare(last, next) != Ordering::Less {
        return wrong();
    }
    if next.mode == Mode::Folder {
        let start = entries.partition_point(|entry| sort_key(entry).lt(next.name.iter().copied()));
        if entries.get(start).is_some_and(|entry| entry.name == next.name) {
            return wrong();
        }
    }
    Ok(())
}

fn sort_key(entry: &TreeEntry) -> impl Iterator<Item = u8> {
    let slash = (entry.mode == Mode::Folder).then_some(b'/');
    entry.name.iter().copied().chain(slash)
}

fn compare(left: &TreeEntry, right: &TreeEntry) -> Ordering {
    sort_key(left).cmp(sort_key(right))
}

fn shown(bytes: &[u8]) -> String {
    bytes
        .iter()
        .take(64)
        .copied()
        .collect::<Vec<_>>()
        .escape_ascii()
        .to_string()
}

/// Writes a tree. Entries may come in any order; a name must not come twice.
#[must_use]
pub fn to_bytes(entries: &[TreeEntry]) -> Vec<u8> {
    let mut sorted: Vec<&TreeEntry> = entries.iter().collect();
    sorted.sort_by(|left, right| compare(left, right));
    let mut bytes = Vec::new();
    for entry in sorted {
        bytes.extend_from_slice(entry.mode.octal().as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(&entry.name);
        bytes.push(0);
        bytes.extend_from_slice(entry.id.as_bytes());
    }
    bytes
}

/// Names an object as git does: SHA-1 over `kind SP length NUL` and its bytes. Only for finding it again; it proves nothing.
#[must_use]
pub fn object_id(kind: ObjectKind, bytes: &[u8]) -> ObjectId {
    let mut hasher = Sha1::new();
    hasher.update(format!("{} {}\0", kind.name(), bytes.len()));
    hasher.update(bytes);
    ObjectId::from_bytes(hasher.finalize().into())
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.octal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(mode: Mode, name: &str) -> TreeEntry {
        TreeEntry {
            mode,
            name: name.into(),
            id: ObjectId::from_bytes([name.len() as u8; 20]),
        }
    }

    /// Writes entries in the order given, right or wrong.
    fn raw(entries: &[(&str, &str)]) -> Vec<u8> {
        entries
            .iter()
            .flat_map(|(mode, name)| [format!("{mode} {name}\0").as_bytes(), &[7; 20]].concat())
            .collect()
    }

    #[test]
    fn the_empty_tree_and_blob_have_their_well_known_ids() {
        assert_eq!(
            object_id(ObjectKind::Tree, b"").to_string(),
            "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        );
        assert_eq!(
            object_id(ObjectKind::Blob, b"").to_string(),
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
        );
    }

    #[test]
    fn folders_sort_as_if_they_ended_in_a_slash() {
        let entries = [
            entry(Mode::Folder, "a"),
            entry(Mode::File, "a.b"),
            entry(Mode::File, "a0"),
        ];
        let bytes = to_bytes(&entries);
        let names: Vec<_> = parse(&bytes).unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, [b"a.b".to_vec(), b"a".to_vec(), b"a0".to_vec()]);
        assert_eq!(to_bytes(&parse(&bytes).unwrap()), bytes);
    }

    #[test]
    fn every_mode_reads_back() {
        for mode in Mode::ALL {
            let bytes = to_bytes(&[entry(mode, "x")]);
            assert_eq!(parse(&bytes), Ok(vec![entry(mode, "x")]));
        }
    }

    #[test]
    fn trees_that_two_readers_see_differently_are_refused() {
        let order = |name: &str| Err(TreeError::Order(name.to_owned()));
        assert_eq!(parse(&raw(&[("100644", "b"), ("100644", "a")])), order("a"));
        assert_eq!(parse(&raw(&[("100644", "a"), ("100644", "a")])), order("a"));
        assert_eq!(parse(&raw(&[("100644", "a"), ("40000", "a")])), order("a"));
        assert_eq!(
            parse(&raw(&[
                ("100644", "a"),
                ("100644", "a-b"),
                ("100644", "a.b"),
                ("40000", "a")
            ])),
            order("a")
        );
        assert!(parse(&raw(&[("100644", "a-b"), ("100644", "a.b"), ("40000", "a")])).is_ok());
        for name in ["", ".", "..", ".git", ".GiT", "a/b", &"n".repeat(4097)] {
            assert!(
                matches!(parse(&raw(&[("100644", name)])), Err(TreeError::Name(_))),
                "{name:?}"
            );
        }
        for mode in ["", "040000", "100600", "644", "0100644"] {
            assert_eq!(parse(&raw(&[(mode, "a")])), Err(TreeError::Mode(mode.to_owned())));
        }
    }

    #[test]
    fn a_tree_cut_anywhere_inside_an_entry_is_refused() {
        let whole = raw(&[("100644", "a"), ("40000", "b")]);
        for length in 0..whole.len() {
            let at_an_entry = length == 0 || length == 29;
            assert_eq!(parse(&whole[..length]).is_ok(), at_an_entry, "{length}");
        }
    }
}
