//! The contract. Every test takes a world with a store in it, so that another database joins with one more line.

use std::thread;

use assize::event::{DETAIL_BYTES_MAX, Event, KEY_BYTES_MAX, Kind, RESOURCE_BYTES_MAX, VALUE_BYTES_MAX};
use assize::store::{ARTIFACT_BYTES_MAX, EVENTS_APPENDED_MAX, EventFilter, KeyPage, StateRefusal, Store, StoreError};
use assize_provenance::digest::Digest;
use assize_tests::happenings::{access, all_events, change, draft, ended, insist_on_soundness, moment, run, started};

use super::board::{
    a_task_ends_after_its_parts, a_task_is_done_by_who_may_and_holds_it, a_workflow_of_tasks_is_wanted_once,
    messages_and_knowledge_are_kept_in_order, of_twenty_who_claim_a_task_one_gets_it,
    votes_close_a_decision_by_themselves, what_means_nothing_is_refused_on_the_board,
    what_needs_a_task_that_failed_is_blocked_and_says_why, what_waits_for_a_task_goes_on_by_itself,
};
use super::workflows::{
    a_lease_is_one_holders_until_it_ends, many_runs_are_submitted_at_once, only_who_holds_the_lease_appends_steps,
    runs_tasks_and_requests_are_listed, steps_that_do_not_fit_are_refused,
};
use super::{NOBODY, World};

/// Runs each test of the contract over each database.
macro_rules! contract {
    ($($test:ident)*) => {
        mod sqlite {
            $(#[test] fn $test() { super::$test(&super::World::sqlite()); })*
        }
    };
}

contract! {
    events_are_numbered_from_one_and_read_back
    what_was_acknowledged_is_there_after_opening_again
    events_are_filtered_and_paged
    texts_of_guests_are_escaped_masked_and_cut
    an_append_is_all_or_nothing
    values_have_versions_and_conflicts_are_refused
    the_quota_counts_keys_and_values
    keys_are_listed_by_prefix_and_in_pages
    artifacts_are_kept_once_and_read_in_parts
    what_the_contract_with_agents_forbids_is_refused
    many_threads_write_at_once
    two_handles_see_each_other
    dropping_a_store_waits_for_what_was_asked
    a_lease_is_one_holders_until_it_ends
    only_who_holds_the_lease_appends_steps
    steps_that_do_not_fit_are_refused
    runs_tasks_and_requests_are_listed
    many_runs_are_submitted_at_once
    of_twenty_who_claim_a_task_one_gets_it
    what_waits_for_a_task_goes_on_by_itself
    what_needs_a_task_that_failed_is_blocked_and_says_why
    a_task_ends_after_its_parts
    a_task_is_done_by_who_may_and_holds_it
    messages_and_knowledge_are_kept_in_order
    votes_close_a_decision_by_themselves
    a_workflow_of_tasks_is_wanted_once
    what_means_nothing_is_refused_on_the_board
}

fn events_are_numbered_from_one_and_read_back(world: &World) {
    let store = world.open();
    assert_eq!(store.events(&EventFilter::default(), 0, 10).expect("reads"), []);
    assert_eq!(store.append(moment(0), &[]).expect("appends"), [0; 0]);
    let events = [
        started(1, "scribe"),
        access(1, "scribe", "workspace.read", true),
        ended(1, "scribe"),
    ];
    assert_eq!(store.append(moment(5), &events[..2]).expect("appends"), [1, 2]);
    assert_eq!(store.append(moment(3), &events[2..]).expect("appends"), [3]);
    let recorded = all_events(&store);
    let read: Vec<&Event> = recorded.iter().map(|recorded| &recorded.event).collect();
    assert_eq!(read, events.iter().collect::<Vec<_>>());
    let times: Vec<_> = recorded.iter().map(|recorded| recorded.at).collect();
    assert_eq!(
        times,
        [moment(5), moment(5), moment(3)],
        "times are what they were said to be"
    );
    insist_on_soundness(&store, "after three events");
}

fn what_was_acknowledged_is_there_after_opening_again(world: &World) {
    for round in 0..5 {
        let store = world.open();
        assert_eq!(all_events(&store).len(), round * 3);
        let number = round as u64;
        store.append(moment(0), &[started(number, "scribe")]).expect("appends");
        store
            .state_set(moment(0), change(number, "scribe", "key", Some(b"value")))
            .expect("sets")
            .expect("is set");
        store
            .artifact_store(moment(0), draft(number, "scribe", "report", b"contents"))
            .expect("stores");
    }
    let store = world.open();
    let item = store.state_get("scribe", "key").expect("reads").expect("is there");
    assert_eq!((item.version, item.value.as_slice()), (5, b"value".as_slice()));
    insist_on_soundness(&store, "after five times");
}

fn events_are_filtered_and_paged(world: &World) {
    let store = world.open();
    for number in 0..40 {
        let agent = if number % 2 == 0 { "even" } else { "odd" };
        let events = [
            started(number, agent),
            access(number, agent, "workspace.read", true),
            ended(number, agent),
        ];
        store.append(moment(number), &events).expect("appends");
    }
    let pages = |filter: EventFilter<'_>| {
        let (mut after, mut sequences) = (0, Vec::new());
        loop {
            let page = store.events(&filter, after, 7).expect("reads");
            assert!(page.len() <= 7);
            let Some(last) = page.last() else { return sequences };
            after = last.sequence;
            sequences.extend(page.iter().map(|recorded| recorded.sequence));
        }
    };
    let all: Vec<u64> = (1..=120).collect();
    assert_eq!(pages(EventFilter::default()), all);
    let of = |kept: fn(u64) -> bool| {
        all.iter()
            .copied()
            .filter(|sequence| kept(*sequence))
            .collect::<Vec<_>>()
    };
    let odd = EventFilter {
        agent: Some("odd"),
        ..EventFilter::default()
    };
    assert_eq!(pages(odd), of(|sequence| (sequence - 1) / 3 % 2 == 1));
    let ends = EventFilter {
        kind: Some(Kind::RunEnded),
        ..EventFilter::default()
    };
    assert_eq!(pages(ends), of(|sequence| sequence % 3 == 0));
    let one = EventFilter {
        run: Some(run(4)),
        kind: Some(Kind::AccessChecked),
        agent: Some("even"),
    };
    assert_eq!(pages(one), [14]);
    let nobody = EventFilter {
        run: Some(NOBODY),
        ..EventFilter::default()
    };
    assert_eq!(pages(nobody), [0; 0]);
}

