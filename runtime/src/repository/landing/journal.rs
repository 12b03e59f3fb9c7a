//! What a landing is about to do, written down so that the next process can finish it.

use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::tree;
use serde_json::{Value, json};

use super::attached::WorkTree;
use crate::case::path::{RepositoryPath, escape};
use crate::durable;

/// The largest note, in bytes.
const BYTES_MAX: u64 = 1 << 20;

/// One landing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) branch: String,
    pub(super) old: ObjectId,
    pub(super) new: ObjectId,
    pub(super) work_trees: Vec<WorkTree>,
}

impl Note {
    /// Where the note is kept: one a branch, for a branch has one landing at a time.
    pub(super) fn path(&self, state_dir: &Path) -> PathBuf {
        let name = tree::object_id(ObjectKind::Blob, self.branch.as_bytes());
        state_dir.join("landings").join(format!("{name}.json"))
    }

    /// Has the note on disk.
    pub(super) fn write(&self, state_dir: &Path) -> io::Result<()> {
        durable::private_dir(state_dir)?;
        durable::private_dir(&state_dir.join("landings"))?;
        let work_trees: Vec<Value> = self
            .work_trees
            .iter()
            .map(|work_tree| json!({ "git_dir": text(&work_tree.git_dir), "root": text(&work_tree.root) }))
            .collect();
        let note = json!({
            "v": 1,
            "branch": self.branch,
            "old": self.old.to_string(),
            "new": self.new.to_string(),
            "work_trees": work_trees,
        });
        durable::replace(&self.path(state_dir), note.to_string().as_bytes())
    }

    /// Removes the note. That this is on disk is not waited for: what is done may be done again.
    pub(super) fn remove(&self, state_dir: &Path) -> io::Result<()> {
        match fs::remove_file(self.path(state_dir)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let word = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        if value.get("v") != Some(&json!(1)) {
            return None;
        }
        let work_trees: Option<Vec<WorkTree>> = value
            .get("work_trees")?
            .as_array()?
            .iter()
            .map(|work_tree| {
                Some(WorkTree {
                    git_dir: path(&word(work_tree, "git_dir")?)?,
                    root: path(&word(work_tree, "root")?)?,
                })
            })
            .collect();
        Some(Self {
            branch: word(&value, "branch")?,
            old: word(&value, "old")?.parse().ok()?,
            new: word(&value, "new")?.parse().ok()?,
            work_trees: work_trees?,
        })
    }
}

/// Reads every note.
pub(super) fn read_all(state_dir: &Path) -> Result<Vec<Note>, (PathBuf, io::Error)> {
    let folder = state_dir.join("landings");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err((folder, error)),
    };
    let mut notes = Vec::new();
    for entry in entries {
        let place = entry.map_err(|error| (folder.clone(), error))?.path();
        if place.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let Some(bytes) = durable::read(&place, BYTES_MAX).map_err(|error| (place.clone(), error))? else {
            continue;
        };
        let note = Note::parse(&bytes).filter(|note| note.path(state_dir) == place);
        let odd = || io::Error::other("it is no note of a landing; remove it, and see what `git status` says");
        notes.push(note.ok_or_else(|| (place.clone(), odd()))?);
    }
    Ok(notes)
}

/// An absolute path as text that reads back, whatever its bytes.
fn text(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}

fn path(text: &str) -> Option<PathBuf> {
    let parsed: RepositoryPath = text.strip_prefix('/')?.parse().ok()?;
    let bytes = [b"/", parsed.as_bytes()].concat();
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}
