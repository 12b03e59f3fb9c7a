//! Plans by chance.

use std::collections::BTreeMap;

use assize::plan::{Cause, Mode, Need, Node, Plan, Retry, Work};

use crate::dice::Dice;

const COUNCILS: [&str; 3] = ["default", "security", "release"];

/// A plan: mostly a small one.
pub(super) fn draw(dice: &mut Dice) -> Plan {
    let tasks = match dice.below(4_000) {
        0 => 200 + dice.below(800),
        1..=200 => 13 + dice.below(50),
        _ => 1 + dice.below(12),
    };
    draw_of(dice, tasks)
}

/// A plan of that many tasks.
pub(super) fn draw_of(dice: &mut Dice, tasks: usize) -> Plan {
    let shape = dice.below(4);
    let mut nodes: Vec<Node> = Vec::with_capacity(tasks);
    for index in 0..tasks {
        let node = node(dice, &nodes, index, shape);
        nodes.push(node);
    }
    let undone = if dice.once_in(2) { tasks.div_ceil(4) } else { 0 };
    for _ in 0..undone.min(50) {
        let mut undo = node(dice, &[], nodes.len(), 0);
        undo.name = format!("undo-{}", nodes.len());
        undo.is_undo = true;
        let index = nodes.len();
        let task = dice.below(tasks);
        if let Some(task) = nodes.get_mut(task).filter(|task| task.undo.is_none()) {
            task.undo = Some(index);
            nodes.push(undo);
        }
    }
    Plan {
        workflow: "simulated".to_owned(),
        mode: match dice.below(10) {
            0 => Mode::DryRun,
            1..=4 => Mode::Strict,
            _ => Mode::Auto,
        },
        branch: None,
        concurrency: u32::try_from(1 + dice.below(8)).expect("a small number"),
        timeout_seconds: dice
            .once_in(5)
            .then(|| u64::try_from(dice.below(20 + tasks)).expect("a small number")),
        keys: BTreeMap::from([("database".to_owned(), 2)]),
        tasks: nodes,
    }
}

fn node(dice: &mut Dice, before: &[Node], index: usize, shape: usize) -> Node {
    let is_join = dice.once_in(8);
    let councils: Vec<String> = if is_join || dice.once_in(4) {
        Vec::new()
    } else {
        let some = 1 + dice.below(COUNCILS.len());
        COUNCILS[..some].iter().map(|name| (*name).to_owned()).collect()
    };
    Node {
        name: format!("task-{index}"),
        summary: String::new(),
        kind: None,
        work: if is_join {
            Work::Join
        } else {
            Work::Agent("scribe".to_owned())
        },
        needs: needs(dice, before, shape),
        inputs: BTreeMap::new(),
        councils,
        confirm: dice.once_in(3),
        retry: retry(dice),
        timeout_seconds: None,
        priority: i64::try_from(dice.below(3)).expect("a small number") - 1,
        key: match dice.below(6) {
            0 => Some("changelog".to_owned()),
            1 => Some("database".to_owned()),
            _ => None,
        },
        undo: None,
        is_undo: false,
        estimate_seconds: dice.once_in(2).then(|| dice.roll() % 600),
    }
}

/// A chain, a fan, layers, or anything.
fn needs(dice: &mut Dice, before: &[Node], shape: usize) -> Vec<Need> {
    let count = match shape {
        0 => 1,
        1 => usize::from(!dice.once_in(3)),
        _ => dice.below(4),
    };
    let reach = match shape {
        0 => 1,
        1 => before.len(),
        2 => 12,
        _ => before.len(),
    };
    let mut needs: Vec<Need> = Vec::new();
    for _ in 0..count.min(before.len()) {
        let back = 1 + dice.below(reach.min(before.len()).max(1));
        let task = before.len() - back;
        let councils = &before[task].councils;
        let gate = (!councils.is_empty() && dice.once_in(3)).then(|| councils[dice.below(councils.len())].clone());
        needs.push(Need { task, gate });
    }
    needs
}

fn retry(dice: &mut Dice) -> Retry {
    Retry {
        attempts: u32::try_from(1 + dice.below(4)).expect("a small number"),
        delay_ms: dice.roll() % 2_000,
        factor_percent: 200,
        delay_ms_max: 60_000,
        jitter_percent: 10,
        on: Cause::ALL.iter().copied().filter(|_| dice.once_in(2)).collect(),
    }
}
