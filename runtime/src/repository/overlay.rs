//! Objects that no repository holds, on top of one that does.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use assize_provenance::git::GitObjects;
use assize_provenance::reader::{Object, ObjectId, ObjectKind, ObjectReader, ReadError};
use assize_provenance::tree::{self, Mode, TreeEntry};

/// Objects in memory, on top of those of a repository.
#[derive(Debug)]
pub struct Overlay {
    below: Option<Arc<GitObjects>>,
    own: HashMap<ObjectId, Object>,
}

/// Files by their paths: mode and contents.
pub type Files = BTreeMap<Vec<u8>, (Mode, ObjectId)>;

impl Overlay {
    /// Starts without objects of its own.
    #[must_use]
    pub fn over(below: Option<Arc<GitObjects>>) -> Self {
        Self {
            below,
            own: HashMap::new(),
        }
    }

    /// Adds an object.
    pub fn put(&mut self, kind: ObjectKind, bytes: Vec<u8>) -> ObjectId {
        let id = tree::object_id(kind, &bytes);
        self.own.insert(id, Object { kind, bytes });
        id
    }

    /// Adds the folders that hold these files, and returns the root's.
    pub fn put_tree(&mut self, files: &Files) -> ObjectId {
        // Folders are closed as soon as a file outside of them comes, so each is built once.
        let mut open: Vec<(Vec<u8>, Vec<TreeEntry>)> = vec![(Vec::new(), Vec::new())];
        for (path, (mode, id)) in files {
            let mut parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
            let name = parts.pop().unwrap_or_default().to_vec();
            let shared = open
                .iter()
                .skip(1)
                .zip(&parts)
                .take_while(|((folder, _), part)| folder.as_slice() == **part)
                .count();
            while open.len() > shared + 1 {
                self.close(&mut open);
            }
            for part in parts.iter().skip(shared) {
                open.push((part.to_vec(), Vec::new()));
            }
            if let Some((_, entries)) = open.last_mut() {
                entries.push(TreeEntry {
                    mode: *mode,
                    name,
                    id: *id,
                });
            }
        }
        while open.len() > 1 {
            self.close(&mut open);
        }
        let root = open.pop().map(|(_, entries)| entries).unwrap_or_default();
        self.put(ObjectKind::Tree, tree::to_bytes(&root))
    }

    /// Returns the objects of its own, in no order.
    #[must_use]
    pub fn into_objects(self) -> Vec<(ObjectKind, Vec<u8>)> {
        self.own
            .into_values()
            .map(|object| (object.kind, object.bytes))
            .collect()
    }

    fn close(&mut self, open: &mut Vec<(Vec<u8>, Vec<TreeEntry>)>) {
        let Some((name, entries)) = open.pop() else { return };
        let id = self.put(ObjectKind::Tree, tree::to_bytes(&entries));
        if let Some((_, above)) = open.last_mut() {
            above.push(TreeEntry {
                mode: Mode::Folder,
                name,
                id,
            });
        }
    }

    /// Adds a commit.
    pub fn put_commit(&mut self, tree: ObjectId, parent: Option<ObjectId>, message: &str) -> ObjectId {
        let parent = parent.map(|id| format!("parent {id}\n")).unwrap_or_default();
        let who = "nobody <> 0 +0000";
        let text = format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\n{message}");
        self.put(ObjectKind::Commit, text.into_bytes())
    }
}

impl ObjectReader for Overlay {
    fn refs(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, ReadError> {
        self.below
            .as_ref()
            .map_or_else(|| Ok(Vec::new()), |below| below.refs(prefix))
    }

    fn object(&self, id: &ObjectId, bytes_max: u64) -> Result<Option<Object>, ReadError> {
        let Some(object) = self.own.get(id) else {
            return self
                .below
                .as_ref()
                .map_or(Ok(None), |below| below.object(id, bytes_max));
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_hold_their_files_in_gits_order() {
        let mut overlay = Overlay::over(None);
        let blob = overlay.put(ObjectKind::Blob, b"x".to_vec());
        let paths = ["a", "a-b", "a.c/d", "b/c/d", "b/c/e", "b/f", "b.x", "c/d"];
        let files: Files = paths
            .iter()
            .map(|path| (path.as_bytes().to_vec(), (Mode::File, blob)))
            .collect();
        let root = overlay.put_tree(&files);
        let mut found = Vec::new();
        let mut waiting = vec![(String::new(), root)];
        while let Some((above, id)) = waiting.pop() {
            let bytes = overlay.object(&id, 1 << 20).unwrap().unwrap().bytes;
            for entry in tree::parse(&bytes).expect("git's order") {
                let path = format!("{above}{}", String::from_utf8(entry.name).unwrap());
                match entry.mode {
                    Mode::Folder => waiting.push((format!("{path}/"), entry.id)),
                    _ => found.push(path),
                }
            }
        }
        found.sort();
        let mut expected: Vec<String> = paths.iter().map(ToString::to_string).collect();
        expected.sort();
        assert_eq!(found, expected);
        assert_eq!(
            overlay.object(&blob, 0),
            Err(ReadError::TooLarge {
                id: blob,
                bytes: 1,
                bytes_max: 0
            })
        );
    }
}
