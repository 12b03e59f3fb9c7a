//! The stored form: what is written reads back, and nothing else does.

use super::{bind, bind_among, parse};
use crate::plan::form::{FormError, PLAN_BYTES_MAX, decode, encode};
use crate::plan::{Plan, Source, Work};
use assize_provenance::digest::Digest;
use serde_json::{Value, json};

/// A workflow that uses everything.
const EVERYTHING: &str = r#"
mode = "strict"
branch = "release/1"
timeout_seconds = 3_600
[parameters.topics]
type = "list"
default = ["x", "é\n"]
[keys]
slow = 2
[tasks.plan]
agent = "planner"
summary = "Plans."
type = "code"
council = "none"
inputs = { since = { history = true } }
[tasks.read]
agent = "reader"
needs = ["plan"]
repeat = { parameter = "topics" }
retry = { attempts = 3, on = ["rejected"] }
key = "slow"
inputs = { topic = { copy = "item" }, steps = { output = "plan", path = ["steps", 0] } }
[tasks.land]
agent = "writer"
needs = [{ task = "read", gate = "security" }]
timeout_seconds = 60
priority = -1
estimate_minutes = 5
confirm = false
undo = "take-back"
inputs = { all = { output = "read" } }
[tasks.take-back]
agent = "writer"
"#;

/// The plan of it, as version 1 writes it for ever.
const FROZEN: &str = include_str!("plan-v1.json");

fn everything() -> Plan {
    bind(EVERYTHING, json!({}))
}

#[test]
fn a_plan_is_written_as_it_was_written_once() {
    let plan = everything();
    let bytes = encode(&plan).expect("a stored form");
    assert_eq!(String::from_utf8(bytes.clone()).expect("text"), FROZEN.trim_end());
    assert_eq!(decode(&bytes), Ok(plan));
    assert_eq!(
        Digest::of(&bytes).to_string(),
        "83ff05c3555067c889c98947b537abbb18bb32659a0d425f0ec0f28c9b908613"
    );
}

#[test]
fn what_is_left_out_by_mistake_or_added_is_refused() {
    let value: Value = serde_json::from_str(FROZEN).expect("JSON");
    let spoilt = |change: &dyn Fn(&mut Value)| {
        let mut value = value.clone();
        change(&mut value);
        decode(&assize_provenance::canonical::to_bytes(&value).expect("canonical"))
    };
    let set = |pointer: &'static str, to: Value| {
        let path = pointer.to_owned();
        spoilt(&move |value: &mut Value| {
            let (parent, name) = path.rsplit_once('/').expect("a pointer");
            match value.pointer_mut(parent).expect("a parent") {
                Value::Object(members) => drop(members.insert(name.to_owned(), to.clone())),
                Value::Array(items) => items[name.parse::<usize>().expect("a place")] = to.clone(),
                _ => panic!("{path}"),
            }
        })
    };
    let changes = [
        ("/v", json!(2)),
        ("/more", json!(1)),
        ("/mode", json!("wild")),
        ("/workflow", json!("-x")),
        ("/branch", json!("a..b")),
        ("/concurrency", json!(0)),
        ("/concurrency", json!(10_001)),
        ("/timeout_seconds", json!(0)),
        ("/keys", json!({})),
        ("/keys/slow", json!(0)),
        ("/keys/-", json!(1)),
        ("/tasks", json!([])),
        ("/tasks/0/name", json!("read")),
        ("/tasks/0/name", json!("a//b")),
        ("/tasks/0/name", json!("A")),
        ("/tasks/0/name", json!("a".repeat(70))),
        ("/tasks/0/needs", json!([])),
        ("/tasks/0/needs", json!([{"task": 0}])),
        ("/tasks/0/needs", json!([{"task": 5}])),
        ("/tasks/0/summary", json!("")),
        ("/tasks/0/kind", json!("Code")),
        ("/tasks/0/agent", json!("../x")),
        ("/tasks/0/confirm", json!(true)),
        ("/tasks/0/councils", json!(["none"])),
        ("/tasks/0/councils", json!(["a", "a"])),
        ("/tasks/0/inputs/since", json!({"history": false})),
        ("/tasks/0/inputs/since", json!({"history": true, "value": 1})),
        ("/tasks/0/inputs/since", json!({"value": null})),
        ("/tasks/0/inputs/since", json!({"task": 0})),
        ("/tasks/0/inputs/since", json!({"task": 1})),
        ("/tasks/0/inputs/a b", json!({"value": 1})),
        ("/tasks/0/priority", json!(0)),
        ("/tasks/0/is_undo", json!(false)),
        ("/tasks/1/retry/attempts", json!(0)),
        ("/tasks/1/retry/factor_percent", json!(99)),
        ("/tasks/1/retry/delay_ms", json!(60_001)),
        ("/tasks/1/retry/jitter_percent", json!(101)),
        ("/tasks/1/retry/on", json!(["bored"])),
        ("/tasks/1/retry/on", json!(["rejected", "rejected"])),
        ("/tasks/1/councils", json!(["default"])),
        ("/tasks/1/inputs/steps/path", json!(vec![""; 17])),
        ("/tasks/3/priority", json!(1)),
        ("/tasks/3/needs", json!([{"task": 2}, {"task": 1}])),
        ("/tasks/3/needs", json!([{"task": 1}, {"task": 1}])),
        ("/tasks/4/priority", json!(1_001)),
        ("/tasks/4/timeout_seconds", json!(2_592_001)),
        ("/tasks/4/estimate_seconds", json!(0)),
        ("/tasks/4/undo", json!(3)),
        ("/tasks/4/undo", json!(4)),
        ("/tasks/5/is_undo", json!(false)),
        ("/tasks/5/needs", json!([{"task": 4}])),
        ("/tasks/5/undo", json!(5)),
        ("/tasks/3/undo", json!(5)),
    ];
    for (pointer, to) in changes {
        assert!(set(pointer, to.clone()).is_err(), "{pointer} = {to}");
    }
    for pointer in [
        "/tasks/4/undo",
        "/tasks/0/name",
        "/tasks/1/needs",
        "/tasks/5/is_undo",
        "/v",
        "/workflow",
    ] {
        let removed = spoilt(&|value: &mut Value| {
            let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
            let parent = value
                .pointer_mut(parent)
                .and_then(Value::as_object_mut)
                .expect("a table");
            assert!(parent.remove(name).is_some());
        });
        assert!(removed.is_err(), "{pointer}");
    }
}

