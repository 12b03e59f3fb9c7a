//! The documents that lie beside a log, found by their digest.
//!
//! The newest commit of the evidence ref has the folders `case/<2 digits>/<62 digits>` and `opinion/<2 digits>/<62 digits>`.
//! The commits are not signed: a document is what its digest says, or it is not.

use crate::commit::{COMMIT_BYTES_MAX, read_any};
use crate::digest::Digest;
use crate::entry::Stored;
use crate::folder_reader::{FolderReader, Unread};
use crate::log_id::LogId;
use crate::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};

/// How many bytes a document may have to be looked at.
const DOCUMENT_BYTES_MAX: u64 = 256 << 20;

/// Which folder a document lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DocumentKind {
    /// The list of what changed.
    Case,
    /// A whole opinion.
    Opinion,
}

/// What came of looking for a document.
pub(super) enum Looked {
    /// It is there, and these are its bytes.
    Found(Vec<u8>),
    /// It is not there, or too large to be looked at.
    Absent,
    /// Something else is there; a sentence.
    Wrong(ObjectId, String),
}

/// A log's evidence.
pub(super) struct Evidence<'reader> {
    folders: FolderReader<'reader>,
    root: Option<ObjectId>,
}

impl<'reader> Evidence<'reader> {
    /// Opens the evidence ref of a log; where it is missing or damaged, every document is absent.
    pub(super) fn open(reader: &'reader dyn ObjectReader, log: LogId) -> Result<Self, ReadError> {
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
    pub(super) fn look(&mut self, kind: DocumentKind, stored: Stored) -> Result<Looked, ReadError> {
        let Some(root) = self.root.filter(|_| stored.bytes <= DOCUMENT_BYTES_MAX) else {
            return Ok(Looked::Absent);
        };
        let digits = stored.digest.to_string();
        let (first, rest) = digits.split_at_checked(2).unwrap_or_default();
        let folder = match kind {
            DocumentKind::Case => "case",
            DocumentKind::Opinion => "opinion",
        };
        let path = [folder, first, rest].map(str::to_owned);
        let found = match self.folders.find(root, &path) {
            Ok(Some(id)) => self
                .folders
                .read(id, ObjectKind::Blob, stored.bytes)
                .map(|bytes| (id, bytes)),
            Ok(None) => return Ok(Looked::Absent),
            Err(unread) => Err(unread),
        };
        match found {
            Ok((id, bytes)) if Digest::of(&bytes) != stored.digest || Stored::of(&bytes) != stored => Ok(
                Looked::Wrong(id, format!("the {folder} document {digits} has other contents")),
            ),
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
