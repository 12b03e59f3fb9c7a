//! Critical paths, slack and width, against the dullest way to find them.

use super::bind;
use crate::plan::shipped::Shipped;
use crate::plan::timing::{Timing, timing};
use crate::plan::{Library, Plan, Setting, Work};
use serde_json::json;
use std::collections::BTreeMap;

/// Numbers that look random and follow from a seed (splitmix64, Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// A plan with up to `most` tasks, of which later ones need earlier ones by chance.
fn random(dice: &mut Dice, most: u64) -> Plan {
    let tasks = dice.below(most) + 1;
    let mut text = format!("concurrency = {}\n", dice.below(4) + 1);
    for task in 0..tasks {
        let needs: Vec<String> = (0..task)
            .filter(|_| dice.below(3) == 0)
            .map(|need| format!("\"t{need}\""))
            .collect();
        text.push_str(&format!(
            "[tasks.t{task}]\nagent = \"a\"\nneeds = [{}]\n",
            needs.join(", ")
        ));
        match dice.below(8) {
            0 => {}
            1 => text.push_str("repeat = 2\nestimate_minutes = 1\n"),
            _ => text.push_str(&format!("estimate_minutes = {}\n", dice.below(9) + 1)),
        }
        match dice.below(5) {
            0 => text.push_str("key = \"one\"\n"),
            1 => text.push_str(&format!("priority = {}\n", dice.below(3))),
            _ => {}
        }
    }
    bind(&text, json!({}))
}

/// The longest way that starts with a task, by trying all of them.
fn longest_from(plan: &Plan, place: usize) -> u64 {
    let behind = (0..plan.tasks.len()).filter(|next| plan.tasks[*next].needs.iter().any(|need| need.task == place));
    let own = plan.tasks[place].estimate_seconds.unwrap_or(0);
    own + behind.map(|next| longest_from(plan, next)).max().unwrap_or(0)
}

/// The longest way that ends before a task, by trying all of them.
fn longest_to(plan: &Plan, place: usize) -> u64 {
    let before = plan.tasks[place].needs.iter().map(|need| need.task);
    let ways = before.map(|need| longest_to(plan, need) + plan.tasks[need].estimate_seconds.unwrap_or(0));
    ways.max().unwrap_or(0)
}

