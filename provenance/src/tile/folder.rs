//! A git folder in the making, of which only the parts that change are held open.

use std::collections::BTreeMap;

use super::tree::OpenError;
use crate::reader::{Object, ObjectId, ObjectKind};
use crate::tree::{self, Mode, TreeEntry};

/// A folder whose entries are known.
#[derive(Debug, Clone, Default)]
pub(super) struct Folder {
    entries: BTreeMap<Vec<u8>, Node>,
    /// The id under which the folder was last written; none after a change.
    written: Option<ObjectId>,
}

#[derive(Debug, Clone)]
enum Node {
    File(ObjectId),
    /// A folder that does not change any more.
    Closed(ObjectId),
    Open(Folder),
}

impl Folder {
    /// Takes a folder as it was read.
    pub(super) fn from_entries(id: ObjectId, entries: Vec<TreeEntry>) -> Result<Self, OpenError> {
        let node = |entry: TreeEntry| match entry.mode {
            Mode::Folder => Ok((entry.name, Node::Closed(entry.id))),
            Mode::File => Ok((entry.name, Node::File(entry.id))),
            _ => Err(OpenError::Tile(entry.name.escape_ascii().to_string())),
        };
        Ok(Self {
            entries: entries.into_iter().map(node).collect::<Result<_, _>>()?,
            written: Some(id),
        })
    }

    /// Returns the file at a path through folders that are held open.
    pub(super) fn find(&self, path: &[String]) -> Option<ObjectId> {
        let (name, below) = path.split_first()?;
        match (self.entries.get(name.as_bytes())?, below) {
            (Node::File(id), []) => Some(*id),
            (Node::Open(folder), [_, ..]) => folder.find(below),
            _ => None,
        }
    }

    /// Returns a folder in here that is held open.
    pub(super) fn open_below(&mut self, name: &[u8]) -> Option<&mut Self> {
        match self.entries.get_mut(name)? {
            Node::Open(folder) => Some(folder),
            Node::File(_) | Node::Closed(_) => None,
        }
    }

    /// Returns the id of a folder in here that is not held open yet.
    pub(super) fn closed(&self, name: &[u8]) -> Option<ObjectId> {
        match self.entries.get(name)? {
            Node::Closed(id) => Some(*id),
            Node::File(_) | Node::Open(_) => None,
        }
    }

    /// Holds a folder in here open from now on.
    pub(super) fn reopen(&mut self, name: &[u8], folder: Self) {
        self.entries.insert(name.to_vec(), Node::Open(folder));
    }

    /// Puts a file at a path and creates the folders on the way. `None` if something closed is in the way.
    pub(super) fn put(&mut self, path: &[String], id: ObjectId) -> Option<()> {
        self.written = None;
        let (name, below) = path.split_first()?;
        let name = name.as_bytes().to_vec();
        if below.is_empty() {
            self.entries.insert(name, Node::File(id));
            return Some(());
        }
        match self.entries.entry(name).or_insert_with(|| Node::Open(Self::default())) {
            Node::Open(folder) => folder.put(below, id),
            Node::File(_) | Node::Closed(_) => None,
        }
    }

    /// Takes away whatever is at a path.
    pub(super) fn remove(&mut self, path: &[String]) -> Option<()> {
        self.written = None;
        let (name, below) = path.split_first()?;
        if below.is_empty() {
            return self.entries.remove(name.as_bytes()).map(|_| ());
        }
        match self.entries.get_mut(name.as_bytes())? {
            Node::Open(folder) => folder.remove(below),
            Node::File(_) | Node::Closed(_) => None,
        }
    }

    /// Writes the folders that changed, those within before those around, and returns this folder's id.
    pub(super) fn write(&mut self, objects: &mut Vec<(ObjectId, Object)>) -> ObjectId {
        if let Some(id) = self.written {
            return id;
        }
        let mut entries = Vec::with_capacity(self.entries.len());
        for (name, node) in &mut self.entries {
            let (mode, id) = match node {
                Node::File(id) => (Mode::File, *id),
                Node::Closed(id) => (Mode::Folder, *id),
                Node::Open(folder) => (Mode::Folder, folder.write(objects)),
            };
            entries.push(TreeEntry {
                mode,
                name: name.clone(),
                id,
            });
        }
        let bytes = tree::to_bytes(&entries);
        let id = tree::object_id(ObjectKind::Tree, &bytes);
        objects.push((
            id,
            Object {
                kind: ObjectKind::Tree,
                bytes,
            },
        ));
        self.written = Some(id);
        id
    }
}
