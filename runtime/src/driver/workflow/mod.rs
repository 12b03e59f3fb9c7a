//! The loop that drives runs: what follows from the record is done, and what came of it is recorded.
//!
//! ```text
//! store ─▶ steps ─▶ State::apply ─▶ State::next ─▶ actions ─▶ crew (attempt, judge, land) ─▶ steps ─▶ store
//!            ▲                                                                                        │
//!            └──────────────────── the bell (other processes), the inbox (own threads) ◀──────────────┘
//! ```
//!
//! The record is the only truth: also a step of its own reaches the loop by way of the store. So a driver that is killed
//! anywhere loses nothing, and the next one does exactly what this one would have done. A run is driven by one process, who
//! holds its lease; everything that it records carries the lease's fence.
//!
//! Nothing is looked at again and again: the loop sleeps until a thread has done something, another process rings the bell,
//! or something is due.

mod attempt;
mod board;
mod change;
mod crew;
mod dispatch;
mod errand;
mod fault;
mod host;
mod input;
mod judge;
mod keep;
mod landing;
mod pleas;
mod record;
mod recovery;
mod replay;
mod run;
mod wanted;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

pub use attempt::LOG_NAME;
pub use fault::DriveFault;
pub use host::Host;
pub use keep::{WORK_REF_PREFIX, work_ref};
pub use record::{Looked, look};
pub use replay::Retold;

use crate::event::{Event, Kind, RunId, Step};
use crate::plan::Plan;
use crate::schedule::State;
use crate::store::wake::{self, Watcher};
use crate::store::{EventFilter, Holder, Lease, PAGE_ROWS_MAX};
use crew::Crew;
use dispatch::Deed;
use run::{Driven, Errand};

/// Who watches while runs are driven.
pub trait Screen {
    /// A step was recorded and the state of the run is what follows from it.
    fn step(&mut self, run: RunId, plan: &Plan, state: &State, step: &Step);
}

/// Nobody watches.
#[derive(Debug, Default)]
pub struct Dark;

impl Screen for Dark {
    fn step(&mut self, _run: RunId, _plan: &Plan, _state: &State, _step: &Step) {}
}

/// How the driving of runs ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Every run that was asked for has ended.
    Ended,
    /// Those that have not ended wait for a person.
    Waiting,
    /// Somebody asked the driver to stop.
    Drained,
}

/// What the loop is told.
enum Word {
    /// A thread is done with something.
    Done {
        run: RunId,
        errand: Errand,
        result: Box<Result<Deed, DriveFault>>,
    },
    /// Another process did something.
    Rung,
    /// Nothing new is begun any more.
    Drain,
}

/// Tells a driver to begin nothing new and to stop when everything that was begun is done. Cheap to clone.
#[derive(Clone)]
pub struct Drain(Sender<Word>);

impl Drain {
    /// Tells it.
    pub fn drain(&self) {
        // A driver that is gone needs no telling.
        let _ = self.0.send(Word::Drain);
    }
}

/// Drives runs of one clone.
pub struct Driver {
    host: Arc<Host>,
    holder: Holder,
    crew: Crew,
    runs: BTreeMap<RunId, Driven>,
    /// Every run that was taken, in the order in which they were.
    taken: Vec<RunId>,
    /// Runs that cannot be taken further as they are, and why.
    aside: BTreeMap<RunId, DriveFault>,
    /// The leases of runs that are not on record yet.
    reserved: BTreeMap<RunId, Lease>,
    inbox: Receiver<Word>,
    outbox: Sender<Word>,
    /// The number of the last event that was looked at.
    cursor: u64,
    /// The number of the last event that asked for a workflow on the board and was looked at.
    wanted: u64,
    /// Whether the bell was rung since the board was looked at.
    is_rung: bool,
    is_draining: bool,
    /// While this lives, the thread that hears the bell does.
    listening: Arc<AtomicBool>,
}

impl Driver {
    /// Starts a driver, which drives nothing yet. What drivers left behind that have died is swept.
    ///
    /// # Errors
    ///
    /// [`DriveFault`] when the state folder cannot be used.
    pub fn start(host: Arc<Host>) -> Result<Self, DriveFault> {
        let unusable = |error: std::io::Error| DriveFault::Repository {
            what: "the state folder of the clone cannot be used",
            is_machine: true,
            reason: error.to_string(),
        };
        let holder = Holder::claim(&host.state_dir).map_err(unusable)?;
        host.clear_up()?;
        let (outbox, inbox) = mpsc::channel();
        let listening = Arc::new(AtomicBool::new(true));
        listen(&host, &outbox, &listening).map_err(unusable)?;
        let cursor = host.store.last_sequence()?;
        let driver = Self {
            host,
            holder,
            crew: Crew::default(),
            runs: BTreeMap::new(),
            taken: Vec::new(),
            aside: BTreeMap::new(),
            reserved: BTreeMap::new(),
            inbox,
            outbox,
            cursor,
            wanted: cursor,
            is_rung: false,
            is_draining: false,
            listening,
        };
        driver.free_leases()?;
        Ok(driver)
    }

