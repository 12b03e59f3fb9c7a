//! What is kept: every call outside with its answer, every call in the transcript, and nothing for who calls nothing.

use std::sync::Arc;

use assize::egress::Egress;
use assize::event::Kind;
use assize::host_call::{Journal, Transcript, is_outside};
use assize::outcome::Outcome;
use assize::policy::permission::Permission;
use assize::process::Commands;
use assize::stop::Stop;
use assize::store::EventFilter;
use assize_provenance::canonical;
use assize_tests::bad_server::BadServer;
use assize_tests::guests::{self, Asked};
use assize_tests::workshop::{AGENT, RUN, Workshop};
use assize_tests::yard::must_become;

use super::{COUNTING_CALLS, Closed, ROLE, anew, counting, summary, without_end};
use crate::commands::keeper;

#[test]
fn every_call_outside_is_kept_and_told_again_without_the_store() {
    let workshop = Workshop::open();
    let agent = workshop.load(&counting());
    let grants = workshop.grants(ROLE, &agent);
    let desk = Box::new(workshop.desk(&grants));
    let account = workshop
        .run_kept(&agent, grants.clone(), "null", desk, Journal::default())
        .expect("the host holds");
    assert_eq!((summary(&account), account.host_calls), ("xxx", COUNTING_CALLS));
    let journal = workshop.journal();
    let noted: Vec<(u64, Permission)> = journal
        .notes
        .values()
        .map(|note| (note.number, note.permission))
        .collect();
    let (get, set) = (Permission::StateGet, Permission::StateSet);
    let expected = [get, set, get, set, get, set, Permission::StateList];
    let mut expected: Vec<(u64, Permission)> = (1..).zip(expected).collect();
    expected.extend([(9, Permission::ArtifactsStore), (10, Permission::ArtifactsGet)]);
    assert_eq!(noted, expected, "the eighth is inside");
    assert!(journal.notes.values().all(|note| note.answer.is_some()));

    let transcript = account.journal.clone().expect("a journal is kept");
    assert_eq!(
        journal.ending.as_ref().map(|ending| &ending.transcript),
        Some(&transcript)
    );
    assert_eq!(transcript.calls(), COUNTING_CALLS);
    assert_eq!(transcript.list()[7].resource, "a.txt");

    anew(&workshop, &[]);
    let again = workshop
        .run_kept(&agent, grants, "null", Box::new(Closed), without_end(journal))
        .expect("nothing is asked for");
    assert_eq!(again.outcome, account.outcome);
    assert_eq!((again.journal, again.transcript), (account.journal, account.transcript));
    assert_eq!(again.changes, account.changes);
}

#[test]
fn a_command_is_kept_with_what_it_changed() {
    let mut workshop = Workshop::open();
    workshop.outside.commands = Some(Commands::new(keeper(), workshop.around().join("scratch")));
    let files = [
        ("gone.txt", "soon gone"),
        ("kept.txt", "stays"),
        ("old/changed.txt", "old"),
    ];
    anew(&workshop, &files);
    let script = "date +%s%N > made.txt; rm gone.txt; echo new >> old/changed.txt; mkdir -p new/er; ln -s ../kept.txt new/link; \
                  chmod 755 made.txt; echo $$; exit 3";
    let component = super::going_on::running(&["sh", "-c", script]);
    let agent = workshop.load(&component);
    let role = "allow = [\"process.run\"]\n[roles.agent.files]\nread = [\"**\"]\nwrite = [\"**\"]\n\
                [roles.agent.process]\nallow = [[\"sh\", \"-c\", \"*\"]]\n";
    let grants = workshop.grants(role, &agent);
    let desk = Box::new(workshop.desk(&grants));
    let account = workshop
        .run_kept(&agent, grants.clone(), "null", desk, Journal::default())
        .expect("the host holds");
    summary(&account);
    let changed: Vec<&str> = account.changes.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(changed, ["gone.txt", "made.txt", "new/link", "old/changed.txt"]);
    let before = picture(&workshop);
    assert!(
        before.iter().any(|line| line.starts_with("made.txt 755 ")),
        "{before:?}"
    );

    anew(&workshop, &files);
    workshop.outside.commands = None;
    let journal = without_end(workshop.journal());
    let again = workshop
        .run_kept(&agent, grants, "null", Box::new(Closed), journal)
        .expect("nothing is run");
    assert_eq!(again.outcome, account.outcome);
    assert_eq!(again.changes, account.changes);
    assert_eq!(picture(&workshop), before);
}

/// Everything in the folder: path, mode, and what is in it.
fn picture(workshop: &Workshop) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let (mut lines, mut waiting) = (Vec::new(), vec![workshop.folder()]);
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry"))
        {
            let path = entry.path();
            let name = path
                .strip_prefix(workshop.folder())
                .expect("below")
                .display()
                .to_string();
            let stat = path.symlink_metadata().expect("it is there");
            let mode = stat.permissions().mode() & 0o777;
            if stat.is_dir() {
                lines.push(format!("{name} {mode:o} folder"));
                waiting.push(path);
            } else if stat.is_symlink() {
                lines.push(format!(
                    "{name} link {}",
                    std::fs::read_link(&path).expect("a link").display()
                ));
            } else {
                lines.push(format!(
                    "{name} {mode:o} {}",
                    std::fs::read_to_string(&path).expect("a file")
                ));
            }
        }
    }
    lines.sort();
    lines
}

