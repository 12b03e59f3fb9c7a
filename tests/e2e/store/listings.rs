//! What people ask of the store, and that every listing is what the events say.

use assize::event::Recorded;
use assize::store::{AccessFilter, RunFilter, Store};
use assize_tests::dice::Dice;
use assize_tests::happenings::{Model, access, ended, insist_on_soundness, moment, run, started};
use rusqlite::Connection;

use super::World;

/// Histories by chance: the listings are those of the dullest model, and those that are made again are the same.
#[test]
fn listings_that_grew_are_those_that_are_made_again() {
    let mut dice = Dice::of("listings");
    for history in 0..12 {
        let world = World::sqlite();
        let (mut store, mut model) = (world.open(), Model::default());
        for step in 0..80 {
            model.step(&store, &mut dice);
            if step % 40 == 39 {
                model.agrees(&store);
                insist_on_soundness(&store, &format!("history {history}, step {step}"));
                model.agrees(&store);
                store = world.open();
            }
        }
    }
}

/// What somebody changed in a listing by hand is found and put right.
#[test]
fn a_listing_that_is_wrong_is_named_and_made_again() {
    let world = World::sqlite();
    let (mut dice, mut model) = (Dice::of("wrong listings"), Model::default());
    let store = world.open();
    for _ in 0..200 {
        model.step(&store, &mut dice);
    }
    for (listing, change) in [
        (
            "runs",
            "UPDATE runs SET granted = granted + 1 WHERE sequence = (SELECT min(sequence) FROM runs)",
        ),
        ("usage", "DELETE FROM usage WHERE agent = 'agent-1'"),
        ("state", "UPDATE state SET version = version + 1"),
        ("state_sizes", "UPDATE state_sizes SET bytes = 0"),
        ("artifacts", "UPDATE artifacts SET name = 'x'"),
        ("workflow_runs", "UPDATE workflow_runs SET landed = landed + 1"),
        ("workflow_tasks", "UPDATE workflow_tasks SET step = 'landed'"),
        ("workflow_requests", "DELETE FROM workflow_requests"),
    ] {
        let by_hand = Connection::open(world.path("store.sqlite")).expect("opens");
        assert!(by_hand.execute(change, []).expect("changes") > 0, "{change}");
        drop(by_hand);
        let rebuilt = store.rebuild().expect("rebuilds");
        let names: Vec<&str> = rebuilt
            .differences
            .iter()
            .map(|difference| difference.listing)
            .collect();
        assert_eq!(names, [listing]);
        assert_eq!(rebuilt.events, model.events);
        model.agrees(&store);
        insist_on_soundness(&store, listing);
    }
}

fn filled(world: &World) -> Store {
    let store = world.open();
    for number in 0..50 {
        let agent = ["one", "two", "three"][number as usize % 3];
        // Several at one moment, so that pages end within one.
        let at = moment(number / 7);
        let accesses = [
            access(number, agent, "workspace.read", true),
            access(number, agent, "workspace.write", number % 4 > 0),
        ];
        store.append(at, &[started(number, agent)]).expect("appends");
        store.append(at, &accesses).expect("appends");
        if number % 2 == 0 {
            store.append(at, &[ended(number, agent)]).expect("appends");
        }
    }
    store
}

