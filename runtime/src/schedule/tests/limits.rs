//! How much runs at once, and in which order.

use super::*;

fn with_key(name: &str, key: &str) -> Node {
    Node {
        key: Some(key.to_owned()),
        ..task(name, &[])
    }
}

#[test]
fn no_more_start_than_may_run_at_once() {
    let mut narrow = plan((0..5).map(|number| task(&format!("t{number}"), &[])).collect());
    narrow.concurrency = 2;
    let mut bench = Bench::new(narrow);
    assert_eq!(bench.starts(), ["t0", "t1"]);
    assert!(bench.starts().is_empty(), "what was given counts");
    bench.start("t0").start("t1");
    assert!(bench.starts().is_empty());
    assert_eq!(bench.view("t2").waits, "for room among the tasks that run at once");
    bench.end("t1", FINISHED);
    assert_eq!(bench.starts(), ["t2"]);
}

#[test]
fn tasks_with_one_key_run_one_after_the_other_unless_the_plan_gives_more_room() {
    let mut narrow = plan(vec![
        with_key("log-1", "changelog"),
        with_key("log-2", "changelog"),
        with_key("data-1", "database"),
        with_key("data-2", "database"),
        with_key("data-3", "database"),
    ]);
    narrow.keys.insert("database".to_owned(), 2);
    let mut bench = Bench::new(narrow);
    assert_eq!(bench.starts(), ["log-1", "data-1", "data-2"]);
    bench.does("log-1").does("data-2");
    assert_eq!(bench.starts(), ["log-2", "data-3"]);
}

#[test]
fn a_key_is_held_until_the_change_has_landed() {
    let change = Node {
        councils: vec!["default".to_owned()],
        ..with_key("one", "changelog")
    };
    let mut bench = Bench::new(plan(vec![change, with_key("two", "changelog")]));
    assert_eq!(bench.starts(), ["one"]);
    bench.changes("one", "c1");
    assert!(bench.starts().is_empty());
    bench.judge("one", "approved");
    assert!(bench.starts().is_empty());
    bench.land("one");
    assert_eq!(bench.starts(), ["two"]);
}

#[test]
fn priority_comes_first_then_what_most_work_hangs_on_then_the_order_of_the_plan() {
    let estimated = |name: &str, seconds, needs: &[usize]| Node {
        estimate_seconds: Some(seconds),
        ..task(name, needs)
    };
    let urgent = Node {
        priority: 5,
        ..task("urgent", &[])
    };
    let mut narrow = plan(vec![
        estimated("short", 10, &[]),
        estimated("same", 10, &[]),
        estimated("head", 1, &[]),
        urgent,
        estimated("tail", 100, &[2]),
    ]);
    narrow.concurrency = 1;
    let mut bench = Bench::new(narrow);
    let mut order = Vec::new();
    while let [name] = bench.starts().as_slice() {
        order.push(name.clone());
        bench.does(name);
    }
    assert_eq!(order, ["urgent", "head", "tail", "short", "same"]);
}

/// Ten thousand tasks that share one key: whoever looks at all of them for every step takes minutes here.
#[test]
fn a_crowd_behind_one_key_costs_no_more_than_a_few() {
    let crowd = (0..10_000).map(|number| with_key(&format!("t{number}"), "changelog"));
    let mut bench = Bench::new(plan(crowd.collect()));
    for _ in 0..10_000 {
        let starts = bench.next();
        let [Action::Start { task, .. }] = starts.as_slice() else {
            panic!("one at a time, not {starts:?}")
        };
        let name = format!("t{task}");
        bench.does(&name);
    }
    assert!(matches!(bench.next().as_slice(), [Action::End { outcome, .. }] if outcome == "success"));
}