/// A call that somebody stopped has not ended: it goes on later, and what it was told stays.
#[test]
fn a_stopped_call_goes_on_later() {
    let workshop = Workshop::open();
    let body = format!("{} (loop $on (br $on)) (i32.const 2048)", super::SET);
    let agent = workshop.load(&guests::agent_with(super::TEXTS, &body));
    let role = format!("{ROLE}[roles.agent.limits]\nfuel_millions = 100000\n");
    let grants = workshop.grants(&role, &agent);
    let stop = Stop::default();
    let account = std::thread::scope(|scope| {
        let asks = stop.clone();
        let store = Arc::clone(&workshop.store);
        scope.spawn(move || {
            must_become("it has set a value", || {
                store.state_get(AGENT, "key").expect("reads").is_some()
            });
            asks.stop();
        });
        workshop.run_stoppable(&agent, grants.clone(), stop)
    });
    let account = account.expect("the host holds");
    assert!(matches!(account.outcome, Outcome::Ended(..)), "{:?}", account.outcome);
    let journal = workshop.journal();
    assert_eq!((journal.notes.len(), &journal.ending), (1, &None));
    let stop = Stop::default();
    stop.stop();
    workshop
        .run_stoppable(&agent, grants, stop)
        .expect("it goes on, until it is stopped again");
    let item = workshop.store.state_get(AGENT, "key").expect("reads");
    assert_eq!(item.expect("it is set").version, 1);
}

#[test]
fn a_request_is_kept_with_its_answer_and_not_sent_again() {
    let server = BadServer::start();
    let mut workshop = Workshop::open();
    workshop.outside.egress = Some(Egress::default());
    let origin = server.origin();
    let role = format!(
        "allow = [\"http.send\"]\n[[roles.agent.http]]\norigin = \"{origin}\"\nmethods = [\"GET\", \"POST\"]\n"
    );
    let asked = Asked::new("POST", &format!("{origin}/hello")).body("once");
    let agent = workshop.load(&guests::sending_agent(&asked));
    let grants = workshop.grants(&role, &agent);
    let desk = Box::new(workshop.desk(&grants));
    let account = workshop
        .run_kept(&agent, grants.clone(), "null", desk, Journal::default())
        .expect("the host holds");
    assert_eq!(server.requests().len(), 1);

    let journal = without_end(workshop.journal());
    let again = workshop
        .run_kept(&agent, grants.clone(), "null", Box::new(Closed), journal.clone())
        .expect("nothing is sent");
    assert_eq!(again.outcome, account.outcome);
    assert_eq!(server.requests().len(), 1);

    // Killed while it was under way: nobody knows whether it arrived.
    let mut begun = journal;
    begun.notes.values_mut().for_each(|note| note.answer = None);
    let desk = Box::new(workshop.desk(&grants));
    let lost = workshop
        .run_kept(&agent, grants, "null", desk, begun)
        .expect("the host holds");
    assert!(summary(&lost).contains("may have arrived"), "{}", summary(&lost));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn who_calls_nothing_costs_nothing() {
    let workshop = Workshop::open();
    let agent = workshop.load(&guests::agent("(i32.const 2048)"));
    let grants = workshop.grants(ROLE, &agent);
    let desk = Box::new(workshop.desk(&grants));
    workshop
        .run_kept(&agent, grants, "null", desk, Journal::default())
        .expect("the host holds");
    let events = workshop.store.events(&EventFilter::default(), 0, 10).expect("reads");
    assert_eq!(events, []);
}

/// Many calls inside are written down once, at the end.
#[test]
fn calls_inside_are_written_down_at_the_end() {
    let workshop = Workshop::open();
    workshop.put("a.txt", "contents");
    let body = "(local $n i32)
        (loop $on
          (call $read (i32.const 6192) (i32.const 5) (i64.const 0) (i32.const 100) (i32.const 4096))
          (call $log (i32.const 1) (i32.const 6144) (i32.const 3))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br_if $on (i32.lt_u (local.get $n) (i32.const 100))))
        (i32.const 2048)";
    let agent = workshop.load(&guests::agent_with(super::TEXTS, body));
    let grants = workshop.grants(ROLE, &agent);
    let desk = Box::new(workshop.desk(&grants));
    let account = workshop
        .run_kept(&agent, grants, "null", desk, Journal::default())
        .expect("the host holds");
    let kinds: Vec<Kind> = workshop
        .store
        .events(&EventFilter::default(), 0, 100)
        .expect("reads")
        .iter()
        .map(|recorded| recorded.event.kind())
        .collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == Kind::Transcribed).count(), 1);
    assert!(!kinds.contains(&Kind::HostCalled), "{kinds:?}");
    let transcript = account.journal.expect("a journal is kept");
    assert_eq!(transcript.calls(), 200);
    assert!(transcript.list().iter().all(|call| !is_outside(call.permission)));
    let document = transcript.to_bytes();
    for line in document.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        canonical::parse(line, 4096).expect("canonical");
    }
    assert_eq!(Transcript::from_bytes(&document), Ok(transcript));
}

#[test]
fn the_journal_of_a_run_is_its_own() {
    let workshop = Workshop::open();
    let agent = workshop.load(&counting());
    let grants = workshop.grants(ROLE, &agent);
    let desk = Box::new(workshop.desk(&grants));
    workshop
        .run_kept(&agent, grants, "null", desk, Journal::default())
        .expect("the host holds");
    let other = assize::event::RunId::from_bytes([8; 16]);
    assert_ne!(other, RUN);
    assert_eq!(workshop.store.journal(other), Ok(Journal::default()));
}
