//! A breaker: stops asking somebody who fails again and again, and tries carefully after a while.
//!
//! ```text
//! closed ── failures in a row ──▶ open ── rest is over ──▶ half-open ── success ──▶ closed
//!                                  ▲                           │
//!                                  └───────── failure ─────────┘
//! ```
//!
//! Time is an argument. Nothing here waits.

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// After how many failures in a row it opens; 0 counts as 1.
    pub failures: u32,
    /// How long nothing is asked then, in milliseconds.
    pub rest_ms: u64,
    /// How many probes must succeed in a row before everything is asked again; 0 counts as 1.
    pub probes: u32,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Everything is asked.
    Closed,
    /// Nothing is asked.
    Open,
    /// One thing at a time is asked, to see whether it works again.
    HalfOpen,
}

/// A breaker in front of one thing that may fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    thresholds: Thresholds,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed { failures: u32 },
    Open { since_ms: u64 },
    HalfOpen { successes: u32, probing: bool },
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub const fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            phase: Phase::Closed { failures: 0 },
        }
    }

    /// How it stands at that time.
    #[must_use]
    pub const fn standing(&self, now_ms: u64) -> Standing {
        match self.phase {
            Phase::Closed { .. } => Standing::Closed,
            Phase::Open { since_ms } if self.is_rested(since_ms, now_ms) => Standing::HalfOpen,
            Phase::Open { .. } => Standing::Open,
            Phase::HalfOpen { .. } => Standing::HalfOpen,
        }
    }

    /// Whether one thing may be asked now. Where it may, [`succeeded`](Self::succeeded) or [`failed`](Self::failed) follows.
    pub const fn ask(&mut self, now_ms: u64) -> bool {
        match self.phase {
            Phase::Closed { .. } => true,
            Phase::Open { since_ms } => {
                let rested = self.is_rested(since_ms, now_ms);
                if rested {
                    self.phase = Phase::HalfOpen {
                        successes: 0,
                        probing: true,
                    };
                }
                rested
            }
            Phase::HalfOpen { probing: true, .. } => false,
            Phase::HalfOpen { successes, .. } => {
                self.phase = Phase::HalfOpen {
                    successes,
                    probing: true,
                };
                true
            }
        }
    }

    /// What was asked came to something.
    pub const fn succeeded(&mut self) {
        match self.phase {
            Phase::Closed { .. } => self.phase = Phase::Closed { failures: 0 },
            // The answer to something that was asked before it opened: it says nothing about now.
            Phase::Open { .. } => {}
            Phase::HalfOpen { successes, .. } => {
                let successes = successes.saturating_add(1);
                self.phase = if successes >= self.thresholds.probes {
                    Phase::Closed { failures: 0 }
                } else {
                    Phase::HalfOpen {
                        successes,
                        probing: false,
                    }
                };
            }
        }
    }

    /// What was asked came to nothing.
    pub const fn failed(&mut self, now_ms: u64) {
        match self.phase {
            Phase::Closed { failures } => {
                let failures = failures.saturating_add(1);
                self.phase = if failures >= self.thresholds.failures {
                    Phase::Open { since_ms: now_ms }
                } else {
                    Phase::Closed { failures }
                };
            }
            Phase::Open { .. } => {}
            Phase::HalfOpen { .. } => self.phase = Phase::Open { since_ms: now_ms },
        }
    }

    /// When something may be asked again by time alone; none where nothing is waited for.
    #[must_use]
    pub const fn wake_at(&self) -> Option<u64> {
        match self.phase {
            Phase::Open { since_ms } => Some(since_ms.saturating_add(self.thresholds.rest_ms)),
            Phase::Closed { .. } | Phase::HalfOpen { .. } => None,
        }
    }

    /// A clock that was set back to before the failure would keep it open for longer than was meant.
    const fn is_rested(&self, since_ms: u64, now_ms: u64) -> bool {
        now_ms >= since_ms.saturating_add(self.thresholds.rest_ms) || now_ms < since_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(Thresholds {
            failures: 3,
            rest_ms: 1_000,
            probes: 2,
        })
    }

    fn open() -> Breaker {
        let mut breaker = breaker();
        for _ in 0..3 {
            assert!(breaker.ask(50));
            breaker.failed(50);
        }
        breaker
    }

    #[test]
    fn it_opens_with_the_third_failure_in_a_row() {
        let mut breaker = breaker();
        for _ in 0..2 {
            breaker.failed(0);
        }
        breaker.succeeded();
        for _ in 0..2 {
            breaker.failed(0);
        }
        assert_eq!(breaker.standing(0), Standing::Closed);
        breaker.failed(0);
        assert_eq!(breaker.standing(0), Standing::Open);
        assert!(!breaker.ask(999));
    }

    #[test]
    fn after_its_rest_one_thing_at_a_time_is_asked() {
        let mut breaker = open();
        assert_eq!(breaker.wake_at(), Some(1_050));
        assert_eq!(breaker.standing(1_050), Standing::HalfOpen);
        assert!(breaker.ask(1_050));
        assert!(!breaker.ask(1_050), "a second probe while the first is under way");
        breaker.succeeded();
        assert!(breaker.ask(1_060));
        breaker.succeeded();
        assert_eq!(breaker.standing(1_060), Standing::Closed);
        assert!(breaker.ask(1_060) && breaker.ask(1_060));
    }

    #[test]
    fn a_failed_probe_opens_it_for_another_rest() {
        let mut breaker = open();
        assert!(breaker.ask(2_000));
        breaker.failed(2_000);
        assert!(!breaker.ask(2_999));
        assert!(breaker.ask(3_000));
    }

    #[test]
    fn late_answers_say_nothing_about_an_open_breaker() {
        let mut breaker = open();
        breaker.succeeded();
        breaker.failed(900);
        assert!(!breaker.ask(1_049));
        assert!(breaker.ask(1_050));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_it_open() {
        let mut breaker = open();
        assert!(breaker.ask(10));
    }
}
