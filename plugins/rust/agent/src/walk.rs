//! All files below a folder.

use crate::path::join;
use crate::workspace::Kind;
use crate::{Refusal, Workspace};

/// One regular file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What a walk found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Found {
    /// The regular files, in byte order of their paths.
    pub files: Vec<File>,
    /// Links and special files: never opened.
    pub others: Vec<String>,
    /// The folders that could not be listed to their end, and why.
    pub refused: Vec<(String, Refusal)>,
}

/// Finds every file below `folder` (the empty path is the workspace itself), but for folders that `enters` leaves out.
pub fn files<W: Workspace + ?Sized>(workspace: &W, folder: &str, enters: impl Fn(&str) -> bool) -> Found {
    let mut found = Found::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut after: Option<String> = None;
        loop {
            let page = match workspace.list(&folder, after.as_deref()) {
                Ok(page) => page,
                Err(refusal) => {
                    found.refused.push((folder, refusal));
                    break;
                }
            };
            for entry in page.entries {
                let path = join(&folder, &entry.name);
                match entry.kind {
                    Kind::Folder if enters(&path) => folders.push(path),
                    Kind::Folder => {}
                    Kind::File | Kind::Executable => found.files.push(File {
                        path,
                        bytes: entry.bytes,
                    }),
                    Kind::Symlink | Kind::Other => found.others.push(path),
                }
            }
            // A host that does not advance would be asked for ever.
            let next = page.next.filter(|next| Some(next) > after.as_ref());
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    found.files.sort_by(|one, other| one.path.cmp(&other.path));
    found.others.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryWorkspace;

    #[test]
    fn every_file_is_found_once_and_left_out_folders_are_not_entered() {
        let names: Vec<String> = (0..20).map(|number| format!("many/{number:02}.txt")).collect();
        let mut held: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
        held.extend([("a/b/c.rs", "fn"), ("target/x.o", "?"), ("top", "")]);
        let workspace = MemoryWorkspace::of(&held);
        workspace.link("link", "top");
        let found = files(&workspace, "", |folder| folder != "target");
        assert_eq!(found.files.len(), 22);
        assert!(found.files.is_sorted_by(|one, other| one.path < other.path));
        assert!(found.files.contains(&File {
            path: "a/b/c.rs".to_owned(),
            bytes: 2
        }));
        assert_eq!(found.others, ["link"]);
        assert!(found.refused.is_empty());
    }

    #[test]
    fn a_refusal_is_told_with_its_folder() {
        let workspace = MemoryWorkspace::of(&[("a", "")]).denying(&["workspace.list"]);
        let found = files(&workspace, "", |_| true);
        assert!(matches!(found.refused.as_slice(), [(folder, Refusal::Denied(_))] if folder.is_empty()));
    }
}
