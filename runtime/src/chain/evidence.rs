//! The evidence ref: whole opinions and manifests, by their digests.
//!
//! Its tree is `case/`, `opinion/` and `given/`, each with folders of the digest's first two hex digits and files of the other
//! 62. Commits there are not signed: a document proves itself, by the digest that a signed entry gives for it. What is erased
//! leaves an empty file below `erased/`; see [`erase`].

use std::collections::BTreeMap;

use assize_provenance::digest::Digest;
use assize_provenance::evidence::{DocumentKind, ERASED_FOLDER};
use assize_provenance::log_id::LogId;
use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};
use assize_provenance::time::Time;
use assize_provenance::tree::{self, Mode, TreeEntry, TreeError};

/// The largest tree or commit that is read of the evidence ref, in bytes.
const OBJECT_BYTES_MAX: u64 = 16 << 20;

/// Why documents cannot be added.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceFault {
    /// The repository cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What the ref holds is not what Assize wrote there.
    #[error(
        "the evidence ref of this log is damaged at object {0}; delete the ref {1}, and later evidence is kept anew"
    )]
    Damaged(ObjectId, String),
    /// A tree of it is not well formed.
    #[error("the evidence ref of this log is damaged: {0}")]
    Tree(#[from] TreeError),
}

/// What one step adds to the evidence ref.
pub(super) struct EvidenceBatch {
    /// The new commit.
    pub(super) commit: ObjectId,
    /// The objects it needs, the commit last.
    pub(super) objects: Vec<(ObjectKind, Vec<u8>)>,
}

/// Adds documents on top of `tip`. `None` where all of them are there already.
pub(super) fn add(
    reader: &dyn ObjectReader,
    log: LogId,
    tip: Option<ObjectId>,
    documents: &[(DocumentKind, Vec<u8>)],
    time: Time,
) -> Result<Option<EvidenceBatch>, EvidenceFault> {
    let mut writer = Writer {
        reader,
        log,
        objects: Vec::new(),
    };
    let old = tip.map(|tip| writer.tree_of(tip)).transpose()?;
    let mut leaves: BTreeMap<Vec<String>, ObjectId> = BTreeMap::new();
    for (kind, bytes) in documents {
        let hex = Digest::of(bytes).to_string();
        let (folder, name) = hex.split_at(2);
        let id = tree::object_id(ObjectKind::Blob, bytes);
        leaves.insert(vec![kind.folder().into(), folder.into(), name.into()], id);
        writer.objects.push((ObjectKind::Blob, bytes.clone()));
    }
    let root = writer.graft(old, &leaves, 0)?;
    if Some(root) == old || leaves.is_empty() {
        return Ok(None);
    }
    let who = format!("Assize <log@{log}.assize> {} +0000", time.unix_seconds());
    let parent = tip.map(|tip| format!("parent {tip}\n")).unwrap_or_default();
    let count = documents.len();
    let text = format!("tree {root}\n{parent}author {who}\ncommitter {who}\n\nKeep {count} documents\n");
    let commit = tree::object_id(ObjectKind::Commit, text.as_bytes());
    writer.objects.push((ObjectKind::Commit, text.into_bytes()));
    Ok(Some(EvidenceBatch {
        commit,
        objects: writer.objects,
    }))
}

/// Takes a document out of the evidence for good: the new commit has no parent, so that nothing leads to the document any more,
/// and holds a mark in its place. `None` where the document is not there.
pub(super) fn erase(
    reader: &dyn ObjectReader,
    log: LogId,
    tip: ObjectId,
    documents: &[(DocumentKind, Digest)],
    time: Time,
) -> Result<Option<EvidenceBatch>, EvidenceFault> {
    let mut writer = Writer {
        reader,
        log,
        objects: Vec::new(),
    };
    let old = writer.tree_of(tip)?;
    let mark = tree::object_id(ObjectKind::Blob, &[]);
    let (mut root, mut marks) = (Some(old), BTreeMap::new());
    for (kind, digest) in documents {
        let hex = digest.to_string();
        let (folder, name) = hex.split_at(2);
        let Some(tree) = root else { break };
        let (without, found) = writer.prune(tree, &[kind.folder(), folder, name])?;
        if found {
            root = without;
            marks.insert(vec![ERASED_FOLDER.to_owned(), folder.to_owned(), name.to_owned()], mark);
        }
    }
    if marks.is_empty() {
        return Ok(None);
    }
    writer.objects.push((ObjectKind::Blob, Vec::new()));
    let root = writer.graft(root, &marks, 0)?;
    let who = format!("Assize <log@{log}.assize> {} +0000", time.unix_seconds());
    let count = marks.len();
    let text = format!("tree {root}\nauthor {who}\ncommitter {who}\n\nErase {count} documents\n");
    let commit = tree::object_id(ObjectKind::Commit, text.as_bytes());
    writer.objects.push((ObjectKind::Commit, text.into_bytes()));
    Ok(Some(EvidenceBatch {
        commit,
        objects: writer.objects,
    }))
}

