//! Several processes on one repository.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use assize::event::{Event, Kind, Step};
use assize::store::{EventFilter, PAGE_ROWS_MAX, Store};
use assize_provenance::opinion::Vote;

use super::Plant;

/// How many runs are submitted: a multiple of 8.
fn runs() -> usize {
    let given = std::env::var("ASSIZE_SUBMISSIONS").ok();
    given.and_then(|runs| runs.parse().ok()).unwrap_or(160)
}

#[test]
fn two_drivers_share_many_runs_and_no_task_runs_twice() {
    let workflow = "version = 1\n[tasks.one]\nagent = \"idle\"\ncouncil = \"none\"\n[tasks.two]\nagent = \"idle\"\ncouncil = \"none\"\nneeds = [\"one\"]\n";
    let plant = Arc::new(Plant::of(1, &[Vote::Approve], &[("work", workflow)]));
    thread::scope(|scope| {
        for _ in 0..8 {
            let plant = Arc::clone(&plant);
            scope.spawn(move || {
                for _ in 0..runs() / 8 {
                    let _ = plant.assize(&["run", "work", "--submit"]).expect(0);
                }
            });
        }
        // They start while runs are still being submitted, and end when they find no more.
        for _ in 0..2 {
            let plant = Arc::clone(&plant);
            scope.spawn(move || {
                for _ in 0..6 {
                    let _ = plant.assize(&["run", "--continue", "--format", "json"]);
                }
            });
        }
    });
    let drivers: Vec<_> = (0..2)
        .map(|_| {
            let mut command = plant.bed.command(&["run", "--continue", "--format", "json"]);
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("it starts")
        })
        .collect();
    for driver in drivers {
        let ended = assize_tests::bed::ran(&driver.wait_with_output().expect("it ends"));
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    let store = Store::open(&plant.state()).expect("the store opens");
    let filter = EventFilter {
        kind: Some(Kind::Workflow),
        ..EventFilter::default()
    };
    let (mut after, mut started, mut ended, mut tried) = (0, 0, 0, BTreeMap::new());
    loop {
        let page = store.events(&filter, after, PAGE_ROWS_MAX).expect("events");
        let Some(last) = page.last() else { break };
        after = last.sequence;
        for recorded in page {
            let Event::Workflow(step) = recorded.event else {
                continue;
            };
            match step {
                Step::Started { .. } => started += 1,
                Step::Ended { ref outcome, .. } => {
                    assert_eq!(outcome, "success");
                    ended += 1;
                }
                Step::AttemptStarted { run, task, .. } => *tried.entry((run, task)).or_insert(0) += 1,
                _ => {}
            }
        }
    }
    assert_eq!((started, ended), (runs(), runs()));
    assert_eq!(tried.len(), 2 * runs());
    assert!(tried.values().all(|times| *times == 1), "a task ran twice");
    plant.is_tidy("after two drivers");
}

/// Another process takes every open run that nobody drives; never the one that somebody has just submitted to see to its end.
#[test]
fn whoever_runs_a_workflow_sees_it_to_its_end_whoever_else_drives() {
    let workflow = "version = 1\n[tasks.one]\nagent = \"idle\"\ncouncil = \"none\"\n";
    let plant = Plant::of(1, &[Vote::Approve], &[("work", workflow)]);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Acquire) {
                    let _ = plant.assize(&["run", "--continue", "--format", "json"]);
                }
            });
        }
        let outcomes: Vec<_> = (0..30)
            .map(|_| plant.assize(&["run", "work", "--format", "json"]))
            .map(|run| (run.code, run.stdout.contains("\"success\"")))
            .collect();
        is_over.store(true, Ordering::Release);
        assert!(outcomes.iter().all(|outcome| *outcome == (0, true)), "{outcomes:?}");
    });
}
