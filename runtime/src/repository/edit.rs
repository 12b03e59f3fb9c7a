//! Changes single files of a tree: only the folders on the way to them are read and written anew.

use std::collections::BTreeMap;

use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader};
use assize_provenance::tree::{self, Mode, TreeEntry};

use crate::case::path::RepositoryPath;
use crate::case::tree_diff::{self, DEPTH_MAX, TreeError};

/// What is to stand at each path: a file, a link or another repository's commit; nothing for what is to be gone.
pub type Edits = BTreeMap<RepositoryPath, Option<(Mode, ObjectId)>>;

/// A tree that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// Its root folder.
    pub tree: ObjectId,
    /// The folders that are new, below ones first.
    pub objects: Vec<(ObjectKind, Vec<u8>)>,
}

/// Why a tree was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// A folder was not read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Two of the wanted files exclude each other, as `a` and `a/b` do.
    #[error("`{0}` is a file on one side and a folder on the other")]
    InTheWay(RepositoryPath),
}

/// Makes the edits to the tree `base`. A folder that holds nothing any more is gone as well.
///
/// # Errors
///
/// Every [`EditError`].
pub fn edit<R: ObjectReader + ?Sized>(reader: &R, base: ObjectId, edits: &Edits) -> Result<Edited, EditError> {
    let mut objects = Vec::new();
    let edits: Vec<Edit<'_>> = edits
        .iter()
        .map(|(path, node)| (path.parts().collect(), *node))
        .collect();
    let mut folder = Folder {
        reader,
        objects: &mut objects,
    };
    let root = folder.change(&RepositoryPath::default(), Some(base), &edits, 0)?;
    let tree = match root {
        Some(tree) => tree,
        None => folder.put(&[]),
    };
    Ok(Edited { tree, objects })
}

/// The parts of a path below the folder at hand, and what is to stand there.
type Edit<'a> = (Vec<&'a [u8]>, Option<(Mode, ObjectId)>);

struct Folder<'a, R: ?Sized> {
    reader: &'a R,
    objects: &'a mut Vec<(ObjectKind, Vec<u8>)>,
}

impl<R: ObjectReader + ?Sized> Folder<'_, R> {
    /// Returns the folder with the edits made; nothing where nothing is left in it.
    fn change(
        &mut self,
        path: &RepositoryPath,
        id: Option<ObjectId>,
        edits: &[Edit<'_>],
        depth: usize,
    ) -> Result<Option<ObjectId>, EditError> {
        if depth > DEPTH_MAX {
            return Err(EditError::Tree(TreeError::Hostile {
                path: path.clone(),
                id: id.unwrap_or(ObjectId::from_bytes([0; 20])),
                reason: format!("it lies more than {DEPTH_MAX} folders deep"),
            }));
        }
        let mut entries: BTreeMap<Vec<u8>, (Mode, ObjectId)> = match id {
            Some(id) => tree_diff::read_folder(self.reader, path, &id)?
                .into_iter()
                .map(|entry| (entry.name, (entry.node.mode, entry.node.id)))
                .collect(),
            None => BTreeMap::new(),
        };
        let mut by_name: BTreeMap<&[u8], Vec<Edit<'_>>> = BTreeMap::new();
        for (parts, node) in edits {
            if let Some((name, rest)) = parts.split_first() {
                by_name.entry(name).or_default().push((rest.to_vec(), *node));
            }
        }
        for (name, edits) in by_name {
            let before = entries.remove(name);
            if let Some(after) = self.entry(&path.join(name), before, &edits, depth)? {
                entries.insert(name.to_vec(), after);
            }
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let entries: Vec<TreeEntry> = entries
            .into_iter()
            .map(|(name, (mode, id))| TreeEntry { mode, name, id })
            .collect();
        let made = tree::object_id(ObjectKind::Tree, &tree::to_bytes(&entries));
        if id == Some(made) {
            return Ok(id);
        }
        Ok(Some(self.put(&entries)))
    }

    /// Returns what stands at one name after the edits, those of the name itself and those below it.
    fn entry(
        &mut self,
        path: &RepositoryPath,
        before: Option<(Mode, ObjectId)>,
        edits: &[Edit<'_>],
        depth: usize,
    ) -> Result<Option<(Mode, ObjectId)>, EditError> {
        let own = edits.iter().find(|(rest, _)| rest.is_empty()).map(|(_, node)| *node);
        let below: Vec<Edit<'_>> = edits.iter().filter(|(rest, _)| !rest.is_empty()).cloned().collect();
        let (mut file, folder) = match before {
            Some((Mode::Folder, id)) => (None, Some(id)),
            other => (other, None),
        };
        if let Some(node) = own {
            file = node;
        }
        let folder = if below.is_empty() {
            folder
        } else {
            self.change(path, folder, &below, depth.saturating_add(1))?
        };
        match (file, folder) {
            (Some(_), Some(_)) => Err(EditError::InTheWay(path.clone())),
            (Some(file), None) => Ok(Some(file)),
            (None, folder) => Ok(folder.map(|id| (Mode::Folder, id))),
        }
    }

    fn put(&mut self, entries: &[TreeEntry]) -> ObjectId {
        let bytes = tree::to_bytes(entries);
        let id = tree::object_id(ObjectKind::Tree, &bytes);
        self.objects.push((ObjectKind::Tree, bytes));
        id
    }
}
