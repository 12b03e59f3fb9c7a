//! What people ask of runs: it goes on record with what they signed, and whoever drives the run answers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assize_provenance::digest::Digest;
use assize_provenance::log_id::LogId;

use super::accesses::state_dir;
use super::decisions::Desk;
use super::durability::Wanted;
use super::view::durability::DurabilityView;
use super::view::runs::{AnswerView, RunView};
use super::workflows::{Stage, drive, named, split};
use super::{App, Fault};
use crate::chain::Chain;
use crate::driver::clerk::Clerk;
use crate::driver::workflow::Driver;
use crate::event::{RunId, Step};
use crate::repository::Repository;
use crate::schedule::Request;
use crate::settings::Home;
use crate::store::wake::Watcher;
use crate::store::{Holder, PAGE_ROWS_MAX, RequestFilter, StepRefusal, Store, run_lease};

/// How long an answer of another process's driver is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What somebody asks of a run.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The run, or `RUN/TASK`.
    pub target: &'a str,
    /// What is asked for.
    pub request: Request,
    /// Why, or what is said.
    pub text: &'a str,
    /// The digest of what the person was shown.
    pub shown: Option<&'a str>,
    /// Whose key signs what is decided, where several people have keys here.
    pub person: Option<&'a str>,
    /// How safe what is recorded is to be.
    pub wanted: Wanted,
}

