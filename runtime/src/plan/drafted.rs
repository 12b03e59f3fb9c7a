//! Plans of tasks that agents wrote down themselves, without a workflow file.
//!
//! Such a plan says where it comes from: its name holds the number of the workflow on the board, and each task's name the number
//! of the task. So whoever has the plan knows whom to tell what came of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::authored::PRIORITY_MAX;
use super::form::FormError;
use super::{CONCURRENCY, INPUT_BYTES_MAX, Mode, Need, Node, Plan, Retry, Source, Work, is_name};

/// What stands before the number in the name of the plan.
const WORKFLOW: &str = "board-";
/// What stands before the number in the name of a task.
const TASK: &str = "task-";
/// The member of the input that holds the number of the task.
const NUMBER: &str = "task";
/// How many bytes of the name that agents gave are part of the plan's name.
const NAME_BYTES: usize = 32;

/// A task that somebody wrote down.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// Its number.
    pub number: u64,
    /// What it is, in a line.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// Its type.
    pub kind: Option<String>,
    /// What goes first: the larger number.
    pub priority: i64,
    /// The agent that does it.
    pub agent: String,
    /// The tasks that must have succeeded before, but for those that have.
    pub needs: Vec<u64>,
    /// The task that it is a part of.
    pub parent: Option<u64>,
}

/// Why tasks make no plan. Each is a sentence.
#[derive(Debug, thiserror::Error)]
pub enum Unplanned {
    /// A task needs something that is not among them.
    #[error("task {task} needs task {need}, which has not succeeded and is not part of the workflow")]
    Outside {
        /// The task.
        task: u64,
        /// What it needs.
        need: u64,
    },
    /// They wait for each other.
    #[error("task {0} waits for itself: by what it needs, or by its parts")]
    Circle(u64),
    /// They say too much.
    #[error("the tasks have more than {} MiB of titles and descriptions together", INPUT_BYTES_MAX >> 20)]
    Large,
    /// A plan has rules that they break.
    #[error(transparent)]
    Form(#[from] FormError),
}

/// Makes the plan of a workflow on the board. Its tasks come behind what they need and behind their parts; `council` judges each
/// of them.
///
/// # Errors
///
/// Why there is none.
pub fn plan(workflow: u64, name: &str, council: &str, drafts: Vec<Draft>) -> Result<Plan, Unplanned> {
    let bytes: usize = drafts
        .iter()
        .map(|draft| draft.title.len().saturating_add(draft.description.len()))
        .sum();
    if bytes > INPUT_BYTES_MAX {
        return Err(Unplanned::Large);
    }
    let mut left: BTreeMap<u64, (BTreeSet<u64>, Draft)> = BTreeMap::new();
    let parts: Vec<(u64, u64)> = drafts
        .iter()
        .filter_map(|draft| draft.parent.map(|parent| (parent, draft.number)))
        .collect();
    for draft in drafts {
        let needs = draft.needs.iter().copied().collect();
        left.insert(draft.number, (needs, draft));
    }
    for (task, (needs, _)) in &left {
        if let Some(need) = needs.iter().find(|need| !left.contains_key(need)) {
            return Err(Unplanned::Outside {
                task: *task,
                need: *need,
            });
        }
    }
    for (parent, part) in parts {
        if let Some((needs, _)) = left.get_mut(&parent) {
            needs.insert(part);
        }
    }
    let plan = Plan {
        workflow: workflow_name(workflow, name),
        mode: Mode::Auto,
        branch: None,
        concurrency: CONCURRENCY,
        timeout_seconds: None,
        keys: BTreeMap::new(),
        tasks: in_order(left, council)?,
    };
    super::form::check(&plan)?;
    Ok(plan)
}

/// Where a plan comes from: the number of the workflow, and of each task in the order of the plan. None for a plan that was made
/// of a workflow file.
#[must_use]
pub fn origin(plan: &Plan) -> Option<(u64, Vec<u64>)> {
    let behind = plan.workflow.strip_prefix(WORKFLOW)?;
    let workflow = behind.split('-').next()?.parse().ok()?;
    let number = |node: &Node| -> Option<u64> {
        let number: u64 = node.name.strip_prefix(TASK)?.parse().ok()?;
        (node.inputs.get(NUMBER) == Some(&Source::Value(number.into()))).then_some(number)
    };
    let tasks: Option<Vec<u64>> = plan.tasks.iter().map(number).collect();
    Some((workflow, tasks?))
}

/// `board-`, the number, and as much of the name that agents gave as a plan may be called.
fn workflow_name(workflow: u64, name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|character| match character.to_ascii_lowercase() {
            letter if letter.is_ascii_alphanumeric() => letter,
            _ => '-',
        })
        .take(NAME_BYTES)
        .collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let whole = format!("{WORKFLOW}{workflow}-{}", words.join("-"));
    let whole = whole.trim_end_matches('-');
    debug_assert!(is_name(whole));
    whole.to_owned()
}

