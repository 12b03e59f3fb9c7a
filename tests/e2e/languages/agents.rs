//! Agents in every language, and the codemod that comes with the binary.

use std::fs;
use std::sync::OnceLock;

use assize::egress::Egress;
use assize::outcome::Outcome;
use assize::policy::permission::{Interface, Permission};
use assize::process::Commands;
use assize::sandbox::{Account, Agent, Allocation, Done, Sandbox};
use assize_provenance::digest::Digest;
use assize_provenance::opinion::Absence;
use assize_tests::bad_server::BadServer;
use assize_tests::workshop::Workshop;
use assize_tests::{languages, room};
use serde_json::{Value, json};

use super::{answer, asking, denied, is_limited_by};
use crate::commands::keeper;

/// A server that answers with what it was sent.
fn server() -> &'static BadServer {
    static SERVER: OnceLock<BadServer> = OnceLock::new();
    SERVER.get_or_init(BadServer::start)
}

/// Every file is open, and so is one command and one server.
pub(super) fn open() -> String {
    let origin = server().origin();
    format!(
        "[roles.agent.files]\nread = [\"**\"]\nwrite = [\"**\"]\n\
         [roles.agent.process]\nallow = [[\"head\", \"-c\", \"*\", \"docs/long.txt\"]]\n\
         [[roles.agent.http]]\norigin = \"{origin}\"\nmethods = [\"POST\"]\n"
    )
}

/// What is stored before any call asks for it.
const REPORT: &str = "a report";

/// How often an agent does the same task.
const TASKS: usize = 3;

