//! Evidence from memory: what the host answers, for two trees that are small enough to hold.

use std::collections::{BTreeMap, BTreeSet};

use assize_judge::bindings::assize::plugin::types::Denial;
use assize_judge::evidence::{
    Blob, Change, ChangePage, Entry as FolderEntry, EntryPage, Evidence, Form, HunkPage, Kind, Match,
};
use assize_judge::{Refusal, Side};

use crate::comparison::compare;

/// How many items a page holds; small, so that judges meet second pages.
const PAGE_ITEMS: usize = 7;

/// The longest piece of a file in one answer, in bytes, by the contract.
const PIECE_BYTES_MAX: u32 = 1024 * 1024;

/// The largest file that is searched, in bytes, by the contract.
const SEARCHED_BYTES_MAX: usize = 1024 * 1024;

/// The files of one side, by path.
pub type Tree = BTreeMap<String, Entry>;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its contents.
    pub bytes: Vec<u8>,
}

impl Entry {
    /// The side of a change that this file is.
    #[must_use]
    pub fn blob(&self) -> Blob {
        let bytes = if self.kind == Kind::Submodule {
            0
        } else {
            self.bytes.len() as u64
        };
        Blob { kind: self.kind, bytes }
    }

    /// Tells whether the contents are compared as text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        !self.bytes.iter().take(8_000).any(|&byte| byte == 0)
    }
}

/// Two trees and what differs between them.
#[derive(Debug, Clone)]
pub struct MemoryEvidence {
    base: Tree,
    head: Tree,
    changes: Vec<Change>,
    documents: BTreeMap<String, Vec<u8>>,
    denied: Vec<String>,
}

impl MemoryEvidence {
    /// Compares two trees.
    #[must_use]
    pub fn new(base: Tree, head: Tree) -> Self {
        let changes = compare(&base, &head);
        Self {
            base,
            head,
            changes,
            documents: BTreeMap::new(),
            denied: Vec::new(),
        }
    }

    /// Adds the documents that come with the case.
    #[must_use]
    pub fn with_documents(mut self, documents: BTreeMap<String, Vec<u8>>) -> Self {
        self.documents = documents;
        self
    }

    /// Refuses these permissions, as a role without them does.
    #[must_use]
    pub fn denying(mut self, permissions: &[String]) -> Self {
        self.denied = permissions.to_vec();
        self
    }

    fn allow(&self, function: &str) -> Result<(), Refusal> {
        let permission = format!("evidence.{function}");
        if self.denied.contains(&permission) {
            let needs = format!("allow = [\"{permission}\"]");
            return Err(Refusal::Denied(Denial { permission, needs }));
        }
        Ok(())
    }

    fn tree(&self, side: Side) -> &Tree {
        match side {
            Side::Base => &self.base,
            Side::Head => &self.head,
        }
    }
}

/// One page of `items` from position `from`, and where the next begins.
fn page<T: Clone>(items: &[T], from: u32) -> (Vec<T>, Option<u32>) {
    let rest = items.get(from as usize..).unwrap_or_default();
    let taken: Vec<T> = rest.iter().take(PAGE_ITEMS).cloned().collect();
    let next = (rest.len() > taken.len()).then(|| from.saturating_add(taken.len() as u32));
    (taken, next)
}

impl Evidence for MemoryEvidence {
    fn changes(&self, from: u32) -> Result<ChangePage, Refusal> {
        self.allow("changes")?;
        let (changes, next) = page(&self.changes, from);
        Ok(ChangePage { changes, next })
    }

    fn hunks(&self, path: &str, from: u32) -> Result<HunkPage, Refusal> {
        self.allow("hunks")?;
        let change = self.changes.iter().find(|change| change.path == path);
        let change = change.ok_or_else(|| Refusal::NotFound(format!("no change of {path}")))?;
        if change.form != Form::Text {
            return Err(Refusal::Invalid(format!("{path} is not compared line by line")));
        }
        let before = self
            .base
            .get(change.old_path.as_deref().unwrap_or(path))
            .filter(|_| change.base.is_some());
        let after = self.head.get(path).filter(|_| change.head.is_some());
        let bytes = |entry: Option<&Entry>| entry.map(|entry| entry.bytes.clone()).unwrap_or_default();
        let (hunks, next) = page(&crate::comparison::hunks(&bytes(before), &bytes(after)), from);
        Ok(HunkPage { hunks, next })
    }

    fn read(&self, side: Side, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        self.allow("read")?;
        let entry = self.tree(side).get(path).filter(|entry| entry.kind != Kind::Submodule);
        let entry = entry.ok_or_else(|| Refusal::NotFound(format!("no file {path}")))?;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = entry.bytes.get(offset..).unwrap_or_default();
        Ok(rest
            .iter()
            .take(length.min(PIECE_BYTES_MAX) as usize)
            .copied()
            .collect())
    }

    fn list(&self, side: Side, path: &str, from: u32) -> Result<EntryPage, Refusal> {
        self.allow("list")?;
        let prefix = if path.is_empty() {
            String::new()
        } else {
            format!("{path}/")
        };
        let mut entries: Vec<FolderEntry> = Vec::new();
        let mut folders = BTreeSet::new();
        for (file, entry) in self.tree(side) {
            let Some(inside) = file.strip_prefix(&prefix) else {
                continue;
            };
            match inside.split_once('/') {
                Some((folder, _)) if folders.insert(folder) => {
                    entries.push(FolderEntry {
                        name: folder.to_owned(),
                        kind: Kind::Folder,
                    });
                }
                Some(_) => {}
                None => entries.push(FolderEntry {
                    name: inside.to_owned(),
                    kind: entry.kind,
                }),
            }
        }
        if entries.is_empty() && !path.is_empty() {
            return Err(Refusal::NotFound(format!("no folder {path}")));
        }
        let (entries, next) = page(&entries, from);
        Ok(EntryPage { entries, next })
    }

    fn search(&self, side: Side, literals: &[String], max: u32) -> Result<Vec<Match>, Refusal> {
        self.allow("search")?;
        if literals.is_empty() || literals.len() > 64 || literals.iter().any(|text| !(3..=256).contains(&text.len())) {
            return Err(Refusal::Invalid(
                "1 to 64 literals of 3 to 256 bytes are asked for".to_owned(),
            ));
        }
        let texts = self
            .tree(side)
            .iter()
            .filter(|(_, entry)| entry.is_text() && entry.bytes.len() <= SEARCHED_BYTES_MAX);
        let mut matches = Vec::new();
        for (path, entry) in texts.filter(|(_, entry)| matches!(entry.kind, Kind::File | Kind::Executable)) {
            let text = String::from_utf8_lossy(&entry.bytes);
            for (line, text) in (1..).zip(text.lines()) {
                for (literal, wanted) in (0..).zip(literals) {
                    if text.contains(wanted.as_str()) {
                        matches.push(Match {
                            path: path.clone(),
                            line,
                            literal,
                        });
                    }
                }
            }
        }
        matches.truncate(max as usize);
        Ok(matches)
    }

    fn document(&self, name: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        self.allow("document")?;
        let document = self.documents.get(name);
        let document = document.ok_or_else(|| Refusal::NotFound(format!("no document `{name}` came with the case")))?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(document.len());
        let rest = document.get(start..).unwrap_or_default();
        Ok(rest
            .iter()
            .take(length.min(PIECE_BYTES_MAX) as usize)
            .copied()
            .collect())
    }
}