struct Writer<'a> {
    reader: &'a dyn ObjectReader,
    log: LogId,
    objects: Vec<(ObjectKind, Vec<u8>)>,
}

impl Writer<'_> {
    fn tree_of(&self, commit: ObjectId) -> Result<ObjectId, EvidenceFault> {
        let bytes = self.read(commit, ObjectKind::Commit)?;
        let any = assize_provenance::commit::read_any(&bytes).map_err(|_| self.damaged(commit))?;
        Ok(any.tree)
    }

    /// Puts leaves into a tree and gives the new tree's id. The depth is that of the leaves' paths: three.
    fn graft(
        &mut self,
        old: Option<ObjectId>,
        leaves: &BTreeMap<Vec<String>, ObjectId>,
        depth: usize,
    ) -> Result<ObjectId, EvidenceFault> {
        let mut entries: BTreeMap<Vec<u8>, TreeEntry> = BTreeMap::new();
        if let Some(old) = old {
            let bytes = self.read(old, ObjectKind::Tree)?;
            entries.extend(
                tree::parse(&bytes)?
                    .into_iter()
                    .map(|entry| (entry.name.clone(), entry)),
            );
        }
        let mut below: BTreeMap<String, BTreeMap<Vec<String>, ObjectId>> = BTreeMap::new();
        for (path, id) in leaves {
            let Some(name) = path.get(depth) else { continue };
            if path.len() == depth.saturating_add(1) {
                let name = name.clone().into_bytes();
                entries.insert(
                    name.clone(),
                    TreeEntry {
                        mode: Mode::File,
                        name,
                        id: *id,
                    },
                );
            } else {
                below.entry(name.clone()).or_default().insert(path.clone(), *id);
            }
        }
        for (name, leaves) in below {
            let name = name.into_bytes();
            let old = entries
                .get(&name)
                .filter(|entry| entry.mode == Mode::Folder)
                .map(|entry| entry.id);
            let id = self.graft(old, &leaves, depth.saturating_add(1))?;
            entries.insert(
                name.clone(),
                TreeEntry {
                    mode: Mode::Folder,
                    name,
                    id,
                },
            );
        }
        let bytes = tree::to_bytes(&entries.into_values().collect::<Vec<_>>());
        let id = tree::object_id(ObjectKind::Tree, &bytes);
        self.objects.push((ObjectKind::Tree, bytes));
        Ok(id)
    }

    /// Takes the file at a path out of a tree; gives the new tree, none where nothing is left, and whether the file was there.
    fn prune(&mut self, tree: ObjectId, path: &[&str]) -> Result<(Option<ObjectId>, bool), EvidenceFault> {
        let Some((name, below)) = path.split_first() else {
            return Ok((Some(tree), false));
        };
        let mut entries = tree::parse(&self.read(tree, ObjectKind::Tree)?)?;
        let Some(place) = entries.iter().position(|entry| entry.name == name.as_bytes()) else {
            return Ok((Some(tree), false));
        };
        let entry = entries.remove(place);
        if !below.is_empty() {
            if entry.mode != Mode::Folder {
                return Ok((Some(tree), false));
            }
            let (rest, found) = self.prune(entry.id, below)?;
            if !found {
                return Ok((Some(tree), false));
            }
            if let Some(id) = rest {
                entries.insert(place, TreeEntry { id, ..entry });
            }
        }
        if entries.is_empty() {
            return Ok((None, true));
        }
        let bytes = tree::to_bytes(&entries);
        let id = tree::object_id(ObjectKind::Tree, &bytes);
        self.objects.push((ObjectKind::Tree, bytes));
        Ok((Some(id), true))
    }

    fn read(&self, id: ObjectId, kind: ObjectKind) -> Result<Vec<u8>, EvidenceFault> {
        // What was just written is not in the repository yet.
        let fresh = self.objects.iter().rev().find(|(kind_of, bytes)| {
            *kind_of == kind && kind == ObjectKind::Tree && tree::object_id(kind, bytes) == id
        });
        if let Some((_, bytes)) = fresh {
            return Ok(bytes.clone());
        }
        match self.reader.object(&id, OBJECT_BYTES_MAX)? {
            Some(object) if object.kind == kind => Ok(object.bytes),
            _ => Err(self.damaged(id)),
        }
    }

    fn damaged(&self, id: ObjectId) -> EvidenceFault {
        EvidenceFault::Damaged(id, self.log.evidence_ref())
    }
}
