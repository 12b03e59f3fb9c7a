//! What workflows are laid out as.

use super::{Workflow, bind, bind_among, drawn, given, parse, said};
use serde_json::json;

#[test]
fn tasks_stand_behind_what_they_need_and_else_as_in_the_file() {
    let plan = bind(
        r#"
[tasks.deploy]
agent = "a"
needs = ["test", "build"]
[tasks.zebra]
agent = "a"
[tasks.test]
agent = "a"
needs = ["build"]
[tasks.build]
agent = "a"
"#,
        json!({}),
    );
    assert_eq!(drawn(&plan), ["zebra", "build", "test <build", "deploy <build <test"]);
}

#[test]
fn a_repeated_task_has_copies_and_a_join() {
    let text = r#"
[parameters.width]
type = "number"
default = 2
[tasks.ask]
agent = "a"
[tasks.investigate]
agent = "a"
needs = ["ask"]
repeat = { parameter = "width" }
inputs = { number = { copy = "number" }, question = { output = "ask" } }
[tasks.report]
agent = "a"
needs = ["investigate"]
inputs.findings.output = "investigate"
"#;
    let plan = bind(text, json!({"width": 3}));
    assert_eq!(
        drawn(&plan),
        [
            "ask",
            "investigate-1 <ask",
            "investigate-2 <ask",
            "investigate-3 <ask",
            "investigate (join) <investigate-1 <investigate-2 <investigate-3",
            "report <investigate",
        ]
    );
    assert_eq!(given(&plan, "investigate-2"), ["number=2", "question=ask:"]);
    assert_eq!(given(&plan, "report"), ["findings=investigate:"]);
    assert!(plan.tasks[4].councils.is_empty());
    assert_eq!(bind(text, json!({})).tasks.len(), 5);
    let workflow = parse("main", text);
    for width in [json!(0), json!(-1), json!(10_000)] {
        let (code, message) = said(bind_among(&workflow, json!({"width": width}), &[]));
        assert_eq!(code, "W304", "{message}");
    }
}

#[test]
fn a_list_makes_a_copy_for_each_of_its_items() {
    let plan = bind(
        r#"
[parameters.topics]
type = "list"
[tasks.read]
agent = "a"
repeat = { parameter = "topics" }
inputs = { topic = { copy = "item" }, of = { parameter = "topics" } }
"#,
        json!({"topics": ["x", ["y"]]}),
    );
    assert_eq!(given(&plan, "read-1"), ["of=[\"x\",[\"y\"]]", "topic=\"x\""]);
    assert_eq!(given(&plan, "read-2"), ["of=[\"x\",[\"y\"]]", "topic=[\"y\"]"]);
}

#[test]
fn who_comes_behind_a_task_that_is_left_out_needs_what_it_needed() {
    let text = r#"
[parameters.qa]
type = "boolean"
default = false
[parameters.stage]
type = "text"
default = "test"
choices = ["test", "live"]
[tasks.build]
agent = "a"
[tasks.check]
agent = "a"
needs = [{ task = "build", gate = "security" }]
when = "qa"
[tasks.sign]
agent = "a"
needs = ["check"]
when = { parameter = "stage", is = "live" }
[tasks.deploy]
agent = "a"
needs = ["sign", "check"]
inputs = { checked = { output = "check" }, built = { output = "build" } }
"#;
    let plan = bind(text, json!({}));
    assert_eq!(drawn(&plan), ["build", "deploy <build[security]"]);
    assert_eq!(given(&plan, "deploy"), ["built=build:"]);
    assert_eq!(plan.tasks[0].councils, ["default", "security"]);
    let whole = bind(text, json!({"qa": true, "stage": "live"}));
    assert_eq!(
        drawn(&whole),
        ["build", "check <build[security]", "sign <check", "deploy <check <sign"]
    );
    assert_eq!(given(&whole, "deploy"), ["built=build:", "checked=check:"]);
}

#[test]
fn a_plan_without_tasks_is_refused() {
    let workflow = parse(
        "main",
        "[parameters.on]\ntype = \"boolean\"\n[tasks.a]\nagent = \"a\"\nwhen = \"on\"",
    );
    assert_eq!(said(bind_among(&workflow, json!({"on": false}), &[])).0, "W305");
}

