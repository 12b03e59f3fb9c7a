//! `evidence`: the case and both states of the repository, read-only.
//!
//! What was read stands in the transcript, answer by answer; of the uses themselves only their number is kept.

use std::sync::Arc;

use assize_provenance::opinion::Side;

use crate::case::evidence::{self as case, Evidence, Refusal};
use crate::case::{Blob, Change, Form, Kind, Status};
use crate::policy::permission::Permission;
use crate::sandbox::bindings::evidence as wit;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::fault::Lost;
use crate::sandbox::host::serve::{Answer, Served, ruling, sum};
use crate::sandbox::state::CallState;
use crate::sandbox::transcript::Transcript;

/// One search reads up to 128 MiB; it counts as this many host calls, so that a role's limit bounds the work.
const SEARCH_CALLS: u64 = 500;

impl CallState {
    /// Serves one call of the function behind `permission`.
    fn serve<T: Answer>(
        &mut self,
        permission: Permission,
        ask: impl FnOnce(&Evidence) -> Result<T, Refusal>,
    ) -> wasmtime::Result<Served<T>> {
        self.enter(permission)?;
        let answer = match self.granted(permission).and_then(|()| self.case()) {
            Ok(evidence) => match ask(&evidence) {
                Ok(answer) => self.weighed(answer),
                Err(reason) => Err(refusal(reason)?),
            },
            Err(denied) => Err(denied),
        };
        let (granted, reason) = ruling(answer.as_ref());
        self.accesses.count(permission, granted, &reason);
        self.tell(&answer);
        Ok(answer)
    }

    fn case(&self) -> Served<Arc<Evidence>> {
        self.evidence()
            .ok_or_else(|| contract::Refusal::Unavailable("there is no case before it".into()))
    }
}

impl wit::Host for CallState {
    fn changes(&mut self, from: u32) -> wasmtime::Result<Served<wit::ChangePage>> {
        self.serve(Permission::EvidenceChanges, |evidence| {
            evidence.changes(from).map(|page| change_page(&page))
        })
    }

    fn hunks(&mut self, path: String, from: u32) -> wasmtime::Result<Served<wit::HunkPage>> {
        self.serve(Permission::EvidenceHunks, |evidence| {
            evidence.hunks(&path, from).map(hunk_page)
        })
    }

    fn read(
        &mut self,
        side: contract::Side,
        path: String,
        offset: u64,
        length: u32,
    ) -> wasmtime::Result<Served<Vec<u8>>> {
        self.serve(Permission::EvidenceRead, |evidence| {
            evidence.read(of_side(side), &path, offset, length)
        })
    }

    fn list(&mut self, side: contract::Side, path: String, from: u32) -> wasmtime::Result<Served<wit::EntryPage>> {
        self.serve(Permission::EvidenceList, |evidence| {
            evidence.list(of_side(side), &path, from).map(entry_page)
        })
    }

    fn search(
        &mut self,
        side: contract::Side,
        literals: Vec<String>,
        max: u32,
    ) -> wasmtime::Result<Served<Vec<wit::Match>>> {
        self.spend_calls(SEARCH_CALLS)?;
        self.serve(Permission::EvidenceSearch, |evidence| {
            let found = evidence.search(of_side(side), &literals, max)?;
            Ok(found
                .into_iter()
                .map(|each| wit::Match {
                    path: each.path,
                    line: each.line,
                    literal: each.literal,
                })
                .collect())
        })
    }

    fn document(&mut self, name: String, offset: u64, length: u32) -> wasmtime::Result<Served<Vec<u8>>> {
        self.serve(Permission::EvidenceDocument, |evidence| {
            evidence.document(&name, offset, length)
        })
    }
}

fn of_side(side: contract::Side) -> Side {
    match side {
        contract::Side::Base => Side::Base,
        contract::Side::Head => Side::Head,
    }
}

/// What the guest is told; what it must not be told ends the call.
fn refusal(refusal: Refusal) -> Result<contract::Refusal, Lost> {
    Ok(match refusal {
        Refusal::Limit(text) => contract::Refusal::Limit(text),
        Refusal::Invalid(text) => contract::Refusal::Invalid(text),
        Refusal::NotFound(text) => contract::Refusal::NotFound(text),
        Refusal::Unavailable(text) => contract::Refusal::Unavailable(text),
        Refusal::Unreadable(error) => return Err(Lost(error)),
    })
}

