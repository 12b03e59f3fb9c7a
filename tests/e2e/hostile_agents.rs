//! Agents that do not fit, lie, or meet a host that fails: each ends in a sentence or an outcome, and the next call works.

use assize::egress::Egress;
use assize::outcome::Outcome;
use assize::sandbox::{
    Board, Declined, Desk, HostFault, Noting, Record, Surroundings, Task, TaskError, Unusable, World,
};
use assize::store::{KeyPage, StateItem};
use assize_provenance::digest::Digest;
use assize_provenance::opinion::Absence;
use assize_tests::bad_server::BadServer;
use assize_tests::guests::{self, Asked};
use assize_tests::workshop::Workshop;

const ROLE: &str = "allow = [\"*\"]\n[roles.agent.files]\nread = [\"**\"]\nwrite = [\"**\"]\n";

/// Reads the state under `guest`, and is done.
const ASKS_STATE: &str = "(call $get (i32.const 16) (i32.const 5) (i32.const 4096)) (i32.const 2048)";

#[test]
fn a_component_that_does_not_fit_is_refused_by_name() {
    let workshop = Workshop::open();
    let refused = |text: &str| {
        let loaded = workshop
            .sandbox
            .load_agent(&guests::component(text))
            .expect("the machine holds");
        loaded.expect_err("it is refused")
    };
    for (text, name) in [
        (
            r#"(component (import "wasi:http/incoming-handler@0.2.3" (instance)))"#,
            "wasi:http/incoming-handler@0.2.3",
        ),
        (
            r#"(component (import "assize:plugin/evidence@0.1.0" (instance)))"#,
            "assize:plugin/evidence@0.1.0",
        ),
        (
            r#"(component (import "assize:plugin/waivers@0.1.0" (instance)))"#,
            "assize:plugin/waivers@0.1.0",
        ),
        (
            r#"(component (import "other:plugin/workspace@0.1.0" (instance)))"#,
            "other:plugin/workspace@0.1.0",
        ),
        (r#"(component (import "anything" (func)))"#, "anything"),
    ] {
        let unusable = refused(text);
        assert!(
            matches!(&unusable, Unusable::Import { import, world: World::Agent } if import == name),
            "{unusable}"
        );
        assert!(
            unusable.to_string().contains(name) && unusable.to_string().contains("workspace"),
            "{unusable}"
        );
    }
    for version in ["0.2.0", "0.0.9", "1.0.0"] {
        let unusable = refused(&format!(
            r#"(component (import "assize:plugin/workspace@{version}" (instance)))"#
        ));
        assert!(matches!(unusable, Unusable::ContractVersion { .. }), "{unusable}");
        let text = unusable.to_string();
        assert!(
            text.contains(version) && text.contains("0.1.0"),
            "both versions are named: {text}"
        );
    }
    for version in ["0.3.0", "0.3.0-rc-2025-09-16", "0.1.0"] {
        let unusable = refused(&format!(
            r#"(component (import "wasi:cli/environment@{version}" (instance)))"#
        ));
        assert!(matches!(unusable, Unusable::WasiVersion { .. }), "{unusable}");
        assert!(unusable.to_string().contains("WASI 0.2"), "{unusable}");
    }
    assert!(matches!(
        refused("(component)"),
        Unusable::World {
            world: World::Agent,
            ..
        }
    ));
    let judge = workshop
        .sandbox
        .load_agent(&guests::judge("(i32.const 2048)"))
        .expect("the machine holds")
        .expect_err("a judge is no agent");
    assert!(matches!(judge, Unusable::Import { .. }), "{judge}");
    let agent = workshop
        .sandbox
        .load(&guests::agent("(i32.const 2048)"))
        .expect("the machine holds")
        .expect_err("an agent is no judge");
    assert!(matches!(agent, Unusable::Import { .. }), "{agent}");
}

/// A desk that does what a test wants of it.
struct Broken {
    panics: bool,
    records: bool,
}

impl Board for Broken {}

impl Desk for Broken {
    fn state_get(&mut self, _: &str) -> Result<Option<StateItem>, Declined> {
        assert!(!self.panics, "the host fails in the middle of a call");
        Err(Declined::Unavailable("the disk is gone".into()))
    }

    fn state_set(
        &mut self,
        _: &str,
        _: Option<Vec<u8>>,
        _: Option<u64>,
        _: u64,
        _: Noting<u64>,
    ) -> Result<u64, Declined> {
        Err(Declined::Unavailable("the disk is gone".into()))
    }

    fn state_list(&mut self, _: &str, _: Option<&str>, _: usize) -> Result<KeyPage, Declined> {
        Err(Declined::Unavailable("the disk is gone".into()))
    }

    fn artifact_store(&mut self, _: &str, _: &str, _: Vec<u8>, _: Noting<Digest>) -> Result<Digest, Declined> {
        Err(Declined::Unavailable("the disk is gone".into()))
    }

    fn artifact_get(&mut self, _: &Digest, _: u64, _: u32) -> Result<Vec<u8>, Declined> {
        Err(Declined::Unavailable("the disk is gone".into()))
    }

    fn record(&mut self, _: Record<'_>) -> Result<(), Declined> {
        if self.records {
            return Ok(());
        }
        Err(Declined::Unavailable("the disk is full".into()))
    }
}

/// With and without a language runtime, which is called in another way.
#[test]
fn a_host_that_panics_costs_one_call() {
    let workshop = Workshop::open();
    for component in [guests::agent(ASKS_STATE), guests::runtime_agent(ASKS_STATE)] {
        let agent = workshop.load(&component);
        let desk = Broken {
            panics: true,
            records: true,
        };
        let account = workshop
            .run_at(&agent, workshop.grants(ROLE, &agent), "null", Box::new(desk))
            .expect("an outcome");
        match account.outcome {
            Outcome::Ended(Absence::Trapped, detail) => assert!(detail.contains("a bug in Assize"), "{detail}"),
            other => panic!("{other:?}"),
        }
        let next = workshop.run(ROLE, &guests::agent(ASKS_STATE));
        assert!(matches!(next.outcome, Outcome::Finished(_)), "{:?}", next.outcome);
    }
}

/// A refusal is an answer; a use that cannot be recorded is none.
#[test]
fn what_cannot_be_recorded_is_not_done() {
    let workshop = Workshop::open();
    let agent = workshop.load(&guests::agent(ASKS_STATE));
    let run = |records: bool| {
        let desk = Broken { panics: false, records };
        workshop.run_at(&agent, workshop.grants(ROLE, &agent), "null", Box::new(desk))
    };
    let account = run(true).expect("an outcome");
    assert!(matches!(account.outcome, Outcome::Finished(_)), "{:?}", account.outcome);
    assert_eq!(account.accesses[0].reason, "unavailable: the disk is gone");
    let fault = run(false).expect_err("nothing is recorded");
    assert!(
        matches!(&fault, HostFault::Record(reason) if reason.contains("disk is full")),
        "{fault}"
    );
}

#[test]
fn an_answer_that_breaks_the_contract_is_malformed() {
    let workshop = Workshop::open();
    for (what, body) in [
        ("no JSON", "(i32.store (i32.const 2064) (i32.const 3)) (i32.const 2048)"),
        (
            "too long",
            "(i32.store (i32.const 2056) (i32.const 9000)) (i32.const 2048)",
        ),
        (
            "control characters",
            "(i32.store8 (i32.const 9000) (i32.const 27)) (i32.store (i32.const 2052) (i32.const 9000))
             (i32.store (i32.const 2056) (i32.const 1)) (i32.const 2048)",
        ),
        (
            "out of its memory",
            "(i32.store (i32.const 2056) (i32.const 0x7fffffff)) (i32.const 2048)",
        ),
        (
            "no such case",
            "(i32.store8 (i32.const 2048) (i32.const 7)) (i32.const 2048)",
        ),
    ] {
        match workshop.run(ROLE, &guests::agent(body)).outcome {
            Outcome::Ended(Absence::Malformed, detail) => assert!(!detail.is_empty(), "{what}"),
            other => panic!("{what}: {other:?}"),
        }
    }
    let faulted = "(i32.store8 (i32.const 2048) (i32.const 1)) (i32.store (i32.const 2052) (i32.const 2080))
        (i32.store (i32.const 2056) (i32.const 4)) (i32.const 2048)";
    match workshop.run(ROLE, &guests::agent(faulted)).outcome {
        Outcome::Ended(Absence::Faulted, detail) => assert_eq!(detail, "true"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_input_that_is_none_is_refused_before_anything_runs() {
    assert!(matches!(Task::new("scribe", "{"), Err(TaskError::NotJson(_))));
    assert!(matches!(
        Task::new("scribe", &" ".repeat(2 << 20)),
        Err(TaskError::TooLong(_))
    ));
    assert!(matches!(
        Task::new("scribe", &"[".repeat(100_000)),
        Err(TaskError::NotJson(_))
    ));
    assert!(Task::new("scribe", "{\"a\": [1, null]}").is_ok());
}

/// Without a folder and without a store there is nothing to reach, and that is said.
#[test]
fn a_call_without_surroundings_reaches_nothing() {
    let workshop = Workshop::open();
    let body = format!(
        "(call $list (i32.const 16) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4096)) {ASKS_STATE}"
    );
    let agent = workshop.load(&guests::agent(&body));
    let task = Task::new("scribe", "null").expect("a task");
    let account = workshop
        .sandbox
        .run(&agent, &task, workshop.grants(ROLE, &agent), Surroundings::default())
        .expect("an outcome");
    let reasons: Vec<&str> = account.accesses.iter().map(|access| access.reason.as_str()).collect();
    assert!(
        reasons.len() == 2 && reasons.iter().all(|reason| reason.starts_with("unavailable")),
        "{reasons:?}"
    );
}

/// What a guest says never reaches a terminal or a log as it is.
#[test]
fn what_a_guest_says_is_escaped_cut_and_masked() {
    let workshop = Workshop::open();
    let token = format!("{}{}", "ghp_", "a1B2".repeat(9));
    let fields = format!("(data (i32.const 9000) \"\\1b[2J {token}\")");
    let length = 5 + token.len();
    let body = format!(
        "(call $log (i32.const 1) (i32.const 9000) (i32.const {length}))
         (call $read (i32.const 9000) (i32.const {length}) (i64.const 0) (i32.const 1) (i32.const 4096)) (i32.const 2048)"
    );
    let account = workshop.run(ROLE, &guests::agent_with(&fields, &body));
    let shown = [&account.log[0].message, &account.accesses[1].resource];
    for text in shown {
        assert_eq!(text, "\\x1b[2J *****");
    }
}

/// Nothing is sent that is not on record, by either way.
#[test]
fn what_cannot_be_recorded_is_not_sent() {
    let server = BadServer::start();
    let mut workshop = Workshop::open();
    workshop.outside.egress = Some(Egress::default());
    let role = format!(
        "allow = [\"http.send\"]\n[[roles.agent.http]]\norigin = \"{}\"\nmethods = [\"GET\"]\n",
        server.origin()
    );
    let asked = Asked::new("GET", &format!("{}/hello", server.origin()));
    for component in [guests::sending_agent(&asked), guests::wasi_sending_agent(&asked)] {
        let agent = workshop.load(&component);
        let desk = Broken {
            panics: false,
            records: false,
        };
        let fault = workshop
            .run_at(&agent, workshop.grants(&role, &agent), "null", Box::new(desk))
            .expect_err("it cannot be recorded");
        assert!(matches!(fault, HostFault::Record(_)), "{fault}");
    }
    assert!(server.requests().is_empty());
}
