//! Sharing what is dear: while one caller has something brought to disk, others queue up, and the next turn does for all of
//! them at once.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many callers share one turn.
const SHARED_MAX: usize = 1_024;

/// A queue of callers who want the same kind of thing done.
#[derive(Debug)]
pub struct Together<Item, Outcome> {
    queue: Mutex<Queue<Item, Outcome>>,
    turned: Condvar,
}

#[derive(Debug)]
struct Queue<Item, Outcome> {
    next: u64,
    waiting: Vec<(u64, Item)>,
    finished: BTreeMap<u64, Outcome>,
    /// Whether somebody is at it. Whoever finds nobody does it for all.
    is_busy: bool,
}

impl<Item, Outcome> Default for Together<Item, Outcome> {
    fn default() -> Self {
        Self {
            queue: Mutex::new(Queue {
                next: 0,
                waiting: Vec::new(),
                finished: BTreeMap::new(),
                is_busy: false,
            }),
            turned: Condvar::new(),
        }
    }
}

impl<Item, Outcome> Together<Item, Outcome> {
    /// Has something done, alone or with what others want, and returns when it is. `work` does many at once and gives one
    /// outcome for each, in order; none is given for an item that it left out, or where it broke down.
    pub fn submit(&self, item: Item, work: &dyn Fn(Vec<Item>) -> Vec<Outcome>) -> Option<Outcome> {
        let mut queue = self.lock();
        let ticket = queue.next;
        queue.next = ticket.wrapping_add(1);
        queue.waiting.push((ticket, item));
        loop {
            if let Some(outcome) = queue.finished.remove(&ticket) {
                return Some(outcome);
            }
            let is_waiting = queue.waiting.iter().any(|(waiting, _)| *waiting == ticket);
            if !queue.is_busy {
                if !is_waiting {
                    return None;
                }
                queue = self.take_a_turn(queue, work);
                continue;
            }
            queue = self.turned.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn take_a_turn<'a>(
        &'a self,
        mut queue: MutexGuard<'a, Queue<Item, Outcome>>,
        work: &dyn Fn(Vec<Item>) -> Vec<Outcome>,
    ) -> MutexGuard<'a, Queue<Item, Outcome>> {
        let count = queue.waiting.len().min(SHARED_MAX);
        let (tickets, items): (Vec<u64>, Vec<Item>) = queue.waiting.drain(..count).unzip();
        queue.is_busy = true;
        drop(queue);
        let turn = Turn(self);
        let outcomes = work(items);
        self.lock().finished.extend(tickets.into_iter().zip(outcomes));
        drop(turn);
        self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Queue<Item, Outcome>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One turn. It ends also where the work breaks down, so that nobody waits for ever.
struct Turn<'a, Item, Outcome>(&'a Together<Item, Outcome>);

impl<Item, Outcome> Drop for Turn<'_, Item, Outcome> {
    fn drop(&mut self) {
        self.0.lock().is_busy = false;
        self.0.turned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn everybody_gets_the_outcome_of_their_own_item() {
        let (together, turns) = (Together::default(), AtomicUsize::new(0));
        let start = Barrier::new(32);
        thread::scope(|scope| {
            for number in 0..32_usize {
                let (together, turns, start) = (&together, &turns, &start);
                scope.spawn(move || {
                    start.wait();
                    let doubled = together.submit(number, &|items| {
                        turns.fetch_add(1, Ordering::Relaxed);
                        thread::sleep(std::time::Duration::from_millis(5));
                        items.into_iter().map(|item| item * 2).collect()
                    });
                    assert_eq!(doubled, Some(number * 2));
                });
            }
        });
        assert!(turns.load(Ordering::Relaxed) < 32, "some shared a turn");
    }

    #[test]
    fn what_is_left_out_has_no_outcome_and_nobody_waits_for_it() {
        let together: Together<u8, u8> = Together::default();
        assert_eq!(together.submit(1, &|_| Vec::new()), None);
        assert_eq!(together.submit(2, &|items| items), Some(2));
    }

    #[test]
    fn a_breakdown_costs_its_own_turn_only() {
        let together: Together<u8, u8> = Together::default();
        let broke = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            together.submit(1, &|_| panic!("broke down"))
        }));
        assert!(broke.is_err());
        assert_eq!(together.submit(2, &|items| items), Some(2));
    }
}
