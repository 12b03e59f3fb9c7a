//! Runs of workflows: leases with fences, steps that are appended under them, what is listed, and drivers that are killed.

use std::process::{Child, Stdio};
use std::time::Duration;

use assize::event::{Event, Step};
use assize::store::wake::Watcher;
use assize::store::{
    EventFilter, Fenced, Holder, Lease, RequestFilter, StepRefusal, Store, StoreError, WorkflowRunFilter, run_lease,
};
use assize_provenance::digest::Digest;
use assize_tests::bed::ran;
use assize_tests::dice::Dice;
use assize_tests::happenings::{insist_on_soundness, moment, run};
use assize_tests::steps::{OUTPUT, PLAN, answered, asked, done, finished, landed, lease, submitted, tried};

use super::kills::killed_after;
use super::{Acknowledged, World};

fn submit(store: &Store, number: u64) {
    let started = store.append_steps(moment(0), None, vec![submitted(number)], vec![PLAN.to_vec()]);
    started.expect("appends").expect("is new");
}

/// Steps for which no contents are given.
fn append(store: &Store, lease: &Lease, steps: Vec<Step>) -> Result<Vec<u64>, StepRefusal> {
    store
        .append_steps(moment(0), Some(lease), steps, Vec::new())
        .expect("appends")
}

pub(super) fn a_lease_is_one_holders_until_it_ends(world: &World) {
    let store = world.open();
    let take = |holder: &str, now_ms, dead: &'static str| {
        store
            .lease_take("run:1", holder, now_ms, now_ms + 10, move |other| other == dead)
            .expect("takes")
    };
    let first = take("one", 100, "").expect("is free");
    assert_eq!((first.fence, first.holder.as_str()), (1, "one"));
    let held = take("two", 110, "").expect_err("is held");
    assert_eq!((held.holder.as_str(), held.until_ms), ("one", 110));
    assert_eq!(take("two", 111, "").expect("has run out").fence, 2);
    assert_eq!(take("three", 111, "two").expect("its holder is dead").fence, 3);
    let again = take("three", 111, "").expect("is the same holder's");
    assert_eq!(again.fence, 4);
    assert_eq!(store.lease_renew(&first, 500).expect("renews"), Err(Fenced));
    assert_eq!(store.lease_release(&first).expect("releases"), Err(Fenced));
    assert_eq!(store.lease_renew(&again, 500).expect("renews"), Ok(()));
    let held = store.leases(None, 10).expect("lists");
    assert_eq!(held.len(), 1);
    assert_eq!((&held[0].lease, held[0].until_ms), (&again, 500));
    assert_eq!(store.lease_release(&again).expect("releases"), Ok(()));
    assert_eq!(store.lease_release(&again).expect("releases"), Err(Fenced));
    assert_eq!(store.leases(None, 10).expect("lists"), []);
    assert_eq!(
        take("one", 0, "").expect("is free").fence,
        5,
        "a fence is never given twice"
    );
    assert_eq!(store.rebuild().expect("rebuilds").differences, []);
    assert_eq!(
        store.leases(None, 10).expect("lists").len(),
        1,
        "leases are not made from events"
    );
    for name in ["", &"x".repeat(200), "a\nb"] {
        let taken = store.lease_take(name, "one", 0, 1, |_| false);
        assert!(matches!(taken, Err(StoreError::Unfit(_))), "{name:?}");
    }
}