fn check(plan: &Plan, timing: &Timing) {
    let longest = (0..plan.tasks.len())
        .map(|place| longest_from(plan, place))
        .max()
        .unwrap_or(0);
    assert_eq!(timing.seconds, longest);
    for (place, task) in timing.tasks.iter().enumerate() {
        assert_eq!(task.start, longest_to(plan, place));
        assert_eq!(task.tail, longest_from(plan, place));
        assert_eq!(task.slack, longest - task.start - task.tail);
    }
    let along: u64 = timing
        .critical
        .iter()
        .map(|place| plan.tasks[*place].estimate_seconds.unwrap_or(0))
        .sum();
    assert_eq!(along, longest, "the critical path is a longest one");
    assert!(timing.critical.iter().all(|place| timing.tasks[*place].slack == 0));
    assert!(timing.critical.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(timing.limited_seconds >= longest);
    assert!(timing.limited_seconds * u64::from(plan.concurrency) >= timing.work_seconds);
    assert!(timing.limited_seconds <= timing.work_seconds.max(longest));
    // Counted at every second in which a task starts.
    let is_task = |place: &usize| plan.tasks[*place].work != Work::Join;
    if timing.unknown == 0 {
        let at = |second: u64| {
            let runs = |place: &usize| {
                let task = &timing.tasks[*place];
                task.start <= second && second < task.start + task.seconds.unwrap_or(0)
            };
            (0..plan.tasks.len()).filter(is_task).filter(runs).count()
        };
        let most = timing.tasks.iter().map(|task| at(task.start)).max().unwrap_or(0);
        assert_eq!(timing.width, most);
    }
}

#[test]
fn random_plans_take_as_long_as_the_longest_of_all_ways() {
    let mut dice = Dice(20_261_126);
    for _ in 0..400 {
        let mut plan = random(&mut dice, 9);
        check(&plan, &timing(&plan, &BTreeMap::new()));
        // With room for everything the longest way is all that counts.
        plan.concurrency = 10_000;
        for node in &mut plan.tasks {
            node.key = None;
        }
        let free = timing(&plan, &BTreeMap::new());
        assert_eq!(free.limited_seconds, free.seconds);
        plan.concurrency = 1;
        let alone = timing(&plan, &BTreeMap::new());
        assert_eq!(alone.limited_seconds, alone.work_seconds);
    }
}

#[test]
fn measured_lengths_count_before_estimates() {
    let plan = bind(
        "[tasks.a]\nagent = \"a\"\nestimate_minutes = 1\n[tasks.b]\nagent = \"a\"\n[tasks.c]\nagent = \"a\"\nneeds = [\"a\", \"b\"]",
        json!({}),
    );
    let estimated = timing(&plan, &BTreeMap::new());
    assert_eq!((estimated.seconds, estimated.unknown, estimated.width), (60, 2, 2));
    let measured = BTreeMap::from([("a".to_owned(), 5), ("b".to_owned(), 7), ("c".to_owned(), 3)]);
    let found = timing(&plan, &measured);
    assert_eq!((found.seconds, found.unknown, found.tasks[0].slack), (10, 0, 2));
    assert_eq!(found.critical, [1, 2]);
}

#[test]
fn tasks_with_one_key_run_one_after_the_other() {
    let task = |name: &str| format!("[tasks.{name}]\nagent = \"a\"\nkey = \"lock\"\nestimate_minutes = 1\n");
    let text: String = ["a", "b", "c", "d"].map(task).concat();
    assert_eq!(timing(&bind(&text, json!({})), &BTreeMap::new()).limited_seconds, 240);
    let two = bind(&format!("keys.lock = 2\n{text}"), json!({}));
    assert_eq!(timing(&two, &BTreeMap::new()).limited_seconds, 120);
    assert_eq!(timing(&two, &BTreeMap::new()).seconds, 60);
}

#[test]
fn what_only_undoes_takes_no_part() {
    let plan = bind(
        "[tasks.a]\nagent = \"a\"\nestimate_minutes = 1\nundo = \"b\"\n[tasks.b]\nagent = \"a\"\nestimate_minutes = 9",
        json!({}),
    );
    let found = timing(&plan, &BTreeMap::new());
    assert_eq!(
        (found.seconds, found.limited_seconds, found.work_seconds, found.width),
        (60, 60, 60, 1)
    );
}

/// The milestones that other schedulers are shown with: M1, then M2 and M3 side by side, then M4.
#[test]
fn the_milestones_take_four_and_a_half_days_and_five_with_two_at_once() {
    let workflow = Shipped::named("milestones")
        .expect("it is shipped")
        .parse()
        .expect("it is right");
    let setting = Setting {
        default_council: "default",
        mode: None,
        library: &Library::default(),
    };
    let plan = workflow.bind(&BTreeMap::new(), &setting).expect("a plan");
    let found = timing(&plan, &BTreeMap::new());
    let half_day = 12 * 60 * 60;
    let names: Vec<&str> = found
        .critical
        .iter()
        .map(|place| plan.tasks[*place].name.as_str())
        .collect();
    assert_eq!(names, ["m1", "m2", "m4"]);
    assert_eq!((found.seconds, found.limited_seconds), (9 * half_day, 10 * half_day));
    let slack: Vec<u64> = found.tasks.iter().map(|task| task.slack / half_day).collect();
    assert_eq!(slack, [0, 0, 1, 0, 4, 2, 4]);
    assert_eq!((found.width, found.unknown), (3, 0));
}

#[test]
fn ten_thousand_tasks_are_no_trouble() {
    let plan = bind(
        "[tasks.a]\nagent = \"a\"\nrepeat = 4_998\nestimate_minutes = 2\nkey = \"k\"\n[tasks.b]\nagent = \"a\"\nneeds = [\"a\"]\nrepeat = 4_998\n",
        json!({}),
    );
    let found = timing(&plan, &BTreeMap::new());
    assert_eq!(
        (found.seconds, found.limited_seconds, found.width),
        (120, 4_998 * 120, 4_998)
    );
}
