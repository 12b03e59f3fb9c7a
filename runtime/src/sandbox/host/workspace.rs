//! `workspace`: the agent's own folder, as far as its role's file patterns open it.

use crate::policy::permission::Permission;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::bindings::workspace as wit;
use crate::sandbox::host::serve::{Answer, Served, Subject, sum};
use crate::sandbox::state::{CallState, Powers};
use crate::sandbox::transcript::Transcript;
use crate::workspace::{self as folder, Existing, Refusal, Visit, Way};

/// One search reads up to 128 MiB; it counts as this many host calls, so that a role's limit bounds the work.
const SEARCH_CALLS: u64 = 500;

impl Powers {
    /// Does something in the agent's folder.
    fn in_workspace<T>(
        &mut self,
        permission: Permission,
        act: impl FnOnce(&mut Visit) -> Result<T, Refusal>,
    ) -> Served<T> {
        let Some(visit) = &mut self.visit else {
            return Err(no_folder());
        };
        act(visit).map_err(|refusal| self.told(permission, refusal))
    }

    /// Refuses to write a secret. What lies in a folder would stay there, and replacing it unasked would spoil the file.
    fn holds_no_secret(&self, texts: &[&[u8]]) -> Served<()> {
        let masker = self.outside.secrets.masker();
        if texts.iter().any(|text| masker.finds(text)) {
            return Err(contract::Refusal::Invalid(
                "this would write a secret into the folder; leave it out, no file needs it".into(),
            ));
        }
        Ok(())
    }

    /// What the guest is told.
    pub(super) fn told(&self, permission: Permission, refusal: Refusal) -> contract::Refusal {
        let needs = match refusal {
            Refusal::Closed { path, way } => self.grants.needs_file(&path, way == Way::Write),
            Refusal::Link(path) => {
                format!("`{path}` is a symbolic link, which no policy opens; name what it leads to instead")
            }
            Refusal::Limit(text) => return contract::Refusal::Limit(text),
            Refusal::Invalid(text) => return contract::Refusal::Invalid(text),
            Refusal::NotFound(text) => return contract::Refusal::NotFound(text),
            Refusal::Conflict(text) => return contract::Refusal::Conflict(text),
            Refusal::Unavailable(text) => return contract::Refusal::Unavailable(text),
        };
        contract::Refusal::Denied(contract::Denial {
            permission: permission.name().into(),
            needs,
        })
    }
}

/// What is said where the call has no folder.
pub(super) fn no_folder() -> contract::Refusal {
    contract::Refusal::Unavailable("this call has no folder; the user names one with `--dir`".into())
}

impl wit::Host for CallState {
    fn list(&mut self, path: String, after: Option<String>) -> wasmtime::Result<Served<wit::EntryPage>> {
        let permission = Permission::WorkspaceList;
        self.serve_agent(permission, Subject::path(&path), &[&path, &after], |powers| {
            powers.in_workspace(permission, |visit| visit.list(&path, after.as_deref()).map(entry_page))
        })
    }

    fn read(&mut self, path: String, offset: u64, length: u32) -> wasmtime::Result<Served<Vec<u8>>> {
        let permission = Permission::WorkspaceRead;
        self.serve_agent(permission, Subject::path(&path), &[&path, &offset, &length], |powers| {
            powers.in_workspace(permission, |visit| visit.read(&path, offset, length))
        })
    }

    fn write(&mut self, path: String, contents: Vec<u8>, existing: wit::Existing) -> wasmtime::Result<Served<()>> {
        let permission = Permission::WorkspaceWrite;
        let how = existing as u64;
        let existing = match existing {
            wit::Existing::Keep => Existing::Keep,
            wit::Existing::Replace => Existing::Replace,
            wit::Existing::Append => Existing::Append,
        };
        self.serve_agent(permission, Subject::path(&path), &[&path, &contents, &how], |powers| {
            powers.holds_no_secret(&[path.as_bytes(), &contents])?;
            powers.in_workspace(permission, |visit| visit.write(&path, &contents, existing))
        })
    }

    fn remove(&mut self, path: String) -> wasmtime::Result<Served<()>> {
        let permission = Permission::WorkspaceRemove;
        self.serve_agent(permission, Subject::path(&path), &[&path], |powers| {
            powers.in_workspace(permission, |visit| visit.remove(&path))
        })
    }