fn texts_of_guests_are_escaped_masked_and_cut(world: &World) {
    let store = world.open();
    let token = format!("{}{}", "ghp_", "a1B2".repeat(9));
    let mut event = access(1, "scribe", "workspace.read", false);
    if let Event::AccessChecked { resource, reason, .. } = &mut event {
        *resource = format!("a\nb\u{1b}[2J\u{202e}c\0{}", "é".repeat(10_000));
        *reason = format!("no {token}");
    }
    let mut end = ended(1, "scribe");
    if let Event::RunEnded { detail, fuel_spent, .. } = &mut end {
        *detail = "\0".repeat(1 << 20);
        *fuel_spent = u64::MAX;
    }
    store.append(moment(0), &[event, end]).expect("appends");
    let recorded = all_events(&store);
    let Event::AccessChecked { resource, reason, .. } = &recorded[0].event else {
        panic!("{recorded:?}")
    };
    assert!(
        resource.starts_with("a\\x0ab\\x1b[2J\\xe2\\x80\\xaec\\x00é"),
        "{resource}"
    );
    assert!(
        resource.ends_with('…') && resource.len() <= RESOURCE_BYTES_MAX,
        "{resource}"
    );
    assert_eq!(reason, "no *****");
    let Event::RunEnded { detail, fuel_spent, .. } = &recorded[1].event else {
        panic!("{recorded:?}")
    };
    assert!(
        detail.starts_with("\\x00\\x00") && detail.len() <= DETAIL_BYTES_MAX,
        "{detail}"
    );
    assert_eq!(*fuel_spent, (1 << 53) - 1);
    insist_on_soundness(&store, "after odd texts");
}

