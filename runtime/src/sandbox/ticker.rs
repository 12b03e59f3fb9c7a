//! The calls that are under way: not more at once than there is room for, and time passes only while there are any.
//!
//! A thread advances the epoch, which makes wall time limits hold; with no call under way it sleeps, so that idle costs nothing.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The handle of the thread. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Ticker(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// How many calls may be under way at once.
    calls_max: usize,
    watch: Mutex<Watch>,
    /// Tells the thread that a call begins, or that it is over.
    begun: Condvar,
    /// Tells whoever waits for room that there is some.
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Watch {
    /// How many calls are under way.
    calls: usize,
    /// How many wait for room.
    waiting: usize,
    /// Whether the thread sleeps until one is.
    is_asleep: bool,
    is_over: bool,
}

/// A call that is under way: time passes while this lives.
#[derive(Debug)]
pub(super) struct UnderWay<'a>(&'a Shared);

impl Ticker {
    /// Starts the thread, which does `tick` again and again while a call is under way.
    pub(super) fn start(calls_max: usize, every: Duration, mut tick: impl FnMut() + Send + 'static) -> Self {
        let shared = Arc::new(Shared {
            calls_max,
            watch: Mutex::default(),
            begun: Condvar::new(),
            ended: Condvar::new(),
        });
        let watched = Arc::clone(&shared);
        let ticker = thread::Builder::new().name("assize-epoch".into()).spawn(move || {
            while watched.wait_for_a_call() {
                tick();
                thread::sleep(every);
            }
        });
        if let Err(error) = ticker {
            // Fuel still bounds every guest; only the backstop is missing.
            tracing::warn!(%error, "the epoch ticker could not be started; wall time limits do not hold");
        }
        Self(shared)
    }

    /// Tells that a call begins, once there is room for it; it ends with what this gives. A call must not wait for another one.
    pub(super) fn begin(&self) -> UnderWay<'_> {
        let mut watch = self.0.lock();
        while watch.calls >= self.0.calls_max {
            watch.waiting = watch.waiting.saturating_add(1);
            watch = self.0.ended.wait(watch).unwrap_or_else(PoisonError::into_inner);
            watch.waiting = watch.waiting.saturating_sub(1);
        }
        watch.calls = watch.calls.saturating_add(1);
        let is_asleep = watch.is_asleep;
        drop(watch);
        if is_asleep {
            self.0.begun.notify_one();
        }
        UnderWay(&self.0)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.begun.notify_one();
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut watch = self.0.lock();
        watch.calls = watch.calls.saturating_sub(1);
        let is_awaited = watch.waiting > 0;
        drop(watch);
        if is_awaited {
            self.0.ended.notify_one();
        }
    }
}

impl Shared {
    /// Sleeps until a call is under way; gives whether the thread goes on.
    fn wait_for_a_call(&self) -> bool {
        let mut watch = self.lock();
        while watch.calls == 0 && !watch.is_over {
            watch.is_asleep = true;
            watch = self.begun.wait(watch).unwrap_or_else(PoisonError::into_inner);
        }
        watch.is_asleep = false;
        !watch.is_over
    }

    fn lock(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Instant;

    use super::*;

    /// How long the thread is waited for.
    const PATIENCE: Duration = Duration::from_secs(30);

    fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < PATIENCE, "{what}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn time_passes_only_while_a_call_is_under_way() {
        let ticks = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&ticks);
        let ticker = Ticker::start(2, Duration::from_millis(1), move || {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        let is_asleep = || ticker.0.lock().is_asleep;
        wait_until("it never falls asleep", is_asleep);
        assert_eq!(ticks.load(Ordering::SeqCst), 0);
        for _ in 0..3 {
            let before = ticks.load(Ordering::SeqCst);
            let (one, other) = (ticker.begin(), ticker.begin());
            drop(one);
            wait_until("it does not tick", || ticks.load(Ordering::SeqCst) > before + 3);
            drop(other);
            wait_until("it never falls asleep again", is_asleep);
            let after = ticks.load(Ordering::SeqCst);
            thread::sleep(Duration::from_millis(20));
            assert_eq!(ticks.load(Ordering::SeqCst), after, "it ticks with no call under way");
        }
    }

    #[test]
    fn no_more_calls_are_under_way_than_there_is_room_for() {
        let ticker = Ticker::start(3, Duration::from_millis(1), || {});
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let under_way = ticker.begin();
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(2));
                    now.fetch_sub(1, Ordering::SeqCst);
                    drop(under_way);
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 3);
        assert_eq!(ticker.0.lock().calls, 0);
    }

    #[test]
    fn the_thread_ends_with_its_handle() {
        let held = Arc::new(());
        let seen = Arc::downgrade(&held);
        let ticker = Ticker::start(2, Duration::from_millis(1), move || {
            let _ = &held;
        });
        assert!(seen.upgrade().is_some());
        drop(ticker);
        wait_until("it does not end", || seen.upgrade().is_none());
    }
}