    fn rename(&mut self, from: String, to: String) -> wasmtime::Result<Served<()>> {
        let permission = Permission::WorkspaceRename;
        let both = format!("{from} -> {to}");
        self.serve_agent(
            permission,
            Subject::rename(&both, &from, &to),
            &[&from, &to],
            |powers| {
                powers.holds_no_secret(&[to.as_bytes()])?;
                powers.in_workspace(permission, |visit| visit.rename(&from, &to))
            },
        )
    }

    fn search(&mut self, path: String, literals: Vec<String>, max: u32) -> wasmtime::Result<Served<Vec<wit::Match>>> {
        let permission = Permission::WorkspaceSearch;
        self.spend_calls(SEARCH_CALLS)?;
        self.serve_agent(permission, Subject::path(&path), &[&path, &literals, &max], |powers| {
            powers.in_workspace(permission, |visit| {
                let found = visit.search(&path, &literals, max)?;
                Ok(found.into_iter().map(place).collect())
            })
        })
    }

    fn diff(&mut self, after: Option<String>) -> wasmtime::Result<Served<wit::ChangePage>> {
        let permission = Permission::WorkspaceDiff;
        self.serve_agent(permission, Subject::named(""), &[&after], |powers| {
            powers.in_workspace(permission, |visit| visit.diff(after.as_deref()).map(change_page))
        })
    }
}

fn entry_page(page: folder::EntryPage) -> wit::EntryPage {
    let entries = page.entries.into_iter().map(|entry| wit::Entry {
        name: entry.name,
        kind: match entry.kind {
            folder::Kind::File => wit::Kind::File,
            folder::Kind::Executable => wit::Kind::Executable,
            folder::Kind::Symlink => wit::Kind::Symlink,
            folder::Kind::Folder => wit::Kind::Folder,
            folder::Kind::Other => wit::Kind::Other,
        },
        bytes: entry.bytes,
    });
    wit::EntryPage {
        entries: entries.collect(),
        next: page.next,
    }
}

fn place(place: folder::Match) -> wit::Match {
    wit::Match {
        path: place.path,
        line: place.line,
        literal: place.literal,
    }
}

fn change_page(page: folder::ChangePage) -> wit::ChangePage {
    let changes = page.changes.into_iter().map(|change| wit::Change {
        path: change.path,
        status: match change.status {
            folder::Status::Added => wit::Status::Added,
            folder::Status::Deleted => wit::Status::Deleted,
            folder::Status::Modified => wit::Status::Modified,
        },
        hunks: change.hunks,
    });
    wit::ChangePage {
        changes: changes.collect(),
        next: page.next,
    }
}

/// A text that may be missing, so that "none" and an empty one differ.
fn record_next(next: Option<&String>, transcript: &mut Transcript) {
    transcript.number(u64::from(next.is_some()));
    transcript.bytes(next.map_or(b"", |next| next.as_bytes()));
}

impl Answer for wit::EntryPage {
    fn weight(&self) -> u64 {
        sum(self.entries.iter().map(|entry| entry.name.len().saturating_add(24)))
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(self.entries.len() as u64);
        for entry in &self.entries {
            transcript.bytes(entry.name.as_bytes());
            transcript.number(entry.kind as u64);
            transcript.number(entry.bytes);
        }
        record_next(self.next.as_ref(), transcript);
    }
}

impl Answer for Vec<wit::Match> {
    fn weight(&self) -> u64 {
        sum(self.iter().map(|each| each.path.len().saturating_add(16)))
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(self.len() as u64);
        for each in self {
            transcript.bytes(each.path.as_bytes());
            transcript.number(u64::from(each.line));
            transcript.number(u64::from(each.literal));
        }
    }
}

impl Answer for wit::ChangePage {
    fn weight(&self) -> u64 {
        sum(self
            .changes
            .iter()
            .map(|change| change.path.len().saturating_add(change.hunks.len()).saturating_add(16)))
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(self.changes.len() as u64);
        for change in &self.changes {
            transcript.bytes(change.path.as_bytes());
            transcript.number(change.status as u64);
            transcript.bytes(change.hunks.as_bytes());
        }
        record_next(self.next.as_ref(), transcript);
    }
}
