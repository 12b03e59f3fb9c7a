//! What a judge may read of a case: the change and both states of the repository, page by page.
//!
//! [`Evidence`] answers the functions of the contract's interface `evidence` in plain types; the sandbox converts them.
//! The answers are functions of the case alone: same case, same call, same bytes, whoever asked before. Every answer is
//! bounded, and so is what the host holds to give it: at most 16 MiB are kept for the next call, and one call works on at
//! most two files of 8 MiB. Judges on several threads share one value; calls that need much memory take turns.

mod files;
mod pages;
mod search;
mod shelf;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use assize_provenance::opinion::Side;
use assize_provenance::reader::{ObjectReader, ReadError};

use super::build::BuildError;
use super::contents::ContentsError;
use super::path::RepositoryPath;
use super::tree_diff::TreeError;
use super::{Case, Form};

pub use files::{ENTRIES_PER_PAGE, EntryPage, FILE_BYTES_MAX, FolderEntry};
pub use pages::{CHANGES_PER_PAGE, ChangePage, HUNK_PAGE_BYTES, HunkPage, HunkText};
pub use search::{
    LITERAL_BYTES_MAX, LITERAL_BYTES_MIN, LITERALS_MAX, MATCHES_MAX, Match, SEARCHED_BYTES_MAX, SEARCHED_ENTRIES_MAX,
    SEARCHED_FILE_BYTES_MAX,
};

/// The most bytes that one `read` or `document` returns.
pub const ANSWER_BYTES_MAX: u32 = 1 << 20;

/// Why evidence was not given. All but the last are functions of the case, and cases of the contract's `refusal`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A limit was reached; the text names it with its unit.
    #[error("{0}")]
    Limit(String),
    /// The arguments mean nothing; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// The repository holds something there that cannot be read as what it is named for.
    #[error("{0}")]
    Unavailable(String),
    /// This clone is damaged or incomplete, or the machine failed. No judge is told: another clone would have answered, so
    /// the hearing ends without a verdict.
    #[error(transparent)]
    Unreadable(BuildError),
}

/// Where evidence is read from. Every thread that judges reads through the same one.
pub type Objects = dyn ObjectReader + Send + Sync;

/// The read side of one case.
pub struct Evidence {
    case: Arc<Case>,
    objects: Arc<Objects>,
    documents: BTreeMap<String, Vec<u8>>,
    shelf: Mutex<shelf::Shelf>,
}

impl Evidence {
    /// Serves a case from the objects it was built from, with the documents that came with it.
    #[must_use]
    pub fn new(case: Arc<Case>, objects: Arc<Objects>, documents: BTreeMap<String, Vec<u8>>) -> Self {
        Self {
            case,
            objects,
            documents,
            shelf: Mutex::default(),
        }
    }

