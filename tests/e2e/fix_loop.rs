//! The agent that applies what a failing check suggests, with checks that are scripts: what it may write and run is its role's.

use std::fs;

use assize::catalog::EMBEDDED;
use assize::outcome::Outcome;
use assize::process::Commands;
use assize::sandbox::{Agent, Done};
use assize_provenance::opinion::Absence;
use assize_tests::workshop::Workshop;
use serde_json::{Value, json};

use super::commands::keeper;

/// A check that prints, as rustfmt does, how each file should be written that has an old line.
const CHECK: &str = "for file in src/a.rs docs/b.rs; do\n  if grep -q old $file; then\n    \
                     printf 'Diff in %s:1:\\n-old\\n+new\\n \\n' \"$PWD/$file\"\n    failed=1\n  fi\ndone\nexit ${failed:-0}\n";

/// What the agent may, but for files that it writes.
const ROLE: &str = "allow = [\"workspace.*\", \"process.run\", \"artifacts.store\"]\n[roles.agent.process]\n\
                    allow = [[\"sh\", \"check\"]]\n[roles.agent.files]\nread = [\"**\"]\n";

fn workshop() -> (Workshop, Agent) {
    let mut workshop = Workshop::open();
    workshop.outside.commands = Some(Commands::new(keeper(), workshop.around().join("scratch")));
    workshop.put("check", CHECK);
    workshop.put("src/a.rs", "old\n");
    workshop.put("docs/b.rs", "old\n");
    let embedded = EMBEDDED.iter().find(|embedded| embedded.name == "fix-loop");
    let agent = workshop.load(embedded.expect("it comes along").component);
    (workshop, agent)
}

fn outcome(workshop: &Workshop, agent: &Agent, role: &str, check: &[&str]) -> Outcome<Done> {
    let input = json!({ "check": check }).to_string();
    workshop.run_loaded(agent, workshop.grants(role, agent), &input).outcome
}

fn report(outcome: Outcome<Done>) -> (Value, String) {
    match outcome {
        Outcome::Finished(done) => (serde_json::from_str(&done.output).expect("JSON"), done.summary),
        Outcome::Ended(absence, detail) => panic!("{absence:?}, {detail}"),
    }
}

fn text(workshop: &Workshop, path: &str) -> String {
    fs::read_to_string(workshop.folder().join(path)).expect("a file")
}

#[test]
fn a_check_is_run_until_it_passes() {
    let (workshop, agent) = workshop();
    let imports: Vec<&str> = agent.imports().iter().map(String::as_str).collect();
    let needed = [
        "workspace.list",
        "workspace.read",
        "workspace.write",
        "artifacts.store",
        "process.run",
    ];
    assert_eq!(imports, needed);
    let role = format!("{ROLE}write = [\"src/**\", \"docs/**\"]\n");
    let (report, summary) = report(outcome(&workshop, &agent, &role, &["sh", "check"]));
    assert_eq!(
        summary,
        "The check passes. Applied 2 suggestions in 2 files and 1 round."
    );
    assert_eq!(report["rounds"][0]["end"], json!({ "exited": 1 }));
    assert_eq!(report["rounds"][0]["confined"], true);
    assert_eq!(
        (text(&workshop, "src/a.rs"), text(&workshop, "docs/b.rs")),
        ("new\n".to_owned(), "new\n".to_owned())
    );
    assert_eq!(
        report["report"].as_str().map(str::len),
        Some(64),
        "the digest of what is stored: {report}"
    );
}

#[test]
fn a_file_that_its_role_does_not_open_is_told_and_stays() {
    let (workshop, agent) = workshop();
    let role = format!("{ROLE}write = [\"src/**\"]\n");
    let (report, summary) = report(outcome(&workshop, &agent, &role, &["sh", "check"]));
    assert_eq!(
        (&report["passed"], &report["ending"]),
        (&json!(false), &json!("nothing-left"))
    );
    assert_eq!(report["refused"][0]["path"], "docs/b.rs");
    assert_eq!(report["refused"][0]["permission"], "workspace.write");
    assert!(
        summary.contains("Not written: 1 file; the first, docs/b.rs"),
        "{summary}"
    );
    assert_eq!(
        (text(&workshop, "src/a.rs"), text(&workshop, "docs/b.rs")),
        ("new\n".to_owned(), "old\n".to_owned())
    );
}

#[test]
fn a_check_that_its_role_does_not_open_is_not_run() {
    let (workshop, agent) = workshop();
    let role = format!("{ROLE}write = [\"src/**\"]\n");
    for check in [&["sh", "-c", "true"][..], &["sh"], &["cat", "check"]] {
        match outcome(&workshop, &agent, &role, check) {
            Outcome::Ended(Absence::Faulted, why) => {
                assert!(
                    why.contains("the check was not run: process.run is not granted"),
                    "{why}"
                );
            }
            other => panic!("{check:?}: {other:?}"),
        }
    }
    assert_eq!(text(&workshop, "src/a.rs"), "old\n");
}
