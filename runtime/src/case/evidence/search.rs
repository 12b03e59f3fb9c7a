//! Looks for literals in all text files of one side.

use std::vec::IntoIter;

use assize_provenance::reader::{ObjectId, ReadError};
use memchr::memmem::Finder;

use super::{Objects, Refusal, refusal};
use crate::case::Kind;
use crate::case::contents::{self, ContentsError};
use crate::case::hunks::is_binary;
use crate::case::path::RepositoryPath;
use crate::case::tree_diff::{DEPTH_MAX, Entry, read_folder};

/// The most literals of one search.
pub const LITERALS_MAX: usize = 64;
/// The shortest literal, in bytes.
pub const LITERAL_BYTES_MIN: usize = 3;
/// The longest literal, in bytes.
pub const LITERAL_BYTES_MAX: usize = 256;
/// The most places one search returns.
pub const MATCHES_MAX: u32 = 1_000;
/// The largest file that is searched, in bytes.
pub const SEARCHED_FILE_BYTES_MAX: u64 = 1 << 20;
/// The most bytes of files that one search reads.
pub const SEARCHED_BYTES_MAX: usize = 128 << 20;
/// The most files and folders that one search passes.
pub const SEARCHED_ENTRIES_MAX: usize = 200_000;

/// One place where a literal was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// The file, in the form of a path.
    pub path: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The position of the literal in the list that was searched for.
    pub literal: u32,
}

pub(super) fn search(
    objects: &Objects,
    root: Option<ObjectId>,
    literals: &[String],
    max: u32,
) -> Result<Vec<Match>, Refusal> {
    if !(1..=LITERALS_MAX).contains(&literals.len()) {
        return Err(Refusal::Invalid(format!("a search takes 1 to {LITERALS_MAX} literals")));
    }
    if !literals
        .iter()
        .all(|literal| (LITERAL_BYTES_MIN..=LITERAL_BYTES_MAX).contains(&literal.len()))
    {
        let reason = format!("a literal has {LITERAL_BYTES_MIN} to {LITERAL_BYTES_MAX} bytes");
        return Err(Refusal::Invalid(reason));
    }
    if !(1..=MATCHES_MAX).contains(&max) {
        return Err(Refusal::Invalid(format!("a search returns 1 to {MATCHES_MAX} places")));
    }
    let finders: Vec<Finder<'_>> = literals.iter().map(Finder::new).collect();
    let max = max as usize;
    let mut found = Vec::new();
    let mut walk = Walk {
        objects,
        open: Vec::new(),
        entries: 0,
        bytes: 0,
    };
    if let Some(root) = root {
        walk.enter(RepositoryPath::default(), root)?;
    }
    while found.len() < max
        && let Some((path, id)) = walk.next_file()?
    {
        if let Some(contents) = walk.text(&path, id)? {
            find_in(&path, &contents, &finders, max - found.len(), &mut found);
        }
    }
    Ok(found)
}

/// Goes through a tree depth first. Git's order of folders is the byte order of the paths in them.
struct Walk<'a> {
    objects: &'a Objects,
    open: Vec<(RepositoryPath, IntoIter<Entry>)>,
    entries: usize,
    bytes: usize,
}

impl Walk<'_> {
    fn enter(&mut self, path: RepositoryPath, id: ObjectId) -> Result<(), Refusal> {
        if self.open.len() > DEPTH_MAX {
            return Err(Refusal::Limit(format!(
                "`{path}` lies more than {DEPTH_MAX} folders deep"
            )));
        }
        let entries = read_folder(self.objects, &path, &id).map_err(refusal)?;
        self.open.push((path, entries.into_iter()));
        Ok(())
    }

    fn next_file(&mut self) -> Result<Option<(RepositoryPath, ObjectId)>, Refusal> {
        while let Some((folder, entries)) = self.open.last_mut() {
            let Some(entry) = entries.next() else {
                self.open.pop();
                continue;
            };
            self.entries += 1;
            if self.entries > SEARCHED_ENTRIES_MAX {
                let reason = format!("a search passes at most {SEARCHED_ENTRIES_MAX} files and folders");
                return Err(Refusal::Limit(reason));
            }
            let path = folder.join(&entry.name);
            match entry.node.kind {
                Kind::File | Kind::Executable => return Ok(Some((path, entry.node.id))),
                Kind::Folder => self.enter(path, entry.node.id)?,
                Kind::Symlink | Kind::Submodule => {}
            }
        }
        Ok(None)
    }

    /// Reads a file to search, unless it is passed over.
    fn text(&mut self, path: &RepositoryPath, id: ObjectId) -> Result<Option<Vec<u8>>, Refusal> {
        let bytes = match contents::read_blob(self.objects, path, &id, SEARCHED_FILE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(ContentsError::Read {
                error: ReadError::TooLarge { .. },
                ..
            }) => return Ok(None),
            Err(error) => return Err(refusal(error)),
        };
        self.bytes += bytes.len();
        if self.bytes > SEARCHED_BYTES_MAX {
            return Err(Refusal::Limit(format!(
                "a search reads at most {SEARCHED_BYTES_MAX} bytes of files"
            )));
        }
        Ok(if is_binary(&bytes) { None } else { Some(bytes) })
    }
}

/// Adds the first `max` places of one file. Each literal is looked for by itself, in linear time, so literals that overlap
/// cost no more than others.
fn find_in(path: &RepositoryPath, contents: &[u8], finders: &[Finder<'_>], max: usize, found: &mut Vec<Match>) {
    let mut places = Vec::new();
    for (literal, finder) in finders.iter().enumerate() {
        let (mut line, mut start, mut count) = (1_u32, 0, 0);
        while count < max
            && let Some(hit) = finder.find(&contents[start..])
        {
            line += memchr::memchr_iter(b'\n', &contents[start..start + hit]).count() as u32;
            places.push((line, literal as u32));
            count += 1;
            // On to the next line: a line counts once. A literal may hold line feeds; it counts where it starts.
            let Some(end) = memchr::memchr(b'\n', &contents[start + hit..]) else {
                break;
            };
            start += hit + end + 1;
            line += 1;
        }
    }
    places.sort_unstable();
    let path = path.to_string();
    found.extend(places.into_iter().take(max).map(|(line, literal)| Match {
        path: path.clone(),
        line,
        literal,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(contents: &str, literals: &[&str], max: usize) -> Vec<(u32, u32)> {
        let finders: Vec<Finder<'_>> = literals.iter().map(Finder::new).collect();
        let mut found = Vec::new();
        find_in(
            &RepositoryPath::from_bytes("a"),
            contents.as_bytes(),
            &finders,
            max,
            &mut found,
        );
        found.into_iter().map(|place| (place.line, place.literal)).collect()
    }

    #[test]
    fn places_come_by_line_and_then_by_literal() {
        let text = "one two\ntwo two\n\none";
        assert_eq!(places(text, &["two", "one"], 10), [(1, 0), (1, 1), (2, 0), (4, 1)]);
        assert_eq!(places(text, &["two", "one"], 3), [(1, 0), (1, 1), (2, 0)]);
        assert_eq!(places(text, &["three"], 3), []);
    }

    #[test]
    fn a_literal_over_lines_counts_where_it_starts() {
        assert_eq!(places("a\nb c\nd e\n", &["b c\nd", "d e"], 10), [(2, 0), (3, 1)]);
    }
}