    /// Returns the case.
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// Returns some of the changes, from position `from`: at most 512.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] for a position behind the end.
    pub fn changes(&self, from: u32) -> Result<ChangePage<'_>, Refusal> {
        pages::changes(&self.case, from)
    }

    /// Returns some of the hunks of a changed file, from position `from`: about 256 KiB of text.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] for a path that is malformed, a position behind the end, and a change that is not compared by
    /// lines; [`Refusal::NotFound`] for a file that did not change; [`Refusal::Unreadable`] when the objects cannot be
    /// read.
    pub fn hunks(&self, path: &str, from: u32) -> Result<HunkPage, Refusal> {
        let path = parse_path(path)?;
        let change = self
            .case
            .change(&path)
            .ok_or_else(|| Refusal::NotFound(format!("`{path}` did not change")))?;
        let reason = match change.form {
            Form::Text if change.is_submodule() => "is a submodule and has no lines here",
            Form::Text => return pages::hunks(&mut self.reading(), change, from),
            Form::Binary => "is binary and has no lines",
            Form::Oversized => "is larger than the diff profile compares",
        };
        Err(Refusal::Invalid(format!("`{path}` {reason}")))
    }

    /// Returns at most `length` bytes of a file from `offset`, at most 1 MiB; nothing at the end. The contents of a symbolic
    /// link are its target.
    ///
    /// # Errors
    ///
    /// [`Refusal::Limit`] for files above 8 MiB, [`Refusal::NotFound`] where there is no file, [`Refusal::Invalid`] for a
    /// malformed path, a folder or a submodule, [`Refusal::Unreadable`] when the objects cannot be read.
    pub fn read(&self, side: Side, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        let path = parse_path(path)?;
        let mut reading = self.reading();
        let contents = files::contents(&mut reading, side, &path)?;
        Ok(part(&contents, offset, length))
    }

    /// Returns some of the entries of a folder (the empty path is the root), from position `from`: at most 1,024.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] where there is no such folder, [`Refusal::Invalid`] for a malformed path, something that is no
    /// folder, and a position behind the end; [`Refusal::Unreadable`] when the objects cannot be read.
    pub fn list(&self, side: Side, path: &str, from: u32) -> Result<EntryPage, Refusal> {
        files::list(&mut self.reading(), side, &parse_path(path)?, from)
    }

    /// Returns the places where any of the literals stands in the text files of one side, in order of paths and lines, at
    /// most `max` of them; each line counts once for each literal. Binary files, files above 1 MiB, symbolic links and
    /// submodules are passed over.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] for no literal or more than 64, literals of fewer than 3 or more than 256 bytes, and a `max`
    /// outside 1 to 1,000; [`Refusal::Limit`] when the side holds more than is searched at once (128 MiB of text or 200,000
    /// files and folders) and `max` places were not found before; [`Refusal::Unreadable`] when the objects cannot be read.
    pub fn search(&self, side: Side, literals: &[String], max: u32) -> Result<Vec<Match>, Refusal> {
        search::search(self.objects.as_ref(), self.root(side), literals, max)
    }

    /// Returns at most `length` bytes of a document that came with the case, at most 1 MiB; nothing at the end.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] where no document has that name.
    pub fn document(&self, name: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        let document = self.documents.get(name);
        let document =
            document.ok_or_else(|| Refusal::NotFound("no document of that name came with the case".into()))?;
        Ok(part(document, offset, length))
    }

    fn root(&self, side: Side) -> Option<assize_provenance::reader::ObjectId> {
        match side {
            Side::Base => self.case.base.map(|state| state.tree),
            Side::Head => Some(self.case.head.tree),
        }
    }

    /// Takes the turn to read: whoever holds it is the only one that holds large contents.
    fn reading(&self) -> Reading<'_> {
        // A panic in one call leaves at worst a shelf with less on it.
        let shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        Reading { evidence: self, shelf }
    }
}

/// One turn at reading objects through the shelf.
struct Reading<'a> {
    evidence: &'a Evidence,
    shelf: MutexGuard<'a, shelf::Shelf>,
}

fn parse_path(text: &str) -> Result<RepositoryPath, Refusal> {
    text.parse()
        .map_err(|error: super::path::PathError| Refusal::Invalid(error.to_string()))
}

fn part(bytes: &[u8], offset: u64, length: u32) -> Vec<u8> {
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    let rest = &bytes[start..];
    rest[..rest.len().min(length.min(ANSWER_BYTES_MAX) as usize)].to_vec()
}

/// Tells what belongs to the case, and is told to the judge, from what belongs to this clone and this machine.
fn refusal(error: impl Into<BuildError>) -> Refusal {
    match error.into() {
        BuildError::Tree(TreeError::Read(ReadError::TooLarge { bytes_max, .. })) => {
            Refusal::Limit(format!("the folder has more than {bytes_max} bytes in git"))
        }
        error
        @ (BuildError::Tree(TreeError::Hostile { .. }) | BuildError::Contents(ContentsError::NotAFile { .. })) => {
            Refusal::Unavailable(error.to_string())
        }
        error => Refusal::Unreadable(error),
    }
}

/// The position of the next page, when there is one.
fn next_page(end: usize, all: usize) -> Option<u32> {
    if end < all { u32::try_from(end).ok() } else { None }
}

fn behind_the_end(from: u32, all: usize) -> Refusal {
    Refusal::Invalid(format!("position {from} lies behind the end, {all}"))
}

#[cfg(test)]
mod tests;