pub(super) fn only_who_holds_the_lease_appends_steps(world: &World) {
    let (store, other) = (world.open(), world.open());
    submit(&store, 1);
    let late = lease(&store, 1, "late");
    append(&store, &late, vec![tried(1, "build", 1)]).expect("fits");
    let current = lease(&other, 1, "current");
    let before = store.last_sequence().expect("reads");
    let steps = vec![done(1, "build", 1)];
    let contents = vec![OUTPUT.to_vec()];
    let refused = store.append_steps(moment(0), Some(&late), steps.clone(), contents.clone());
    assert_eq!(refused.expect("appends"), Err(StepRefusal::Fenced(Fenced)));
    assert_eq!(store.last_sequence().expect("reads"), before);
    assert_eq!(store.contents(&Digest::of(OUTPUT)).expect("reads"), None);
    let appended = other.append_steps(moment(0), Some(&current), steps, contents);
    assert_eq!(appended.expect("appends"), Ok(vec![before + 1]));
    assert_eq!(
        store.contents(&Digest::of(OUTPUT)).expect("reads").as_deref(),
        Some(OUTPUT)
    );
    // Asking is for everybody, also while somebody else drives.
    let pause = store.append_steps(moment(0), None, vec![asked(1, "pause")], Vec::new());
    pause.expect("appends").expect("is for everybody");
    assert_eq!(other.lease_release(&current).expect("releases"), Ok(()));
    let refused = append(&other, &current, vec![landed(1, "build")]);
    assert_eq!(refused, Err(StepRefusal::Fenced(Fenced)));
    for (lease, steps) in [
        (None, vec![tried(1, "build", 1)]),
        (None, vec![asked(1, "pause"), finished(1)]),
        (Some(&current), vec![tried(2, "build", 1)]),
    ] {
        let refused = store.append_steps(moment(0), lease, steps, Vec::new());
        assert!(matches!(refused, Err(StoreError::Unfit(_))), "{refused:?}");
    }
    let alone = store.append(moment(0), &[Event::Workflow(submitted(3))]);
    assert!(matches!(alone, Err(StoreError::Unfit(_))), "{alone:?}");
    insist_on_soundness(&store, "after a late holder");
}

pub(super) fn steps_that_do_not_fit_are_refused(world: &World) {
    let store = world.open();
    let first = lease(&store, 1, "driver");
    assert_eq!(
        append(&store, &first, vec![tried(1, "build", 1)]),
        Err(StepRefusal::Unknown(run(1)))
    );
    let unkept = store.append_steps(moment(0), None, vec![submitted(1)], Vec::new());
    assert!(
        matches!(unkept, Err(StoreError::Unfit(_))),
        "its plan is not kept: {unkept:?}"
    );
    submit(&store, 1);
    let twice = store.append_steps(moment(0), None, vec![submitted(1)], Vec::new());
    assert_eq!(twice.expect("appends"), Err(StepRefusal::Known(run(1))));
    let both = vec![submitted(2), submitted(2)];
    let twice = store.append_steps(moment(0), None, both, Vec::new());
    assert_eq!(twice.expect("appends"), Err(StepRefusal::Known(run(2))));
    let unkept = store.append_steps(moment(0), Some(&first), vec![done(1, "build", 1)], Vec::new());
    assert!(
        matches!(unkept, Err(StoreError::Unfit(_))),
        "its output is not kept: {unkept:?}"
    );
    let not_open = |asked| Err(StepRefusal::NotOpen { run: run(1), asked });
    assert_eq!(append(&store, &first, vec![answered(1, 1, true)]), not_open(1));
    let asking = append(&store, &first, vec![asked(1, "pause")]).expect("fits")[0];
    append(&store, &first, vec![answered(1, asking, false)]).expect("is open");
    assert_eq!(
        append(&store, &first, vec![answered(1, asking, true)]),
        not_open(asking)
    );
    let ending = vec![finished(1), tried(1, "build", 1)];
    assert_eq!(append(&store, &first, ending), Err(StepRefusal::Ended(run(1))));
    append(&store, &first, vec![finished(1)]).expect("fits");
    for step in [asked(1, "retry"), finished(1), tried(1, "build", 2)] {
        assert_eq!(append(&store, &first, vec![step]), Err(StepRefusal::Ended(run(1))));
    }
    assert_eq!(append(&store, &first, Vec::new()), Ok(Vec::new()));
    insist_on_soundness(&store, "after refusals");
}

