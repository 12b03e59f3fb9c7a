//! Kills and pauses.

use super::super::{INTERRUPTIONS_MAX, STOPPED, Why};
use super::*;

fn again(bench: &mut Bench) -> Vec<(u64, bool)> {
    let starts = |action| match action {
        Action::Start { attempt, again, .. } => Some((attempt, again)),
        _ => None,
    };
    bench.next().into_iter().filter_map(starts).collect()
}

#[test]
fn a_killed_attempt_goes_on_under_its_number_and_before_what_is_new() {
    let mut narrow = plan(vec![task("new", &[]), retried(task("old", &[]), 2, &[])]);
    narrow.concurrency = 1;
    narrow.tasks[0].priority = 9;
    let mut bench = Bench::new(narrow);
    bench.start("old").kill();
    assert_eq!(bench.is("old"), TaskState::Running);
    assert_eq!(again(&mut bench), [(1, true)]);
    bench.start("old").end("old", FINISHED);
    assert_eq!(again(&mut bench), [(1, false)]);
}

#[test]
fn an_attempt_goes_on_with_the_call_and_the_base_it_began_with() {
    let mut bench = Bench::new(plan(vec![task("a", &[])]));
    bench.start("a").kill();
    for (call, base) in [([2; 16], "base"), ([1; 16], "other")] {
        let other = Step::AttemptStarted {
            run: bench.state.run(),
            task: "a".to_owned(),
            attempt: 1,
            call: RunId::from_bytes(call),
            base: base.to_owned(),
            at_ms: 0,
        };
        let illegal = bench.try_step(other).expect_err("another call");
        assert!(matches!(illegal.why, Why::Resumed { .. }), "{illegal}");
    }
    bench.start("a");
}

#[test]
fn an_attempt_that_is_interrupted_again_and_again_is_given_up() {
    let mut bench = Bench::new(plan(vec![task("a", &[])]));
    bench.start("a");
    for _ in 1..INTERRUPTIONS_MAX {
        bench.kill();
        assert_eq!(again(&mut bench), [(1, true)]);
        bench.start("a");
    }
    bench.kill();
    let actions = bench.next();
    assert!(
        matches!(actions.as_slice(), [Action::Abandon { attempt: 1, .. }]),
        "{actions:?}"
    );
    bench.end("a", "broken");
    assert_eq!(bench.is("a"), TaskState::Failed);
}

#[test]
fn a_pause_stops_the_agent_and_the_same_attempt_goes_on_afterwards() {
    let mut bench = Bench::new(plan(vec![task("a", &[]), task("b", &[0])]));
    bench.start("a");
    bench.request(Some("a"), "pause", None, "").expect("it runs");
    assert_eq!(bench.next(), [Action::Stop { task: 0, attempt: 1 }]);
    bench.end("a", STOPPED);
    assert_eq!(bench.is("a"), TaskState::Paused);
    assert_eq!(bench.view("a").waits, "until the task is resumed");
    assert_eq!(bench.next(), []);
    bench.kill();
    assert_eq!(bench.is("a"), TaskState::Paused, "a pause outlives a kill");
    bench.request(Some("a"), "resume", None, "").expect("it is paused");
    assert_eq!(again(&mut bench), [(1, true)]);
    bench.start("a").end("a", FINISHED);
    assert_eq!(again(&mut bench), [(1, false)]);
}

#[test]
fn an_agent_that_ends_before_it_can_be_stopped_has_ended() {
    let mut bench = Bench::new(plan(vec![judged("a", &[])]));
    bench.start("a");
    bench.request(Some("a"), "pause", None, "").expect("it runs");
    let step = bench.end_step("a", FINISHED, Some("c1"));
    bench.step(step);
    assert_eq!(bench.is("a"), TaskState::Paused);
    assert_eq!(bench.next(), [], "nobody judges it while it is paused");
    bench.request(Some("a"), "resume", None, "").expect("it is paused");
    assert!(matches!(bench.next().as_slice(), [Action::Judge { .. }]));
}

#[test]
fn a_paused_run_stops_what_runs_and_begins_nothing() {
    let mut bench = Bench::new(plan(vec![task("a", &[]), task("b", &[]), judged("c", &[])]));
    bench.start("a").changes("c", "c1");
    bench.request(None, "pause", None, "").expect("it runs");
    assert_eq!(bench.next(), [Action::Stop { task: 0, attempt: 1 }]);
    bench.end("a", STOPPED);
    for name in ["a", "b", "c"] {
        assert_eq!(bench.is(name), TaskState::Paused, "{name}");
    }
    assert_eq!(bench.state.wake_at(bench.now_ms), None);
    bench.request(None, "resume", None, "").expect("it is paused");
    assert_eq!(bench.is("c"), TaskState::Review);
    assert_eq!(bench.starts(), ["a", "b"]);
}

#[test]
fn what_was_given_is_given_once_and_anew_after_a_kill() {
    let mut bench = Bench::new(plan(vec![judged("a", &[]), task("b", &[])]));
    bench.changes("a", "c1");
    let actions = bench.next();
    assert_eq!(actions.len(), 2);
    assert_eq!(bench.next(), []);
    assert!(actions.iter().all(|action| bench.state.is_due(action)));
    bench.kill();
    assert_eq!(bench.next(), actions);
    bench
        .request(Some("b"), "cancel", None, "")
        .expect("it did not start yet");
    assert!(!bench.state.is_due(&actions[1]), "{:?}", actions[1]);
    assert!(bench.state.is_due(&actions[0]));
}
