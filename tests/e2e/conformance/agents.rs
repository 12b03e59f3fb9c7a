//! Every function that an agent may call.

use std::fmt;
use std::sync::LazyLock;

use assize::egress::Egress;
use assize::event::Event;
use assize::outcome::Outcome;
use assize::policy::permission::Permission;
use assize::process::Commands;
use assize::sandbox::{Account, Done};
use assize::store::{AccessFilter, ArtifactDraft, StateChange};
use assize_provenance::digest::Digest;
use assize_provenance::opinion::Absence;
use assize_provenance::time::Time;
use assize_tests::bad_server::BadServer;
use assize_tests::guests;
use assize_tests::workshop::{AGENT, RUN, Workshop};

use super::board;
use crate::commands::keeper;

/// One function, as a guest calls it.
pub(super) struct Row {
    pub(super) permission: Permission,
    /// The call in WebAssembly text; the answer lands at 4096.
    pub(super) call: &'static str,
    /// Where the payload of the answer starts, as the canonical ABI aligns it.
    pub(super) payload: u32,
    /// The limit that refuses it when it is called on and on, with a value that is soon reached; nothing where only the number
    /// of host calls ends that.
    pub(super) limit: Option<&'static str>,
}

/// Texts that the calls pass, from address 6144 on.
const TEXTS: &str = r#"
  (data (i32.const 6144) "src/file1.txt") (data (i32.const 6160) "needle") (data (i32.const 6176) "\10\18\00\00\06\00\00\00")
  (data (i32.const 6192) "src") (data (i32.const 6200) "key") (data (i32.const 6208) "text/plain")
  (data (i32.const 6224) "src/new.txt") (data (i32.const 6240) "src/gone.txt") (data (i32.const 6256) "src/moved.txt")
  (data (i32.const 6272) "report") (data (i32.const 6288) "GET")"#;

/// 40,000 letters at 16384.
const LETTERS: &str = "(memory.fill (i32.const 16384) (i32.const 120) (i32.const 40000))";

/// What is stored before any call.
const REPORT: &str = "a report, kept from an earlier call";

static ROWS: [Row; 14] = [
    Row {
        permission: Permission::WorkspaceList,
        call: "(call $list (i32.const 6192) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4096))",
        payload: 4,
        limit: Some("evidence_mib"),
    },
    Row {
        permission: Permission::WorkspaceRead,
        call: "(call $read (i32.const 6144) (i32.const 13) (i64.const 0) (i32.const 65536) (i32.const 4096))",
        payload: 4,
        limit: Some("evidence_mib"),
    },
    Row {
        permission: Permission::WorkspaceWrite,
        call: "(call $write (i32.const 6224) (i32.const 11) (i32.const 16384) (i32.const 40000) (i32.const 1) (i32.const 4096))",
        payload: 4,
        limit: Some("write_mib"),
    },
    Row {
        permission: Permission::WorkspaceRemove,
        call: "(call $remove (i32.const 6240) (i32.const 12) (i32.const 4096))",
        payload: 4,
        limit: None,
    },
    Row {
        permission: Permission::WorkspaceRename,
        call: "(call $rename (i32.const 6240) (i32.const 12) (i32.const 6256) (i32.const 13) (i32.const 4096))",
        payload: 4,
        limit: None,
    },
    Row {
        permission: Permission::WorkspaceSearch,
        call: "(call $search (i32.const 6192) (i32.const 3) (i32.const 6176) (i32.const 1) (i32.const 1000) (i32.const 4096))",
        payload: 4,
        limit: Some("evidence_mib"),
    },
    Row {
        permission: Permission::WorkspaceDiff,
        call: "(call $diff (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4096))",
        payload: 4,
        limit: Some("evidence_mib"),
    },
    Row {
        permission: Permission::StateGet,
        call: "(call $get (i32.const 6200) (i32.const 3) (i32.const 4096))",
        payload: 8,
        limit: Some("evidence_mib"),
    },
    Row {
        permission: Permission::StateSet,
        call: "(call $set (i32.const 6200) (i32.const 3) (i32.const 1) (i32.const 16384) (i32.const 20000)
                 (i32.const 0) (i64.const 0) (i32.const 4096))",
        payload: 8,
        limit: Some("state_kib"),
    },
    Row {
        permission: Permission::StateList,
        call: "(call $keys (i32.const 6200) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4096))",
        payload: 4,
        limit: Some("evidence_mib"),
    },
    Row {
        permission: Permission::ArtifactsStore,
        call: "(call $store (i32.const 6272) (i32.const 6) (i32.const 6208) (i32.const 10)
                 (i32.const 16384) (i32.const 40000) (i32.const 4096))",
        payload: 8,
        limit: Some("artifact_mib"),
    },
    Row {
        permission: Permission::ArtifactsGet,
        call: "(call $fetch (i32.const 6400) (i32.const 64) (i64.const 0) (i32.const 65536) (i32.const 4096))",
        payload: 4,
        limit: Some("evidence_mib"),
    },
    Row {
        permission: Permission::ProcessRun,
        call: "(call $command (i32.const 6536) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                 (i32.const 4096))",
        payload: 8,
        limit: Some("evidence_mib"),
    },
    Row {
        permission: Permission::HttpSend,
        call: "(call $send (i32.const 6288) (i32.const 3) (i32.const 6480) (i32.const 40) (i32.const 0) (i32.const 0)
                 (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4096))",
        payload: 4,
        limit: Some("requests"),
    },
];