#[test]
fn damaged_bytes_are_no_plan_or_another_one_with_the_same_promise() {
    let bytes = encode(&everything()).expect("a stored form");
    for place in 0..bytes.len() {
        for flip in [1, 0x20] {
            let mut damaged = bytes.clone();
            damaged[place] ^= flip;
            if let Ok(plan) = decode(&damaged) {
                assert_eq!(encode(&plan), Ok(damaged));
            }
        }
        assert!(decode(&bytes[..place]).is_err());
    }
    assert!(matches!(
        decode(&vec![b' '; PLAN_BYTES_MAX + 1]),
        Err(FormError::Canonical(_))
    ));
}

#[test]
fn plans_that_nobody_laid_out_are_not_written() {
    let mut plan = everything();
    plan.tasks[1].inputs.insert("x".to_owned(), Source::Value(json!(0.5)));
    assert!(matches!(encode(&plan), Err(FormError::Task { .. })));
    let mut plan = everything();
    plan.tasks[0].work = Work::Join;
    assert_eq!(
        encode(&plan).expect_err("it is refused").to_string(),
        "the task `plan` is done by nobody and says how"
    );
}

#[test]
fn every_plan_that_is_laid_out_is_written_and_read() {
    let inner = parse(
        "inner",
        "[parameters.x]\ntype = \"text\"\n[tasks.a]\nagent = \"a\"\ninputs.x.parameter = \"x\"\n[tasks.b]\nagent = \"b\"\nundo = \"c\"\n\
         [tasks.c]\nagent = \"c\"\ninputs.b.output = \"b\"",
    );
    let name = "n".repeat(64);
    let main = parse(
        "main",
        &format!(
            "[tasks.r]\nagent = \"r\"\n[tasks.{name}]\nworkflow = \"inner\"\nneeds = [\"r\"]\nrepeat = 1200\ninputs.x.output = \"r\""
        ),
    );
    let plan = bind_among(&main, json!({}), &[inner]).expect("a plan");
    assert_eq!(plan.tasks.len(), 1 + 4 * 1_200 + 1);
    assert_eq!(decode(&encode(&plan).expect("a stored form")), Ok(plan));
}
