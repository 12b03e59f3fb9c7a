//! Going on: after a kill at any writing, each effect is there once, and nothing is recorded twice.

use assize::event::{Event, Kind};
use assize::host_call::Journal;
use assize::process::Commands;
use assize::sandbox::HostFault;
use assize::store::{EventFilter, Store};
use assize_tests::guests;
use assize_tests::workshop::{AGENT, RUN, Workshop};

use super::{Dying, ROLE, TEXTS, anew, counting, summary};
use crate::commands::keeper;

/// An agent that runs one command, whatever it is answered.
pub(super) fn running(words: &[&str]) -> Vec<u8> {
    let (mut fields, mut list, mut next) = (String::new(), String::new(), 8192_usize);
    for word in words {
        let bytes: String = word.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        fields += &format!("(data (i32.const {next}) \"{bytes}\")\n");
        for number in [next, word.len()] {
            let number = u32::try_from(number).expect("a small number").to_le_bytes();
            list += &number.map(|byte| format!("\\{byte:02x}")).concat();
        }
        next += word.len();
    }
    fields += &format!("(data (i32.const 6144) \"{list}\")");
    let body = format!(
        "(call $command (i32.const 6144) (i32.const {}) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
           (i32.const 4096))
         (if (i32.load8_u (i32.const 4096)) (then unreachable))
         (i32.store (i32.const 2052) (i32.load (i32.const 4116)))
         (i32.store (i32.const 2056) (i32.load (i32.const 4120)))
         (i32.const 2048)",
        words.len()
    );
    guests::agent_with(&fields, &body)
}

/// What must be the same whether a run was disturbed or not: what was used how often, and how the journal ends.
fn recorded(store: &Store) -> (Vec<String>, Journal) {
    let filter = EventFilter {
        run: Some(RUN),
        kind: Some(Kind::AccessChecked),
        ..EventFilter::default()
    };
    let accesses = store.events(&filter, 0, 1000).expect("reads").into_iter();
    let accesses = accesses.map(|recorded| match recorded.event {
        Event::AccessChecked {
            permission,
            resource,
            granted,
            times,
            ..
        } => format!("{permission} {resource} {granted} {times}"),
        other => panic!("{other:?}"),
    });
    (accesses.collect(), store.journal(RUN).expect("a journal"))
}

#[test]
fn killed_at_any_writing_each_effect_is_there_once() {
    let undisturbed = Workshop::open();
    let agent = undisturbed.load(&counting());
    let grants = undisturbed.grants(ROLE, &agent);
    let desk = Box::new(undisturbed.desk(&grants));
    let expected = undisturbed
        .run_kept(&agent, grants.clone(), "null", desk, Journal::default())
        .expect("the host holds");
    let mut kills = 0;
    for point in 1..100 {
        for after in [false, true] {
            let workshop = Workshop::open_in(undisturbed.sandbox.clone());
            let desk = Box::new(Dying::new(workshop.desk(&grants), point, after));
            let killed = workshop.run_kept(&agent, grants.clone(), "null", desk, Journal::default());
            let Err(fault) = killed else {
                assert!(kills >= 10, "only {kills} kills");
                return;
            };
            assert!(matches!(fault, HostFault::Record(_)), "{fault}");
            kills += 1;
            anew(&workshop, &[]);
            let known = workshop.journal();
            let desk = Box::new(workshop.desk(&grants));
            let account = workshop
                .run_kept(&agent, grants.clone(), "null", desk, known)
                .unwrap_or_else(|fault| panic!("killed at {point}, {after}: {fault}"));
            assert_eq!(account.outcome, expected.outcome);
            assert_eq!(account.journal, expected.journal);
            let item = workshop
                .store
                .state_get(AGENT, "key")
                .expect("reads")
                .expect("it is set");
            assert_eq!((item.version, item.value.len()), (3, 3), "killed at {point}, {after}");
            let artifacts = workshop.store.artifacts(Some(RUN), 0, 10).expect("reads");
            assert_eq!(artifacts.len(), 1, "killed at {point}, {after}");
            assert_eq!(
                recorded(&workshop.store),
                recorded(&undisturbed.store),
                "killed at {point}, {after}"
            );
            assert!(workshop.store.check().expect("it is looked at").is_sound());
            let file = std::fs::read_to_string(workshop.folder().join("a.txt"));
            assert_eq!(file.expect("it was written"), "xxx");
        }
    }
    panic!("it never came to its end");
}

/// An agent that says the same thing twice on the board.
fn posting() -> Vec<u8> {
    let call = "(call $post (i32.const 6144) (i32.const 5) (i32.const 6144) (i32.const 5) (i32.const 0) (i64.const 0)
        (i32.const 4096)) (if (i32.load8_u (i32.const 4096)) (then unreachable))";
    let body = format!("{call} {call} (i32.const 2048)");
    guests::agent_with("(data (i32.const 6144) \"plans\")", &body)
}

