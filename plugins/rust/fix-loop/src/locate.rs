//! Which files of the workspace a tool means. Tools write paths from where they run, from the project they found, or from the
//! machine's root, of which an agent knows nothing.

use std::collections::{BTreeMap, BTreeSet};

use assize_agent::{Workspace, path};

use crate::suggestion::Reason;

/// How many names help to find where the workspace lies.
const NAMES_ASKED: usize = 32;

/// How many entries at the workspace's top are looked at.
const TOP_MAX: usize = 10_000;

/// What is known of the places of files.
#[derive(Debug, Default)]
pub(crate) struct Locator {
    /// Where the check runs.
    dir: String,
    /// Where the workspace lies on the machine.
    root: Root,
    /// What lies at the workspace's top; nothing where that may not be listed.
    top: Option<BTreeSet<String>>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum Root {
    #[default]
    Unknown,
    Known(String),
    Ambiguous,
}

impl Locator {
    /// A locator for a check that runs in `dir`, where the person may have said where the workspace lies.
    pub(crate) fn new<W: Workspace>(dir: &str, root: Option<&str>, workspace: &W) -> Self {
        let root = root.map_or(Root::Unknown, |root| Root::Known(root.trim_end_matches('/').to_owned()));
        Self {
            dir: dir.to_owned(),
            root,
            top: top(workspace),
        }
    }

    /// Learns where the workspace lies from paths that begin at the machine's root: where most of them are files of it.
    pub(crate) fn learn<W: Workspace>(&mut self, names: &BTreeSet<&str>, workspace: &W) {
        if self.root != Root::Unknown {
            return;
        }
        let mut votes: BTreeMap<String, usize> = BTreeMap::new();
        for name in names.iter().filter(|name| name.starts_with('/')).take(NAMES_ASKED) {
            for (cut, _) in name.match_indices('/') {
                let (root, inside) = (name.get(..cut), name.get(cut..));
                let inside = inside.and_then(|inside| inside.strip_prefix('/')).and_then(in_contract);
                if let (Some(root), Some(inside)) = (root, inside)
                    && self.is_there(&inside, workspace)
                {
                    let count = votes.entry(root.to_owned()).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
        let most = votes.values().copied().max().unwrap_or(0);
        let mut roots = votes.into_iter().filter(|(_, count)| *count == most);
        self.root = match (roots.next(), roots.next()) {
            (Some((root, _)), None) => Root::Known(root),
            (Some(_), Some(_)) => Root::Ambiguous,
            (None, _) => Root::Unknown,
        };
    }

    /// The file of the workspace that a tool means.
    pub(crate) fn path<W: Workspace>(&self, name: &str, workspace: &W) -> Result<String, Reason> {
        if name.starts_with('/') {
            let root = match &self.root {
                Root::Known(root) => root,
                Root::Ambiguous => return Err(Reason::Ambiguous),
                Root::Unknown => return Err(Reason::Outside),
            };
            let inside = name.strip_prefix(root.as_str()).and_then(|rest| rest.strip_prefix('/'));
            return inside.and_then(in_contract).ok_or(Reason::Outside);
        }
        // Cargo names files from the outermost project on, which may begin above.
        let mut folder = self.dir.as_str();
        loop {
            let there = in_contract(&path::join(folder, name)).filter(|path| self.is_there(path, workspace));
            if let Some(path) = there {
                return Ok(path);
            }
            if folder.is_empty() {
                return Err(Reason::Outside);
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// Tells whether a file can be read; what cannot lie there is not asked for, since each refusal is recorded.
    fn is_there<W: Workspace>(&self, path: &str, workspace: &W) -> bool {
        let first = path.split('/').next().unwrap_or_default();
        let may_be = self.top.as_ref().is_none_or(|top| top.contains(first));
        may_be && workspace.read(path, 0, 1).is_ok()
    }
}

fn top<W: Workspace>(workspace: &W) -> Option<BTreeSet<String>> {
    let (mut names, mut after) = (BTreeSet::new(), None);
    loop {
        let page = workspace.list("", after.as_deref()).ok()?;
        names.extend(page.entries.into_iter().map(|entry| entry.name));
        after = page.next;
        if after.is_none() {
            return Some(names);
        }
        if names.len() > TOP_MAX {
            return None;
        }
    }
}

/// A path as the contract writes it, without `.` and `..`; nothing where it leads out or nowhere.
fn in_contract(name: &str) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(escaped(part)),
        }
    }
    let path = parts.join("/");
    path::is_path(&path).then_some(path)
}

fn escaped(part: &str) -> String {
    let mut escaped = String::with_capacity(part.len());
    for letter in part.chars() {
        if letter == '\\' || letter.is_control() {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                escaped.push_str(&format!("\\x{byte:02x}"));
            }
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use assize_agent::memory::MemoryWorkspace;

    use super::*;

    fn located(files: &[&str], dir: &str, names: &[&str]) -> Vec<Result<String, Reason>> {
        let files: Vec<(&str, &str)> = files.iter().map(|file| (*file, "text")).collect();
        let workspace = MemoryWorkspace::of(&files);
        let mut locator = Locator::new(dir, None, &workspace);
        locator.learn(&names.iter().copied().collect(), &workspace);
        names.iter().map(|name| locator.path(name, &workspace)).collect()
    }

    fn is(path: &str) -> Result<String, Reason> {
        Ok(path.to_owned())
    }

    #[test]
    fn a_path_from_the_machine_root_is_found_in_the_workspace() {
        let files = ["a.py", "app/b.py", "setup.py"];
        assert_eq!(
            located(
                &files,
                "",
                &["/home/app/setup.py", "/home/app/app/b.py", "/usr/lib/a.py"]
            ),
            [is("setup.py"), is("app/b.py"), Err(Reason::Outside)]
        );
        assert_eq!(
            located(&["b.py", "app/b.py"], "", &["/x/app/b.py"]),
            [Err(Reason::Ambiguous)]
        );
        assert_eq!(located(&files, "", &["/etc/passwd"]), [Err(Reason::Outside)]);
    }

    #[test]
    fn what_the_person_says_of_the_root_counts() {
        let workspace = MemoryWorkspace::of(&[("b.py", ""), ("app/b.py", "")]);
        let mut locator = Locator::new("", Some("/x/"), &workspace);
        locator.learn(&BTreeSet::from(["/x/app/b.py"]), &workspace);
        assert_eq!(locator.path("/x/app/b.py", &workspace), is("app/b.py"));
        assert_eq!(locator.path("/xx/b.py", &workspace), Err(Reason::Outside));
    }

    #[test]
    fn a_path_from_where_the_check_runs_or_from_above_is_found() {
        let files = ["parts/one/src/lib.rs", "parts/two/src/lib.rs", "src/lib.rs"];
        let names = [
            "src/lib.rs",
            "./two/src/lib.rs",
            "../src/lib.rs",
            "parts/two/src/lib.rs",
            "none.rs",
        ];
        assert_eq!(
            located(&files, "parts/one", &names),
            [
                is("parts/one/src/lib.rs"),
                is("parts/two/src/lib.rs"),
                is("src/lib.rs"),
                is("parts/two/src/lib.rs"),
                Err(Reason::Outside),
            ]
        );
    }

    #[test]
    fn what_leads_out_is_outside() {
        let names = ["../a", "a/../../a", "", "/", "//", "<anon>", "a\0b", "..", "\\..\\a"];
        for (name, found) in names.iter().zip(located(&["a"], "", &names)) {
            assert_eq!(found, Err(Reason::Outside), "{name:?}");
        }
    }
}
