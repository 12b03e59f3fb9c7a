//! Finding files by their paths in the trees of a repository.

use std::collections::HashMap;

use crate::reader::{Object, ObjectId, ObjectKind, ObjectReader, ReadError};
use crate::tree::{self, Mode, TREE_BYTES_MAX, TreeEntry};

/// How many entries of folders are kept at hand.
const KEPT_ENTRIES_MAX: usize = 200_000;

/// Reads folders and remembers those it has read.
pub(crate) struct FolderReader<'reader> {
    reader: &'reader dyn ObjectReader,
    kept: HashMap<ObjectId, Vec<TreeEntry>>,
    kept_entries: usize,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The object is not in the repository.
    Missing(ObjectId),
    /// The object is not what it should be; a sentence.
    Damaged(ObjectId, String),
    /// The reader gave up.
    Reader(ReadError),
}

impl<'reader> FolderReader<'reader> {
    pub(crate) fn new(reader: &'reader dyn ObjectReader) -> Self {
        Self {
            reader,
            kept: HashMap::new(),
            kept_entries: 0,
        }
    }

    /// Reads an object of this kind.
    pub(crate) fn read(&self, id: ObjectId, kind: ObjectKind, bytes_max: u64) -> Result<Vec<u8>, Unread> {
        match self.reader.object(&id, bytes_max) {
            Ok(Some(Object { kind: found, bytes })) if found == kind => Ok(bytes),
            Ok(Some(object)) => Err(Unread::Damaged(
                id,
                format!("it is a {} instead of a {}", object.kind.name(), kind.name()),
            )),
            Ok(None) => Err(Unread::Missing(id)),
            Err(ReadError::Damaged { id, reason }) => Err(Unread::Damaged(id, reason)),
            Err(ReadError::TooLarge { id, bytes, bytes_max }) => Err(Unread::Damaged(
                id,
                format!("it has {bytes} bytes where at most {bytes_max} can be"),
            )),
            Err(error) => Err(Unread::Reader(error)),
        }
    }

    /// Finds the file at a path below a folder; `None` where there is none.
    pub(crate) fn find(&mut self, root: ObjectId, path: &[String]) -> Result<Option<ObjectId>, Unread> {
        let Some((file, folders)) = path.split_last() else {
            return Ok(None);
        };
        let mut here = root;
        for folder in folders {
            match self.entry(here, folder)? {
                Some((Mode::Folder, id)) => here = id,
                _ => return Ok(None),
            }
        }
        Ok(self
            .entry(here, file)?
            .filter(|(mode, _)| *mode == Mode::File)
            .map(|(_, id)| id))
    }

    fn entry(&mut self, folder: ObjectId, name: &str) -> Result<Option<(Mode, ObjectId)>, Unread> {
        let entries = self.entries(folder)?;
        let entry = entries.iter().find(|entry| entry.name == name.as_bytes());
        Ok(entry.map(|entry| (entry.mode, entry.id)))
    }

    fn entries(&mut self, folder: ObjectId) -> Result<&[TreeEntry], Unread> {
        if !self.kept.contains_key(&folder) {
            let bytes = self.read(folder, ObjectKind::Tree, TREE_BYTES_MAX)?;
            let entries = tree::parse(&bytes).map_err(|error| Unread::Damaged(folder, error.to_string()))?;
            if self.kept_entries > KEPT_ENTRIES_MAX {
                self.kept.clear();
                self.kept_entries = 0;
            }
            self.kept_entries = self.kept_entries.saturating_add(entries.len());
            self.kept.insert(folder, entries);
        }
        Ok(self.kept.get(&folder).map(Vec::as_slice).unwrap_or_default())
    }
}