fn an_append_is_all_or_nothing(world: &World) {
    let store = world.open();
    let inner = Event::StateSet {
        run: run(1),
        agent: "scribe".to_owned(),
        key: "key".to_owned(),
        version: 9,
        value: None,
    };
    let events = [started(1, "scribe"), inner];
    assert!(matches!(store.append(moment(0), &events), Err(StoreError::Unfit(_))));
    let many = vec![started(1, "scribe"); EVENTS_APPENDED_MAX + 1];
    assert!(matches!(store.append(moment(0), &many), Err(StoreError::Unfit(_))));
    assert_eq!(all_events(&store), []);
    assert_eq!(
        store.append(moment(0), &many[1..]).expect("appends").len(),
        EVENTS_APPENDED_MAX
    );
    insist_on_soundness(&store, "after many events at once");
}

fn values_have_versions_and_conflicts_are_refused(world: &World) {
    let store = world.open();
    let set = |agent: &str, value: Option<&[u8]>, expected: Option<u64>| {
        let mut change = change(1, agent, "key", value);
        change.expected = expected;
        store.state_set(moment(0), change).expect("sets")
    };
    let get = |agent: &str| {
        store
            .state_get(agent, "key")
            .expect("reads")
            .map(|item| (item.version, item.value))
    };
    assert_eq!(get("one"), None);
    assert_eq!(
        set("one", Some(b"a"), Some(1)),
        Err(StateRefusal::Conflict { found: 0, expected: 1 })
    );
    assert_eq!(set("one", Some(b"a"), Some(0)), Ok(1));
    assert_eq!(set("one", Some(b""), None), Ok(2));
    assert_eq!(get("one"), Some((2, Vec::new())));
    assert_eq!(
        set("one", Some(b"b"), Some(1)),
        Err(StateRefusal::Conflict { found: 2, expected: 1 })
    );
    assert_eq!(get("one"), Some((2, Vec::new())), "a refused change changes nothing");
    assert_eq!(set("one", None, Some(2)), Ok(3));
    assert_eq!(get("one"), None);
    assert_eq!(
        set("one", Some(b"c"), Some(0)),
        Err(StateRefusal::Conflict { found: 3, expected: 0 })
    );
    assert_eq!(set("one", Some(b"c"), Some(3)), Ok(4));
    assert_eq!(get("two"), None, "agents do not see each other's values");
    assert_eq!(set("two", Some(b"d"), Some(0)), Ok(1));
    assert_eq!(all_events(&store).len(), 5, "only what was changed is recorded");
    insist_on_soundness(&store, "after changes");
}

fn the_quota_counts_keys_and_values(world: &World) {
    let store = world.open();
    let set = |key: &str, bytes: Option<usize>, bytes_max: u64| {
        let mut change = change(1, "scribe", key, bytes.map(|bytes| vec![1; bytes]).as_deref());
        change.bytes_max = bytes_max;
        store.state_set(moment(0), change).expect("sets")
    };
    assert_eq!(set("aaa", Some(97), 100), Ok(1));
    assert_eq!(
        set("b", Some(0), 100),
        Err(StateRefusal::OverQuota {
            bytes: 101,
            bytes_max: 100
        })
    );
    assert_eq!(
        set("aaa", Some(98), 100),
        Err(StateRefusal::OverQuota {
            bytes: 101,
            bytes_max: 100
        })
    );
    assert_eq!(
        set("aaa", Some(50), 10),
        Ok(2),
        "whoever is over a lowered quota may make things smaller"
    );
    assert_eq!(set("bbb", Some(44), 100), Ok(1));
    assert_eq!(set("aaa", None, 100), Ok(3));
    // The key that was cleared still counts its own three bytes.
    assert_eq!(
        set("ccc", Some(48), 100),
        Err(StateRefusal::OverQuota {
            bytes: 101,
            bytes_max: 100
        })
    );
    assert_eq!(set("ccc", Some(47), 100), Ok(1));
    insist_on_soundness(&store, "at the quota");
}

