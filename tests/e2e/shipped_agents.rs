//! The agents that come along and work without a language model, in the sandbox and under the roles of the default policy.

use std::fs;

use assize::catalog::EMBEDDED;
use assize::outcome::Outcome;
use assize::policy::Policy;
use assize::policy::grant::{Grants, Request};
use assize::sandbox::{Agent, Done};
use assize_tests::guests;
use assize_tests::workshop::Workshop;
use serde_json::{Value, json};

/// Loads an agent that comes along, with what the default policy grants it.
fn appointed(workshop: &Workshop, name: &str) -> (Agent, Grants) {
    let embedded = EMBEDDED.iter().find(|embedded| embedded.name == name);
    let agent = workshop.load(embedded.expect("it comes along").component);
    let policy = Policy::parse("default.toml", assize::policy::default::TEXT).expect("the default policy");
    let description = agent.description();
    let request = Request {
        plugin: &description.name,
        requires: &description.requires,
        wants: &description.wants,
        imports: agent.imports(),
    };
    let role = &policy.agent(name).expect("it is appointed").role;
    let grants = Grants::resolve(&policy, role, request).expect("its role fits");
    (agent, grants)
}

fn report(outcome: Outcome<Done>) -> Value {
    match outcome {
        Outcome::Finished(done) => serde_json::from_str(&done.output).expect("JSON"),
        Outcome::Ended(absence, detail) => panic!("{absence:?}, {detail}"),
    }
}

#[test]
fn release_notes_are_written_where_the_default_policy_lets_them() {
    let workshop = Workshop::open();
    let (agent, grants) = appointed(&workshop, "release-notes");
    assert_eq!(agent.imports(), ["workspace.read", "workspace.write"]);
    let commits = json!([{ "id": "0123456789abcdef0123456789abcdef01234567", "time": 1_700_000_000, "message": "feat: a thing" }]);
    let mut input = json!({ "commits": { "tag": "v1.0.0", "cut": false, "commits": commits } });
    let told = report(workshop.run_loaded(&agent, grants.clone(), &input.to_string()).outcome);
    assert_eq!((&told["version"], &told["changed"]), (&json!("1.1.0"), &json!(true)));
    let written = fs::read_to_string(workshop.folder().join("CHANGELOG.md")).expect("a changelog");
    assert_eq!(
        written,
        "# Changelog\n\n## [1.1.0] - 2023-11-14\n\n### Features\n\n- a thing (0123456)\n"
    );
    let told = report(workshop.run_loaded(&agent, grants.clone(), &input.to_string()).outcome);
    assert_eq!(told["changed"], json!(false));
    input["file"] = json!("src/main.rs");
    match workshop.run_loaded(&agent, grants, &input.to_string()).outcome {
        Outcome::Ended(_, why) => assert!(why.contains("src/main.rs was not"), "{why}"),
        Outcome::Finished(done) => panic!("{done:?}"),
    }
}

#[test]
fn a_dependency_report_is_written_where_the_default_policy_lets_it() {
    let workshop = Workshop::open();
    let (agent, grants) = appointed(&workshop, "dependency-report");
    assert_eq!(agent.imports(), ["workspace.list", "workspace.read", "workspace.write"]);
    workshop.put("Cargo.toml", "[dependencies]\nserde = \"1\"\nany = \"*\"\n");
    workshop.put("Cargo.lock", "[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\n");
    workshop.put("web/package.json", "{\"dependencies\":{\"left\":\"^1.0.0\"}}");
    let told = report(workshop.run_loaded(&agent, grants, "{}").outcome);
    assert_eq!(
        (
            &told["counts"]["declared"],
            &told["counts"]["unpinned"],
            &told["counts"]["not_locked"]
        ),
        (&json!(3), &json!(2), &json!(1))
    );
    let written = fs::read_to_string(workshop.folder().join("DEPENDENCIES.md")).expect("a report");
    assert!(written.contains("- `any` `*` in `Cargo.toml`\n"), "{written}");
}

#[test]
fn an_idle_agent_is_done_at_once_and_holds_nothing() {
    let workshop = Workshop::open();
    let agent = workshop.load(&guests::idle_agent());
    assert!(agent.imports().is_empty());
    let grants = workshop.grants("allow = []", &agent);
    assert_eq!(report(workshop.run_loaded(&agent, grants, "null").outcome), json!(true));
}
