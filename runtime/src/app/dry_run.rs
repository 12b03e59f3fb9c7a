//! Dry runs: a run in a copy of the repository, of which only the plan and the difference are shown.
//!
//! Everything is as in any other run, the agents, the councils and what they may do, but all of it happens in a folder that is
//! removed afterwards: the branch, the chain with keys of its own, the record, what agents remember. Nothing is sent, and no
//! secret is read. So the repository and the store are afterwards what they were, byte for byte.

use std::fmt::Write as _;
use std::sync::Arc;

use assize_provenance::reader::ObjectId;

use super::accesses::state_dir;
use super::scratch::Scratch;
use super::view::runs::RunView;
use super::workflows::{RunRequest, Stage, drive};
use super::{App, Fault};
use crate::case::contents;
use crate::case::history;
use crate::case::tree_diff::{self, Node};
use crate::case::unified;
use crate::driver::calls;
use crate::driver::workflow::Driver;
use crate::repository::Repository;
use crate::store::Store;

/// How large the difference of one file may be, and that of all, in bytes.
const FILE_BYTES_MAX: usize = 1 << 20;
const DIFF_BYTES_MAX: usize = 8 << 20;

impl App {
    /// Runs a workflow without leaving a trace.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the workflow cannot be run, or the repository not be copied.
    pub fn dry_run(&self, request: &RunRequest<'_>, stage: &mut dyn Stage) -> Result<RunView, Fault> {
        let original = self.repository()?;
        let found = self.find_workflow(request.workflow)?;
        let scratch = Scratch::make()?;
        let app = Self {
            dir: scratch.copy_of(&original)?,
            home: scratch.path().join("home"),
            is_dry: true,
            ..self.clone()
        };
        let home = self.home_if_there(&original)?;
        let host = app.host_with(home.as_ref(), &mut |_| ())?;
        let store = Store::open(&state_dir(&host.repository))?;
        let run = calls::draw_run()?;
        app.submit_found(&host.repository, &store, request, &found, run)?;
        drop(store);
        drive(&mut Driver::start(Arc::clone(&host))?, Some(run), false, stage)?;
        let mut view = app.view_of(&host.repository, &host.store, run)?;
        view.diff = Some(difference(&host.repository, &view)?);
        "dry-run".clone_into(&mut view.mode);
        Ok(view)
    }
}

/// What the run did to its branch.
fn difference(repository: &Repository, view: &RunView) -> Result<String, Fault> {
    let Some(tip) = &view.tip else { return Ok(String::new()) };
    let objects = repository.objects().as_ref();
    let root = |commit: &str| -> Result<Option<ObjectId>, Fault> {
        let Ok(id) = commit.parse::<ObjectId>() else {
            return Ok(None);
        };
        let read = history::read_commit(objects, &id).map_err(|error| Fault::Bug(error.to_string()))?;
        Ok(Some(read.tree))
    };
    let changes =
        tree_diff::compare(objects, root(&view.base)?, root(tip)?).map_err(|error| Fault::Bug(error.to_string()))?;
    let mut text = String::new();
    for change in changes {
        let side = |node: &Option<Node>| -> Result<Option<Vec<u8>>, Fault> {
            let Some(node) = node else { return Ok(Some(Vec::new())) };
            let read = contents::read(objects, &change.path, node).map_err(|error| Fault::Bug(error.to_string()))?;
            Ok(read.text)
        };
        let name = |there: bool, side: char| {
            if there {
                format!("{side}/{}", change.path)
            } else {
                "/dev/null".to_owned()
            }
        };
        let (before, now) = (name(change.base.is_some(), 'a'), name(change.head.is_some(), 'b'));
        let hunks = match (side(&change.base)?, side(&change.head)?) {
            (Some(before), Some(now)) => unified::hunks(&before, &now, FILE_BYTES_MAX),
            _ => String::new(),
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "--- {before}\n+++ {now}\n{hunks}");
        if hunks.is_empty() {
            text.push_str("(binary, or too large to show)\n");
        }
        if text.len() > DIFF_BYTES_MAX {
            text.push_str("(the rest is left out)\n");
            break;
        }
    }
    Ok(text)
}
