//! The documents that lie beside a log, found by their digest.
//!
//! The newest commit of the evidence ref has the files `case/<2 digits>/<62 digits>`, and so below `opinion` and `given`.
//! An empty file at `erased/<2 digits>/<62 digits>` says that whoever keeps the evidence erased that document. The commits
//! are not signed: a document is what its digest says, or it is not; and that one was erased is only somebody's word.

use crate::commit::{COMMIT_BYTES_MAX, read_any};
use crate::entry::Stored;
use crate::folder_reader::{FolderReader, Unread};
use crate::log_id::LogId;
use crate::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};

/// How many bytes a document may have to be looked at.
const DOCUMENT_BYTES_MAX: u64 = 256 << 20;

/// Which folder a document lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// The list of what changed.
    Case,
    /// A whole opinion, behind its salt.
    Opinion,
    /// A document that judges were given and that the host made itself, such as the transcript of an agent's call.
    Given,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Case, Self::Opinion, Self::Given];

    /// Returns the name of the folder.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Opinion => "opinion",
            Self::Given => "given",
        }
    }
}

/// The folder of the marks that say what was erased.
pub const ERASED_FOLDER: &str = "erased";

/// What came of looking for a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// It is there, and these are its bytes.
    Found(Vec<u8>),
    /// It is not there, or too large to be looked at.
    Absent,
    /// It is not there, and the evidence says that it was erased.
    Erased,
    /// Something else is there; a sentence.
    Wrong(ObjectId, String),
}

/// The documents of one log.
pub struct Evidence<'reader> {
    folders: FolderReader<'reader>,
    root: Option<ObjectId>,
}

impl<'reader> Evidence<'reader> {
    /// Opens the evidence ref of a log; where it is missing or damaged, every document is absent.
    ///
    /// # Errors
    ///
    /// [`ReadError`]: the repository could not be looked at.
    pub fn open(reader: &'reader dyn ObjectReader, log: LogId) -> Result<Self, ReadError> {
        let folders = FolderReader::new(reader);
        let name = log.evidence_ref();
        let tip = reader.refs(&name)?.into_iter().find(|(found, _)| *found == name);
        let root = match tip.map(|(_, tip)| folders.read(tip, ObjectKind::Commit, COMMIT_BYTES_MAX)) {
            Some(Ok(bytes)) => read_any(&bytes).ok().map(|commit| commit.tree),
            Some(Err(Unread::Reader(error))) => return Err(error),
            Some(Err(Unread::Missing(_) | Unread::Damaged(..))) | None => None,
        };
        Ok(Self { folders, root })
    }

    /// Looks for a document and holds it against its digest and size.
    ///
    /// # Errors
    ///
    /// [`ReadError`]: the repository could not be looked at.
    pub fn look(&mut self, kind: DocumentKind, stored: Stored) -> Result<Looked, ReadError> {
        let Some(root) = self.root.filter(|_| stored.bytes <= DOCUMENT_BYTES_MAX) else {
            return Ok(Looked::Absent);
        };
        let digits = stored.digest.to_string();
        let folder = kind.folder();
        let found = match self.folders.find(root, &place(folder, &digits)) {
            Ok(Some(id)) => self
                .folders
                .read(id, ObjectKind::Blob, stored.bytes)
                .map(|bytes| (id, bytes)),
            Ok(None) if matches!(self.folders.find(root, &place(ERASED_FOLDER, &digits)), Ok(Some(_))) => {
                return Ok(Looked::Erased);
            }
            Ok(None) => return Ok(Looked::Absent),
            Err(unread) => Err(unread),
        };
        match found {
            Ok((id, bytes)) if Stored::of(&bytes) != stored => Ok(Looked::Wrong(
                id,
                format!("the {folder} document {digits} has other contents"),
            )),
            Ok((_, bytes)) => Ok(Looked::Found(bytes)),
            Err(Unread::Missing(_)) => Ok(Looked::Absent),
            Err(Unread::Damaged(id, reason)) => Ok(Looked::Wrong(
                id,
                format!("the {folder} document {digits} is damaged: {reason}"),
            )),
            Err(Unread::Reader(error)) => Err(error),
        }
    }
}

/// The path of a document below the evidence's root.
fn place(folder: &str, digits: &str) -> [String; 3] {
    let (first, rest) = digits.split_at_checked(2).unwrap_or_default();
    [folder, first, rest].map(str::to_owned)
}