/// Writes one line of the log; it gives no answer.
const LOG: &str = "(call $log (i32.const 1) (i32.const 6144) (i32.const 13))";

/// Where the cases of `refusal` stand in the contract.
pub(super) const DENIED: u32 = 0;
pub(super) const LIMIT: u32 = 1;
const UNAVAILABLE: u32 = 5;

/// Every file is open, one command, and every request to the server.
const FILES: Open = Open;

struct Open;

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = SERVER.origin();
        write!(
            f,
            "[roles.agent.process]\nallow = [[\"head\", \"-c\", \"400000\", \"src/long.txt\"]]\n\
             [[roles.agent.http]]\norigin = \"{origin}\"\nmethods = [\"GET\"]\n\
             [roles.agent.files]\nread = [\"**\"]\nwrite = [\"**\"]\n"
        )
    }
}

/// Where the requests go.
static SERVER: LazyLock<BadServer> = LazyLock::new(BadServer::start);

/// An agent that makes `calls` and tells of the answer at 4096: its output is `true` for a value, `false` for the refusal
/// `expected` and `null` for any other. Its summary is what the refusal says first: the permission, or why.
pub(super) fn agent_of_answer(row: &Row, calls: &str, expected: u32) -> Vec<u8> {
    let refusal = 4096 + row.payload;
    let body = format!(
        "{LETTERS} {calls}
         (if (i32.load8_u (i32.const 4096)) (then
           (i32.store (i32.const 2060) (i32.const 2089))
           (if (i32.eq (i32.load8_u (i32.const {refusal})) (i32.const {expected})) (then
             (i32.store (i32.const 2060) (i32.const 2084))
             (i32.store (i32.const 2064) (i32.const 5))))
           (i32.store (i32.const 2052) (i32.load (i32.const {})))
           (i32.store (i32.const 2056) (i32.load (i32.const {})))))
         (i32.const 2048)",
        refusal + 4,
        refusal + 8
    );
    guests::agent_with(&fields(), &body)
}

fn fields() -> String {
    let hello = format!("{}/hello", SERVER.origin());
    // `head -c 400000 src/long.txt`, and where each word stands.
    let words = "(data (i32.const 6536) \"\\a8\\19\\00\\00\\04\\00\\00\\00\\ac\\19\\00\\00\\02\\00\\00\\00\\ae\\19\\00\\00\\06\\00\\00\\00\\b4\\19\\00\\00\\0c\\00\\00\\00\")
                 (data (i32.const 6568) \"head-c400000src/long.txt\")";
    format!(
        "{TEXTS} {} {words} (data (i32.const 6400) \"{}\") (data (i32.const 6480) \"{hello:o<40}\")",
        board::TEXTS,
        Digest::of(REPORT.as_bytes())
    )
}

/// Every row.
fn all() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(board::ROWS)
}