#[test]
fn a_gate_on_a_repeated_task_stands_on_each_copy() {
    let plan = bind(
        r#"
[tasks.a]
agent = "a"
repeat = 2
[tasks.b]
agent = "a"
needs = [{ task = "a", gate = "security" }]
[tasks.c]
agent = "a"
needs = ["a"]
"#,
        json!({}),
    );
    assert_eq!(
        drawn(&plan),
        [
            "a-1",
            "a-2",
            "a (join) <a-1 <a-2",
            "b <a-1[security] <a-2[security] <a",
            "c <a"
        ]
    );
    assert_eq!(plan.tasks[0].councils, ["default", "security"]);
    assert_eq!(plan.tasks[1].councils, ["default", "security"]);
}

#[test]
fn the_tasks_of_another_workflow_are_laid_out_in_place() {
    let release = parse(
        "release",
        r#"
mode = "strict"
[keys]
slow = 3
[parameters.version]
type = "text"
[parameters.notes]
type = "text"
default = "none"
[tasks.build]
agent = "a"
inputs = { version = { parameter = "version" }, notes = { parameter = "notes" } }
key = "slow"
[tasks.sign]
agent = "a"
needs = ["build"]
undo = "unsign"
[tasks.unsign]
agent = "a"
[tasks.tell]
agent = "a"
needs = ["build"]
inputs = { built = { output = "build" } }
"#,
    );
    let main = parse(
        "main",
        r#"
[keys]
slow = 2
[tasks.plan]
agent = "a"
[tasks.first]
workflow = "release"
needs = ["plan"]
inputs = { version = "1", notes = { output = "plan", path = ["notes"] } }
[tasks.again]
workflow = "release"
needs = ["first"]
repeat = 2
inputs = { version = "2" }
[tasks.done]
agent = "a"
needs = ["again"]
inputs = { first = { output = "first" }, built = { output = "first/build" } }
"#,
    );
    let plan = bind_among(&main, json!({}), &[release]).expect("a plan");
    assert_eq!(
        drawn(&plan),
        [
            "plan",
            "first/build <plan",
            "first/sign <first/build",
            "first/unsign",
            "first/tell <first/build",
            "first (join) <first/sign <first/tell",
            "again-1/build <first",
            "again-1/sign <again-1/build",
            "again-1/unsign",
            "again-1/tell <again-1/build",
            "again-1 (join) <again-1/sign <again-1/tell",
            "again-2/build <first",
            "again-2/sign <again-2/build",
            "again-2/unsign",
            "again-2/tell <again-2/build",
            "again-2 (join) <again-2/sign <again-2/tell",
            "again (join) <again-1 <again-2",
            "done <again",
        ]
    );
    assert_eq!(given(&plan, "first/build"), ["notes=plan:notes", "version=\"1\""]);
    assert_eq!(given(&plan, "again-2/build"), ["notes=\"none\"", "version=\"2\""]);
    assert_eq!(given(&plan, "again-2/tell"), ["built=again-2/build:"]);
    assert_eq!(given(&plan, "done"), ["built=first/build:", "first=first:"]);
    assert_eq!(plan.tasks[7].undo, Some(8));
    assert_eq!(
        plan.mode,
        super::Mode::Auto,
        "the mode of the outermost workflow counts"
    );
    assert_eq!(plan.keys.get("slow"), Some(&2));
}

#[test]
fn a_workflow_of_which_everything_is_left_out_is_still_passed() {
    let inner = parse(
        "inner",
        "[parameters.on]\ntype = \"boolean\"\ndefault = false\n[tasks.a]\nagent = \"a\"\nwhen = \"on\"",
    );
    let main = parse(
        "main",
        "[tasks.x]\nagent = \"a\"\n[tasks.y]\nworkflow = \"inner\"\nneeds = [\"x\"]\n[tasks.z]\nagent = \"a\"\nneeds = [\"y\"]",
    );
    let plan = bind_among(&main, json!({}), &[inner]).expect("a plan");
    assert_eq!(drawn(&plan), ["x", "y (join) <x", "z <y"]);
}