/// Lays the tasks out, each behind everything that it waits for.
fn in_order(mut left: BTreeMap<u64, (BTreeSet<u64>, Draft)>, council: &str) -> Result<Vec<Node>, Unplanned> {
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    let mut nodes = Vec::with_capacity(left.len());
    while let Some(first) = left.keys().next().copied() {
        let ready: Vec<u64> = left
            .iter()
            .filter(|(_, (needs, _))| needs.iter().all(|need| places.contains_key(need)))
            .map(|(number, _)| *number)
            .collect();
        if ready.is_empty() {
            return Err(Unplanned::Circle(first));
        }
        for number in ready {
            let Some((needs, draft)) = left.remove(&number) else {
                continue;
            };
            let needs = needs.iter().filter_map(|need| places.get(need));
            let needs = needs.map(|place| Need {
                task: *place,
                gate: None,
            });
            nodes.push(node(draft, needs.collect(), council));
            places.insert(number, nodes.len().saturating_sub(1));
        }
    }
    Ok(nodes)
}

fn node(draft: Draft, needs: Vec<Need>, council: &str) -> Node {
    let inputs = [
        (NUMBER, Value::from(draft.number)),
        ("title", Value::from(draft.title.as_str())),
        ("description", Value::from(draft.description)),
    ];
    Node {
        name: format!("{TASK}{}", draft.number),
        summary: draft.title,
        kind: draft.kind,
        work: Work::Agent(draft.agent),
        needs,
        inputs: inputs
            .into_iter()
            .map(|(member, value)| (member.to_owned(), Source::Value(value)))
            .collect(),
        councils: vec![council.to_owned()],
        confirm: false,
        retry: Retry::default(),
        timeout_seconds: None,
        priority: draft.priority.clamp(-PRIORITY_MAX, PRIORITY_MAX),
        key: None,
        undo: None,
        is_undo: false,
        estimate_seconds: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(number: u64, needs: &[u64], parent: Option<u64>) -> Draft {
        Draft {
            number,
            title: format!("Do {number}"),
            description: "As it says.\nAll of it.".to_owned(),
            agent: "developer".to_owned(),
            needs: needs.to_vec(),
            parent,
            ..Draft::default()
        }
    }

    fn made(drafts: Vec<Draft>) -> Result<Plan, String> {
        plan(7, "The  Clock!", "default", drafts).map_err(|error| error.to_string())
    }

    #[test]
    fn tasks_come_behind_what_they_need_and_behind_their_parts() {
        let plan = made(vec![
            draft(20, &[], None),
            draft(21, &[], Some(20)),
            draft(22, &[21], Some(20)),
        ])
        .expect("a plan");
        assert_eq!(plan.workflow, "board-7-the-clock");
        let names: Vec<&str> = plan.tasks.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["task-21", "task-22", "task-20"]);
        assert_eq!(origin(&plan), Some((7, vec![21, 22, 20])));
        let bytes = super::super::form::encode(&plan).expect("it has a stored form");
        assert_eq!(super::super::form::decode(&bytes).expect("it is read back"), plan);
    }

    #[test]
    fn tasks_that_would_never_start_make_no_plan() {
        let outside = made(vec![draft(20, &[3], None)]).expect_err("it needs something else");
        assert!(outside.contains("task 20 needs task 3"), "{outside}");
        let circle = made(vec![draft(20, &[], None), draft(21, &[20], Some(20))]).expect_err("a circle");
        assert!(circle.contains("task 20 waits for itself"), "{circle}");
        let long = Draft {
            description: "x".repeat(INPUT_BYTES_MAX),
            ..draft(20, &[], None)
        };
        assert!(made(vec![long]).expect_err("it is too long").contains("MiB"));
        let kind = Draft {
            kind: Some("No Name".to_owned()),
            ..draft(20, &[], None)
        };
        assert!(made(vec![kind]).expect_err("no type is called so").contains("type"));
        assert!(made(Vec::new()).is_err());
    }

    #[test]
    fn only_plans_of_the_board_say_that_they_come_from_there() {
        let mut plan = plan(u64::MAX, "\u{fc}\u{fc} !!", "default", vec![draft(1, &[], None)]).expect("a plan");
        assert_eq!(plan.workflow, format!("board-{}", u64::MAX));
        assert_eq!(origin(&plan), Some((u64::MAX, vec![1])));
        if let Some(node) = plan.tasks.first_mut() {
            node.inputs.clear();
        }
        assert_eq!(origin(&plan), None);
        plan.workflow = "clock".to_owned();
        assert_eq!(origin(&plan), None);
    }
}
