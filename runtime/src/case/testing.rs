//! A repository in memory, for the tests of this room.

use std::collections::{BTreeMap, HashMap};

use assize_provenance::reader::{Object, ObjectId, ObjectKind, ObjectReader, ReadError};
use assize_provenance::tree::{self, Mode, TreeEntry};

use super::message::Authors;
use super::{BuildError, Case, Range, RangeKind, build};

/// One file of a state: its path, its mode, and its contents or, for a submodule, the 20 bytes of its commit.
pub(crate) type File<'a> = (&'a [u8], Mode, &'a [u8]);

#[derive(Debug, Default, Clone)]
pub(crate) struct Objects(HashMap<ObjectId, Object>);

impl ObjectReader for Objects {
    fn refs(&self, _prefix: &str) -> Result<Vec<(String, ObjectId)>, ReadError> {
        Ok(Vec::new())
    }

    fn object(&self, id: &ObjectId, bytes_max: u64) -> Result<Option<Object>, ReadError> {
        let Some(object) = self.0.get(id) else { return Ok(None) };
        let bytes = object.bytes.len() as u64;
        if bytes > bytes_max {
            return Err(ReadError::TooLarge {
                id: *id,
                bytes,
                bytes_max,
            });
        }
        Ok(Some(object.clone()))
    }
}

impl Objects {
    pub(crate) fn put(&mut self, kind: ObjectKind, bytes: Vec<u8>) -> ObjectId {
        let id = tree::object_id(kind, &bytes);
        self.0.insert(id, Object { kind, bytes });
        id
    }

    pub(crate) fn remove(&mut self, id: &ObjectId) {
        self.0.remove(id);
    }

    pub(crate) fn tree(&mut self, files: &[File<'_>]) -> ObjectId {
        let mut entries = Vec::new();
        let mut folders: BTreeMap<&[u8], Vec<File<'_>>> = BTreeMap::new();
        for (path, mode, contents) in files {
            if let Some(slash) = path.iter().position(|byte| *byte == b'/') {
                folders
                    .entry(&path[..slash])
                    .or_default()
                    .push((&path[slash + 1..], *mode, contents));
            } else {
                let id = match mode {
                    Mode::Submodule => ObjectId::from_bytes((*contents).try_into().unwrap()),
                    _ => self.put(ObjectKind::Blob, contents.to_vec()),
                };
                entries.push(TreeEntry {
                    mode: *mode,
                    name: path.to_vec(),
                    id,
                });
            }
        }
        for (name, files) in folders {
            let id = self.tree(&files);
            entries.push(TreeEntry {
                mode: Mode::Folder,
                name: name.to_vec(),
                id,
            });
        }
        self.put(ObjectKind::Tree, tree::to_bytes(&entries))
    }

    /// Commits a tree, `seconds` after the start of time.
    pub(crate) fn commit(&mut self, tree: ObjectId, parents: &[ObjectId], seconds: u64, message: &str) -> ObjectId {
        let parents: String = parents.iter().map(|parent| format!("parent {parent}\n")).collect();
        let by = format!("A <a@b.example> {seconds} +0000");
        let text = format!("tree {tree}\n{parents}author {by}\ncommitter {by}\n\n{message}");
        self.put(ObjectKind::Commit, text.into_bytes())
    }

    /// Builds the case of two states, the second one a child of the first.
    pub(crate) fn case(&mut self, base: &[File<'_>], head: &[File<'_>]) -> Result<Case, BuildError> {
        let (base, head) = (self.tree(base), self.tree(head));
        self.case_of_trees(base, head)
    }

    pub(crate) fn case_of_trees(&mut self, base: ObjectId, head: ObjectId) -> Result<Case, BuildError> {
        let base = self.commit(base, &[], 1, "Start\n");
        let head = self.commit(head, &[base], 2, "Go on\n");
        let range = Range {
            kind: RangeKind::FirstParent,
            base: Some(base),
            head,
        };
        build(self, range, Authors::Hidden)
    }
}
