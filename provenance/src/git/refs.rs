//! Reads refs from the files git keeps them in: one file a ref, and `packed-refs` for the rest.
//!
//! Source: gitrepository-layout(5), git-pack-refs(1), git-check-ref-format(1). A file of its own wins over `packed-refs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{is_absent, read_small, refused, unreadable};
use crate::reader::{ObjectId, ReadError};

/// The longest name of a ref, in bytes.
const NAME_BYTES_MAX: usize = 1024;
/// The largest file of one ref, in bytes.
const REF_BYTES_MAX: u64 = 4096;
/// The largest `packed-refs`, in bytes.
const PACKED_BYTES_MAX: u64 = 256 << 20;
/// The most refs that one listing returns.
const REFS_MAX: usize = 1_000_000;
/// How many folders deep refs are looked for.
const FOLDER_DEPTH_MAX: usize = 32;
/// How many symbolic refs lead on to another, as in git.
const SYMBOLIC_DEPTH_MAX: usize = 5;

/// What a ref holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefTarget {
    /// An object.
    Object(ObjectId),
    /// The full name of another ref.
    Symbolic(String),
}

/// The refs of one repository, read anew at every call.
#[derive(Debug, Clone)]
pub struct RefFiles {
    common_dir: PathBuf,
}

impl RefFiles {
    /// Takes the folder that holds `refs` and `packed-refs`.
    pub(super) fn new(common_dir: &Path) -> Self {
        Self {
            common_dir: common_dir.to_owned(),
        }
    }

    /// Reads one ref by its full name, such as `refs/heads/main`; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`ReadError::Refused`] when the name is no ref name, or when its file or a folder above is a link or holds something
    /// else than a ref; [`ReadError::Io`] when the machine fails.
    pub fn read(&self, name: &str) -> Result<Option<RefTarget>, ReadError> {
        if !name.starts_with("refs/") || !is_ref_name(name) {
            return Err(refused(format!("`{}` is no full name of a ref", name.escape_debug())));
        }
        if self.is_reachable(name)?
            && let Some(target) = read_ref_file(&self.common_dir.join(name))?
        {
            return Ok(Some(target));
        }
        self.read_packed(name)
    }

    /// Reads a ref that is kept beside a work tree, such as `HEAD`, from that work tree's own folder.
    ///
    /// # Errors
    ///
    /// As [`RefFiles::read`].
    pub fn read_beside(git_dir: &Path, name: &str) -> Result<Option<RefTarget>, ReadError> {
        let is_plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        if !is_plain {
            return Err(refused(format!(
                "`{}` is no name of a ref beside a work tree",
                name.escape_debug()
            )));
        }
        read_ref_file(&git_dir.join(name))
    }

    /// Follows a target to an object; `None` where the last name does not exist (a branch without a commit yet).
    ///
    /// # Errors
    ///
    /// [`ReadError::Refused`] when more than 5 symbolic refs follow each other; else as [`RefFiles::read`].
    pub fn resolve(&self, target: RefTarget) -> Result<Option<ObjectId>, ReadError> {
        let mut target = target;
        for _ in 0..=SYMBOLIC_DEPTH_MAX {
            let name = match target {
                RefTarget::Object(id) => return Ok(Some(id)),
                RefTarget::Symbolic(name) => name,
            };
            match self.read(&name)? {
                Some(next) => target = next,
                None => return Ok(None),
            }
        }
        Err(refused(format!(
            "more than {SYMBOLIC_DEPTH_MAX} symbolic refs lead on to each other"
        )))
    }