#[test]
fn what_decides_about_the_shape_is_known_before() {
    let inner = parse(
        "inner",
        "[parameters.width]\ntype = \"number\"\n[tasks.a]\nagent = \"a\"\nrepeat = { parameter = \"width\" }",
    );
    let main = parse(
        "main",
        "[tasks.x]\nagent = \"a\"\n[tasks.y]\nworkflow = \"inner\"\nneeds = [\"x\"]\ninputs.width.output = \"x\"",
    );
    let (code, message) = said(bind_among(&main, json!({}), &[inner]));
    assert_eq!(code, "W307", "{message}");
}

#[test]
fn plans_and_names_grow_no_further_than_their_limits() {
    let inner = parse("inner", "[tasks.a]\nagent = \"a\"\nrepeat = 9_999");
    let main = parse("main", "[tasks.x]\nworkflow = \"inner\"\nrepeat = 9_999");
    assert_eq!(said(bind_among(&main, json!({}), &[inner])).0, "W306");
    let text = format!(
        "[tasks.x]\nagent = \"a\"\nrepeat = 9_000\ninputs.text = \"{}\"",
        "x".repeat(2_000)
    );
    assert_eq!(said(bind_among(&parse("main", &text), json!({}), &[])).0, "W306");
    let long = "n".repeat(64);
    let chain: Vec<_> = (0..10)
        .map(|level| {
            let text = format!("[tasks.{long}]\nworkflow = \"w{}\"", level + 1);
            parse(&format!("w{level}"), &text)
        })
        .chain([parse("w10", "[tasks.a]\nagent = \"a\"")])
        .collect();
    assert_eq!(said(bind_among(&chain[5], json!({}), &chain)).0, "W403", "long names");
    let chain: Vec<_> = (0..10)
        .map(|level| {
            parse(
                &format!("w{level}"),
                &format!("[tasks.t]\nworkflow = \"w{}\"", level + 1),
            )
        })
        .chain([parse("w10", "[tasks.a]\nagent = \"a\"")])
        .collect();
    assert_eq!(said(bind_among(&chain[0], json!({}), &chain)).0, "W403");
    let deepest = bind_among(&chain[3], json!({}), &chain).expect("eight workflows");
    assert_eq!(deepest.tasks[0].name, "t/t/t/t/t/t/t/a");
    let circle = [
        parse("one", "[tasks.t]\nworkflow = \"two\""),
        parse("two", "[tasks.t]\nworkflow = \"one\""),
    ];
    let (code, message) = said(bind_among(&circle[0], json!({}), &circle));
    assert_eq!(
        (code, message.as_str()),
        ("W402", "workflows contain each other in a circle: one → two → one")
    );
}

#[test]
fn no_name_leads_round_and_round_through_workflows() {
    let one = parse("one", "[tasks.t]\nworkflow = \"two\"");
    let two = parse("two", "[tasks.t]\nworkflow = \"one\"");
    let text = |depth: usize| {
        let inner = "/t".repeat(depth);
        format!(
            "version = 1\n[tasks.a]\nworkflow = \"one\"\n[tasks.b]\nagent = \"b\"\nneeds = [\"a\"]\ninputs.x.output = \"a{inner}\""
        )
    };
    let main = Workflow::parse("main", "main.toml", &text(100)).expect("it says nothing of others");
    assert_eq!(said(bind_among(&main, json!({}), &[one, two])).0, "W402");
    assert!(Workflow::parse("main", "main.toml", &text(60_000)).is_err());
}

#[test]
fn many_tasks_that_are_left_out_hand_on_no_more_edges_than_a_plan_has() {
    let mut text = "[parameters.on]\ntype = \"boolean\"\n[tasks.wide]\nagent = \"a\"\nrepeat = 9_000\n".to_owned();
    for number in 0..1_000 {
        text.push_str(&format!(
            "[tasks.t{number}]\nagent = \"a\"\nwhen = \"on\"\nneeds = [{{ task = \"wide\", gate = \"x\" }}]\n"
        ));
    }
    assert_eq!(
        said(bind_among(&parse("main", &text), json!({"on": false}), &[])).0,
        "W306"
    );
}
