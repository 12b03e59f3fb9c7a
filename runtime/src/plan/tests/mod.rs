//! What a checked workflow means, and what it is laid out as. What is refused, and in which words, stands in
//! `tests/corpus/workflows`.

mod forms;
mod graph;
mod layout;
mod timing;

use super::{Library, Mode, Plan, Refused, Setting, Source, Work, Workflow};
use serde_json::Value;
use std::collections::BTreeMap;

fn parse(name: &str, text: &str) -> Workflow {
    let text = format!("version = 1\n{text}");
    Workflow::parse(name, &format!("{name}.toml"), &text)
        .unwrap_or_else(|refused| panic!("{:#?}\n{text}", refused.problems))
}

/// Binds a workflow, with others around it.
fn bind_among(workflow: &Workflow, given: Value, others: &[Workflow]) -> Result<Plan, Refused> {
    let mut library = Library::default();
    for other in others {
        library.add(other.clone());
    }
    let given: BTreeMap<String, Value> = serde_json::from_value(given).expect("values by name");
    workflow.bind(
        &given,
        &Setting {
            default_council: "default",
            mode: None,
            library: &library,
        },
    )
}

fn bind(text: &str, given: Value) -> Plan {
    bind_among(&parse("main", text), given, &[]).unwrap_or_else(|refused| panic!("{:#?}", refused.problems))
}

/// What a refusal says first.
fn said(refused: Result<Plan, Refused>) -> (&'static str, String) {
    let refused = refused.expect_err("it is refused");
    let first = refused.problems.first().expect("a problem");
    (first.code, first.message.clone())
}

/// The graph of a plan, one line for each task: its name, and what it needs.
fn drawn(plan: &Plan) -> Vec<String> {
    let name = |place: usize| plan.tasks[place].name.as_str();
    plan.tasks
        .iter()
        .map(|node| {
            let mut line = node.name.clone();
            if node.work == Work::Join {
                line.push_str(" (join)");
            }
            for need in &node.needs {
                let gate = need.gate.as_ref().map(|gate| format!("[{gate}]")).unwrap_or_default();
                line.push_str(&format!(" <{}{gate}", name(need.task)));
            }
            line
        })
        .collect()
}

/// The sources of a task's input, in short.
fn given(plan: &Plan, task: &str) -> Vec<String> {
    let node = plan.tasks.iter().find(|node| node.name == task).expect("a task");
    let source = |source: &Source| match source {
        Source::Value(value) => value.to_string(),
        Source::Output { task, path } => format!("{}:{}", plan.tasks[*task].name, path.join(".")),
        Source::History => "history".to_owned(),
    };
    node.inputs
        .iter()
        .map(|(name, from)| format!("{name}={}", source(from)))
        .collect()
}

#[test]
fn a_short_file_has_the_defaults_of_the_language() {
    let plan = bind("[tasks.build]\nagent = \"builder\"", serde_json::json!({}));
    assert_eq!(
        (plan.workflow.as_str(), plan.mode, plan.concurrency),
        ("main", Mode::Auto, 4)
    );
    assert_eq!((plan.branch, plan.timeout_seconds), (None, None));
    let build = &plan.tasks[0];
    assert_eq!(build.work, Work::Agent("builder".to_owned()));
    assert_eq!(build.councils, ["default"]);
    assert!(build.confirm && !build.is_undo);
    assert_eq!((build.retry.attempts, build.priority), (1, 0));
}

#[test]
fn everything_of_a_task_reaches_the_plan() {
    let plan = bind(
        r#"
summary = "Everything."
mode = "strict"
branch = "release/1"
concurrency = 2
timeout_seconds = 3600
[keys]
deploy = 2
[tasks.deploy]
agent = "builder"
summary = "Deploys."
type = "code"
council = "release"
confirm = false
retry = { attempts = 3, delay_ms = 70_000, factor_percent = 150, jitter_percent = 10, on = ["rejected", "conflict"] }
timeout_seconds = 600
priority = -5
key = "deploy"
undo = "tear-down"
estimate_minutes = 30
inputs = { text = "x", number = -1, flag = true, list = [1, ["a"]], table = { value = { output = 1 } } }
[tasks.tear-down]
agent = "builder"
retry = 4
inputs = { what = { output = "deploy", path = ["id", 0] } }
"#,
        serde_json::json!({}),
    );
    assert_eq!(
        (plan.mode, plan.branch.as_deref(), plan.concurrency),
        (Mode::Strict, Some("release/1"), 2)
    );
    assert_eq!((plan.timeout_seconds, plan.keys.get("deploy")), (Some(3600), Some(&2)));
    let deploy = &plan.tasks[0];
    assert_eq!(
        (deploy.summary.as_str(), deploy.kind.as_deref()),
        ("Deploys.", Some("code"))
    );
    assert_eq!(
        (deploy.councils.as_slice(), deploy.confirm),
        (["release".to_owned()].as_slice(), false)
    );
    assert_eq!((deploy.timeout_seconds, deploy.priority), (Some(600), -5));
    assert_eq!(
        (deploy.key.as_deref(), deploy.undo, deploy.estimate_seconds),
        (Some("deploy"), Some(1), Some(1800))
    );
    let retry = &deploy.retry;
    assert_eq!(
        (retry.attempts, retry.delay_ms, retry.delay_ms_max),
        (3, 70_000, 70_000)
    );
    assert_eq!(
        (retry.factor_percent, retry.jitter_percent, retry.on.len()),
        (150, 10, 2)
    );
    let undo = &plan.tasks[1];
    assert!(undo.is_undo && undo.needs.is_empty());
    assert_eq!(
        (undo.retry.attempts, undo.retry.delay_ms, undo.retry.delay_ms_max),
        (4, 100, 60_000)
    );
    assert_eq!(
        given(&plan, "deploy"),
        [
            "flag=true",
            "list=[1,[\"a\"]]",
            "number=-1",
            "table={\"output\":1}",
            "text=\"x\""
        ]
    );
    assert_eq!(given(&plan, "tear-down"), ["what=deploy:id.0"]);
}

#[test]
fn typed_values_are_read_by_their_types() {
    let workflow = parse(
        "main",
        r#"
[parameters]
text.type = "text"
number.type = "number"
flag.type = "boolean"
list.type = "list"
[tasks.a]
agent = "a"
inputs = { t = { parameter = "text" }, n = { parameter = "number" }, f = { parameter = "flag" }, l = { parameter = "list" } }
"#,
    );
    let typed = |pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        workflow.read_inputs(&pairs)
    };
    let values = typed(&[
        ("text", "3"),
        ("number", "-3"),
        ("flag", "true"),
        ("list", "[1, \"x\"]"),
    ])
    .expect("values");
    assert_eq!(
        serde_json::to_value(values).expect("JSON"),
        serde_json::json!({"text": "3", "number": -3, "flag": true, "list": [1, "x"]})
    );
    for (name, text) in [
        ("number", "3.5"),
        ("number", "9007199254740992"),
        ("number", "x"),
        ("flag", "yes"),
        ("list", "a,b"),
        ("list", "[1.5]"),
        ("list", "[null]"),
        ("list", "[[[[[[[[[]]]]]]]]]"),
        ("lsit", "[]"),
    ] {
        assert!(typed(&[(name, text)]).is_err(), "{name}={text}");
    }
    assert!(typed(&[("number", "1"), ("number", "2")]).is_err());
}