impl App {
    /// Asks something of a run: it is on record when this returns, and answered where a driver could be found, or where this
    /// process could be one.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no such run or task.
    pub fn ask_run(
        &self,
        wish: &Wish<'_>,
        stage: &mut dyn Stage,
        announce: &mut dyn FnMut(&str),
    ) -> Result<AnswerView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        if let Some(log) = Chain::of_somebody_else(&repository, &home)? {
            return self.ask_others(&repository, &home, log, wish);
        }
        let host = self.host(announce)?;
        self.insist_on(&host.repository, &host.home, wish.wanted)?;
        let watcher = bell(&host.state_dir)?;
        let desk = Desk {
            repository: &host.repository,
            home: &host.home,
            log: host.clerk.chain().log(),
            clerk: Some(&host.clerk),
            named: wish.person,
            may_ask: true,
        };
        let (run, asked) = self.put_on_record(desk, &host.store, wish)?;
        let mut driver = Driver::start(Arc::clone(&host))?;
        drive(&mut driver, Some(run), false, stage)?;
        if driver.taken().is_empty() {
            wait_for_answer(&host.store, &watcher, run, asked)?;
        }
        let durability = self.safety_of(&host, wish.wanted)?;
        self.answer_view(&host.repository, &host.store, (run, asked), durability)
    }

    /// Asks whoever drives runs of this clone, whose log is somebody else's: this process drives nothing.
    fn ask_others(
        &self,
        repository: &Repository,
        home: &Home,
        log: LogId,
        wish: &Wish<'_>,
    ) -> Result<AnswerView, Fault> {
        let folder = state_dir(repository);
        let (_, store) = self.store_that_is_there()?;
        let watcher = bell(&folder)?;
        let desk = Desk {
            repository,
            home,
            log,
            clerk: None,
            named: wish.person,
            may_ask: true,
        };
        let (run, asked) = self.put_on_record(desk, &store, wish)?;
        if is_driven(&store, &folder, run)? {
            wait_for_answer(&store, &watcher, run, asked)?;
        }
        self.answer_view(repository, &store, (run, asked), None)
    }

    /// Puts a request on record, with what the person signed for it; gives the run and the number of the request.
    fn put_on_record(&self, desk: Desk<'_>, store: &Store, wish: &Wish<'_>) -> Result<(RunId, u64), Fault> {
        let (run, task) = split(wish.target);
        let run = named(store, run)?;
        let shown: Option<Digest> = match wish.shown.map(str::parse).transpose() {
            Ok(shown) => shown,
            Err(_) => {
                return Err(Fault::wrong(
                    "what stands after --shown is no digest",
                    "`assize task show` prints it, 64 digits",
                ));
            }
        };
        let step = Step::Asked {
            run,
            task: task.map(ToOwned::to_owned),
            request: wish.request.name().to_owned(),
            author: self.actor.clone(),
            shown,
            text: wish.text.to_owned(),
            signed: None,
            at_ms: self.clock.unix_millis(),
        };
        let (step, contents) = self.signed(desk, store, step)?;
        match store.append_steps(self.now()?, None, vec![step], contents)? {
            Ok(numbers) => Ok((run, numbers.first().copied().unwrap_or_default())),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    fn answer_view(
        &self,
        repository: &Repository,
        store: &Store,
        (run, asked): (RunId, u64),
        durability: Option<DurabilityView>,
    ) -> Result<AnswerView, Fault> {
        let view = self.view_of(repository, store, run)?;
        let answer = answer_to(store, run, asked)?;
        Ok(AnswerView {
            schema: "assize.answer/1",
            asked,
            accepted: answer.as_ref().map(|(accepted, _)| *accepted),
            reason: answer.map(|(_, reason)| reason).unwrap_or_default(),
            run: RunView { durability, ..view },
        })
    }

    /// Puts a request on record for the driver of this process, and waits for nothing.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no such run, or it has ended.
    pub fn ask_aside(
        &self,
        run: RunId,
        request: Request,
        task: Option<String>,
        shown: Option<Digest>,
    ) -> Result<(), Fault> {
        let (repository, store) = self.store_that_is_there()?;
        let home = self.home_for(&repository)?;
        let clerk = Clerk::new(Chain::open(&repository, &home, self.clock, &mut |_| ())?);
        let desk = Desk {
            repository: &repository,
            home: &home,
            log: clerk.chain().log(),
            clerk: Some(&clerk),
            named: None,
            may_ask: false,
        };
        let step = Step::Asked {
            run,
            task,
            request: request.name().to_owned(),
            author: self.actor.clone(),
            shown,
            text: "asked while watching".to_owned(),
            signed: None,
            at_ms: self.clock.unix_millis(),
        };
        let (step, contents) = self.signed(desk, &store, step)?;
        match store.append_steps(self.now()?, None, vec![step], contents)? {
            Ok(_) => Ok(()),
            Err(refusal) => Err(refused(&refusal)),
        }
    }
}

fn refused(refusal: &StepRefusal) -> Fault {
    Fault::wrong(
        refusal.to_string(),
        "`assize task list` shows the runs and how they ended",
    )
}

fn answer_to(store: &Store, run: RunId, asked: u64) -> Result<Option<(bool, String)>, Fault> {
    let filter = RequestFilter {
        run: Some(run),
        open: false,
    };
    let page = store.requests(&filter, asked.saturating_sub(1), 1)?;
    let found = page.into_iter().find(|request| request.sequence == asked);
    let answer = found.and_then(|request| request.answer);
    Ok(answer.map(|answer| (answer.accepted, answer.reason)))
}

fn bell(folder: &Path) -> Result<Watcher, Fault> {
    Watcher::of(folder).map_err(|source| Fault::Io {
        path: folder.to_owned(),
        source,
    })
}

/// Whether some process that lives drives a run.
fn is_driven(store: &Store, folder: &Path, run: RunId) -> Result<bool, Fault> {
    let name = run_lease(run);
    let mut after: Option<String> = None;
    loop {
        let page = store.leases(after.as_deref(), PAGE_ROWS_MAX)?;
        let Some(last) = page.last() else { return Ok(false) };
        after = Some(last.lease.name.clone());
        if let Some(held) = page.iter().find(|held| held.lease.name == name) {
            return Ok(!Holder::is_dead(folder, &held.lease.holder));
        }
    }
}

/// Waits until the driver of another process has answered.
fn wait_for_answer(store: &Store, watcher: &Watcher, run: RunId, asked: u64) -> Result<(), Fault> {
    let start = std::time::Instant::now();
    while answer_to(store, run, asked)?.is_none() {
        let left = PATIENCE.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Ok(());
        }
        watcher.wait(Some(left)).map_err(|source| Fault::Io {
            path: Path::new("the bell beside the store").to_owned(),
            source,
        })?;
    }
    Ok(())
}
