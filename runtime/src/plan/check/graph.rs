//! The graph that the tasks of a file make: its order, its circles, and what lies before what.

use crate::plan::ancestors::Ancestors;
use crate::plan::code::Code;
use crate::plan::workflow::{Given, Task};
use crate::written::language::problems::{Problems, quoted};
use std::collections::BTreeSet;

/// How many tasks of a circle a message names.
const NAMED_MAX: usize = 12;

/// How many places of a circle are shown.
const SHOWN_MAX: usize = 8;

/// Checks that there is no circle (W103) and that outputs come from before (W104); returns the order of the tasks: each behind
/// what it needs, else as in the file. Where `is_whole` is false, edges are missing, and nothing is concluded of what lies
/// before what.
pub(super) fn order(tasks: &[Task], is_whole: bool, problems: &mut Problems<'_>) -> Vec<usize> {
    let (order, left) = sorted(tasks);
    if left.is_empty() {
        if is_whole {
            check_outputs(tasks, &order, problems);
        }
    } else {
        report_circles(tasks, &left, problems);
    }
    order
}

/// What has to be laid out before a task: what it needs, and for an undo task what it undoes.
fn before(task: &Task) -> impl Iterator<Item = usize> {
    task.needs.iter().map(|edge| edge.task).chain(task.undoes)
}

/// Sorts the tasks, the first of the file first; what is left over lies on a circle or behind one.
fn sorted(tasks: &[Task]) -> (Vec<usize>, BTreeSet<usize>) {
    let mut waits: Vec<usize> = tasks
        .iter()
        .map(|task| before(task).collect::<BTreeSet<_>>().len())
        .collect();
    let mut behind: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); tasks.len()];
    for (place, task) in tasks.iter().enumerate() {
        for need in before(task) {
            if let Some(behind) = behind.get_mut(need) {
                behind.insert(place);
            }
        }
    }
    let is_free = |(place, waits): (usize, &usize)| (*waits == 0).then_some(place);
    let mut free: BTreeSet<usize> = waits.iter().enumerate().filter_map(is_free).collect();
    let mut left: BTreeSet<usize> = (0..tasks.len()).collect();
    let mut order = Vec::with_capacity(tasks.len());
    while let Some(place) = free.pop_first() {
        left.remove(&place);
        order.push(place);
        for next in behind.get(place).into_iter().flatten() {
            if let Some(waits) = waits.get_mut(*next) {
                *waits = waits.saturating_sub(1);
                if *waits == 0 {
                    free.insert(*next);
                }
            }
        }
    }
    (order, left)
}

/// Reports circles among the tasks that are left over, none of which share a task.
fn report_circles(tasks: &[Task], left: &BTreeSet<usize>, problems: &mut Problems<'_>) {
    let mut looked_at: BTreeSet<usize> = BTreeSet::new();
    for start in left {
        // Every task left over needs another one that is left over, so this walk comes back to itself, or to an old one.
        let mut walk: Vec<usize> = Vec::new();
        let mut here = Some(*start);
        while let Some(place) = here.filter(|place| looked_at.insert(*place)) {
            walk.push(place);
            let needs = tasks.get(place).map(|task| task.needs.as_slice()).unwrap_or_default();
            here = needs.iter().map(|edge| edge.task).find(|need| left.contains(need));
        }
        let Some(first) = here.and_then(|place| walk.iter().position(|walked| *walked == place)) else {
            continue;
        };
        report_circle(tasks, walk.get(first..).unwrap_or_default(), problems);
    }
}

/// Reports one circle: each task of it needs the next, and the last one needs the first.
fn report_circle(tasks: &[Task], circle: &[usize], problems: &mut Problems<'_>) {
    let name = |place: &usize| tasks.get(*place).map(|task| task.name.as_str()).unwrap_or_default();
    let mut names: Vec<&str> = circle.iter().take(NAMED_MAX).map(name).collect();
    if circle.len() > NAMED_MAX {
        names.push("…");
    }
    names.extend(circle.first().map(name));
    let message = match circle {
        [_] => format!("{} needs itself", quoted(names.first().unwrap_or(&""))),
        _ => format!("tasks need each other in a circle: {}", names.join(" → ")),
    };
    let mut problem = problems.report(Code::Cycle, message);
    let next = circle.iter().skip(1).chain(circle.first());
    for (place, next) in circle.iter().zip(next).take(SHOWN_MAX) {
        let edges = tasks.get(*place).map(|task| task.needs.as_slice()).unwrap_or_default();
        if let Some(edge) = edges.iter().find(|edge| edge.task == *next) {
            problem = problem.at(edge.place.clone(), "");
        }
    }
    problem.hint("an arrow points at what is needed: take one of these needs away");
}

/// Checks that every output comes from a task that is done before (W104).
fn check_outputs(tasks: &[Task], order: &[usize], problems: &mut Problems<'_>) {
    let earlier = Ancestors::of(tasks.len(), order.iter().copied(), |place| {
        tasks.get(place).into_iter().flat_map(before).collect()
    });
    let is_before = |task: usize, other: usize| earlier.has(task, other);
    for (place, task) in tasks.iter().enumerate() {
        for input in &task.inputs {
            let Given::Output { task: from, .. } = &input.given else {
                continue;
            };
            if is_before(place, *from) {
                continue;
            }
            let Some(source) = tasks.get(*from) else { continue };
            let (own, other) = (quoted(&task.name), quoted(&source.name));
            let hint = if *from == place {
                "a task is given what others made before it".to_owned()
            } else if source.undoes.is_some() {
                format!("{other} only undoes: its output comes too late for everybody")
            } else if task.undoes.is_some() {
                "an undo task is given what the task made that it undoes, or one before that".to_owned()
            } else if is_before(*from, place) {
                format!("{other} itself needs {own}")
            } else {
                format!("add \"{}\" to `needs` of [tasks.{}]", source.name, task.name)
            };
            problems
                .report(
                    Code::NotBefore,
                    format!("{own} is given the output of {other}, which is not done before it"),
                )
                .at(input.place.clone(), "")
                .hint(hint);
        }
    }
}