    /// A handle that stops it.
    #[must_use]
    pub fn drain(&self) -> Drain {
        Drain(self.outbox.clone())
    }

    /// Keeps a run that is about to be submitted for this driver: no other one takes it first.
    ///
    /// # Errors
    ///
    /// [`DriveFault`] when the store cannot be used.
    pub fn reserve(&mut self, run: RunId) -> Result<(), DriveFault> {
        let lease = self.lease(run)?.ok_or(DriveFault::Fenced)?;
        self.reserved.insert(run, lease);
        Ok(())
    }

    /// Gives back what was reserved and never submitted.
    ///
    /// # Errors
    ///
    /// [`DriveFault`] when the store cannot be used.
    pub fn give_up(&mut self, run: RunId) -> Result<(), DriveFault> {
        if let Some(lease) = self.reserved.remove(&run) {
            let _ = self.host.store.lease_release(&lease)?;
        }
        Ok(())
    }

    /// Takes every open run that nobody drives, those that agents asked for included, or only one run. What agents ask for while
    /// it drives, it takes in both cases. Gives how many it drives now. What is recorded of a run and makes no sense costs that
    /// run: it is [set aside](Self::aside).
    ///
    /// # Errors
    ///
    /// [`DriveFault`] when the machine failed.
    pub fn take(&mut self, only: Option<RunId>) -> Result<usize, DriveFault> {
        if only.is_none() {
            self.wanted = 0;
            self.begin_wanted()?;
        }
        let mut after = 0;
        loop {
            let page = self.host.store.open_runs(after, PAGE_ROWS_MAX)?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            for open in page {
                if only.is_none_or(|only| only == open.run) && !self.runs.contains_key(&open.run) {
                    self.take_run(open)?;
                }
            }
        }
        Ok(self.runs.len())
    }

    /// Every run that was taken so far, also those that have ended.
    #[must_use]
    pub fn taken(&self) -> &[RunId] {
        &self.taken
    }

    /// The runs that cannot be taken further as they are, and why. They stay on record as they were.
    #[must_use]
    pub fn aside(&self) -> &BTreeMap<RunId, DriveFault> {
        &self.aside
    }

    /// Why a run was set aside, taken from the list.
    pub fn take_aside(&mut self, run: RunId) -> Option<DriveFault> {
        self.aside.remove(&run)
    }

    /// The runs that are driven, with their states.
    pub fn driven(&self) -> impl Iterator<Item = (RunId, &Plan, &State)> {
        self.runs
            .iter()
            .map(|(run, driven)| (*run, &*driven.plan, &driven.state))
    }

    /// Sets a run aside where the fault is the run's. What the machine failed at stops the driver.
    pub(super) fn set_aside(&mut self, run: RunId, fault: DriveFault) -> Result<(), DriveFault> {
        if fault.is_machine() || matches!(fault, DriveFault::Bug(_)) {
            return Err(fault);
        }
        if let Some(driven) = self.runs.remove(&run) {
            // What its threads are still busy with is dropped when it comes.
            let _ = self.host.store.lease_release(&driven.lease)?;
        }
        if !matches!(fault, DriveFault::Fenced) {
            tracing::warn!(%run, %fault, "a run is set aside");
            self.aside.insert(run, fault);
        }
        Ok(())
    }

    /// Drives until every run has ended or waits for a person; with `stays`, also goes on waiting with those.
    ///
    /// # Errors
    ///
    /// [`DriveFault`] when the machine failed. Everything that was recorded stays, and the next driver goes on.
    pub fn drive(&mut self, stays: bool, screen: &mut dyn Screen) -> Result<Settled, DriveFault> {
        loop {
            self.read_news(screen)?;
            self.dispatch(screen)?;
            let is_busy = self.runs.values().any(|driven| !driven.busy.is_empty());
            // The bell may come later than the end of the call that rang it, so the board is also looked at before a rest.
            let is_looking = std::mem::take(&mut self.is_rung) || !is_busy;
            if is_looking && !self.is_draining && self.take_wanted()? {
                continue;
            }
            if self.runs.is_empty() {
                return Ok(Settled::Ended);
            }
            if !is_busy && self.is_draining {
                self.release_all()?;
                return Ok(Settled::Drained);
            }
            if !is_busy {
                // Whoever is asked for something finds in the chain what it is about.
                self.host.clerk.seal()?;
            }
            let due = self.due(self.host.clock.unix_millis());
            if !is_busy && due.is_none() && !stays {
                return Ok(Settled::Waiting);
            }
            self.wait(due)?;
        }
    }

