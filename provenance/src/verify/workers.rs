//! What can be said of an entry by itself, said on all cores: its form and its signatures.
//!
//! Lines go in and come out in the order of the log. At any time only so many are under way that memory does not grow with
//! the log.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Scope};

use crate::entry::{Content, Entry, EntryError, EntryId, SignedEntry, Subject};
use crate::key::Role;
use crate::log_id::LogId;
use crate::report::Place;
use crate::root::{Leave, Trust};
use crate::verdict::Terms;

/// How many lines a worker takes at once: enough that handing over costs nothing, and few enough that all have work.
const CHUNK_LINES: usize = 32;
/// How many chunks are under way for each worker.
const CHUNKS_EACH: usize = 4;
/// More workers than this find nothing to do: reading and hashing is done by one.
const WORKERS_MAX: usize = 64;

/// A line of the log on its way.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) index: u64,
    pub(super) place: Place,
    pub(super) id: EntryId,
    pub(super) bytes: Vec<u8>,
}

/// What is said of an entry by itself.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) index: u64,
    pub(super) place: Place,
    pub(super) entry: Result<SignedEntry, EntryError>,
    pub(super) signed: Signed,
    /// What a case says by itself, where somebody who is believed says it.
    pub(super) weighed: Option<Weighed>,
}

/// A case, held against its own digest.
#[derive(Debug)]
pub(super) struct Weighed {
    pub(super) terms: Terms,
    /// Whether its digest is that of its inputs.
    pub(super) has_its_digest: bool,
}

impl Weighed {
    fn of(entry: &Entry) -> Option<Self> {
        let Content::Case(case) = &entry.content else {
            return None;
        };
        let Subject { case: digest, head } = entry.subject;
        Some(Self {
            terms: case.terms(),
            has_its_digest: case.digest(head) == Ok(digest),
        })
    }
}

/// Who signed an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Signed {
    /// A key that may sign it here, in this role.
    Believed(Role),
    /// Nobody: the signatures are not those of the key that is named, which might sign it here.
    Wrong,
    /// A key that may not sign it here; why, as the end of a sentence.
    Outside(String),
    /// A key of which nobody says anything, or nobody knows because the entry cannot be read.
    Unknown,
}

/// The workers of one log.
pub(super) struct Workers<'run> {
    desk: Desk<'run>,
    /// None where there are no threads: then the work is done by whoever asks.
    jobs: Option<Sender<Job>>,
    filling: Vec<Line>,
    under_way: VecDeque<Receiver<Vec<Examined>>>,
    under_way_max: usize,
}

/// What lines are held against.
#[derive(Clone, Copy)]
struct Desk<'run> {
    trust: &'run Trust<'run>,
    log: LogId,
    /// What stands before this position was verified before, and its root is compared with what is remembered: its signatures
    /// are what they were.
    since: u64,
}

struct Job {
    lines: Vec<Line>,
    done: Sender<Vec<Examined>>,
}

impl<'run> Workers<'run> {
    /// Starts as many workers as there are cores, which end when this is dropped.
    pub(super) fn start<'scope>(
        scope: &'scope Scope<'scope, 'run>,
        trust: &'run Trust<'run>,
        log: LogId,
        since: u64,
    ) -> Self {
        let desk = Desk { trust, log, since };
        let cores = thread::available_parallelism().map_or(1, NonZero::get).min(WORKERS_MAX);
        let (jobs, waiting) = mpsc::channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        let mut started = 0_usize;
        for _ in 0..cores {
            let waiting = Arc::clone(&waiting);
            let work = move || {
                loop {
                    let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(job) = job else { return };
                    // Whoever asked may have given up.
                    let _ = job.done.send(desk.examine_all(job.lines));
                }
            };
            if thread::Builder::new()
                .name("examine".to_owned())
                .spawn_scoped(scope, work)
                .is_ok()
            {
                started = started.saturating_add(1);
            }
        }
        Self {
            desk,
            jobs: (started > 0).then_some(jobs),
            filling: Vec::new(),
            under_way: VecDeque::new(),
            under_way_max: started.saturating_mul(CHUNKS_EACH),
        }
    }

    /// Takes the next line, and gives what is done, in order.
    pub(super) fn give(&mut self, line: Line) -> Vec<Examined> {
        self.filling.push(line);
        if self.filling.len() < CHUNK_LINES {
            return Vec::new();
        }
        self.send();
        match self.under_way.len() > self.under_way_max {
            true => self.next(),
            false => Vec::new(),
        }
    }

    /// Gives what is left, in order, a chunk at a time; nothing when all is done.
    pub(super) fn rest(&mut self) -> Vec<Examined> {
        self.send();
        self.next()
    }

    fn send(&mut self) {
        let lines = std::mem::take(&mut self.filling);
        if lines.is_empty() {
            return;
        }
        let (done, receiver) = mpsc::channel();
        let unsent = match &self.jobs {
            Some(jobs) => jobs.send(Job { lines, done }).err().map(|error| error.0),
            None => Some(Job { lines, done }),
        };
        if let Some(job) = unsent {
            // The receiver is at hand.
            let _ = job.done.send(self.desk.examine_all(job.lines));
        }
        self.under_way.push_back(receiver);
    }

    fn next(&mut self) -> Vec<Examined> {
        let done = self.under_way.pop_front().map(|receiver| receiver.recv());
        // A worker that broke down says nothing, which its scope tells to whoever started it.
        done.and_then(Result::ok).unwrap_or_default()
    }
}

impl Desk<'_> {
    fn examine_all(self, lines: Vec<Line>) -> Vec<Examined> {
        lines.into_iter().map(|line| self.examine(line)).collect()
    }

    fn examine(self, line: Line) -> Examined {
        let entry = SignedEntry::parse_hashed(line.bytes, line.id);
        let signed = match &entry {
            Ok(entry) => self.signer(line.index, entry),
            Err(_) => Signed::Unknown,
        };
        let believed = entry.as_ref().ok().filter(|_| matches!(signed, Signed::Believed(_)));
        let weighed = believed.and_then(|entry| Weighed::of(entry.entry()));
        Examined {
            index: line.index,
            place: line.place,
            entry,
            signed,
            weighed,
        }
    }

    fn signer(self, index: u64, entry: &SignedEntry) -> Signed {
        let mut answer = Signed::Unknown;
        for role in entry.entry().content.signers() {
            let here = index..index.saturating_add(1);
            match self.trust.leave(*role, entry.key_id(), self.log, here) {
                Leave::Given(..) if index < self.since => return Signed::Believed(*role),
                Leave::Given(key, _) if entry.verify_named(key).is_ok() => return Signed::Believed(*role),
                Leave::Given(..) => return Signed::Wrong,
                Leave::Outside(why) if answer == Signed::Unknown => answer = Signed::Outside(why),
                Leave::Outside(_) | Leave::Unknown => {}
            }
        }
        answer
    }
}
