//! When something is tried again.

use super::*;

#[test]
fn three_attempts_wait_a_hundred_and_two_hundred_milliseconds() {
    let mut bench = Bench::new(plan(vec![
        retried(task("a", &[]), 3, &[Cause::Broken]),
        task("b", &[0]),
    ]));
    for (attempt, wait_ms) in [(1, 100), (2, 200)] {
        assert_eq!(bench.starts(), ["a"]);
        bench.start("a").end("a", "broken");
        assert_eq!(bench.view("a").attempt, attempt);
        assert_eq!(bench.is("a"), TaskState::Waiting);
        assert_eq!(bench.is("b"), TaskState::Pending, "what is tried again blocks nobody");
        assert_eq!(bench.state.wake_at(bench.now_ms), Some(bench.now_ms + wait_ms));
        bench.now_ms += wait_ms - 1;
        assert!(bench.starts().is_empty());
        bench.now_ms += 1;
    }
    assert_eq!(bench.starts(), ["a"]);
    bench.start("a").end("a", "broken");
    assert_eq!(bench.is("a"), TaskState::Failed);
    assert_eq!(bench.is("b"), TaskState::Blocked);
    assert_eq!(bench.view("a").cause, Some(Cause::Broken));
    assert_eq!(bench.state.wake_at(bench.now_ms), None);
}

#[test]
fn a_cause_that_is_not_named_is_not_tried_again() {
    let mut bench = Bench::new(plan(vec![retried(judged("a", &[]), 3, &[Cause::Broken])]));
    bench.changes("a", "c1").judge("a", "rejected");
    assert_eq!(bench.is("a"), TaskState::Failed);
}

#[test]
fn a_conflict_is_a_cause_like_others() {
    let mut bench = Bench::new(plan(vec![retried(judged("a", &[]), 2, &[Cause::Conflict])]));
    bench.changes("a", "c1").judge("a", "approved");
    assert_eq!(bench.next().len(), 1, "it lands");
    bench.join("a", "tip", None);
    assert_eq!(
        (bench.is("a"), bench.view("a").cause),
        (TaskState::Waiting, Some(Cause::Conflict))
    );
    bench.now_ms += 100;
    assert_eq!(bench.starts(), ["a"]);
    bench.changes("a", "c2");
    assert_eq!((bench.view("a").attempt, bench.view("a").judgements.len()), (2, 0));
}

#[test]
fn a_clock_that_was_set_back_holds_nothing_up() {
    let mut bench = Bench::new(plan(vec![retried(task("a", &[]), 2, &[Cause::TimedOut])]));
    bench.now_ms = 10_000_000;
    bench.start("a").end("a", "timed-out");
    assert!(bench.starts().is_empty());
    bench.now_ms = 5_000;
    assert_eq!(bench.starts(), ["a"]);
}

#[test]
fn a_person_may_give_all_attempts_anew() {
    let mut bench = Bench::new(plan(vec![
        retried(task("a", &[]), 2, &[Cause::Faulted]),
        task("long", &[]),
    ]));
    bench.start("long");
    for _ in 0..2 {
        bench.start("a").end("a", "faulted");
    }
    assert_eq!(bench.is("a"), TaskState::Failed);
    bench.request(Some("a"), "retry", None, "").expect("it failed");
    bench.start("a").end("a", "faulted");
    assert_eq!((bench.is("a"), bench.view("a").attempt), (TaskState::Waiting, 3));
    bench.request(Some("a"), "retry", None, "").expect("it waits");
    assert_eq!(bench.starts(), ["a"], "at once, and not after the wait");
}