/// A workshop in which every call of the table has something to work on.
pub(super) fn workshop() -> Workshop {
    let mut workshop = Workshop::open();
    board::fill(&workshop);
    workshop.outside.egress = Some(Egress::default());
    workshop.outside.commands = Some(Commands::new(keeper(), workshop.around().join("scratch")));
    workshop.put("src/long.txt", &"a long file\n".repeat(40_000));
    for number in 0..40 {
        workshop.put(&format!("src/file{number}.txt"), &"a needle\n".repeat(100));
    }
    workshop.put("src/gone.txt", "soon gone");
    let now = Time::from_unix_seconds(1_800_000_000).expect("a time");
    for key in (0..20)
        .map(|number| format!("{number:02}{}", "k".repeat(200)))
        .chain(["key".to_owned()])
    {
        let change = StateChange {
            run: RUN,
            agent: AGENT.into(),
            key,
            value: Some(vec![b'v'; 10_000]),
            expected: None,
            bytes_max: 1 << 30,
        };
        workshop
            .store
            .state_set(now, change)
            .expect("stored")
            .expect("no refusal");
    }
    let draft = ArtifactDraft {
        run: RUN,
        agent: AGENT.into(),
        name: "report".into(),
        media_type: "text/plain".into(),
        contents: REPORT.as_bytes().to_vec(),
    };
    workshop.store.artifact_store(now, draft).expect("stored");
    workshop
}

/// What a call that came to its end says: its output and its summary.
pub(super) fn done(account: Account<Done>, what: &str) -> (String, String) {
    match account.outcome {
        Outcome::Finished(done) => (done.output, done.summary),
        Outcome::Ended(absence, detail) => panic!("{what}: {absence:?}, {detail}"),
    }
}

/// The rows of this table, by the function's name.
pub(super) fn rows() -> Vec<&'static str> {
    all().map(|row| row.permission.name()).chain(["log.write"]).collect()
}

/// Which functions an agent's call left a record of in the store, granted and refused, where it called each once.
pub(super) fn recorded() -> Vec<String> {
    let calls: String = all().map(|row| row.call).chain([LOG]).collect();
    let component = guests::agent_with(&fields(), &format!("{LETTERS} {calls} (i32.const 2048)"));
    let recorded = |role: &str, granted: bool| -> Vec<String> {
        let workshop = workshop();
        let account = workshop.run(role, &component);
        let told = account.accesses.iter().filter(|access| access.granted == granted);
        let mut told: Vec<String> = told.map(|access| access.permission.name().to_owned()).collect();
        let filter = AccessFilter {
            run: Some(RUN),
            agent: Some(AGENT),
            denied: false,
            since: None,
        };
        let stored = workshop.store.accesses(&filter, None, 100).expect("a page");
        let stored = stored.into_iter().filter_map(|recorded| match recorded.event {
            Event::AccessChecked {
                permission,
                granted: was,
                reason,
                ..
            } if was == granted && (!reason.is_empty() || permission == "log.write") => Some(permission),
            _ => None,
        });
        let mut stored: Vec<String> = stored.collect();
        stored.sort();
        told.sort();
        assert_eq!(stored, told, "the store has what the account has");
        stored
    };
    let granted = recorded(&format!("allow = [\"*\"]\n{FILES}"), true);
    let refused = recorded(&format!("allow = [\"*\"]\ndeny = [\"*\"]\n{FILES}"), false);
    granted.into_iter().filter(|name| refused.contains(name)).collect()
}

#[test]
fn what_is_granted_answers() {
    let workshop = workshop();
    for row in all() {
        let role = format!("allow = [\"{}\"]\n{FILES}", row.permission);
        workshop.put("src/gone.txt", "soon gone");
        let _ = std::fs::remove_file(workshop.folder().join("src/moved.txt"));
        let account = workshop.run(&role, &agent_of_answer(row, row.call, DENIED));
        let (output, why) = done(account, row.permission.name());
        assert_eq!(output, "true", "{}: {why}", row.permission);
    }
    assert_eq!(
        std::fs::read(workshop.folder().join("src/new.txt"))
            .expect("written")
            .len(),
        40_000
    );
    let account = workshop.run(
        "allow = []",
        &guests::agent_with(&fields(), &format!("{LOG} (i32.const 2048)")),
    );
    let lines: Vec<&str> = account.log.iter().map(|line| line.message.as_str()).collect();
    assert_eq!((lines, account.log_dropped), (vec!["src/file1.txt"], 0));
}