fn keys_are_listed_by_prefix_and_in_pages(world: &World) {
    let store = world.open();
    let mut keys: Vec<String> = (0..30).map(|number| format!("b/{number:02}")).collect();
    keys.extend(["a", "b", "b.", "b0", "c", "é", "~"].map(str::to_owned));
    for key in &keys {
        store
            .state_set(moment(0), change(1, "scribe", key, Some(b"x")))
            .expect("sets")
            .expect("is set");
    }
    store
        .state_set(moment(0), change(1, "scribe", "b/03", None))
        .expect("sets")
        .expect("is cleared");
    store
        .state_set(moment(0), change(1, "other", "b/99", Some(b"x")))
        .expect("sets")
        .expect("is set");
    keys.retain(|key| key != "b/03");
    keys.sort();
    for prefix in ["", "b", "b/", "b/1", "é", "x"] {
        let (mut after, mut found) = (None, Vec::new());
        loop {
            let page = store.state_list("scribe", prefix, after.as_deref(), 4).expect("lists");
            found.extend(page.keys);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let expected: Vec<&String> = keys.iter().filter(|key| key.starts_with(prefix)).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{prefix:?}");
    }
    let behind = store.state_list("scribe", "b/", Some("a"), 2).expect("lists");
    assert_eq!(behind.keys, ["b/00", "b/01"]);
    let nothing = KeyPage {
        keys: Vec::new(),
        next: None,
    };
    assert_eq!(store.state_list("scribe", "b/", Some("c"), 2).expect("lists"), nothing);
}

fn artifacts_are_kept_once_and_read_in_parts(world: &World) {
    let store = world.open();
    let largest: Vec<u8> = (0..ARTIFACT_BYTES_MAX).map(|index| (index % 251) as u8).collect();
    for (contents, name) in [(&largest, "one"), (&largest, "two"), (&Vec::new(), "empty")] {
        let digest = store
            .artifact_store(moment(0), draft(1, "scribe", name, contents))
            .expect("stores");
        assert_eq!(digest, Digest::of(contents));
    }
    let digest = Digest::of(&largest);
    let part = |offset, length| {
        store
            .artifact_get(&digest, offset, length)
            .expect("reads")
            .expect("is there")
    };
    assert_eq!(part(0, usize::MAX), largest);
    assert_eq!(part(1000, 5), largest[1000..1005]);
    assert_eq!(
        part(ARTIFACT_BYTES_MAX as u64 - 2, 100),
        largest[ARTIFACT_BYTES_MAX - 2..]
    );
    assert_eq!(part(ARTIFACT_BYTES_MAX as u64, 1), [0; 0]);
    assert_eq!(part(u64::MAX, 1), [0; 0]);
    assert_eq!(
        store.artifact_get(&Digest::of(b""), 0, 1).expect("reads"),
        Some(Vec::new())
    );
    assert_eq!(store.artifact_get(&Digest::of(b"unknown"), 0, 1).expect("reads"), None);
    let listed = store.artifacts(Some(run(1)), 0, 2).expect("lists");
    assert_eq!(
        listed.iter().map(|artifact| artifact.name.as_str()).collect::<Vec<_>>(),
        ["one", "two"]
    );
    let rest = store.artifacts(Some(run(1)), listed[1].sequence, 2).expect("lists");
    assert_eq!((rest.len(), rest[0].name.as_str(), rest[0].bytes), (1, "empty", 0));
    assert_eq!(store.artifacts(Some(NOBODY), 0, 2).expect("lists"), []);
    assert_eq!(
        store.check().expect("checks").artifacts,
        2,
        "the same contents are kept once"
    );
    insist_on_soundness(&store, "with artifacts");
}

fn what_the_contract_with_agents_forbids_is_refused(world: &World) {
    let store = world.open();
    let long = "k".repeat(KEY_BYTES_MAX + 1);
    for key in ["", "a\nb", "a\u{202e}b", &long] {
        let answer = store.state_set(moment(0), change(1, "scribe", key, Some(b"x")));
        assert!(matches!(answer, Err(StoreError::Unfit(_))), "{key:?}");
    }
    let mut large = change(1, "scribe", "key", Some(&vec![0; VALUE_BYTES_MAX + 1]));
    large.bytes_max = u64::MAX;
    assert!(matches!(
        store.state_set(moment(0), large.clone()),
        Err(StoreError::Unfit(_))
    ));
    large.value = Some(vec![0xff; VALUE_BYTES_MAX]);
    large.key = "é".repeat(KEY_BYTES_MAX / 2);
    assert_eq!(
        store.state_set(moment(0), large).expect("the largest one is set"),
        Ok(1)
    );
    for name in ["", "a\0b"] {
        let answer = store.artifact_store(moment(0), draft(1, "scribe", name, b"x"));
        assert!(matches!(answer, Err(StoreError::Unfit(_))), "{name:?}");
    }
    let large = draft(1, "scribe", "large", &vec![0; ARTIFACT_BYTES_MAX + 1]);
    assert!(matches!(
        store.artifact_store(moment(0), large),
        Err(StoreError::Unfit(_))
    ));
    assert_eq!(all_events(&store).len(), 1);
    insist_on_soundness(&store, "after refusals");
}

/// Writes with every kind of call; gives the numbers of the events that were told.
fn write_much(store: &Store, thread: u64) -> Vec<u64> {
    let agent = format!("agent-{thread}");
    let mut told = Vec::new();
    for number in 0..20 {
        let event = access(thread, &agent, "workspace.read", number % 2 == 0);
        told.extend(store.append(moment(number), &[event.clone(), event]).expect("appends"));
        let version = store
            .state_set(moment(number), change(thread, &agent, "key", Some(b"x")))
            .expect("sets");
        assert_eq!(version, Ok(number + 1));
        let contents = number.to_be_bytes();
        store
            .artifact_store(moment(number), draft(thread, &agent, "report", &contents))
            .expect("stores");
    }
    told
}

fn many_threads_write_at_once(world: &World) {
    let store = world.open();
    let mut told: Vec<u64> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                scope.spawn({
                    let store = &store;
                    move || write_much(store, number)
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("ends"))
            .collect()
    });
    let count = told.len();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), count, "two events have one number");
    let events = all_events(&store);
    assert_eq!(events.len(), 8 * 20 * 4);
    assert!(
        told.iter()
            .all(|sequence| events[*sequence as usize - 1].event.kind() == Kind::AccessChecked)
    );
    insist_on_soundness(&store, "after eight threads");
}

fn two_handles_see_each_other(world: &World) {
    let (one, two) = (world.open(), world.open());
    assert_eq!(one.append(moment(0), &[started(1, "scribe")]).expect("appends"), [1]);
    assert_eq!(two.append(moment(0), &[ended(1, "scribe")]).expect("appends"), [2]);
    assert_eq!(all_events(&one), all_events(&two));
    drop(one);
    assert_eq!(two.append(moment(0), &[ended(1, "scribe")]).expect("appends"), [3]);
    insist_on_soundness(&two, "after the other was closed");
}

fn dropping_a_store_waits_for_what_was_asked(world: &World) {
    let store = std::sync::Arc::new(world.open());
    let threads: Vec<_> = (0..4)
        .map(|number| {
            thread::spawn({
                let store = store.clone();
                move || write_much(&store, number)
            })
        })
        .collect();
    drop(store);
    for thread in threads {
        thread.join().expect("ends");
    }
    let store = world.open();
    assert_eq!(all_events(&store).len(), 4 * 20 * 4);
    insist_on_soundness(&store, "after it was dropped");
}
