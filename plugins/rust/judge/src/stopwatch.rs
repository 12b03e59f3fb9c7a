//! How long each rule of a judge takes, where it runs natively.
//!
//! A component has no clock and needs none: there, [`timed`] calls the work and that is all. The time of a part that runs
//! inside another is the inner one's alone.

/// The name for reading what changed, which is done once for all rules.
pub const READING: &str = "reading the change";

/// Does one part of a judge's work.
#[cfg(target_family = "wasm")]
pub fn timed<T>(_part: &'static str, work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(not(target_family = "wasm"))]
pub use native::{taken, timed};

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::mem;
    use std::time::{Duration, Instant};

    #[derive(Default)]
    struct Tally {
        spent: BTreeMap<&'static str, Duration>,
        /// What the parts inside the present one took.
        inside: Duration,
    }

    thread_local! {
        static TALLY: RefCell<Tally> = RefCell::default();
    }

    /// Does one part of a judge's work, such as a rule, and counts its time under this name.
    pub fn timed<T>(part: &'static str, work: impl FnOnce() -> T) -> T {
        let before = TALLY.with_borrow_mut(|tally| mem::take(&mut tally.inside));
        let start = Instant::now();
        let result = work();
        let took = start.elapsed();
        TALLY.with_borrow_mut(|tally| {
            let own = took.saturating_sub(tally.inside);
            *tally.spent.entry(part).or_default() += own;
            tally.inside = before.saturating_add(took);
        });
        result
    }

    /// Returns what this thread spent on each part since it last asked.
    #[must_use]
    pub fn taken() -> BTreeMap<&'static str, Duration> {
        TALLY.with_borrow_mut(mem::take).spent
    }

    #[cfg(test)]
    mod tests {
        use std::thread::sleep;

        use super::*;

        #[test]
        fn the_time_of_an_inner_part_is_not_the_outer_ones() {
            let pause = Duration::from_millis(20);
            let answer = timed("outer", || {
                timed("inner", || sleep(pause));
                timed("inner", || sleep(pause));
                7
            });
            assert_eq!(answer, 7);
            let spent = taken();
            let of = |part| spent.get(part).copied().unwrap_or_default();
            assert!(of("inner") >= pause * 2 && of("outer") < of("inner"), "{spent:?}");
            assert!(taken().is_empty());
        }
    }
}
