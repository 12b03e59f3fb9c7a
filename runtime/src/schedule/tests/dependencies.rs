//! What starts when.

use super::*;

/// A system of others looked only at tasks that were blocked when a dependency succeeded, while dependants were pending:
/// they never started.
#[test]
fn a_pending_dependant_starts_when_what_it_needs_succeeds() {
    let mut bench = Bench::new(plan(vec![task("design", &[]), task("build", &[0])]));
    assert_eq!(bench.starts(), ["design"]);
    assert_eq!(bench.is("build"), TaskState::Pending);
    assert_eq!(bench.view("build").waits, "for `design`");
    bench.does("design");
    assert_eq!(bench.is("build"), TaskState::Ready);
    assert_eq!(bench.starts(), ["build"]);
}

/// A system of others wrote the names of the workflow into the dependencies of tasks that had got other names: nothing was
/// ever found. Here two runs of one plan each find their own tasks.
#[test]
fn each_run_of_a_plan_unlocks_its_own_tasks() {
    let tasks = || vec![task("design", &[]), task("build", &[0]), task("test", &[0, 1])];
    let (mut one, mut other) = (Bench::new(plan(tasks())), Bench::new(plan(tasks())));
    one.does("design").does("build");
    assert_eq!(one.starts(), ["test"]);
    assert_eq!(other.starts(), ["design"]);
    assert_eq!(other.is("build"), TaskState::Pending);
    let stranger = Step::AttemptStarted {
        run: RunId::from_bytes([9; 16]),
        task: "design".to_owned(),
        attempt: 1,
        call: RunId::from_bytes([1; 16]),
        base: "base".to_owned(),
        at_ms: 0,
    };
    let illegal = other.try_step(stranger).expect_err("a step of another run");
    assert_eq!(
        illegal.to_string(),
        "the step `attempt-started` cannot follow: it belongs to another run"
    );
}

/// A system of others looked every two seconds whether something could start.
#[test]
fn what_can_start_is_known_with_the_step_itself_and_nothing_is_polled() {
    let mut bench = Bench::new(plan(vec![task("design", &[]), task("build", &[0])]));
    assert_eq!(bench.starts(), ["design"]);
    assert_eq!(bench.state.wake_at(bench.now_ms), None);
    bench.start("design");
    assert_eq!(bench.next(), []);
    assert_eq!(bench.state.wake_at(bench.now_ms), None);
    bench.end("design", FINISHED);
    assert_eq!(bench.starts(), ["build"]);
}

#[test]
fn a_dependant_cannot_start_before_everything_it_needs_succeeded() {
    let mut bench = Bench::new(plan(vec![task("a", &[]), task("b", &[]), task("c", &[0, 1])]));
    bench.does("a");
    let early = bench.start_step("c");
    let illegal = bench.try_step(early).expect_err("too early");
    assert_eq!(
        illegal.to_string(),
        "the step `attempt-started` cannot follow: `c` is pending"
    );
    bench.start("b");
    let early = bench.start_step("c");
    assert!(bench.try_step(early).is_err());
    bench.end("b", FINISHED);
    bench.start("c");
}

#[test]
fn a_failure_blocks_whatever_hangs_on_it_and_a_retry_frees_it() {
    let tasks = vec![task("a", &[]), task("b", &[0]), task("c", &[1]), task("free", &[])];
    let mut bench = Bench::new(plan(tasks));
    bench.start("a").end("a", "faulted");
    assert_eq!((bench.is("b"), bench.is("c")), (TaskState::Blocked, TaskState::Blocked));
    assert_eq!(bench.view("b").waits, "for `a`, which failed");
    assert_eq!(bench.view("c").waits, "for `b`, which is blocked");
    assert_eq!(bench.is("free"), TaskState::Ready);
    bench.request(Some("a"), "retry", None, "").expect("it failed");
    assert_eq!(bench.is("a"), TaskState::Ready);
    assert_eq!((bench.is("b"), bench.is("c")), (TaskState::Pending, TaskState::Pending));
    bench.does("a").does("b");
    assert_eq!(bench.is("c"), TaskState::Ready);
}

#[test]
fn a_gate_opens_with_the_approval_of_its_own_council() {
    let gated = |gate: &str| {
        let mut first = judged("change", &[]);
        first.councils.push("security".to_owned());
        let mut second = task("deploy", &[]);
        second.needs.push(Need {
            task: 0,
            gate: Some(gate.to_owned()),
        });
        Bench::new(plan(vec![first, second]))
    };
    for (gate, opens) in [("default", true), ("security", false), ("nobody", false)] {
        let mut bench = gated(gate);
        bench.changes("change", "c1").judge("change", "approved");
        let step = bench.judge_step("change", "security", "rejected");
        bench.step(step).land("change");
        assert_eq!(bench.is("change"), TaskState::Success);
        let state = if opens { TaskState::Ready } else { TaskState::Blocked };
        assert_eq!(bench.is("deploy"), state, "{gate}");
    }
    let mut bench = gated("security");
    bench.changes("change", "c1").judge("change", "approved");
    let step = bench.judge_step("change", "security", "rejected");
    bench.step(step).land("change");
    assert_eq!(
        bench.view("deploy").waits,
        "for `change`, whose change the council `security` did not approve"
    );
}

#[test]
fn a_join_needs_no_room() {
    let mut join = task("all", &[0, 1]);
    join.work = Work::Join;
    let mut narrow = plan(vec![task("a", &[]), task("b", &[]), join, task("long", &[])]);
    narrow.concurrency = 1;
    let mut bench = Bench::new(narrow);
    bench.does("a").does("b").start("long");
    assert_eq!(bench.starts(), ["all"]);
}

#[test]
fn a_plan_that_binding_does_not_make_is_refused() {
    let undo_missing = Node {
        undo: Some(9),
        ..task("a", &[])
    };
    for tasks in [
        vec![task("a", &[0])],
        vec![task("a", &[7])],
        vec![task("a", &[]), task("a", &[])],
        vec![undo_missing],
    ] {
        let started = Bench::new(plan(vec![task("a", &[])])).steps[0].1.clone();
        let illegal = State::open(1, &started, Arc::new(plan(tasks))).expect_err("a broken plan");
        assert!(illegal.to_string().contains("the plan is broken"), "{illegal}");
    }
}
