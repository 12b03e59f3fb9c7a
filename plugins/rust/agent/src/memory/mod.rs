//! A host in memory, for native tests: what it answers for a few small files, and for what lies outside of them.

mod outside;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::pattern::Pattern;
use crate::workspace::{Change, ChangePage, Entry, EntryPage, Existing, Kind, Match, Status, Workspace};
use crate::{Denial, Refusal};

pub use outside::MemoryHost;

/// How many items a page holds; small, so that agents meet second pages.
const PAGE_ITEMS: usize = 7;

/// The longest piece of a file in one answer, in bytes, by the contract.
const PIECE_BYTES_MAX: u32 = 1024 * 1024;

type Files = BTreeMap<String, (Kind, Vec<u8>)>;

/// Files by path, and what an agent may do with them.
#[derive(Debug, Default, Clone)]
pub struct MemoryWorkspace {
    files: RefCell<Files>,
    before: RefCell<Option<Files>>,
    denied: Vec<String>,
    writable: Option<Vec<String>>,
    write_bytes_left: Cell<Option<u64>>,
}

impl MemoryWorkspace {
    /// A workspace with these files.
    #[must_use]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let workspace = Self::default();
        for (path, text) in files {
            workspace.put(path, text.as_bytes());
        }
        workspace
    }

    /// Puts a file there, as somebody else would.
    pub fn put(&self, path: &str, contents: &[u8]) {
        let file = (Kind::File, contents.to_owned());
        self.files.borrow_mut().insert(path.to_owned(), file);
    }

    /// Puts a symbolic link there.
    pub fn link(&self, path: &str, to: &str) {
        let link = (Kind::Symlink, to.as_bytes().to_owned());
        self.files.borrow_mut().insert(path.to_owned(), link);
    }

    /// Refuses these permissions, as a role without them does.
    #[must_use]
    pub fn denying(mut self, permissions: &[&str]) -> Self {
        self.denied = permissions.iter().map(|&permission| permission.to_owned()).collect();
        self
    }

    /// Lets only paths that match one of these patterns be written.
    #[must_use]
    pub fn writing_only(mut self, patterns: &[&str]) -> Self {
        self.writable = Some(patterns.iter().map(|&pattern| pattern.to_owned()).collect());
        self
    }

    /// Refuses to write more bytes than these.
    #[must_use]
    pub fn writing_at_most(self, bytes: u64) -> Self {
        self.write_bytes_left.set(Some(bytes));
        self
    }

    /// Every regular file and its text; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn texts(&self) -> BTreeMap<String, String> {
        let files = self.files.borrow();
        let regular = files.iter().filter(|(_, (kind, _))| *kind != Kind::Symlink);
        regular
            .map(|(path, (_, contents))| (path.clone(), String::from_utf8_lossy(contents).into_owned()))
            .collect()
    }

    fn allow(&self, function: &str) -> Result<(), Refusal> {
        let permission = format!("workspace.{function}");
        if self.denied.contains(&permission) {
            let needs = format!("add \"{permission}\" to `allow`");
            return Err(Refusal::Denied(Denial { permission, needs }));
        }
        Ok(())
    }

    fn allow_writing(&self, function: &str, path: &str) -> Result<(), Refusal> {
        self.allow(function)?;
        let matches = |pattern: &String| Pattern::parse(pattern).is_some_and(|pattern| pattern.matches(path));
        if self
            .writable
            .as_ref()
            .is_some_and(|patterns| !patterns.iter().any(matches))
        {
            return Err(Refusal::Denied(Denial {
                permission: format!("workspace.{function}"),
                needs: format!("add \"{path}\" to `write`"),
            }));
        }
        self.before
            .borrow_mut()
            .get_or_insert_with(|| self.files.borrow().clone());
        Ok(())
    }

    fn spend(&self, bytes: usize) -> Result<(), Refusal> {
        let Some(left) = self.write_bytes_left.get() else {
            return Ok(());
        };
        let rest = left.checked_sub(bytes as u64);
        let rest = rest.ok_or_else(|| Refusal::Limit("the role's write_mib is used up".to_owned()))?;
        self.write_bytes_left.set(Some(rest));
        Ok(())
    }
}

/// The first items of a page, and whether there are more.
fn cut<T>(mut items: Vec<T>) -> (Vec<T>, bool) {
    let is_cut = items.len() > PAGE_ITEMS;
    items.truncate(PAGE_ITEMS);
    (items, is_cut)
}

fn prefix_of(folder: &str) -> String {
    if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    }
}

