//! When a task is tried again.
//!
//! | attempts | waits before the next one, with a delay of 100 ms that doubles |
//! |---|---|
//! | 1 | none |
//! | 3 | 100, 200 |
//! | 4 | 100, 200, 400 |
//!
//! There is no wait after the last attempt: nothing follows it.

use assize_provenance::digest::Hasher;

use crate::event::RunId;
use crate::plan::{Cause, Retry};

/// Whether a task that was tried `tried` times is tried again after `cause`.
#[must_use]
pub fn again(retry: &Retry, cause: Cause, tried: u64) -> bool {
    tried < u64::from(retry.attempts) && retry.on.contains(&cause)
}

/// How long is waited after `tried` attempts, in milliseconds. `chance` is what [`chance`] gives.
#[must_use]
pub fn delay_ms(retry: &Retry, tried: u64, chance: u64) -> u64 {
    let most = u128::from(retry.delay_ms_max);
    let factor = u128::from(retry.factor_percent);
    let mut delay = u128::from(retry.delay_ms).min(most);
    // A factor below 100 shrinks the delay, one above reaches the longest wait: both within few steps.
    for _ in 1..tried.min(1 << 10) {
        let longer = delay.saturating_mul(factor).saturating_div(100).min(most);
        if longer == delay {
            break;
        }
        delay = longer;
    }
    let spread = delay
        .saturating_mul(u128::from(retry.jitter_percent.min(100)))
        .saturating_div(100);
    // From `spread` below to `spread` above, and never longer than the longest wait.
    let width = spread.saturating_mul(2).saturating_add(1);
    let added = u128::from(chance).checked_rem(width).unwrap_or(0);
    let jittered = delay.saturating_sub(spread).saturating_add(added).min(most);
    u64::try_from(jittered).unwrap_or(u64::MAX)
}

/// The chance in a wait: it follows from run, task and attempt, so that it is the same after a restart, and differs between
/// tasks that failed together.
#[must_use]
pub fn chance(run: RunId, task: &str, attempt: u64) -> u64 {
    let mut hasher = Hasher::new();
    hasher.update(b"assize-retry-v1\n");
    hasher.update(run.as_bytes());
    hasher.update(&attempt.to_be_bytes());
    hasher.update(task.as_bytes());
    let digest = hasher.finish();
    let first = digest.as_bytes().first_chunk::<8>().copied().unwrap_or_default();
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(attempts: u32) -> Retry {
        Retry {
            attempts,
            delay_ms: 100,
            factor_percent: 200,
            delay_ms_max: 60_000,
            jitter_percent: 0,
            on: vec![Cause::Broken],
        }
    }

    fn waits(retry: &Retry) -> Vec<u64> {
        (1..)
            .take_while(|tried| again(retry, Cause::Broken, *tried))
            .map(|tried| delay_ms(retry, tried, 0))
            .collect()
    }

    #[test]
    fn three_attempts_wait_twice_and_four_wait_three_times() {
        assert_eq!(waits(&retry(1)), Vec::<u64>::new());
        assert_eq!(waits(&retry(3)), [100, 200]);
        assert_eq!(waits(&retry(4)), [100, 200, 400]);
    }

    #[test]
    fn only_the_named_causes_are_tried_again() {
        assert!(again(&retry(2), Cause::Broken, 1));
        assert!(!again(&retry(2), Cause::Rejected, 1));
    }

    #[test]
    fn no_wait_is_longer_than_the_longest() {
        let mut retry = retry(u32::MAX);
        retry.jitter_percent = 50;
        for tried in [1, 5, 20, 1 << 40, u64::MAX] {
            for chance in [0, 1, u64::MAX / 2, u64::MAX] {
                assert!(delay_ms(&retry, tried, chance) <= 60_000);
            }
        }
        retry.delay_ms = u64::MAX;
        retry.delay_ms_max = u64::MAX;
        retry.factor_percent = u32::MAX;
        assert!(delay_ms(&retry, u64::MAX, u64::MAX) >= u64::MAX / 2);
    }

    #[test]
    fn the_jitter_stays_within_its_part_and_is_the_same_after_a_restart() {
        let mut retry = retry(3);
        retry.jitter_percent = 20;
        let run = RunId::from_bytes([7; 16]);
        let waits: Vec<u64> = (0..1_000)
            .map(|task| delay_ms(&retry, 1, chance(run, &format!("task-{task}"), 1)))
            .collect();
        assert!(waits.iter().all(|wait| (80..=120).contains(wait)));
        assert!(waits.iter().any(|wait| *wait < 90) && waits.iter().any(|wait| *wait > 110));
        assert_eq!(chance(run, "build", 2), chance(run, "build", 2));
        assert_ne!(chance(run, "build", 2), chance(run, "build", 3));
    }
}
