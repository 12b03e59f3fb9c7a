//! A repository in memory.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::batch::Batch;
use crate::reader::{Object, ObjectId, ObjectKind, ObjectReader, ReadError};
use crate::tree::{self, Mode, TreeEntry};

/// Objects and refs, in memory. It may hold anything under any id, as a damaged or hostile repository does.
#[derive(Debug, Clone, Default)]
pub struct MemoryRepository {
    /// What is stored under each id.
    pub objects: BTreeMap<ObjectId, Object>,
    /// Full names and what they point to.
    pub refs: BTreeMap<String, ObjectId>,
    /// How many objects were read.
    pub reads: Cell<u64>,
}

impl MemoryRepository {
    /// Stores an object under its own id.
    pub fn put(&mut self, kind: ObjectKind, bytes: &[u8]) -> ObjectId {
        let id = tree::object_id(kind, bytes);
        self.objects.insert(
            id,
            Object {
                kind,
                bytes: bytes.to_vec(),
            },
        );
        id
    }

    /// Stores a batch and moves the log's ref.
    pub fn store(&mut self, batch: &Batch) {
        self.objects.extend(batch.objects.iter().cloned());
        self.refs.insert(batch.checkpoint.log.log_ref(), batch.commit);
    }

    /// Stores files under their paths and returns the id of the folder that holds them.
    ///
    /// # Panics
    ///
    /// When one path is both a file and a folder.
    pub fn put_folder(&mut self, files: &BTreeMap<String, Vec<u8>>) -> ObjectId {
        let mut entries = Vec::new();
        let mut below: BTreeMap<&str, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
        for (path, bytes) in files {
            match path.split_once('/') {
                Some((folder, rest)) => {
                    below.entry(folder).or_default().insert(rest.to_owned(), bytes.clone());
                }
                None => {
                    let id = self.put(ObjectKind::Blob, bytes);
                    entries.push(TreeEntry {
                        mode: Mode::File,
                        name: path.clone().into_bytes(),
                        id,
                    });
                }
            }
        }
        for (folder, files) in below {
            let id = self.put_folder(&files);
            entries.push(TreeEntry {
                mode: Mode::Folder,
                name: folder.into(),
                id,
            });
        }
        let bytes = tree::to_bytes(&entries);
        assert!(tree::parse(&bytes).is_ok(), "one path is both a file and a folder");
        self.put(ObjectKind::Tree, &bytes)
    }

    /// Returns every file below a folder by its path. What cannot be read is left out.
    #[must_use]
    pub fn files(&self, folder: ObjectId) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let Some(object) = self.objects.get(&folder) else {
            return found;
        };
        for entry in tree::parse(&object.bytes).unwrap_or_default() {
            let name = String::from_utf8_lossy(&entry.name).into_owned();
            if entry.mode == Mode::Folder {
                found.extend(
                    self.files(entry.id)
                        .into_iter()
                        .map(|(path, bytes)| (format!("{name}/{path}"), bytes)),
                );
            } else if let Some(object) = self.objects.get(&entry.id) {
                found.insert(name, object.bytes.clone());
            }
        }
        found
    }
}

impl ObjectReader for MemoryRepository {
    fn refs(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, ReadError> {
        let listed = self.refs.iter().filter(|(name, _)| name.starts_with(prefix));
        Ok(listed.map(|(name, id)| (name.clone(), *id)).collect())
    }

    fn object(&self, id: &ObjectId, bytes_max: u64) -> Result<Option<Object>, ReadError> {
        self.reads.set(self.reads.get().saturating_add(1));
        let Some(object) = self.objects.get(id) else {
            return Ok(None);
        };
        match u64::try_from(object.bytes.len()) {
            Ok(bytes) if bytes <= bytes_max => Ok(Some(object.clone())),
            bytes => Err(ReadError::TooLarge {
                id: *id,
                bytes: bytes.unwrap_or(u64::MAX),
                bytes_max,
            }),
        }
    }
}