impl Workspace for MemoryWorkspace {
    fn list(&self, path: &str, after: Option<&str>) -> Result<EntryPage, Refusal> {
        self.allow("list")?;
        let prefix = prefix_of(path);
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        for (file, (kind, contents)) in self.files.borrow().iter() {
            let Some(inside) = file.strip_prefix(&prefix) else {
                continue;
            };
            let (name, kind) = match inside.split_once('/') {
                Some((folder, _)) => (folder, Kind::Folder),
                None => (inside, *kind),
            };
            let bytes = if kind == Kind::File { contents.len() as u64 } else { 0 };
            let name = name.to_owned();
            entries.entry(name.clone()).or_insert(Entry { name, kind, bytes });
        }
        if entries.is_empty() && !path.is_empty() {
            return Err(Refusal::NotFound(format!("no folder {path}")));
        }
        let rest = entries.into_values();
        let rest = rest.filter(|entry| after.is_none_or(|after| entry.name.as_str() > after));
        let (entries, is_cut) = cut(rest.collect());
        let next = entries.last().filter(|_| is_cut).map(|entry| entry.name.clone());
        Ok(EntryPage { entries, next })
    }

    fn read(&self, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        self.allow("read")?;
        let files = self.files.borrow();
        let (kind, contents) = files
            .get(path)
            .ok_or_else(|| Refusal::NotFound(format!("no file {path}")))?;
        if *kind != Kind::File {
            return Err(Refusal::Invalid(format!("{path} is no regular file")));
        }
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = contents.get(start..).unwrap_or_default();
        Ok(rest
            .iter()
            .take(length.min(PIECE_BYTES_MAX) as usize)
            .copied()
            .collect())
    }

    fn write(&self, path: &str, contents: &[u8], existing: Existing) -> Result<(), Refusal> {
        self.allow_writing("write", path)?;
        self.spend(contents.len())?;
        let mut files = self.files.borrow_mut();
        let there = files.entry(path.to_owned());
        if existing == Existing::Keep && matches!(there, std::collections::btree_map::Entry::Occupied(_)) {
            return Err(Refusal::Conflict(format!("{path} is there")));
        }
        let (_, held) = there.or_insert_with(|| (Kind::File, Vec::new()));
        if existing != Existing::Append {
            held.clear();
        }
        held.extend_from_slice(contents);
        Ok(())
    }

    fn remove(&self, path: &str) -> Result<(), Refusal> {
        self.allow_writing("remove", path)?;
        let removed = self.files.borrow_mut().remove(path);
        removed
            .map(|_| ())
            .ok_or_else(|| Refusal::NotFound(format!("no file {path}")))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Refusal> {
        self.allow_writing("rename", from)?;
        self.allow_writing("rename", to)?;
        let mut files = self.files.borrow_mut();
        if files.contains_key(to) {
            return Err(Refusal::Conflict(format!("{to} is there")));
        }
        let file = files
            .remove(from)
            .ok_or_else(|| Refusal::NotFound(format!("no file {from}")))?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn search(&self, path: &str, literals: &[String], max: u32) -> Result<Vec<Match>, Refusal> {
        self.allow("search")?;
        let prefix = prefix_of(path);
        let mut matches = Vec::new();
        for (file, text) in self.texts().into_iter().filter(|(file, _)| file.starts_with(&prefix)) {
            for (line, text) in (1..).zip(text.lines()) {
                let found = (0..).zip(literals).filter(|(_, wanted)| text.contains(wanted.as_str()));
                matches.extend(found.map(|(literal, _)| Match {
                    path: file.clone(),
                    line,
                    literal,
                }));
            }
        }
        matches.truncate(max as usize);
        Ok(matches)
    }

    /// Only what happened to each file; lines are not compared here.
    fn diff(&self, after: Option<&str>) -> Result<ChangePage, Refusal> {
        self.allow("diff")?;
        let now = self.files.borrow();
        let then = self.before.borrow();
        let then = then.as_ref().unwrap_or(&now);
        let paths: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        let changed = paths.into_iter().filter_map(|path| {
            let status = match (then.get(path), now.get(path)) {
                (None, _) => Status::Added,
                (_, None) => Status::Deleted,
                (before, after) if before != after => Status::Modified,
                _ => return None,
            };
            let (path, hunks) = (path.clone(), String::new());
            Some(Change { path, status, hunks })
        });
        let changed = changed.filter(|change| after.is_none_or(|after| change.path.as_str() > after));
        let (changes, is_cut) = cut(changed.collect());
        let next = changes.last().filter(|_| is_cut).map(|change| change.path.clone());
        Ok(ChangePage { changes, next })
    }
}
