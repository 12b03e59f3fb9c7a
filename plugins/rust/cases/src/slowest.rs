//! Which rules a judge spends its time on.
//!
//! Only the judge's own work counts. What serves evidence from memory is not what serves it in the sandbox, so its time is
//! left out.

use std::collections::BTreeMap;
use std::time::Duration;

use assize_judge::evidence::{ChangePage, EntryPage, Evidence, HunkPage, Match};
use assize_judge::stopwatch::{READING, taken, timed};
use assize_judge::{Case, Refusal, Side};

use crate::Judge;

/// The name for serving evidence.
const SERVING: &str = "serving evidence";
/// The name for what belongs to no rule.
const REST: &str = "the rest";

/// Which part of a judge's own time went where.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// The rules, the slowest first, each with its share of 1. Two rules that share their work stand together.
    pub rules: Vec<(&'static str, f64)>,
    /// The share of reading what changed, once for all rules.
    pub reading: f64,
    /// What is left: the vote, the rationale.
    pub rest: f64,
}

/// Lets a judge look at a case several times, and tells what it spends its time on. Of each part the middle time counts: a
/// machine that does something else in between does so in one call or another.
#[must_use]
pub fn shares(judge: Judge, case: &Case, evidence: &dyn Evidence, calls: u32) -> Shares {
    let _ = taken();
    let mut spent: BTreeMap<&'static str, Vec<Duration>> = BTreeMap::new();
    for _ in 0..calls {
        let _ = timed(REST, || judge(case, &Served(evidence)));
        for (part, time) in taken() {
            spent.entry(part).or_default().push(time);
        }
    }
    of(spent.into_iter().map(|(part, times)| (part, middle(times))).collect())
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn of(mut spent: BTreeMap<&'static str, Duration>) -> Shares {
    spent.remove(SERVING);
    let all: Duration = spent.values().sum();
    let share = |time: Duration| time.as_secs_f64() / all.as_secs_f64().max(f64::MIN_POSITIVE);
    let reading = spent.remove(READING).unwrap_or_default();
    let rest = spent.remove(REST).unwrap_or_default();
    let mut rules: Vec<(&'static str, f64)> = spent.into_iter().map(|(rule, time)| (rule, share(time))).collect();
    rules.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    Shares {
        rules,
        reading: share(reading),
        rest: share(rest),
    }
}

/// Evidence whose serving is timed apart.
struct Served<'a>(&'a dyn Evidence);

impl Evidence for Served<'_> {
    fn changes(&self, from: u32) -> Result<ChangePage, Refusal> {
        timed(SERVING, || self.0.changes(from))
    }

    fn hunks(&self, path: &str, from: u32) -> Result<HunkPage, Refusal> {
        timed(SERVING, || self.0.hunks(path, from))
    }

    fn read(&self, side: Side, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        timed(SERVING, || self.0.read(side, path, offset, length))
    }

    fn list(&self, side: Side, path: &str, from: u32) -> Result<EntryPage, Refusal> {
        timed(SERVING, || self.0.list(side, path, from))
    }

    fn search(&self, side: Side, literals: &[String], max: u32) -> Result<Vec<Match>, Refusal> {
        timed(SERVING, || self.0.search(side, literals, max))
    }

    fn document(&self, name: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        timed(SERVING, || self.0.document(name, offset, length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_leave_the_serving_out_and_add_up_to_one() {
        let time = Duration::from_millis;
        let spent = [
            (SERVING, time(900)),
            (READING, time(200)),
            (REST, time(100)),
            ("b", time(400)),
            ("a", time(100)),
        ];
        let shares = of(spent.into());
        assert_eq!(shares.rules, [("b", 0.5), ("a", 0.125)]);
        assert_eq!((shares.reading, shares.rest), (0.25, 0.125));
        assert!(of(BTreeMap::new()).rules.is_empty());
    }
}