#[test]
fn killed_at_any_writing_each_message_is_posted_once() {
    let undisturbed = Workshop::open();
    let agent = undisturbed.load(&posting());
    let grants = undisturbed.grants("allow = [\"messages.post\"]", &agent);
    for point in 1..20 {
        for after in [false, true] {
            let workshop = Workshop::open_in(undisturbed.sandbox.clone());
            let desk = Box::new(Dying::new(workshop.desk(&grants), point, after));
            let killed = workshop.run_kept(&agent, grants.clone(), "null", desk, Journal::default());
            let posted = |store: &Store| store.board_messages("plans", 0, 10).expect("reads").len();
            if killed.is_ok() {
                assert!(point > 2, "it was never killed");
                return;
            }
            let desk = Box::new(workshop.desk(&grants));
            let account = workshop.run_kept(&agent, grants.clone(), "null", desk, workshop.journal());
            account.unwrap_or_else(|fault| panic!("killed at {point}, {after}: {fault}"));
            assert_eq!(posted(&workshop.store), 2, "killed at {point}, {after}");
            assert!(workshop.store.check().expect("it is looked at").is_sound());
        }
    }
    panic!("it never came to its end");
}

#[test]
fn a_command_that_was_recorded_is_not_run_again() {
    let mut workshop = Workshop::open();
    workshop.outside.commands = Some(Commands::new(keeper(), workshop.around().join("scratch")));
    let agent = workshop.load(&running(&["sh", "-c", "date +%s%N | tee made.txt"]));
    let role = "allow = [\"process.run\"]\n[roles.agent.files]\nread = [\"**\"]\nwrite = [\"**\"]\n\
                [roles.agent.process]\nallow = [[\"sh\", \"-c\", \"*\"]]\n";
    let grants = workshop.grants(role, &agent);
    // The first writing says that it begins, the second what came of it.
    let desk = Box::new(Dying::new(workshop.desk(&grants), 2, true));
    workshop
        .run_kept(&agent, grants.clone(), "null", desk, Journal::default())
        .expect_err("it was killed");
    let made = std::fs::read_to_string(workshop.folder().join("made.txt")).expect("it was made");
    anew(&workshop, &[]);
    let known = workshop.journal();
    let desk = Box::new(workshop.desk(&grants));
    let account = workshop
        .run_kept(&agent, grants, "null", desk, known)
        .expect("the host holds");
    assert_eq!(summary(&account), made);
    let again = std::fs::read_to_string(workshop.folder().join("made.txt")).expect("it was made again");
    assert_eq!(again, made);
    let filter = EventFilter {
        kind: Some(Kind::CommandRun),
        ..EventFilter::default()
    };
    assert_eq!(workshop.store.events(&filter, 0, 10).expect("reads").len(), 1);
}

#[test]
fn who_does_something_else_than_before_does_not_go_on() {
    let workshop = Workshop::open();
    let first = workshop.load(&counting());
    let grants = workshop.grants(ROLE, &first);
    let desk = Box::new(Dying::new(workshop.desk(&grants), 2, true));
    workshop
        .run_kept(&first, grants.clone(), "null", desk, Journal::default())
        .expect_err("it was killed");
    let known = workshop.journal();
    assert_eq!(known.last(), 4);
    let length = workshop
        .store
        .events(&EventFilter::default(), 0, 100)
        .expect("reads")
        .len();
    let get = "(call $get (i32.const 6144) (i32.const 3) (i32.const 4096))";
    for (body, why) in [
        (
            "(call $keys (i32.const 6144) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4096))"
                .to_owned(),
            "at host call 1, recorded is `state.get`, but `state.list` is called",
        ),
        (
            get.replace("(i32.const 3)", "(i32.const 2)"),
            "at host call 1, recorded is `state.get`, but `state.get` is called with other arguments",
        ),
        (
            format!("(call $log (i32.const 1) (i32.const 6144) (i32.const 3)) {get}"),
            "at host call 1, recorded is `state.get`, but `log.write` is called",
        ),
        (
            format!("{get} {get}"),
            "at host call 2, recorded is `state.set`, but `state.get` is called",
        ),
        (
            get.to_owned(),
            "at host call 2, recorded is `state.set`, but it has ended before",
        ),
    ] {
        let other = workshop.load(&guests::agent_with(TEXTS, &format!("{body} (i32.const 2048)")));
        let desk = Box::new(workshop.desk(&grants));
        let fault = workshop
            .run_kept(&other, grants.clone(), "null", desk, known.clone())
            .expect_err("it does something else");
        assert!(matches!(fault, HostFault::Departed(_)), "{fault}");
        assert!(fault.to_string().contains(why), "{fault}");
    }
    let filter = EventFilter {
        kind: Some(Kind::HostCalled),
        ..EventFilter::default()
    };
    assert_eq!(workshop.store.events(&filter, 0, 100).expect("reads").len(), 4);
    assert!(
        workshop
            .store
            .events(&EventFilter::default(), 0, 100)
            .expect("reads")
            .len()
            >= length
    );
}

/// Killed between the end of its journal and whoever waited for it: the end is told again, and nothing is written.
#[test]
fn a_call_that_has_ended_ends_again_as_it_did() {
    let workshop = Workshop::open();
    let agent = workshop.load(&counting());
    let grants = workshop.grants(ROLE, &agent);
    let desk = Box::new(workshop.desk(&grants));
    let account = workshop
        .run_kept(&agent, grants.clone(), "null", desk, Journal::default())
        .expect("the host holds");
    let events = |store: &Store| store.events(&EventFilter::default(), 0, 100).expect("reads");
    let before = events(&workshop.store);
    anew(&workshop, &[]);
    let desk = Box::new(workshop.desk(&grants));
    let again = workshop
        .run_kept(&agent, grants, "null", desk, workshop.journal())
        .expect("the host holds");
    assert_eq!(again.outcome, account.outcome);
    assert_eq!(events(&workshop.store), before);
}