pub(super) fn runs_tasks_and_requests_are_listed(world: &World) {
    let store = world.open();
    for number in 1..=5 {
        submit(&store, number);
    }
    let driving = lease(&store, 3, "driver");
    let judged = Step::Judged {
        run: run(3),
        task: "build".to_owned(),
        attempt: 2,
        council: "default".to_owned(),
        decision: "approved".to_owned(),
        commit: "1".repeat(40),
        case: Digest::of(b"case"),
        entry: Digest::of(b"entry"),
        at_ms: 3500,
    };
    let steps = vec![
        tried(3, "build", 1),
        tried(3, "test", 1),
        tried(3, "build", 2),
        done(3, "build", 2),
        judged,
        asked(3, "pause"),
        asked(3, "approve"),
    ];
    let appended = store.append_steps(moment(0), Some(&driving), steps, vec![OUTPUT.to_vec()]);
    let sequences = appended.expect("appends").expect("fits");
    append(
        &store,
        &driving,
        vec![answered(3, sequences[5], true), landed(3, "build")],
    )
    .expect("fits");
    let tasks = store.workflow_tasks(run(3), 0, 10).expect("lists");
    let [build, test] = tasks.as_slice() else {
        panic!("{tasks:?}")
    };
    assert_eq!(
        (build.task.as_str(), build.attempt, build.step.as_str()),
        ("build", 2, "landed")
    );
    assert_eq!(
        (build.outcome.as_deref(), build.detail.as_str()),
        (Some("finished"), "done")
    );
    assert_eq!(build.commit, Some("2".repeat(40)));
    assert_eq!(build.judged, Some(("default".to_owned(), "approved".to_owned())));
    assert_eq!((build.output, build.ended_ms), (Some(Digest::of(OUTPUT)), Some(3002)));
    assert_eq!((build.started_ms, build.call), (2002, run(1_000_002)));
    assert_eq!(
        (test.step.as_str(), test.outcome.as_deref(), test.ended_ms),
        ("attempt-started", None, None)
    );
    assert_eq!(
        store.workflow_tasks(run(3), build.sequence, 1).expect("lists"),
        std::slice::from_ref(test)
    );
    let filter = RequestFilter {
        run: Some(run(3)),
        open: true,
    };
    let open = store.requests(&filter, 0, 10).expect("lists");
    let [open] = open.as_slice() else { panic!("{open:?}") };
    assert_eq!(
        (open.sequence, open.request.as_str(), &open.answer),
        (sequences[6], "approve", &None)
    );
    let all = store.requests(&RequestFilter::default(), 0, 10).expect("lists");
    assert!(all[0].answer.as_ref().is_some_and(|answer| answer.accepted), "{all:?}");
    append(&store, &driving, vec![finished(3)]).expect("fits");
    let open: Vec<_> = store
        .open_runs(0, 10)
        .expect("lists")
        .into_iter()
        .map(|open| open.run)
        .collect();
    assert_eq!(open, [1, 2, 4, 5].map(run));
    let newest = store
        .workflow_runs(&WorkflowRunFilter::default(), None, 2)
        .expect("lists");
    assert_eq!(
        newest.iter().map(|listed| listed.run).collect::<Vec<_>>(),
        [5, 4].map(run)
    );
    let before = newest.last().map(|listed| listed.sequence);
    let rest = store
        .workflow_runs(&WorkflowRunFilter::default(), before, 10)
        .expect("lists");
    let [third, ..] = rest.as_slice() else {
        panic!("{rest:?}")
    };
    assert_eq!((third.run, third.attempts, third.landed), (run(3), 3, 1));
    assert_eq!(third.last, store.last_sequence().expect("reads"));
    let end = third.end.as_ref().expect("it ended");
    assert_eq!(
        (end.outcome.as_str(), end.detail.as_str(), end.ended_ms),
        ("success", "all of it", 7000)
    );
    insist_on_soundness(&store, "after a run");
}

/// A thousand at once: each is there, and none was lost or came twice.
pub(super) fn many_runs_are_submitted_at_once(world: &World) {
    let (one, other) = (world.open(), world.open());
    std::thread::scope(|scope| {
        for thread in 0..10 {
            let store = if thread % 2 == 0 { &one } else { &other };
            scope.spawn(move || (0..100).for_each(|number| submit(store, thread * 100 + number)));
        }
    });
    let mut runs: Vec<_> = Vec::new();
    while let page = one
        .open_runs(runs.last().map_or(0, |(_, sequence)| *sequence), 300)
        .expect("lists")
        && !page.is_empty()
    {
        runs.extend(page.into_iter().map(|open| (open.run, open.sequence)));
    }
    let mut found: Vec<_> = runs.into_iter().map(|(run, _)| run).collect();
    found.sort();
    assert_eq!(found, (0..1000).map(run).collect::<Vec<_>>());
}