fn change_page(page: &case::ChangePage<'_>) -> wit::ChangePage {
    wit::ChangePage {
        changes: page.changes.iter().map(change).collect(),
        next: page.next,
    }
}

fn change(change: &Change) -> wit::Change {
    wit::Change {
        path: change.path.to_string(),
        old_path: change.old_path.as_ref().map(ToString::to_string),
        status: match change.status {
            Status::Added => wit::Status::Added,
            Status::Deleted => wit::Status::Deleted,
            Status::Modified => wit::Status::Modified,
            Status::Renamed => wit::Status::Renamed,
        },
        base: change.base.as_ref().map(blob),
        head: change.head.as_ref().map(blob),
        form: match change.form {
            Form::Text => wit::Form::Text,
            Form::Binary => wit::Form::Binary,
            Form::Oversized => wit::Form::Oversized,
        },
        added_lines: change.added_lines,
        removed_lines: change.removed_lines,
    }
}

fn blob(blob: &Blob) -> wit::Blob {
    wit::Blob {
        kind: kind(blob.kind),
        bytes: blob.bytes,
    }
}

fn kind(kind: Kind) -> wit::Kind {
    match kind {
        Kind::File => wit::Kind::File,
        Kind::Executable => wit::Kind::Executable,
        Kind::Symlink => wit::Kind::Symlink,
        Kind::Submodule => wit::Kind::Submodule,
        Kind::Folder => wit::Kind::Folder,
    }
}

fn hunk_page(page: case::HunkPage) -> wit::HunkPage {
    let hunks = page.hunks.into_iter().map(|hunk| wit::Hunk {
        base_start: hunk.base_start,
        removed: hunk.removed,
        head_start: hunk.head_start,
        added: hunk.added,
    });
    wit::HunkPage {
        hunks: hunks.collect(),
        next: page.next,
    }
}

fn entry_page(page: case::EntryPage) -> wit::EntryPage {
    let entries = page.entries.into_iter().map(|entry| wit::Entry {
        name: entry.name,
        kind: kind(entry.kind),
    });
    wit::EntryPage {
        entries: entries.collect(),
        next: page.next,
    }
}

/// A number that may be missing, so that "none" and 0 differ.
fn record_next(next: Option<u32>, transcript: &mut Transcript) {
    transcript.number(next.map_or(0, |next| u64::from(next).saturating_add(1)));
}

impl Answer for wit::ChangePage {
    fn weight(&self) -> u64 {
        sum(self.changes.iter().map(|change| change.path.len().saturating_add(64)))
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(self.changes.len() as u64);
        for change in &self.changes {
            transcript.bytes(change.path.as_bytes());
            transcript.bytes(change.old_path.as_deref().unwrap_or_default().as_bytes());
            for number in [
                change.status as u64,
                change.form as u64,
                u64::from(change.added_lines),
                u64::from(change.removed_lines),
            ] {
                transcript.number(number);
            }
            for blob in [&change.base, &change.head] {
                transcript.number(blob.as_ref().map_or(0, |blob| (blob.kind as u64).saturating_add(1)));
                transcript.number(blob.as_ref().map_or(0, |blob| blob.bytes));
            }
        }
        record_next(self.next, transcript);
    }
}

impl Answer for wit::HunkPage {
    fn weight(&self) -> u64 {
        sum(self
            .hunks
            .iter()
            .flat_map(|hunk| hunk.removed.iter().chain(&hunk.added))
            .map(|line| line.len().saturating_add(16)))
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(self.hunks.len() as u64);
        for hunk in &self.hunks {
            for (start, lines) in [(hunk.base_start, &hunk.removed), (hunk.head_start, &hunk.added)] {
                transcript.number(u64::from(start));
                transcript.number(lines.len() as u64);
                lines.iter().for_each(|line| transcript.bytes(line.as_bytes()));
            }
        }
        record_next(self.next, transcript);
    }
}

impl Answer for wit::EntryPage {
    fn weight(&self) -> u64 {
        sum(self.entries.iter().map(|entry| entry.name.len().saturating_add(16)))
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(self.entries.len() as u64);
        for entry in &self.entries {
            transcript.bytes(entry.name.as_bytes());
            transcript.number(entry.kind as u64);
        }
        record_next(self.next, transcript);
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
