//! The record of what agents used and what they were refused.

use std::collections::BTreeSet;
use std::time::Duration;

use assize_provenance::time::Time;

use super::view::agents::{AccessView, AccessesView};
use super::{App, Fault};
use crate::event::{Event, Recorded};
use crate::policy::Policy;
use crate::policy::permission::Permission;
use crate::repository::Repository;
use crate::store::{AccessFilter, PAGE_ROWS_MAX, Store};

/// Which accesses are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Accesses<'a> {
    /// Only what was refused.
    pub only_denied: bool,
    /// Only what happened within this time.
    pub within: Option<Duration>,
    /// Only what this agent did.
    pub agent: Option<&'a str>,
    /// At most so many.
    pub max: usize,
}

impl App {
    /// Lists accesses, newest first.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the store cannot be read.
    pub fn audit_access(&self, asked: &Accesses<'_>) -> Result<AccessesView, Fault> {
        let repository = self.repository()?;
        let mut view = AccessesView {
            schema: "assize.accesses/1",
            accesses: Vec::new(),
            more: false,
        };
        let Some(store) = Store::open_existing(&state_dir(&repository))? else {
            return Ok(view);
        };
        let filter = AccessFilter {
            run: None,
            agent: asked.agent,
            denied: asked.only_denied,
            since: self.since(asked.within)?,
        };
        let mut before: Option<(Time, u64)> = None;
        // One more than is shown tells whether there is more.
        while view.accesses.len() <= asked.max {
            let page = store.accesses(&filter, before, PAGE_ROWS_MAX)?;
            let Some(last) = page.last() else { break };
            before = Some((last.at, last.sequence));
            view.accesses.extend(page.iter().filter_map(access));
        }
        view.more = view.accesses.len() > asked.max;
        view.accesses.truncate(asked.max);
        Ok(view)
    }

    /// The permissions that any recorded run of an agent, or of any agent under a role, has used; nothing where this is no
    /// clone with a record.
    pub(super) fn used_permissions(&self, name: &str, policy: &Policy) -> Result<Option<BTreeSet<Permission>>, Fault> {
        let Ok(repository) = self.repository() else {
            return Ok(None);
        };
        let Some(store) = Store::open_existing(&state_dir(&repository))? else {
            return Ok(None);
        };
        let is_agent = policy.agent(name).is_some();
        let filter = AccessFilter {
            agent: Some(name).filter(|_| is_agent),
            ..AccessFilter::default()
        };
        let mut used = BTreeSet::new();
        let mut before: Option<(Time, u64)> = None;
        loop {
            let page = store.accesses(&filter, before, PAGE_ROWS_MAX)?;
            let Some(last) = page.last() else { return Ok(Some(used)) };
            before = Some((last.at, last.sequence));
            for recorded in &page {
                if let Event::AccessChecked {
                    role,
                    permission,
                    granted: true,
                    ..
                } = &recorded.event
                    && (is_agent || role == name)
                {
                    used.extend(Permission::named(permission));
                }
            }
        }
    }

    fn since(&self, within: Option<Duration>) -> Result<Option<Time>, Fault> {
        let Some(within) = within else { return Ok(None) };
        let seconds = i64::try_from(within.as_secs()).unwrap_or(i64::MAX);
        let since = self.now()?.unix_seconds().saturating_sub(seconds);
        // Before the first moment that can be written there is nothing.
        Ok(Time::from_unix_seconds(since.max(0)).ok())
    }
}

/// Where a clone keeps its own state.
pub(super) fn state_dir(repository: &Repository) -> std::path::PathBuf {
    repository.places().common_dir.join("assize")
}

fn access(recorded: &Recorded) -> Option<AccessView> {
    let Event::AccessChecked {
        run,
        agent,
        role,
        permission,
        resource,
        granted,
        reason,
        times,
    } = &recorded.event
    else {
        return None;
    };
    Some(AccessView {
        at: recorded.at.to_string(),
        agent: agent.clone(),
        role: role.clone(),
        run: run.to_string(),
        permission: permission.clone(),
        resource: resource.clone(),
        granted: *granted,
        reason: reason.clone(),
        times: *times,
    })
}