#[test]
fn who_waits_is_woken_by_what_is_asked_and_by_a_lease_that_is_given_back() {
    let world = World::sqlite();
    let (store, other) = (world.open(), world.open());
    let watcher = Watcher::of(&world.state_dir()).expect("listens");
    let woken = || watcher.rung().expect("looks");
    let driving = lease(&store, 1, "driver");
    assert!(!woken());
    submit(&other, 1);
    assert!(woken());
    append(&store, &driving, vec![tried(1, "build", 1)]).expect("fits");
    assert!(!woken(), "a step of its driver concerns nobody else");
    let pause = other.append_steps(moment(0), None, vec![asked(1, "pause")], Vec::new());
    pause.expect("appends").expect("fits");
    assert!(woken());
    let refused = other.append_steps(moment(0), None, vec![submitted(1)], Vec::new());
    refused.expect("appends").expect_err("is known");
    assert!(!woken());
    store.lease_release(&driving).expect("releases").expect("was held");
    assert!(watcher.wait(Some(Duration::from_secs(20))).expect("waits"));
}

/// Steps whose attempt is the fence under which they were appended: no older one follows a newer one.
fn insist_on_fences(store: &Store, steps: usize) {
    let filter = EventFilter {
        run: Some(run(1)),
        ..EventFilter::default()
    };
    let (mut after, mut fences) = (0, Vec::new());
    while let page = store.events(&filter, after, 1000).expect("reads")
        && let Some(last) = page.last()
    {
        after = last.sequence;
        fences.extend(page.iter().filter_map(|recorded| match &recorded.event {
            Event::Workflow(Step::AttemptStarted { attempt, .. }) => Some(*attempt),
            _ => None,
        }));
    }
    assert!(fences.is_sorted(), "{fences:?}");
    assert!(fences.len() >= steps, "{} of {steps}", fences.len());
}

#[test]
fn processes_take_turns_at_one_run() {
    let world = World::sqlite();
    let names = ["one", "two", "three"];
    let children: Vec<Child> = names
        .iter()
        .map(|name| {
            let mut driver = world.writer(name, 20);
            driver.arg("drive").stdout(Stdio::piped()).spawn().expect("starts")
        })
        .collect();
    for (name, child) in names.iter().zip(children) {
        let run = ran(&child.wait_with_output().expect("ends")).expect(0);
        let acknowledged = Acknowledged::of(&run.stdout);
        assert_eq!(acknowledged.0.len(), 1 + 20 * 3, "{run:?}");
        acknowledged.is_kept(&world.open(), "", name);
    }
    let store = world.open();
    insist_on_fences(&store, 3 * 20 * 3);
    assert_eq!(store.leases(None, 10).expect("lists"), []);
    insist_on_soundness(&store, "after three drivers");
}

/// Nobody waits until the lease of a killed driver runs out: it is known to be dead.
#[test]
fn the_run_of_a_killed_driver_is_taken_over_at_once() {
    let world = World::sqlite();
    let mut dice = Dice::of("killed drivers");
    let mut lines = 0;
    for round in 0..20 {
        let mut driver = world.writer(&format!("driver-{round}"), u64::MAX);
        driver.arg("drive");
        let acknowledged = killed_after(&mut driver, 2 + dice.below(30));
        let store = world.open();
        insist_on_soundness(&store, &format!("round {round}"));
        acknowledged.is_kept(&store, "", &format!("round {round}"));
        lines += acknowledged.0.len() - 1;
    }
    let store = world.open();
    insist_on_fences(&store, lines);
    let living = Holder::claim(&world.state_dir()).expect("lives");
    let files = std::fs::read_dir(world.path("drivers")).expect("a folder").count();
    assert_eq!(files, 1, "what the dead left is swept");
    let state_dir = world.state_dir();
    let taken = store.lease_take(&run_lease(run(1)), living.id(), 0, 10, move |id| {
        Holder::is_dead(&state_dir, id)
    });
    taken.expect("takes").expect("nobody lives");
}
