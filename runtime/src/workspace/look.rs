//! What changes nothing: listing, reading, searching.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt as _;

use memchr::memmem::Finder;
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, openat};

use super::descent::{self, Descent};
use super::refusal::{Refusal, Way};
use super::temporary::failed;
use super::walk::{kind, look, parse, parse_entry};
use super::{PAGE_ENTRIES_MAX, READ_BYTES_MAX, Visit};
use crate::case::hunks::is_binary;
use crate::case::path::{RepositoryPath, escape};

/// The most literals of one search.
const LITERALS_MAX: usize = 64;
/// The shortest literal, in bytes.
const LITERAL_BYTES_MIN: usize = 3;
/// The longest literal, in bytes.
const LITERAL_BYTES_MAX: usize = 256;
/// The most places one search returns.
const MATCHES_MAX: u32 = 1_000;
/// The largest file that is searched or compared, in bytes.
pub(super) const TEXT_BYTES_MAX: u64 = 1 << 20;
/// The most bytes of files that one search reads.
const SEARCHED_BYTES_MAX: u64 = 128 << 20;
/// The most files and folders that one search passes.
const SEARCHED_ENTRIES_MAX: usize = 200_000;

/// How a file is opened: not through a link, and without waiting for whatever may stand there instead.
const FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A regular file that its owner may execute.
    Executable,
    /// A symbolic link.
    Symlink,
    /// A folder.
    Folder,
    /// A device, a pipe or a socket.
    Other,
}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, in the contract's form.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The size of a regular file in bytes; 0 for anything else.
    pub bytes: u64,
}

/// Some of a folder's entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPage {
    /// The entries, in byte order of their names.
    pub entries: Vec<Entry>,
    /// What to pass as `after` for the rest.
    pub next: Option<String>,
}

/// One place where a literal was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The file, in the contract's form.
    pub path: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The position of the literal in the list that was searched for.
    pub literal: u32,
}

impl Visit {
    /// Some of the entries of the folder `path`, those with names behind `after`. Only what the role may read, or what
    /// leads to such, is among them.
    ///
    /// # Errors
    ///
    /// Every [`Refusal`] but `Conflict`.
    pub fn list(&self, path: &str, after: Option<&str>) -> Result<EntryPage, Refusal> {
        let path = parse(path)?;
        self.must_lead(&path)?;
        let after = match after {
            Some(name) => parse_entry(name)?.as_bytes().to_owned(),
            None => Vec::new(),
        };
        let folder = self.folder(&path)?;
        let mut page = EntryPage {
            entries: Vec::new(),
            next: None,
        };
        for name in descent::names(&folder, &path)? {
            if name <= after {
                continue;
            }
            let Some(found) = descent::entry(&folder, name, &path)? else {
                continue;
            };
            if !self.shows(&path.join(&found.name), &found.stat) {
                continue;
            }
            if page.entries.len() >= PAGE_ENTRIES_MAX {
                page.next = page.entries.last().map(|entry| entry.name.clone());
                break;
            }
            page.entries.push(entry_of(&found.name, &found.stat));
        }
        Ok(page)
    }