/// Every other permission is granted, so that nothing but the missing one can refuse.
#[test]
fn what_is_not_granted_is_denied_by_name() {
    let workshop = workshop();
    for row in all() {
        let permission = row.permission;
        for role in [
            format!("allow = [\"*\"]\ndeny = [\"{permission}\"]\n{FILES}"),
            format!("allow = [\"log.*\"]\n{FILES}"),
        ] {
            let account = workshop.run(&role, &agent_of_answer(row, row.call, DENIED));
            let access = account.accesses.last().expect("a record").clone();
            let (output, needed) = done(account, permission.name());
            assert_eq!(
                (output.as_str(), needed.as_str()),
                ("false", permission.name()),
                "under {role}"
            );
            assert_eq!((access.permission, access.granted), (permission, false));
            assert!(access.reason.contains("test.toml:"), "{permission}: {}", access.reason);
        }
    }
    assert!(workshop.folder().join("src/gone.txt").exists());
    assert!(!workshop.folder().join("src/new.txt").exists());
    let quiet = guests::agent_with(&fields(), &format!("{LOG} (i32.const 2048)"));
    let account = workshop.run("allow = [\"*\"]\ndeny = [\"log.write\"]", &quiet);
    assert_eq!((account.log.len(), account.log_dropped), (0, 1));
    assert!(
        matches!(account.outcome, Outcome::Finished(_)),
        "a denied line ends nothing"
    );
}

/// The permission is not enough: the path must be open too, and the refusal says which line opens it.
#[test]
fn what_no_pattern_opens_is_denied_with_the_line() {
    let workshop = workshop();
    let rows = ROWS
        .iter()
        .filter(|row| row.permission.name().starts_with("workspace."));
    for row in rows.filter(|row| row.permission != Permission::WorkspaceDiff) {
        let role = "allow = [\"*\"]\n[roles.agent.files]\nread = [\"docs/**\"]\nwrite = [\"docs/**\"]\n";
        let account = workshop.run(role, &agent_of_answer(row, row.call, DENIED));
        let access = account.accesses.last().expect("a record").clone();
        let (output, needed) = done(account, row.permission.name());
        assert_eq!((output.as_str(), needed.as_str()), ("false", row.permission.name()));
        assert!(
            access.reason.contains("[roles.agent.files]"),
            "{}: {}",
            row.permission,
            access.reason
        );
        assert!(access.resource.starts_with("src"), "{}", access.resource);
    }
}

/// Asking on and on is refused when the role's bytes are used up, and the agent may still say what it did.
#[test]
fn beyond_its_limit_a_function_is_refused() {
    let workshop = workshop();
    for row in all() {
        let Some(limit) = row.limit else { continue };
        let value = if limit == "state_kib" { 230 } else { 1 };
        let role = format!(
            "allow = [\"*\"]\n{FILES}[roles.agent.limits]\n{limit} = {value}\nhost_calls = 10000000\nwall_seconds = 120\n"
        );
        // Something to tell of, for a diff; and another key each time, for values.
        let first = "(call $write (i32.const 6224) (i32.const 11) (i32.const 16384) (i32.const 40000) (i32.const 2)
                       (i32.const 4096))";
        let other_key = match row.permission {
            Permission::StateSet => {
                "(i32.store8 (i32.const 6202) (i32.add (i32.load8_u (i32.const 6202)) (i32.const 1)))"
            }
            Permission::KnowledgeShare => board::OTHER_KEY,
            _ => "",
        };
        let on_and_on = format!(
            "{first} (loop $on (global.set $next (i32.const 65536)) {other_key} {}
               (br_if $on (i32.eqz (i32.load8_u (i32.const 4096)))))",
            row.call
        );
        let account = workshop.run(&role, &agent_of_answer(row, &on_and_on, LIMIT));
        let (output, why) = done(account, row.permission.name());
        assert_eq!(output, "false", "{}: {why}", row.permission);
        assert!(why.contains(limit), "{}: {why}", row.permission);
    }
    let role = "allow = []\n[roles.agent.limits]\nlog_kib = 1\nhost_calls = 10000000\n";
    let lines = format!(
        "(local $n i32) (loop $on {LOG} (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $on (i32.lt_u (local.get $n) (i32.const 200)))) (i32.const 2048)"
    );
    let account = workshop.run(role, &guests::agent_with(&fields(), &lines));
    assert!(matches!(account.outcome, Outcome::Finished(_)));
    assert_eq!(account.log.len() as u64 + account.log_dropped, 200);
    assert!((1..100).contains(&account.log.len()));
}

