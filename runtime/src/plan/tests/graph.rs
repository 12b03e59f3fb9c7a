//! Drawings of plans.

use super::bind;
use crate::plan::Plan;
use crate::plan::graph::{layers, svg, text};
use crate::plan::timing::timing;
use serde_json::json;
use std::collections::BTreeMap;

fn plan() -> Plan {
    bind(
        r#"
[tasks.plan]
agent = "planner"
summary = "Plans <everything> & \"more\" \u0000]]>"
[tasks.read]
agent = "reader"
needs = ["plan"]
repeat = 6
[tasks.land]
agent = "writer"
needs = [{ task = "read", gate = "security" }, "plan"]
undo = "take-back"
[tasks.take-back]
agent = "writer"
"#,
        json!({}),
    )
}

#[test]
fn a_plan_is_drawn_layer_by_layer() {
    let expected = "\
1  plan       planner
2  read-1     reader   ← plan
   read-2     reader   ← plan
   read-3     reader   ← plan
   read-4     reader   ← plan
   read-5     reader   ← plan
   read-6     reader   ← plan
3  read       -        ← read-1, read-2, read-3, read-4, and 2 more
4  land       writer   ← plan, read-1 [security], read-2 [security], read-3 [security], and 4 more
5  take-back  writer   undoes land
";
    assert_eq!(text::text(&plan()), expected);
    assert_eq!(layers(&plan()), [0, 1, 1, 1, 1, 1, 1, 2, 3, 4]);
}

#[test]
fn a_drawing_holds_every_task_and_nothing_that_is_no_text() {
    let plan = plan();
    let drawn = svg::svg(&plan, &timing(&plan, &BTreeMap::new()));
    assert!(
        drawn.contains("Plans &lt;everything&gt; &amp; &quot;more&quot; \u{fffd}]]&gt;"),
        "{drawn}"
    );
    assert!(!drawn.contains('\0'));
    assert_eq!(drawn.matches("<g>").count(), plan.tasks.len());
    let edges = plan.tasks.iter().map(|node| node.needs.len()).sum::<usize>() + 1;
    assert_eq!(drawn.matches("<path").count(), edges);
    assert!(drawn.contains("class=\"gate\"") && drawn.contains(">security<"));
    for foreign in ["http", "url(", "@import", "<script", "href"] {
        let found = drawn.matches(foreign).count();
        assert_eq!(
            found,
            usize::from(foreign == "http"),
            "{foreign}: only the name space is an address"
        );
    }
    assert_eq!(drawn.matches('<').count(), drawn.matches('>').count());
}

#[test]
fn no_two_tasks_are_drawn_over_each_other() {
    let plan = plan();
    let drawn = svg::svg(&plan, &timing(&plan, &BTreeMap::new()));
    let number = |tag: &str, name: &str| -> usize {
        let value = tag.split(&format!(" {name}=\"")).nth(1).expect("an attribute");
        value.split('"').next().expect("a value").parse().expect("a number")
    };
    let boxes: Vec<[usize; 4]> = drawn
        .split("<rect")
        .skip(2)
        .map(|tag| ["x", "y", "width", "height"].map(|name| number(tag, name)))
        .collect();
    assert_eq!(boxes.len(), plan.tasks.len());
    for (place, one) in boxes.iter().enumerate() {
        for other in &boxes[place + 1..] {
            let apart = |at: usize, size: usize| one[at] + one[size] <= other[at] || other[at] + other[size] <= one[at];
            assert!(apart(0, 2) || apart(1, 3), "{one:?} {other:?}");
        }
    }
}

#[test]
fn large_plans_are_drawn_at_once() {
    let mut text_of = String::from("[tasks.t0]\nagent = \"a\"\n[tasks.t1]\nagent = \"a\"\nneeds = [\"t0\"]\n");
    for task in 2..1_500 {
        text_of.push_str(&format!(
            "[tasks.t{task}]\nagent = \"a\"\nneeds = [\"t{}\", \"t0\"]\n",
            task - 1
        ));
    }
    let plan = bind(&text_of, json!({}));
    assert_eq!(layers(&plan).last(), Some(&1_499));
    assert!(svg::svg(&plan, &timing(&plan, &BTreeMap::new())).len() > 100_000);
    assert_eq!(text::text(&plan).lines().count(), 1_500);
}
