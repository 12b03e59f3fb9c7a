//! Files and folders of one side.

use std::sync::Arc;

use assize_provenance::opinion::Side;
use assize_provenance::reader::{ObjectId, ReadError};

use super::shelf::{Item, Key};
use super::{Reading, Refusal, behind_the_end, next_page, refusal};
use crate::case::Kind;
use crate::case::contents::{self, ContentsError};
use crate::case::path::{RepositoryPath, escape};
use crate::case::tree_diff::{self, Entry, Node};

/// The largest file that is read, in bytes.
pub const FILE_BYTES_MAX: u64 = 8 << 20;
/// The most entries of a folder on one page.
pub const ENTRIES_PER_PAGE: usize = 1024;

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderEntry {
    /// Its name, in the form of a path.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// Some of a folder's entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPage {
    /// The entries, in git's order.
    pub entries: Vec<FolderEntry>,
    /// Where the rest starts, when there is more.
    pub next: Option<u32>,
}

impl Reading<'_> {
    /// Reads a blob of at most 8 MiB.
    pub(super) fn blob(&mut self, path: &RepositoryPath, id: ObjectId) -> Result<Arc<Vec<u8>>, Refusal> {
        if let Some(Item::Contents(contents)) = self.shelf.get(&Key::Contents(id)) {
            return Ok(Arc::clone(contents));
        }
        let bytes = match contents::read_blob(self.evidence.objects.as_ref(), path, &id, FILE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(ContentsError::Read {
                error: ReadError::TooLarge { bytes, .. },
                ..
            }) => {
                let reason = format!("`{path}` has {bytes} bytes; at most {FILE_BYTES_MAX} bytes of a file are read");
                return Err(Refusal::Limit(reason));
            }
            Err(error) => return Err(refusal(error)),
        };
        let contents = Arc::new(bytes);
        self.shelf.put(Key::Contents(id), Item::Contents(Arc::clone(&contents)));
        Ok(contents)
    }

    fn folder(&mut self, path: &RepositoryPath, id: ObjectId) -> Result<Arc<Vec<Entry>>, Refusal> {
        if let Some(Item::Folder(entries)) = self.shelf.get(&Key::Folder(id)) {
            return Ok(Arc::clone(entries));
        }
        let entries = tree_diff::read_folder(self.evidence.objects.as_ref(), path, &id).map_err(refusal)?;
        let entries = Arc::new(entries);
        self.shelf.put(Key::Folder(id), Item::Folder(Arc::clone(&entries)));
        Ok(entries)
    }

    /// Finds what stands at a path that is not the root's.
    fn node(&mut self, side: Side, path: &RepositoryPath) -> Result<Node, Refusal> {
        let not_found = || Refusal::NotFound(format!("there is no `{path}` on this side"));
        let mut folder = self.evidence.root(side).ok_or_else(not_found)?;
        let mut above = RepositoryPath::default();
        let mut parts = path.parts().peekable();
        while let Some(part) = parts.next() {
            let entries = self.folder(&above, folder)?;
            let entry = entries.iter().find(|entry| entry.name == part).ok_or_else(not_found)?;
            if parts.peek().is_none() {
                return Ok(entry.node);
            }
            if entry.node.kind != Kind::Folder {
                return Err(not_found());
            }
            folder = entry.node.id;
            above = above.join(part);
        }
        Err(Refusal::Invalid("the root is a folder".into()))
    }
}

/// Reads one file whole.
pub(super) fn contents(reading: &mut Reading<'_>, side: Side, path: &RepositoryPath) -> Result<Arc<Vec<u8>>, Refusal> {
    let node = reading.node(side, path)?;
    match node.kind {
        Kind::File | Kind::Executable | Kind::Symlink => reading.blob(path, node.id),
        Kind::Folder => Err(Refusal::Invalid(format!("`{path}` is a folder"))),
        Kind::Submodule => Err(Refusal::Invalid(format!(
            "`{path}` is a submodule and has no contents here"
        ))),
    }
}

/// Lists one page of a folder. The root of a side that does not exist is empty.
pub(super) fn list(
    reading: &mut Reading<'_>,
    side: Side,
    path: &RepositoryPath,
    from: u32,
) -> Result<EntryPage, Refusal> {
    let id = if path.as_bytes().is_empty() {
        reading.evidence.root(side)
    } else {
        let node = reading.node(side, path)?;
        if node.kind != Kind::Folder {
            return Err(Refusal::Invalid(format!("`{path}` is no folder")));
        }
        Some(node.id)
    };
    let entries = id.map(|id| reading.folder(path, id)).transpose()?.unwrap_or_default();
    let rest = entries
        .get(from as usize..)
        .ok_or_else(|| behind_the_end(from, entries.len()))?;
    let page = &rest[..rest.len().min(ENTRIES_PER_PAGE)];
    let shown = |entry: &Entry| FolderEntry {
        name: escape(&entry.name),
        kind: entry.node.kind,
    };
    Ok(EntryPage {
        entries: page.iter().map(shown).collect(),
        next: next_page(from as usize + page.len(), entries.len()),
    })
}