/// Asking on and on ends the call, also where every answer is a refusal.
#[test]
fn beyond_its_calls_the_agent_is_stopped() {
    let workshop = workshop();
    let calls = all().map(|row| row.call).chain([LOG]);
    for call in calls {
        // A command takes thousands of times as long as any other call.
        let times = if call.contains("$command") { 15 } else { 1_500 };
        let limits = format!("[roles.agent.limits]\nhost_calls = {times}\n");
        let endless = format!("{LETTERS} (loop $on (global.set $next (i32.const 65536)) {call} (br $on)) unreachable");
        let agent = guests::agent_with(&fields(), &endless);
        for allow in [
            "allow = [\"*\"]\ndeny = [\"state.set\", \"artifacts.store\", \"tasks.create\", \"tasks.update\", \"tasks.assign\", \
             \"messages.post\", \"knowledge.update\", \"decisions.propose\", \"status.update\"]",
            "allow = []",
        ] {
            let account = workshop.run(&format!("{allow}\n{FILES}{limits}"), &agent);
            match account.outcome {
                Outcome::Ended(Absence::HostLimit, detail) => assert!(detail.contains("host_calls"), "{detail}"),
                other => panic!("{call} under {allow}: {other:?}"),
            }
        }
    }
}

/// Nothing is used that is not recorded: a call that comes to the end of its list ends.
#[test]
fn beyond_its_record_the_agent_is_stopped() {
    let workshop = workshop();
    let role = format!("allow = [\"*\"]\n{FILES}[roles.agent.limits]\naudit_events = 100\n");
    // Another file each time.
    let body = "(local $n i32) (loop $on
         (i32.store8 (i32.const 6229) (i32.add (i32.const 97) (i32.div_u (local.get $n) (i32.const 25))))
         (i32.store8 (i32.const 6230) (i32.add (i32.const 97) (i32.rem_u (local.get $n) (i32.const 25))))
         (local.set $n (i32.add (local.get $n) (i32.const 1)))
         (call $read (i32.const 6224) (i32.const 11) (i64.const 0) (i32.const 1) (i32.const 4096)) (br $on)) unreachable";
    let account = workshop.run(&role, &guests::agent_with(&fields(), body));
    match account.outcome {
        Outcome::Ended(Absence::HostLimit, detail) => assert!(detail.contains("audit_events"), "{detail}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(account.accesses.len(), 100);
    let alike = "(local $n i32) (loop $on (call $read (i32.const 6224) (i32.const 11) (i64.const 0) (i32.const 1) (i32.const 4096))
         (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $on (i32.lt_u (local.get $n) (i32.const 5000))))
         (i32.const 2048)";
    let account = workshop.run(&role, &guests::agent_with(&fields(), alike));
    let times: Vec<u64> = account.accesses.iter().map(|access| access.times).collect();
    assert_eq!(times, [5_000], "what is alike is one");
    // What cannot be noted is not done.
    let role = format!("allow = [\"*\"]\n{FILES}[roles.agent.limits]\naudit_events = 1\n");
    let (read, write) = (ROWS[1].call, ROWS[2].call);
    let account = workshop.run(
        &role,
        &guests::agent_with(&fields(), &format!("{read} {write} unreachable")),
    );
    assert!(
        matches!(account.outcome, Outcome::Ended(Absence::HostLimit, _)),
        "{:?}",
        account.outcome
    );
    assert!(!workshop.folder().join("src/new.txt").exists());
}

/// While a plugin says what it is it has no task, whatever its role will be.
#[test]
fn describe_holds_no_power() {
    let workshop = workshop();
    for row in all() {
        let refusal = 4096 + row.payload;
        let component = guests::agent_describing(
            &fields(),
            &format!(
                "{} (if (i32.ne (i32.load8_u (i32.const {refusal})) (i32.const {UNAVAILABLE})) (then unreachable))
                 (i32.const 1024)",
                row.call
            ),
        );
        let loaded = workshop.sandbox.load_agent(&component).expect("the machine holds");
        if row.permission == Permission::WorkspaceSearch {
            // A search weighs more than all the calls that a description may make.
            let unusable = loaded.expect_err("it is refused");
            assert!(unusable.to_string().contains("host_calls"), "{unusable}");
        } else {
            assert!(loaded.is_ok(), "{}: {:?}", row.permission, loaded.err());
        }
    }
    assert!(workshop.folder().join("src/gone.txt").exists());
}