    /// When something is due by time alone, in milliseconds since 1970.
    fn due(&self, now_ms: u64) -> Option<u64> {
        if self.is_draining {
            return None;
        }
        self.runs
            .values()
            .filter_map(|driven| driven.state.wake_at(now_ms))
            .min()
    }

    /// Sleeps until there is news, and takes it all in.
    fn wait(&mut self, due: Option<u64>) -> Result<(), DriveFault> {
        let first = match due {
            None => self.inbox.recv().ok(),
            Some(due) => {
                let left = due.saturating_sub(self.host.clock.unix_millis()).max(1);
                self.inbox.recv_timeout(Duration::from_millis(left)).ok()
            }
        };
        let mut words: Vec<Word> = first.into_iter().collect();
        words.extend(self.inbox.try_iter());
        let mut fault = None;
        for word in words {
            match word {
                Word::Done { run, errand, result } => {
                    if let Err(error) = self.done(run, &errand, *result) {
                        fault.get_or_insert(error);
                    }
                }
                Word::Rung => self.is_rung = true,
                Word::Drain => self.is_draining = true,
            }
        }
        fault.map_or(Ok(()), Err)
    }

    fn done(&mut self, run: RunId, errand: &Errand, result: Result<Deed, DriveFault>) -> Result<(), DriveFault> {
        let Some(driven) = self.runs.get_mut(&run) else {
            return Ok(());
        };
        driven.busy.remove(errand);
        match result {
            Ok(deed) => {
                driven.done.push(deed);
                Ok(())
            }
            Err(fault) => self.set_aside(run, fault),
        }
    }

    fn forget(&mut self, run: RunId) {
        self.runs.remove(&run);
    }

    /// Reads what was recorded since the last time.
    fn read_news(&mut self, screen: &mut dyn Screen) -> Result<(), DriveFault> {
        loop {
            let filter = EventFilter {
                kind: Some(Kind::Workflow),
                ..EventFilter::default()
            };
            let page = self.host.store.events(&filter, self.cursor, PAGE_ROWS_MAX)?;
            let Some(last) = page.last() else { return Ok(()) };
            self.cursor = last.sequence;
            for recorded in page {
                let Event::Workflow(step) = recorded.event else {
                    continue;
                };
                let run = step.run();
                let Some(driven) = self.runs.get_mut(&run) else {
                    continue;
                };
                if recorded.sequence <= driven.state.newest() {
                    continue;
                }
                if let Err(fault) = driven.apply(run, recorded.sequence, &step) {
                    self.set_aside(run, fault)?;
                    continue;
                }
                screen.step(run, &driven.plan, &driven.state, &step);
                if matches!(step, Step::Ended { .. }) {
                    let driven = self.runs.remove(&run);
                    if let Some(driven) = driven {
                        // Another process that took it over gives it back itself.
                        let _ = self.host.store.lease_release(&driven.lease)?;
                    }
                }
            }
        }
    }

    /// Gives back every lease: others may go on.
    fn release_all(&mut self) -> Result<(), DriveFault> {
        self.host.clerk.seal()?;
        for (_, driven) in std::mem::take(&mut self.runs) {
            let _ = self.host.store.lease_release(&driven.lease)?;
        }
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.listening.store(false, Ordering::Release);
        // Leases of a driver that is gone are free: its name is dead with the file that it held.
        wake::ring(&self.host.state_dir);
    }
}

/// Starts the thread that hears the bell.
fn listen(host: &Arc<Host>, outbox: &Sender<Word>, listening: &Arc<AtomicBool>) -> std::io::Result<()> {
    let watcher = Watcher::of(&host.state_dir)?;
    let (outbox, listening): (Sender<Word>, Weak<AtomicBool>) = (outbox.clone(), Arc::downgrade(listening));
    let hear = move || {
        while let Ok(rung) = watcher.wait(None) {
            match listening.upgrade() {
                Some(listening) if listening.load(Ordering::Acquire) => {}
                _ => return,
            }
            if rung && outbox.send(Word::Rung).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("bell".to_owned()).spawn(hear).map(drop)
}
