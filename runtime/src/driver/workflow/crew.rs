//! Threads that do what the driver gives out. There are as many as were ever needed at once; idle ones sleep.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The stack of each thread, in bytes: that of a guest, and room for the host around it.
const STACK_BYTES: usize = 4 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// The threads. They end when this is dropped and everything that was given out is done.
#[derive(Default)]
pub(super) struct Crew {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    board: Mutex<Board>,
    changed: Condvar,
}

#[derive(Default)]
struct Board {
    jobs: VecDeque<Job>,
    idle: usize,
    is_over: bool,
}

impl Crew {
    /// Has something done on a thread of its own.
    ///
    /// # Errors
    ///
    /// When the system gives no more threads, and there is none at all to do it.
    pub(super) fn give(&self, job: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut board = self.shared.lock();
        board.jobs.push_back(Box::new(job));
        if board.idle >= board.jobs.len() {
            drop(board);
            self.shared.changed.notify_one();
            return Ok(());
        }
        drop(board);
        let shared = Arc::clone(&self.shared);
        thread::Builder::new()
            .name("task".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || shared.work())
            .map(drop)
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn work(&self) {
        let mut board = self.lock();
        loop {
            if let Some(job) = board.jobs.pop_front() {
                drop(board);
                // Whoever gave it out notices that it did not end well.
                drop(catch_unwind(AssertUnwindSafe(job)));
                board = self.lock();
                continue;
            }
            if board.is_over {
                return;
            }
            board.idle = board.idle.saturating_add(1);
            board = self.changed.wait(board).unwrap_or_else(PoisonError::into_inner);
            board.idle = board.idle.saturating_sub(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn jobs_run_at_once_and_a_panic_costs_its_own_job_only() {
        let crew = Crew::default();
        let (sender, receiver) = mpsc::channel();
        let meeting = Arc::new(std::sync::Barrier::new(8));
        crew.give(|| panic!("a job that breaks down")).expect("a thread");
        for number in 0..8 {
            let (sender, meeting) = (sender.clone(), Arc::clone(&meeting));
            crew.give(move || {
                // None gets past here before all are here.
                meeting.wait();
                sender.send(number).expect("somebody listens");
            })
            .expect("a thread");
        }
        drop(sender);
        let mut done: Vec<i32> = receiver.iter().collect();
        done.sort_unstable();
        assert_eq!(done, (0..8).collect::<Vec<_>>());
    }
}