    /// Lists refs as [`crate::reader::ObjectReader::refs`] says.
    pub(super) fn list(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, ReadError> {
        let mut found = BTreeMap::new();
        self.for_each_packed(|name, id| {
            if name.starts_with(prefix) {
                found.insert(name.to_owned(), Some(id));
            }
            found.len() <= REFS_MAX
        })?;
        let folder = prefix.rsplit_once('/').map_or("refs", |(folder, _)| folder);
        let folder = if folder.starts_with("refs") { folder } else { "refs" };
        if is_ref_name(&format!("{folder}/x")) && self.is_reachable(&format!("{folder}/x"))? {
            self.list_folder(folder, prefix, 0, &mut found)?;
        }
        if found.len() > REFS_MAX {
            return Err(refused(format!("it has more than {REFS_MAX} refs")));
        }
        Ok(found.into_iter().filter_map(|(name, id)| Some((name, id?))).collect())
    }

    /// Adds what lies in one folder. A symbolic ref is kept as `None`, so that it hides a packed ref of the same name.
    fn list_folder(
        &self,
        folder: &str,
        prefix: &str,
        depth: usize,
        found: &mut BTreeMap<String, Option<ObjectId>>,
    ) -> Result<(), ReadError> {
        let path = self.common_dir.join(folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(()),
            Err(error) => return Err(unreadable(&path, &error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&path, &error))?;
            let file_name = entry.file_name();
            let Some(file_name) = file_name.to_str() else { continue };
            let name = format!("{folder}/{file_name}");
            // What can be no ref is passed over as git does, the lock files among it.
            if !is_ref_name(&name) || !(name.starts_with(prefix) || prefix.starts_with(&name)) {
                continue;
            }
            let kind = entry.file_type().map_err(|error| unreadable(&path, &error))?;
            if kind.is_dir() {
                if depth >= FOLDER_DEPTH_MAX {
                    return Err(refused(format!(
                        "its refs lie more than {FOLDER_DEPTH_MAX} folders deep"
                    )));
                }
                self.list_folder(&name, prefix, depth.saturating_add(1), found)?;
            } else if name.starts_with(prefix)
                && let Some(target) = read_ref_file(&self.common_dir.join(&name))?
            {
                let id = match target {
                    RefTarget::Object(id) => Some(id),
                    RefTarget::Symbolic(_) => None,
                };
                found.insert(name, id);
            }
            if found.len() > REFS_MAX {
                break;
            }
        }
        Ok(())
    }

    /// Tells whether the folders above a ref exist, and refuses links among them.
    fn is_reachable(&self, name: &str) -> Result<bool, ReadError> {
        let mut path = self.common_dir.clone();
        let Some((folders, _)) = name.rsplit_once('/') else {
            return Ok(true);
        };
        for part in folders.split('/') {
            path.push(part);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(metadata) if metadata.is_file() => return Ok(false),
                Ok(_) => {
                    return Err(refused(format!(
                        "{} is a link; refs are not looked for behind it",
                        path.display()
                    )));
                }
                Err(error) if is_absent(&error) => return Ok(false),
                Err(error) => return Err(unreadable(&path, &error)),
            }
        }
        Ok(true)
    }

    fn read_packed(&self, name: &str) -> Result<Option<RefTarget>, ReadError> {
        let mut found = None;
        self.for_each_packed(|packed, id| {
            if packed == name {
                found = Some(RefTarget::Object(id));
            }
            found.is_none()
        })?;
        Ok(found)
    }

    /// Calls `each` with every line of `packed-refs` until it returns false. Lines with `^` (what a tag points to) and
    /// `#` are passed over.
    fn for_each_packed(&self, mut each: impl FnMut(&str, ObjectId) -> bool) -> Result<(), ReadError> {
        let path = self.common_dir.join("packed-refs");
        let Some(bytes) = read_small(&path, PACKED_BYTES_MAX)? else {
            return Ok(());
        };
        for (position, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if matches!(line.first(), None | Some(b'#' | b'^')) {
                continue;
            }
            let parsed = std::str::from_utf8(line).ok().and_then(|line| line.split_once(' '));
            let Some((id, name)) = parsed.and_then(|(id, name)| Some((id.parse().ok()?, name.trim_end()))) else {
                // A name that is not UTF-8 cannot be asked for here, but is a ref all the same.
                if std::str::from_utf8(line).is_err() {
                    continue;
                }
                let line = position.saturating_add(1);
                return Err(refused(format!(
                    "line {line} of {} is no ref; run `git pack-refs --all`",
                    path.display()
                )));
            };
            if is_ref_name(name) && !each(name, id) {
                break;
            }
        }
        Ok(())
    }
}

/// Tells whether a name follows the rules of git-check-ref-format(1), and is UTF-8 of at most 1,024 bytes.
#[must_use]
pub fn is_ref_name(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let is_bad = |character: char| character.is_control() || " ~^:?*[\\".contains(character);
    name.len() <= NAME_BYTES_MAX
        && name != "@"
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(is_bad)
        && name.split('/').all(is_part)
}

/// Reads the file of one ref; a folder in its place means that there is no such ref.
fn read_ref_file(path: &Path) -> Result<Option<RefTarget>, ReadError> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        return Ok(None);
    }
    let Some(bytes) = read_small(path, REF_BYTES_MAX)? else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&bytes)
        .unwrap_or_default()
        .trim_end_matches(['\n', '\r', ' ', '\t']);
    if let Some(name) = text.strip_prefix("ref:") {
        let name = name.trim_start();
        if name.starts_with("refs/") && is_ref_name(name) {
            return Ok(Some(RefTarget::Symbolic(name.to_owned())));
        }
    } else if let Ok(id) = text.parse() {
        return Ok(Some(RefTarget::Object(id)));
    }
    Err(refused(format!(
        "{} holds neither an object id nor the name of a ref",
        path.display()
    )))
}