/// One function.
struct Row {
    call: &'static str,
    /// Arguments to which there is an answer.
    arguments: Value,
    /// The limit that refuses it when it is called on and on, with a value that is soon reached; nothing where only the number
    /// of host calls ends that.
    limit: Option<(&'static str, u64)>,
}

fn rows() -> Vec<Row> {
    let row = |call, arguments, limit| Row { call, arguments, limit };
    let contents = "6e65652021".repeat(4_000);
    let read = Some(("evidence_mib", 1));
    let write = json!({ "path": "new/file", "contents": &contents, "existing": "append" });
    let search = json!({ "path": "docs", "literals": ["needle", "näh"], "max": 1_000 });
    let set = json!({ "key": "new", "value": &contents, "expected": 0 });
    let store = json!({ "name": "report", "media-type": "text/plain", "contents": &contents });
    let digest = Digest::of(REPORT.as_bytes()).to_string();
    let get = json!({ "digest": digest, "offset": 0, "length": 65_536 });
    vec![
        row("workspace.list", json!({ "path": "docs" }), read),
        row(
            "workspace.read",
            json!({ "path": "docs/long.txt", "offset": 3, "length": 65_536 }),
            read,
        ),
        row("workspace.write", write, Some(("write_mib", 1))),
        row("workspace.remove", json!({ "path": "docs/gone.txt" }), None),
        row(
            "workspace.rename",
            json!({ "from": "docs/gone.txt", "to": "docs/moved.txt" }),
            None,
        ),
        row("workspace.search", search, read),
        row("workspace.diff", json!({}), None),
        row("state.get", json!({ "key": "kept" }), read),
        row("state.set", set, Some(("state_kib", 1))),
        row("state.list", json!({ "prefix": "" }), read),
        row("artifacts.store", store, Some(("artifact_mib", 1))),
        row("artifacts.get", get, read),
        row("process.run", head(4_000), read),
        row("http.send", echo(&contents), Some(("requests", 3))),
    ]
}

/// A command that writes so many bytes.
fn head(bytes: u32) -> Value {
    json!({ "arguments": ["head", "-c", bytes.to_string(), "docs/long.txt"], "dir": "", "seconds": 60 })
}

/// A request that is answered with itself; its body is given as hex digits.
pub(super) fn echo(body: &str) -> Value {
    let url = format!("{}/echo", server().origin());
    let headers = [json!({ "name": "x-word", "value": "needle" })];
    json!({ "method": "POST", "url": url, "headers": headers, "body": body, "seconds": 60 })
}

/// The board's functions pass and give the same kinds of values as the functions here, so no guest calls them in every language;
/// the conformance of the host calls each.
fn is_board(interface: Interface) -> bool {
    matches!(
        interface,
        Interface::Tasks
            | Interface::Messages
            | Interface::Knowledge
            | Interface::Decisions
            | Interface::Workflows
            | Interface::Status
    )
}

#[test]
fn every_function_of_agents_has_a_row() {
    let mut rows: Vec<&str> = rows().iter().map(|row| row.call).chain(["log.write"]).collect();
    let of_agents = |permission: &&Permission| {
        permission.is_served() && permission.interface() != Interface::Evidence && !is_board(permission.interface())
    };
    let mut served: Vec<&str> = Permission::ALL
        .iter()
        .filter(of_agents)
        .map(|permission| permission.name())
        .collect();
    rows.sort_unstable();
    served.sort_unstable();
    assert_eq!(rows, served);
}

/// A sandbox with the agents that are built; they are compiled once.
pub(super) fn hired() -> &'static (Sandbox, Vec<(&'static str, Agent)>) {
    static HIRED: OnceLock<(Sandbox, Vec<(&'static str, Agent)>)> = OnceLock::new();
    HIRED.get_or_init(|| {
        let sandbox = room::sandbox(Allocation::OnDemand);
        let load = |(language, component): (&'static str, Vec<u8>)| {
            let loaded = sandbox.load_agent(&component).expect("the machine holds");
            let agent = loaded.unwrap_or_else(|unusable| panic!("the agent in {language}: {unusable}"));
            (language, agent)
        };
        let agents = languages::guests("agent").into_iter().map(load).collect();
        (sandbox, agents)
    })
}

/// A workshop with something for every call to work on.
pub(super) fn workshop() -> Workshop {
    let mut workshop = Workshop::open_in(hired().0.clone());
    workshop.outside.commands = Some(Commands::new(keeper(), workshop.around().join("scratch")));
    workshop.outside.egress = Some(Egress::default());
    workshop.put("docs/long.txt", &"a needle, näh!\n".repeat(300));
    workshop.put("docs/gone.txt", "soon gone");
    workshop.put("docs/deep/other.md", "two words");
    workshop
}

fn run(workshop: &Workshop, agent: &Agent, role: &str, input: &str) -> Account<Done> {
    workshop.run_loaded(agent, workshop.grants(role, agent), input)
}

fn done(account: Account<Done>, what: &str) -> Done {
    match account.outcome {
        Outcome::Finished(done) => done,
        Outcome::Ended(absence, detail) => panic!("{what}: {absence:?}, {detail}"),
    }
}

/// What an agent answers to a request for one call.
pub(super) fn ask(workshop: &Workshop, agent: &Agent, role: &str, call: &str, arguments: &Value, times: u64) -> Value {
    let done = done(run(workshop, agent, role, &asking(call, arguments, times)), call);
    answer(&done.output, call)
}

/// Stores what some calls ask for.
fn prepare(workshop: &Workshop, agent: &Agent) {
    let role = "allow = [\"state.*\", \"artifacts.*\"]";
    let value = "6b657074".repeat(200);
    ask(
        workshop,
        agent,
        role,
        "state.set",
        &json!({ "key": "kept", "value": value }),
        1,
    );
    let contents: String = REPORT.bytes().map(|byte| format!("{byte:02x}")).collect();
    let report = json!({ "name": "report", "media-type": "text/plain", "contents": contents });
    ask(workshop, agent, role, "artifacts.store", &report, 1);
}

#[test]
fn agents_of_all_languages_do_the_same_work() {
    let open = open();
    let expected =
        "file\tlines\twords\nanother\t0\t1\ndocs/deep/other.md\t0\t2\ndocs/gone.txt\t0\t2\ndocs/long.txt\t300\t900\n";
    for (language, agent) in &hired().1 {
        assert_eq!(agent.description().name, "word-count", "in {language}");
        let workshop = workshop();
        workshop.put("another", "wörd");
        workshop.put("picture", "\0 \0");
        let role = format!("allow = [\"workspace.*\"]\n{open}");
        for _ in 0..TASKS {
            let done = done(run(&workshop, agent, &role, "null"), language);
            assert_eq!(done.summary, "Counted 905 words in 4 files.", "in {language}");
            let output: Value = serde_json::from_str(&done.output).expect("JSON");
            let numbers = json!({ "files": 4, "lines": 300, "words": 905, "unread": 0, "written": true });
            assert_eq!(output, numbers, "in {language}");
        }
        let report = fs::read_to_string(workshop.folder().join("word-count.tsv")).expect("a report");
        assert_eq!(report, expected, "in {language}");

        let reader = "allow = [\"workspace.list\", \"workspace.read\"]\n[roles.agent.files]\nread = [\"docs/**\"]\n";
        let input = "{\"folder\":\"docs/deep\",\"report\":\"docs/deep/report\"}";
        let refused = done(run(&workshop, agent, reader, input), language);
        let told = "Counted 2 words in 1 files. The report was not written: workspace.write is not granted; add ";
        assert!(refused.summary.starts_with(told), "in {language}: {}", refused.summary);
        for input in ["[]", "\"docs\"", "1"] {
            let account = run(&workshop, agent, reader, input);
            assert!(
                matches!(&account.outcome, Outcome::Ended(Absence::Faulted, why) if why.contains("is not an object")),
                "in {language}: {:?}",
                account.outcome
            );
        }
    }
}

#[test]
fn what_is_granted_answers_alike_in_every_language() {
    let open = open();
    let mut answers: Vec<Vec<(&str, Value)>> = Vec::new();
    for (language, agent) in &hired().1 {
        let workshop = workshop();
        prepare(&workshop, agent);
        let told = rows().into_iter().map(|Row { call, arguments, .. }| {
            workshop.put("docs/gone.txt", "soon gone");
            let _ = fs::remove_file(workshop.folder().join("docs/moved.txt"));
            let role = format!("allow = [\"{call}\"]\n{open}");
            let answer = ask(&workshop, agent, &role, call, &arguments, 1);
            assert!(answer.get("ok").is_some(), "{call} in {language}: {answer}");
            (call, answer)
        });
        answers.push(told.collect());
        assert_eq!(
            fs::read(workshop.folder().join("new/file")).expect("written").len(),
            20_000
        );

        let line = asking("log.write", &json!({ "level": "warn", "message": "Sträwberry" }), 1);
        let account = run(&workshop, agent, "allow = []", &line);
        let lines: Vec<&str> = account.log.iter().map(|line| line.message.as_str()).collect();
        assert_eq!((lines, account.log_dropped), (vec!["Sträwberry"], 0), "in {language}");
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}

/// What one call changed it can tell of: the diff of a file that was there and of one that was not.
#[test]
fn a_diff_is_told_alike_in_every_language() {
    let open = open();
    let mut answers: Vec<Value> = Vec::new();
    for (language, agent) in &hired().1 {
        let workshop = workshop();
        let write = |path: &str, contents: &str| {
            let arguments = json!({ "path": path, "contents": contents, "existing": "replace" });
            json!({ "call": "workspace.write", "arguments": arguments })
        };
        let calls = [
            write("docs/gone.txt", "6e65770a"),
            write("new", "c3a40a"),
            json!({ "call": "workspace.diff" }),
            json!({ "call": "workspace.diff", "arguments": { "after": "docs/gone.txt" } }),
        ];
        let input = json!({ "calls": calls }).to_string();
        let done = done(
            run(&workshop, agent, &format!("allow = [\"*\"]\n{open}"), &input),
            language,
        );
        let told: Value = serde_json::from_str(&done.output).expect("JSON");
        let changed = told["answers"][2]["ok"]["changes"].as_array().map_or(0, Vec::len);
        let behind = told["answers"][3]["ok"]["changes"].as_array().map_or(0, Vec::len);
        assert_eq!((changed, behind), (2, 1), "in {language}: {told}");
        answers.push(told);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}

#[test]
fn what_is_not_granted_is_denied_by_name_in_every_language() {
    let open = open();
    for (language, agent) in &hired().1 {
        let workshop = workshop();
        for Row { call, arguments, .. } in rows() {
            let role = format!("allow = [\"*\"]\ndeny = [\"{call}\"]\n{open}");
            let answer = ask(&workshop, agent, &role, call, &arguments, 1);
            assert_eq!(denied(&answer), (call, true), "{call} in {language}: {answer}");
        }
    }
}

#[test]
fn what_goes_beyond_a_limit_is_refused_in_every_language() {
    let open = open();
    for (language, agent) in &hired().1 {
        let workshop = workshop();
        prepare(&workshop, agent);
        for Row { call, arguments, limit } in rows() {
            workshop.put("docs/gone.txt", "soon gone");
            if let Some((limit, value)) = limit {
                let role = format!(
                    "allow = [\"*\"]\n{open}[roles.agent.limits]\n{limit} = {value}\nhost_calls = 10000000\nwall_seconds = 300\n"
                );
                let answer = ask(&workshop, agent, &role, call, &arguments, 1_000_000);
                assert!(is_limited_by(&answer, limit), "{call} in {language}: {answer}");
            }
        }
        for call in ["workspace.diff", "state.get"] {
            let role = format!("allow = [\"*\"]\n{open}[roles.agent.limits]\nhost_calls = 1000\n");
            let account = run(
                &workshop,
                agent,
                &role,
                &asking(call, &json!({ "key": "kept" }), 1_000_000),
            );
            assert!(
                matches!(&account.outcome, Outcome::Ended(Absence::HostLimit, why) if why.contains("host_calls")),
                "{call} in {language}: {:?}",
                account.outcome
            );
        }
    }
}

/// The codemod asks for four functions and no more, and edits a folder under a role's patterns.
#[test]
fn the_codemod_changes_what_its_role_opens_and_reports_the_rest() {
    let workshop = Workshop::open();
    for path in ["src/a.rs", "src/b.rs", "docs/c.md"] {
        workshop.put(path, "an old name\n");
    }
    let embedded = assize::catalog::EMBEDDED
        .iter()
        .find(|embedded| embedded.name == "codemod");
    let agent = workshop.load(embedded.expect("it comes along").component);
    let imports: Vec<&str> = agent.imports().iter().map(String::as_str).collect();
    assert_eq!(
        imports,
        [
            "workspace.list",
            "workspace.read",
            "workspace.write",
            "workspace.rename"
        ]
    );

    let role = "allow = [\"workspace.*\"]\n[roles.agent.files]\nread = [\"**\"]\nwrite = [\"src/**\"]\n";
    let input = json!({ "edits": [{ "paths": ["**"], "literal": "old", "with": "new" }] }).to_string();
    let told = done(run(&workshop, &agent, role, &input), "the codemod");
    assert!(
        told.summary.starts_with("Changed 2 files in 2 places"),
        "{}",
        told.summary
    );
    let report: Value = serde_json::from_str(&told.output).expect("JSON");
    assert_eq!(report["refused"][0]["path"], "docs/c.md");
    assert_eq!(report["refused"][0]["permission"], "workspace.write");
    let read = |path: &str| fs::read_to_string(workshop.folder().join(path)).expect("a file");
    assert_eq!(
        (read("src/b.rs").as_str(), read("docs/c.md").as_str()),
        ("an new name\n", "an old name\n")
    );
}
