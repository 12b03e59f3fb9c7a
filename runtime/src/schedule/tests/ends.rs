//! How a run ends, and what is undone before.

use super::super::STOPPED;
use super::*;

/// Two tasks after each other, each with one that makes good for it, and a third that may fail.
fn undoable() -> Bench {
    let with_undo = |name: &str, needs: &[usize], undo| Node {
        undo: Some(undo),
        ..task(name, needs)
    };
    let undo = |name: &str| Node {
        is_undo: true,
        ..task(name, &[])
    };
    let tasks = vec![
        with_undo("a", &[], 3),
        with_undo("b", &[0], 4),
        task("c", &[1]),
        undo("undo-a"),
        undo("undo-b"),
    ];
    Bench::new(plan(tasks))
}

fn end(bench: &mut Bench) -> (String, String) {
    let actions = bench.next();
    let [Action::End { outcome, detail }] = actions.as_slice() else {
        panic!("no end: {actions:?}")
    };
    (outcome.clone(), detail.clone())
}

fn ended(bench: &Bench, outcome: &str) -> Step {
    Step::Ended {
        run: bench.state.run(),
        outcome: outcome.to_owned(),
        detail: String::new(),
        at_ms: bench.now_ms,
    }
}

#[test]
fn a_run_ends_when_everything_succeeded_and_nothing_is_undone() {
    let mut bench = undoable();
    bench.does("a").does("b");
    let early = ended(&bench, "success");
    assert!(bench.try_step(early).is_err());
    bench.does("c");
    assert_eq!(end(&mut bench), ("success".to_owned(), String::new()));
    let wrong = ended(&bench, "failed");
    assert!(bench.try_step(wrong).is_err());
    let right = ended(&bench, "success");
    bench.step(right);
    assert_eq!(bench.state.ended(), Some(("success", "")));
    assert_eq!(bench.next(), []);
    let late = bench.start_step("c");
    assert!(bench.try_step(late).is_err());
}

#[test]
fn a_failed_run_is_undone_the_last_success_first() {
    let mut bench = undoable();
    let early = bench.start_step("undo-a");
    assert!(bench.try_step(early).is_err(), "it starts for no other reason");
    bench.does("a").does("b").start("c").end("c", "faulted");
    assert_eq!(bench.starts(), ["undo-b"]);
    bench.start("undo-b");
    assert_eq!(bench.next(), [], "one after the other");
    let refused = bench.request(Some("c"), "retry", None, "").expect_err("too late");
    assert_eq!(refused, "the run is being undone; start another one");
    bench.kill().start("undo-b").end("undo-b", "broken");
    assert_eq!(bench.starts(), ["undo-a"], "a failure does not keep the others");
    bench.does("undo-a");
    let (outcome, detail) = end(&mut bench);
    assert_eq!(outcome, "failed");
    assert_eq!(
        detail,
        "failed: `c`; undone by: `undo-a`; could not be undone by: `undo-b`"
    );
}

#[test]
fn a_cancelled_run_is_stopped_and_undone() {
    let mut bench = undoable();
    bench.does("a").start("b");
    bench.request(None, "cancel", None, "").expect("it runs");
    assert_eq!(bench.is("c"), TaskState::Cancelled);
    assert_eq!(bench.is("b"), TaskState::Running);
    assert_eq!(bench.next(), [Action::Stop { task: 1, attempt: 1 }]);
    bench.kill();
    assert_eq!(
        bench.next(),
        [Action::Stop { task: 1, attempt: 1 }],
        "also after a kill"
    );
    bench.end("b", STOPPED);
    assert_eq!(bench.is("b"), TaskState::Cancelled);
    assert_eq!(bench.starts(), ["undo-a"]);
    bench.does("undo-a");
    assert_eq!(
        end(&mut bench),
        ("cancelled".to_owned(), "undone by: `undo-a`".to_owned())
    );
}

#[test]
fn a_cancelled_task_blocks_what_hangs_on_it() {
    let mut bench = Bench::new(plan(vec![task("a", &[]), task("b", &[0]), task("c", &[])]));
    bench
        .request(Some("a"), "cancel", None, "not today")
        .expect("it did not start");
    assert_eq!(
        (bench.is("a"), bench.is("b")),
        (TaskState::Cancelled, TaskState::Blocked)
    );
    assert_eq!(bench.view("b").waits, "for `a`, which was cancelled");
    bench.does("c");
    assert_eq!(end(&mut bench).0, "cancelled");
}

#[test]
fn what_lands_before_it_can_be_cancelled_has_landed() {
    let mut bench = Bench::new(plan(vec![judged("a", &[])]));
    bench.changes("a", "c1").judge("a", "approved");
    bench.next();
    bench.request(Some("a"), "cancel", None, "").expect("it is under way");
    assert_eq!(bench.next(), [Action::Stop { task: 0, attempt: 1 }]);
    bench.land("a");
    assert_eq!(bench.is("a"), TaskState::Success);
}

#[test]
fn a_run_that_takes_too_long_is_stopped_and_has_failed() {
    let mut bench = undoable();
    let mut timed = bench.state.plan().clone();
    timed.timeout_seconds = Some(60);
    bench = Bench::new(timed);
    bench.does("a").start("b");
    assert_eq!(bench.state.wake_at(bench.now_ms), Some(61_000));
    bench.now_ms = 61_000;
    assert_eq!(bench.next(), [Action::Stop { task: 1, attempt: 1 }]);
    bench.end("b", STOPPED);
    assert_eq!(bench.is("b"), TaskState::Failed);
    assert_eq!(bench.starts(), ["undo-a"]);
    bench.does("undo-a");
    let (outcome, detail) = end(&mut bench);
    assert_eq!(outcome, "failed");
    assert!(
        detail.starts_with("the run took longer than 60 s; failed: `b`"),
        "{detail}"
    );
}

#[test]
fn a_shut_gate_is_a_failure() {
    let mut gated = task("b", &[]);
    gated.needs.push(Need {
        task: 0,
        gate: Some("security".to_owned()),
    });
    let mut node = judged("a", &[]);
    node.councils.push("security".to_owned());
    let mut bench = Bench::new(plan(vec![node, gated]));
    bench.changes("a", "c1").judge("a", "approved");
    let step = bench.judge_step("a", "security", "undecided");
    bench.step(step).land("a");
    assert_eq!(end(&mut bench), ("failed".to_owned(), "blocked: `b`".to_owned()));
}

#[test]
fn a_run_does_not_end_while_it_is_paused_or_something_is_asked() {
    let mut bench = Bench::new(plan(vec![task("a", &[])]));
    bench.request(None, "pause", None, "").expect("it runs");
    bench.start("a").end("a", "faulted");
    assert_eq!(bench.next(), [], "somebody may want to try it again");
    bench.request(Some("a"), "retry", None, "").expect("it failed");
    bench.request(None, "resume", None, "").expect("it is paused");
    assert_eq!(bench.starts(), ["a"]);
    bench.does("a");
    let number = bench.ask(None, "pause", "grace", None, "");
    assert!(matches!(bench.next().as_slice(), [Action::Answer { .. }]));
    let success = ended(&bench, "success");
    bench.step(success);
    let answer = Action::Answer {
        asked: number,
        accepted: false,
        reason: "the run has ended (success); start another one".to_owned(),
    };
    assert_eq!(bench.next(), [answer], "what was asked is answered after the end, too");
}
