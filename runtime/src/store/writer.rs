//! The only writer: a thread that does what is asked of it, many things in one transaction, and tells when it is on disk.
//!
//! While one transaction is being synced, others ask; the next transaction does for all of them, so that threads share the
//! cost of a sync. Processes take turns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::fault::{Failure, StoreError};
use super::place::{Identity, NAP, Place};
use super::schema;

/// How many jobs wait for the writer before whoever comes next waits for a place.
const JOBS_WAITING_MAX: usize = 64;
/// How many jobs share a transaction.
const JOBS_SHARED_MAX: usize = 64;

/// Something to be done in a transaction.
trait Job: Send {
    /// Does it. It may be done again, if the transaction did not succeed.
    fn work(&mut self, connection: &Connection) -> Result<(), Failure>;

    /// Tells that it is on disk, or why it is not.
    fn tell(self: Box<Self>, committed: Result<(), StoreError>);
}

/// A job and whoever waits for it.
struct Task<Work, Done> {
    work: Work,
    done: Option<Done>,
    reply: SyncSender<Result<Done, StoreError>>,
}

impl<Work, Done> Job for Task<Work, Done>
where
    Work: FnMut(&Connection) -> Result<Done, Failure> + Send,
    Done: Send,
{
    fn work(&mut self, connection: &Connection) -> Result<(), Failure> {
        self.done = Some((self.work)(connection)?);
        Ok(())
    }

    fn tell(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (committed, self.done) {
            (Ok(()), Some(done)) => Ok(done),
            (Err(error), _) => Err(error),
            // Without an answer whoever waits is told that the writer has ended.
            (Ok(()), None) => return,
        };
        // Whoever asked may be gone.
        let _ = self.reply.send(answer);
    }
}

/// The handle of the thread. Dropping it waits until everything that was asked is done.
#[derive(Debug)]
pub(super) struct Writer {
    place: Place,
    jobs: Option<SyncSender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(place: &Place, connection: Connection, identity: Identity) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::sync_channel(JOBS_WAITING_MAX);
        // The thread waits by itself, in small steps.
        connection
            .busy_timeout(Duration::ZERO)
            .map_err(|error| place.fault(error))?;
        let transactions = Transactions {
            place: place.clone(),
            connection,
            identity,
        };
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || transactions.run(&receiver))
            .map_err(|error| StoreError::io(&place.file, &error))?;
        Ok(Self {
            place: place.clone(),
            jobs: Some(sender),
            thread: Some(thread),
        })
    }

    /// Does something in a transaction and returns when it is on disk.
    pub(super) fn write<Work, Done>(&self, work: Work) -> Result<Done, StoreError>
    where
        Work: FnMut(&Connection) -> Result<Done, Failure> + Send + 'static,
        Done: Send + 'static,
    {
        let stopped = || StoreError::Stopped(self.place.file.clone());
        let (reply, answer) = mpsc::sync_channel(1);
        let task = Task {
            work,
            done: None,
            reply,
        };
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(Box::new(task)).map_err(|_| stopped())?;
        answer.recv().map_err(|_| stopped())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // It catches panics itself.
            let _ = thread.join();
        }
    }
}

/// What the thread holds.
struct Transactions {
    place: Place,
    connection: Connection,
    identity: Identity,
}

impl Transactions {
    fn run(self, jobs: &Receiver<Box<dyn Job>>) {
        while let Ok(first) = jobs.recv() {
            let mut batch = vec![first];
            batch.extend(jobs.try_iter().take(JOBS_SHARED_MAX - 1));
            // A panic is a bug; it must not leave others waiting. Whoever asked is told that the writer has ended.
            let settled = catch_unwind(AssertUnwindSafe(|| self.settle(batch)));
            if settled.is_err() {
                self.roll_back();
            }
        }
    }

    /// Does a batch, and tells each job. If one of several fails, each is done alone: nobody fails for another's sake.
    fn settle(&self, mut batch: Vec<Box<dyn Job>>) {
        let outcome = self.transact(&mut batch);
        if outcome.is_err() && batch.len() > 1 {
            for job in batch {
                self.settle(vec![job]);
            }
            return;
        }
        for job in batch {
            job.tell(outcome.clone());
        }
    }

    fn transact(&self, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        self.begin()?;
        let mut work = || -> Result<(), Failure> {
            self.insist_on_the_same()?;
            batch.iter_mut().try_for_each(|job| job.work(&self.connection))?;
            self.connection.execute_batch("COMMIT")?;
            Ok(())
        };
        work().map_err(|failure| {
            self.roll_back();
            self.place.fault(failure)
        })
    }

    /// Waits until no other process writes.
    fn begin(&self) -> Result<(), StoreError> {
        let start = Instant::now();
        loop {
            let failure = match self.connection.execute_batch("BEGIN IMMEDIATE") {
                Ok(()) => return Ok(()),
                Err(error) => Failure::from(error),
            };
            if !failure.is_busy() || start.elapsed() >= self.place.patience {
                return Err(self.place.fault(failure));
            }
            thread::sleep(NAP);
        }
    }

    /// A file that was moved away, or taken further by a newer Assize, is written no more.
    fn insist_on_the_same(&self) -> Result<(), Failure> {
        if self.place.identity()? != Some(self.identity) {
            return Err(StoreError::Moved(self.place.file.clone()).into());
        }
        let (found, known) = (schema::version(&self.connection)?, schema::newest(schema::MIGRATIONS));
        if found != known {
            let path = self.place.file.clone();
            return Err(StoreError::Newer { path, found, known }.into());
        }
        Ok(())
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit() {
            // What cannot be rolled back now is rolled back when the connection ends.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}
