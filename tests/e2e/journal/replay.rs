//! Replay: the same bytes in another folder, with no store, no commands and no network; or the first call that differs.

use std::fs;

use assize::catalog::EMBEDDED;
use assize::egress::Egress;
use assize::host_call::Journal;
use assize::process::Commands;
use assize::sandbox::{Account, Agent, Departure, Done, Outside, Replayed};
use assize_tests::bad_server::BadServer;
use assize_tests::guests::{self, Asked};
use assize_tests::workshop::Workshop;
use serde_json::json;

use super::{ROLE, TEXTS, counting, summary, without_end};
use crate::commands::keeper;

/// A call that was made once, and what it takes to make it again.
struct Recorded {
    workshop: Workshop,
    agent: Agent,
    role: String,
    input: String,
    account: Account<Done>,
    journal: Journal,
}

fn recorded(workshop: Workshop, agent: Agent, role: &str, input: &str) -> Recorded {
    let grants = workshop.grants(role, &agent);
    let desk = Box::new(workshop.desk(&grants));
    let account = workshop
        .run_kept(&agent, grants, input, desk, Journal::default())
        .expect("the host holds");
    let journal = workshop.journal();
    Recorded {
        workshop,
        agent,
        role: role.to_owned(),
        input: input.to_owned(),
        account,
        journal,
    }
}

impl Recorded {
    /// Replays it with this component, in another folder that holds these files, with no way out.
    fn replay(&self, agent: &Agent, files: &[(&str, &str)]) -> (Workshop, Replayed) {
        let elsewhere = Workshop::open_in(self.workshop.sandbox.clone());
        files.iter().for_each(|(path, contents)| elsewhere.put(path, contents));
        let grants = elsewhere.grants(&self.role, agent);
        let replayed = elsewhere.replay(agent, grants, &self.input, self.journal.clone());
        (elsewhere, replayed)
    }

    /// Insists that a replay elsewhere gives the same bytes.
    fn must_be_the_same(&self, files: &[(&str, &str)], results: &[&str]) {
        let (elsewhere, replayed) = self.replay(&self.agent, files);
        let Replayed::Same(account) = replayed else {
            panic!("{replayed:?}")
        };
        assert_eq!(account.outcome, self.account.outcome);
        assert_eq!(account.changes, self.account.changes);
        assert_eq!(account.journal, self.account.journal);
        let read = |workshop: &Workshop, path: &str| fs::read(workshop.folder().join(path)).expect("a file");
        for path in results {
            assert_eq!(read(&elsewhere, path), read(&self.workshop, path), "{path}");
        }
    }

    fn departure(&self, agent: &Agent, files: &[(&str, &str)]) -> Departure {
        match self.replay(agent, files).1 {
            Replayed::Diverged(departure) => departure,
            other => panic!("{other:?}"),
        }
    }
}

fn embedded(workshop: &Workshop, name: &str) -> Agent {
    let embedded = EMBEDDED.iter().find(|embedded| embedded.name == name);
    workshop.load(embedded.expect("it comes along").component)
}

#[test]
fn the_codemod_gives_the_same_bytes() {
    let files = [("src/a.rs", "an old name\n"), ("docs/b.md", "an old name\n")];
    let workshop = Workshop::open();
    files.iter().for_each(|(path, contents)| workshop.put(path, contents));
    let agent = embedded(&workshop, "codemod");
    let role = "allow = [\"workspace.*\"]\n[roles.agent.files]\nread = [\"**\"]\nwrite = [\"src/**\"]\n";
    let input = json!({ "edits": [{ "paths": ["**"], "literal": "old", "with": "new" }] }).to_string();
    let recorded = recorded(workshop, agent, role, &input);
    assert!(summary(&recorded.account).starts_with("Changed 1 file"));
    recorded.must_be_the_same(&files, &["src/a.rs", "docs/b.md"]);

    // In a folder that holds something else the first answer that differs is named.
    let departure = recorded.departure(&recorded.agent, &[("src/a.rs", "an old name!\n"), files[1]]);
    assert!(departure.found.contains("answer is another one"), "{departure}");
    assert!(departure.recorded.contains("workspace."), "{departure}");
}