fn pages(store: &Store, filter: &AccessFilter<'_>, rows_max: usize) -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    loop {
        let before = all.last().map(|last| (last.at, last.sequence));
        let page = store.accesses(filter, before, rows_max).expect("lists");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

#[test]
fn accesses_are_listed_newest_first_and_filtered() {
    let world = World::sqlite();
    let store = filled(&world);
    let all = pages(&store, &AccessFilter::default(), 1000);
    assert_eq!(all.len(), 100);
    assert!(all.is_sorted_by(|one, next| (one.at, one.sequence) > (next.at, next.sequence)));
    let filters = [
        AccessFilter::default(),
        AccessFilter {
            denied: true,
            ..AccessFilter::default()
        },
        AccessFilter {
            agent: Some("two"),
            ..AccessFilter::default()
        },
        AccessFilter {
            since: Some(moment(3)),
            ..AccessFilter::default()
        },
        AccessFilter {
            run: Some(run(8)),
            ..AccessFilter::default()
        },
        AccessFilter {
            denied: true,
            agent: Some("three"),
            since: Some(moment(2)),
            run: None,
        },
        AccessFilter {
            since: Some(moment(999)),
            ..AccessFilter::default()
        },
    ];
    for filter in filters {
        let kept = |recorded: &&Recorded| {
            let event = &recorded.event;
            filter.agent.is_none_or(|agent| event.agent() == agent)
                && filter.run.is_none_or(|run| event.run() == run)
                && filter.since.is_none_or(|since| recorded.at >= since)
                && (!filter.denied || event.granted() == Some(false))
        };
        let expected: Vec<&Recorded> = all.iter().filter(kept).collect();
        for rows_max in [1, 3, 1000] {
            let found = pages(&store, &filter, rows_max);
            assert_eq!(
                found.iter().collect::<Vec<_>>(),
                expected,
                "{filter:?}, {rows_max} rows a page"
            );
        }
    }
}

#[test]
fn runs_are_listed_newest_first_and_filtered() {
    let world = World::sqlite();
    let store = filled(&world);
    let (mut before, mut numbers) = (None, Vec::new());
    loop {
        let page = store.runs(&RunFilter::default(), before, 8).expect("lists");
        let Some(last) = page.last() else { break };
        before = Some(last.sequence);
        numbers.extend(page.iter().map(|listed| listed.run));
    }
    assert_eq!(numbers, (0..50).rev().map(run).collect::<Vec<_>>());
    let one = store
        .runs(
            &RunFilter {
                run: Some(run(8)),
                ..RunFilter::default()
            },
            None,
            8,
        )
        .expect("lists");
    let [one] = one.as_slice() else { panic!("{one:?}") };
    assert_eq!(
        (one.agent.as_str(), one.granted, one.denied, one.started),
        ("three", 1, 1, moment(1))
    );
    let end = one.end.as_ref().expect("it ended");
    assert_eq!(
        (end.outcome.as_str(), end.fuel_spent, end.ended),
        ("finished", 1008, moment(1))
    );
    let of_two = store
        .runs(
            &RunFilter {
                agent: Some("two"),
                ..RunFilter::default()
            },
            None,
            100,
        )
        .expect("lists");
    assert_eq!(of_two.len(), 17);
    assert_eq!(
        of_two.iter().filter(|listed| listed.end.is_none()).count(),
        9,
        "those that did not end"
    );
    let late = store
        .runs(
            &RunFilter {
                since: Some(moment(7)),
                ..RunFilter::default()
            },
            None,
            100,
        )
        .expect("lists");
    assert_eq!(late.len(), 1);
}

#[test]
fn usage_counts_what_was_granted_and_refused() {
    let world = World::sqlite();
    let store = filled(&world);
    let mut rows = Vec::new();
    loop {
        let after = rows
            .last()
            .map(|last: &assize::store::Usage| (last.agent.clone(), last.permission.clone()));
        let after = after
            .as_ref()
            .map(|(agent, permission)| (agent.as_str(), permission.as_str()));
        let page = store.usage(None, after, 4).expect("lists");
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    let counts: Vec<_> = rows
        .iter()
        .map(|row| (row.agent.as_str(), row.permission.as_str(), row.granted, row.denied))
        .collect();
    let expected = [
        ("one", "workspace.read", 17, 0),
        ("one", "workspace.write", 12, 5),
        ("three", "workspace.read", 16, 0),
        ("three", "workspace.write", 12, 4),
        ("two", "workspace.read", 17, 0),
        ("two", "workspace.write", 13, 4),
    ];
    assert_eq!(counts, expected);
    let two = store.usage(Some("two"), None, 10).expect("lists");
    assert_eq!(two, rows[4..]);
    assert_eq!(
        (two[0].last_at, two[0].last_resource.as_str(), two[0].last_granted),
        (moment(7), "src/49.rs", true)
    );
    assert_eq!(store.usage(Some("nobody"), None, 10).expect("lists"), []);
}
