//! Keeping what tasks make: commits become part of the repository, reachable by the run's own ref, many in one pack.

use std::collections::BTreeMap;

use assize_provenance::reader::{ObjectId, ObjectKind};

use super::fault::DriveFault;
use super::host::Host;
use crate::driver::together::Together;
use crate::event::RunId;
use crate::repository::KeepError;
use crate::repository::commit::Person;

/// The refs under which runs keep what their tasks made.
pub const WORK_REF_PREFIX: &str = "refs/assize/v1/work/";

/// Objects of one task, the last of which is the commit.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) run: RunId,
    pub(super) commit: ObjectId,
    pub(super) objects: Objects,
}

/// Objects to be written.
type Objects = Vec<(ObjectKind, Vec<u8>)>;

/// Who waits for a pack.
pub(super) type Keeping = Together<Made, Result<(), String>>;

/// The ref of a run.
#[must_use]
pub fn work_ref(run: RunId) -> String {
    format!("{WORK_REF_PREFIX}{run}")
}

impl Host {
    /// Keeps a commit and everything below it: when this returns it is on disk and nothing collects it.
    pub(super) fn keep(&self, made: Made) -> Result<(), DriveFault> {
        let work = |all: Vec<Made>| {
            let count = all.len();
            let kept = self.keep_all(all).map_err(|fault| fault.to_string());
            vec![kept; count]
        };
        let outcome = self.keeping.submit(made, &work);
        let outcome = outcome.unwrap_or_else(|| Err("the pack had no outcome".to_owned()));
        outcome.map_err(|reason| DriveFault::Repository {
            what: "what a task made cannot be kept",
            is_machine: true,
            reason,
        })
    }

    /// One pack and one step of the ref for each run.
    fn keep_all(&self, all: Vec<Made>) -> Result<(), KeepError> {
        let mut by_run: BTreeMap<RunId, (Objects, Vec<ObjectId>)> = BTreeMap::new();
        for made in all {
            let (objects, commits) = by_run.entry(made.run).or_default();
            objects.extend(made.objects);
            commits.push(made.commit);
        }
        by_run.into_iter().try_for_each(|(run, (objects, commits))| {
            self.repository
                .keep(&work_ref(run), objects, &commits, self.clock.unix_seconds())
        })
    }
}

/// An author or committer that is no person.
pub(super) fn person(name: &str, unix_seconds: i64) -> Person {
    Person {
        name: name.to_owned(),
        email: format!("{name}@assize.invalid"),
        unix_seconds,
        offset_minutes: 0,
    }
}