#[test]
fn the_fix_loop_gives_the_same_bytes_without_running_anything() {
    const CHECK: &str = "for file in src/a.rs; do\n  if grep -q old $file; then\n    \
                         printf 'Diff in %s:1:\\n-old\\n+new\\n \\n' \"$PWD/$file\"\n    failed=1\n  fi\ndone\ndate >> src/log\n\
                         exit ${failed:-0}\n";
    let files = [("check", CHECK), ("src/a.rs", "old\n"), ("src/log", "")];
    let mut workshop = Workshop::open();
    workshop.outside.commands = Some(Commands::new(keeper(), workshop.around().join("scratch")));
    files.iter().for_each(|(path, contents)| workshop.put(path, contents));
    let agent = embedded(&workshop, "fix-loop");
    let role = "allow = [\"workspace.*\", \"process.run\", \"artifacts.store\"]\n[roles.agent.process]\n\
                allow = [[\"sh\", \"check\"]]\n[roles.agent.files]\nread = [\"**\"]\nwrite = [\"src/**\"]\n";
    let input = json!({ "check": ["sh", "check"] }).to_string();
    let recorded = recorded(workshop, agent, role, &input);
    assert!(
        summary(&recorded.account).starts_with("The check passes"),
        "{}",
        summary(&recorded.account)
    );
    let changed: Vec<&str> = recorded.account.changes.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        changed,
        ["src/a.rs", "src/log"],
        "what a command changed is a change, too"
    );
    recorded.must_be_the_same(&files, &["src/a.rs", "src/log", "check"]);
}

#[test]
fn the_time_and_the_randomness_are_those_of_the_call() {
    let workshop = Workshop::open();
    let agent = workshop.load(&guests::probing_agent(3_600_000_000_000));
    let role = "allow = [\"*\"]\n[roles.agent.files]\nread = [\"**\"]\n";
    let recorded = recorded(workshop, agent, role, "null");
    let found = guests::Found::read(summary(&recorded.account));
    assert_eq!(found.monotonic, (0, 3_600_000_000_000));
    assert_eq!(found.wall, 1_800_000_000 + 3_600);
    recorded.must_be_the_same(&[], &[]);
}

#[test]
fn what_lies_in_the_store_is_told_without_it() {
    let workshop = Workshop::open();
    let agent = workshop.load(&counting());
    recorded(workshop, agent, ROLE, "null").must_be_the_same(&[], &["a.txt"]);
}

#[test]
fn another_component_is_reported_at_its_first_differing_call() {
    let workshop = Workshop::open();
    let agent = workshop.load(&counting());
    let recorded = recorded(workshop, agent, ROLE, "null");
    let load = |body: &str| recorded.workshop.load(&guests::agent_with(TEXTS, body));
    let letters = super::COUNTING.replace("(i32.const 120) (i32.const 1000)", "(i32.const 121) (i32.const 1000)");
    let departure = recorded.departure(&load(&letters), &[]);
    assert_eq!(
        departure.to_string(),
        "at host call 2, recorded is `state.set` on `key`, but `state.set` is called with other arguments"
    );
    let more = super::COUNTING.replace(
        "(i32.const 2048)",
        "(call $get (i32.const 6144) (i32.const 3) (i32.const 4096)) (i32.const 2048)",
    );
    let departure = recorded.departure(&load(&more), &[]);
    assert_eq!(departure.at, super::COUNTING_CALLS + 1);
    assert!(
        departure.to_string().contains("nothing more after 10 calls"),
        "{departure}"
    );
    let departure = recorded.departure(&load("(i32.const 2048)"), &[]);
    assert_eq!(
        departure.to_string(),
        "at host call 1, recorded is `state.get`, but it has ended before"
    );
    let result = super::COUNTING.replace(
        "(i32.store (i32.const 2056) (i32.load (i32.const 4104)))",
        "(i32.store (i32.const 2056) (i32.const 1))",
    );
    let departure = recorded.departure(&load(&result), &[]);
    assert!(departure.found.contains("result is another one"), "{departure}");
}

#[test]
fn what_cannot_be_told_is_said() {
    let workshop = Workshop::open();
    let agent = workshop.load(&counting());
    let mut recorded = recorded(workshop, agent, ROLE, "null");
    recorded.journal = without_end(recorded.journal);
    let (_, replayed) = recorded.replay(&recorded.agent, &[]);
    assert!(
        matches!(&replayed, Replayed::Unknown(why) if why.contains("interrupted")),
        "{replayed:?}"
    );
}

/// The answer to a request of `wasi:http` comes in pieces and is not kept.
#[test]
fn a_request_that_was_streamed_is_not_replayed_and_not_sent() {
    let server = BadServer::start();
    let mut workshop = Workshop::open();
    workshop.outside = Outside {
        egress: Some(Egress::default()),
        ..Outside::default()
    };
    let origin = server.origin();
    let role = format!("allow = [\"http.send\"]\n[[roles.agent.http]]\norigin = \"{origin}\"\nmethods = [\"GET\"]\n");
    let agent = workshop.load(&guests::wasi_sending_agent(&Asked::new(
        "GET",
        &format!("{origin}/hello"),
    )));
    let recorded = recorded(workshop, agent, &role, "null");
    assert_eq!(server.requests().len(), 1);
    let (_, replayed) = recorded.replay(&recorded.agent, &[]);
    assert!(
        matches!(&replayed, Replayed::Unknown(why) if why.contains("wasi:http")),
        "{replayed:?}"
    );
    assert_eq!(server.requests().len(), 1);
}