    /// At most `length` bytes of a file's contents from `offset`, and never more than [`READ_BYTES_MAX`].
    ///
    /// # Errors
    ///
    /// Every [`Refusal`] but `Conflict`.
    pub fn read(&self, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        let path = parse_entry(path)?;
        self.must_open(Way::Read, &path)?;
        let parent = self.parent(&path)?;
        let (file, stat) = open_file(parent.as_fd(), &path)?;
        let rest = size(&stat).saturating_sub(offset);
        let length = rest.min(u64::from(length.min(READ_BYTES_MAX)));
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        let mut filled = 0_usize;
        while let Some(room) = bytes.get_mut(filled..).filter(|room| !room.is_empty()) {
            let at = offset.saturating_add(filled as u64);
            match file.read_at(room, at) {
                // It has become shorter meanwhile.
                Ok(0) => break,
                Ok(read) => filled = filled.saturating_add(read),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(&error, &path)),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// The places below the folder `path` where any of `literals` stands in a text file that the role may read.
    ///
    /// # Errors
    ///
    /// Every [`Refusal`] but `Conflict`.
    pub fn search(&self, path: &str, literals: &[String], max: u32) -> Result<Vec<Match>, Refusal> {
        let path = parse(path)?;
        check_search(literals, max)?;
        self.must_lead(&path)?;
        let finders: Vec<Finder<'_>> = literals.iter().map(Finder::new).collect();
        let mut found = Vec::new();
        let mut bytes_left = SEARCHED_BYTES_MAX;
        let mut descent = Descent::new(self.folder(&path)?, path, SEARCHED_ENTRIES_MAX)?;
        let leads = |path: &RepositoryPath| self.must_lead(path).is_ok();
        while found.len() < max as usize
            && let Some((path, entry)) = descent.next(leads)?
        {
            let text = path.to_string();
            let is_searched = kind(&entry.stat) == FileType::RegularFile
                && size(&entry.stat) <= TEXT_BYTES_MAX
                && self.files.may_read(&text);
            let Some(folder) = descent.here().filter(|_| is_searched) else {
                continue;
            };
            // It may have grown, gone or changed its kind, or this machine's user may not read it.
            let Ok(Some(contents)) = read_whole(folder.as_fd(), &path, TEXT_BYTES_MAX) else {
                continue;
            };
            bytes_left = bytes_left.checked_sub(contents.len() as u64).ok_or_else(|| {
                Refusal::Limit(format!(
                    "a search reads at most {} MiB of files",
                    SEARCHED_BYTES_MAX >> 20
                ))
            })?;
            if !is_binary(&contents) {
                let room = (max as usize).saturating_sub(found.len());
                find_in(&text, &contents, &finders, room, &mut found);
            }
        }
        Ok(found)
    }

    /// Tells whether an entry may be seen in a list.
    fn shows(&self, path: &RepositoryPath, stat: &Stat) -> bool {
        let text = path.to_string();
        self.files.may_read(&text) || (kind(stat) == FileType::Directory && self.files.may_pass(&text))
    }
}

/// Opens the regular file at `path`, whose folder is open.
pub(super) fn open_file(folder: BorrowedFd<'_>, path: &RepositoryPath) -> Result<(File, Stat), Refusal> {
    let Some(stat) = look(folder, path.file_name(), path)? else {
        return Err(Refusal::NotFound(format!("there is no `{path}`")));
    };
    must_be_file(&stat, path)?;
    let file = openat(folder, path.file_name(), FILE, Mode::empty()).map_err(|errno| Refusal::of(errno, path))?;
    // Something else may have come there between the two.
    let stat = fstat(&file).map_err(|errno| Refusal::of(errno, path))?;
    must_be_file(&stat, path)?;
    Ok((File::from(file), stat))
}

/// Reads a whole file; nothing where it has more than `bytes_max`.
pub(super) fn read_whole(
    folder: BorrowedFd<'_>,
    path: &RepositoryPath,
    bytes_max: u64,
) -> Result<Option<Vec<u8>>, Refusal> {
    use std::io::Read as _;
    let (file, stat) = open_file(folder, path)?;
    let mut contents = Vec::new();
    if size(&stat) > bytes_max {
        return Ok(None);
    }
    let mut bounded = file.take(bytes_max.saturating_add(1));
    bounded
        .read_to_end(&mut contents)
        .map_err(|error| failed(&error, path))?;
    Ok((contents.len() as u64 <= bytes_max).then_some(contents))
}

/// Refuses what is no regular file.
pub(super) fn must_be_file(stat: &Stat, path: &RepositoryPath) -> Result<(), Refusal> {
    match kind(stat) {
        FileType::RegularFile => Ok(()),
        FileType::Symlink => Err(Refusal::Link(path.to_string())),
        FileType::Directory => Err(Refusal::Invalid(format!("`{path}` is a folder"))),
        _ => Err(Refusal::Invalid(format!(
            "`{path}` is a device, a pipe or a socket, which are never opened"
        ))),
    }
}

/// The size of a file in bytes.
pub(super) fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

fn entry_of(name: &[u8], stat: &Stat) -> Entry {
    let kind = match kind(stat) {
        FileType::RegularFile if stat.st_mode & 0o100 != 0 => Kind::Executable,
        FileType::RegularFile => Kind::File,
        FileType::Symlink => Kind::Symlink,
        FileType::Directory => Kind::Folder,
        _ => Kind::Other,
    };
    let has_bytes = matches!(kind, Kind::File | Kind::Executable);
    Entry {
        name: escape(name),
        kind,
        bytes: if has_bytes { size(stat) } else { 0 },
    }
}

fn check_search(literals: &[String], max: u32) -> Result<(), Refusal> {
    if !(1..=LITERALS_MAX).contains(&literals.len()) {
        return Err(Refusal::Invalid(format!("a search takes 1 to {LITERALS_MAX} literals")));
    }
    let has_room = |literal: &String| (LITERAL_BYTES_MIN..=LITERAL_BYTES_MAX).contains(&literal.len());
    if !literals.iter().all(has_room) {
        let reason = format!("a literal has {LITERAL_BYTES_MIN} to {LITERAL_BYTES_MAX} bytes");
        return Err(Refusal::Invalid(reason));
    }
    if !(1..=MATCHES_MAX).contains(&max) {
        return Err(Refusal::Invalid(format!("a search returns 1 to {MATCHES_MAX} places")));
    }
    Ok(())
}

/// Adds the first `max` places of one file. Each literal is looked for by itself, in linear time.
fn find_in(path: &str, contents: &[u8], finders: &[Finder<'_>], max: usize, found: &mut Vec<Match>) {
    let mut places = Vec::new();
    for (literal, finder) in (0_u32..).zip(finders) {
        let (mut line, mut rest, mut count) = (1_u32, contents, 0_usize);
        while count < max
            && let Some(hit) = finder.find(rest)
        {
            let (before, from_hit) = rest.split_at(hit);
            let passed = memchr::memchr_iter(b'\n', before).count();
            line = line.saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
            places.push((line, literal));
            count = count.saturating_add(1);
            // On to the next line: a line counts once. A literal may hold line feeds; it counts where it starts.
            let Some(end) = memchr::memchr(b'\n', from_hit) else {
                break;
            };
            rest = from_hit.get(end.saturating_add(1)..).unwrap_or_default();
            line = line.saturating_add(1);
        }
    }
    places.sort_unstable();
    found.extend(places.into_iter().take(max).map(|(line, literal)| Match {
        path: path.to_owned(),
        line,
        literal,
    }));
}
