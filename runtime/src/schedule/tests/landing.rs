//! From an approved change to the branch.

use super::*;

#[test]
fn what_nobody_judges_lands_nowhere() {
    let mut bench = Bench::new(plan(vec![task("a", &[])]));
    bench.changes("a", "c1");
    assert_eq!(bench.is("a"), TaskState::Success);
}

#[test]
fn an_approved_change_lands_and_one_that_changes_nothing_does_not() {
    let mut bench = Bench::new(plan(vec![judged("a", &[]), judged("b", &[])]));
    bench.changes("a", "c1").judge("a", "approved");
    assert_eq!(bench.is("a"), TaskState::Running);
    assert!(bench.next().contains(&Action::Land { task: 0, attempt: 1 }));
    bench.land("a");
    assert_eq!(bench.is("a"), TaskState::Success);
    bench.does("b").judge("b", "approved");
    assert_eq!(bench.is("b"), TaskState::Success);
}

#[test]
fn only_the_judged_commit_lands_and_only_on_the_branch_of_the_run() {
    let mut bench = Bench::new(plan(vec![judged("a", &[])]));
    bench.changes("a", "c1");
    let early = bench.land_step("a", "c1");
    assert!(bench.try_step(early).is_err(), "nobody judged it");
    bench.judge("a", "approved");
    let other = bench.land_step("a", "c2");
    let illegal = bench.try_step(other).expect_err("another commit");
    assert_eq!(
        illegal.to_string(),
        "the step `landed` cannot follow: `c2` is not what is to be judged or landed of `a`"
    );
    let mut elsewhere = bench.land_step("a", "c1");
    if let Step::Landed { branch, .. } = &mut elsewhere {
        "refs/heads/other".clone_into(branch);
    }
    assert!(bench.try_step(elsewhere).is_err());
    bench.land("a");
}

#[test]
fn what_was_joined_with_the_branch_is_judged_again() {
    let mut bench = Bench::new(plan(vec![judged("a", &[])]));
    bench
        .changes("a", "c1")
        .judge("a", "approved")
        .join("a", "tip", Some("c2"));
    assert_eq!(bench.is("a"), TaskState::Review);
    assert_eq!(bench.view("a").judgements, []);
    assert_eq!((bench.view("a").commit, bench.view("a").onto), (Some("c2"), "tip"));
    let mut stale = bench.judge_step("a", "default", "approved");
    if let Step::Judged { commit, .. } = &mut stale {
        "c1".clone_into(commit);
    }
    assert!(bench.try_step(stale).is_err(), "that verdict is about another commit");
    bench.judge("a", "rejected");
    assert_eq!(bench.is("a"), TaskState::Failed);
}

#[test]
fn changes_land_in_the_order_of_their_approval_and_who_is_joined_keeps_the_turn() {
    let mut bench = Bench::new(plan(vec![judged("a", &[]), judged("b", &[]), judged("c", &[])]));
    for (name, commit) in [("a", "c1"), ("b", "c2"), ("c", "c3")] {
        bench.changes(name, commit);
    }
    bench.next();
    for name in ["b", "c", "a"] {
        bench.judge(name, "approved");
    }
    let land = |task| vec![Action::Land { task, attempt: 1 }];
    assert_eq!(bench.next(), land(1));
    assert_eq!(bench.view("a").waits, "for its turn to land");
    bench.join("b", "tip", Some("c4"));
    let actions = bench.next();
    assert!(
        matches!(actions.as_slice(), [Action::Judge { task: 1, .. }]),
        "{actions:?}"
    );
    bench.judge("b", "approved");
    assert_eq!(bench.next(), land(1));
    bench.land("b");
    assert_eq!(bench.next(), land(2));
    bench.land("c");
    assert_eq!(bench.next(), land(0));
}

#[test]
fn who_waits_for_a_person_lets_others_land() {
    let asks = Node {
        confirm: true,
        ..judged("a", &[])
    };
    let mut strict = plan(vec![asks, judged("b", &[])]);
    strict.mode = Mode::Strict;
    let mut bench = Bench::new(strict);
    bench.changes("a", "c1").changes("b", "c2").judge("a", "approved");
    assert_eq!(bench.is("a"), TaskState::Waiting);
    let shown = bench.shown("a");
    bench.request(Some("a"), "approve", shown, "").expect("it waits");
    bench.next();
    bench
        .join("a", "tip", Some("c3"))
        .judge("a", "approved")
        .judge("b", "approved");
    assert_eq!(
        bench.is("a"),
        TaskState::Waiting,
        "what was confirmed was another commit"
    );
    assert_eq!(bench.next(), [Action::Land { task: 1, attempt: 1 }]);
}

#[test]
fn other_councils_are_asked_only_when_the_first_one_approved() {
    let mut node = judged("a", &[]);
    node.councils.extend(["security".to_owned(), "release".to_owned()]);
    let mut bench = Bench::new(plan(vec![node]));
    bench.changes("a", "c1");
    let asked = |bench: &mut Bench| {
        let council = |action| match action {
            Action::Judge { council, .. } => Some(council),
            _ => None,
        };
        bench.next().into_iter().filter_map(council).collect::<Vec<_>>()
    };
    assert_eq!(asked(&mut bench), ["default"]);
    let early = bench.judge_step("a", "release", "approved");
    assert!(bench.try_step(early).is_err());
    bench.judge("a", "approved");
    assert_eq!(asked(&mut bench), ["security", "release"]);
    for (council, decision) in [("release", "undecided"), ("security", "rejected")] {
        assert_eq!(bench.is("a"), TaskState::Review);
        let step = bench.judge_step("a", council, decision);
        bench.step(step);
    }
    assert_eq!(
        bench.is("a"),
        TaskState::Running,
        "the first council decides about the landing"
    );
}

#[test]
fn nothing_lands_in_a_dry_run() {
    let asks = Node {
        confirm: true,
        ..judged("a", &[])
    };
    let mut dry = plan(vec![asks]);
    dry.mode = Mode::DryRun;
    let mut bench = Bench::new(dry);
    bench.changes("a", "c1").judge("a", "approved");
    assert_eq!(bench.is("a"), TaskState::Success);
}
