//! `assize workflow`.

use super::args::{DrawingArg, Format, WorkflowVerb};
use super::output::{BAD, FAINT, GOOD, STRONG, columns, data, json, paint, safe, wrap};
use super::review::count;
use super::unwritten;
use crate::app::view::workflows::{
    ParameterView, PlannedTaskView, WorkflowCheckView, WorkflowGraphView, WorkflowListView, WorkflowPlanView,
};
use crate::app::{App, Drawing, Exit, Fault};

pub(super) fn run(app: &App, verb: &WorkflowVerb) -> Result<Exit, Fault> {
    match verb {
        WorkflowVerb::Check { names, policy, format } => {
            print(*format, &app.check_workflows(names, policy.as_deref())?, checked)?;
        }
        WorkflowVerb::Plan { name, inputs, format } => {
            print(*format, &app.plan_workflow(name, inputs)?, planned)?;
        }
        WorkflowVerb::Graph {
            name,
            inputs,
            drawing,
            format,
        } => {
            let drawing = match drawing {
                DrawingArg::Text => Drawing::Text,
                DrawingArg::Svg => Drawing::Svg,
            };
            print(*format, &app.draw_workflow(name, inputs, drawing)?, drawn)?;
        }
        WorkflowVerb::List { format } => {
            print(*format, &app.list_workflows()?, listed)?;
        }
    }
    Ok(Exit::Yes)
}

fn print<T: serde::Serialize>(format: Format, view: &T, draw: impl Fn(&T) -> String) -> Result<(), Fault> {
    match format {
        Format::Human => data(&draw(view)),
        Format::Json => json(view),
    }
    .map_err(unwritten)
}

fn checked(view: &WorkflowCheckView) -> String {
    if view.workflows.is_empty() {
        return "there are no workflows in .assize/workflows; `assize workflow list` shows those that come with Assize\n".to_owned();
    }
    let width = view
        .workflows
        .iter()
        .map(|workflow| workflow.file.len())
        .max()
        .unwrap_or(0);
    let mut page = String::new();
    for workflow in &view.workflows {
        let file = format!("{:width$}", safe(&workflow.file));
        page += &format!(
            "{} {file}  {}\n",
            paint(GOOD, "ok"),
            count(workflow.tasks as u64, "task")
        );
    }
    page += &match &view.policy {
        Some(policy) => paint(FAINT, &format!("agents and councils by {}", safe(&policy.file))),
        None => paint(FAINT, "no repository here, so agents and councils were not looked up"),
    };
    page + "\n"
}

fn listed(view: &WorkflowListView) -> String {
    let width = view
        .workflows
        .iter()
        .map(|workflow| workflow.name.len())
        .max()
        .unwrap_or(0);
    let mut page = String::new();
    for workflow in &view.workflows {
        let name = paint(STRONG, &format!("{:width$}", workflow.name));
        let source = match workflow.source {
            "shipped" => "shipped",
            _ => "here",
        };
        let about = safe(&workflow.summary);
        let lines = wrap(&about, columns().saturating_sub(width + 11));
        let first = lines.first().cloned().unwrap_or_default();
        page += &format!("{name}  {} {first}\n", paint(FAINT, &format!("{source:<8}")));
        let margin = " ".repeat(width + 11);
        for line in lines.iter().skip(1) {
            page += &format!("{margin}{line}\n");
        }
        let parameters: Vec<String> = workflow.parameters.iter().map(parameter).collect();
        if !parameters.is_empty() {
            for line in wrap(&parameters.join(" "), columns().saturating_sub(width + 11)) {
                page += &format!("{margin}{}\n", paint(FAINT, &line));
            }
        }
    }
    for broken in &view.broken {
        let problems = count(broken.problems as u64, "problem");
        let line = format!("{}: {} ({problems})", safe(&broken.file), safe(&broken.problem));
        page += &format!("{} {line}\n", paint(BAD, "broken"));
    }
    page
}

/// A parameter as it is given; one that may be left out stands in brackets.
fn parameter(parameter: &ParameterView) -> String {
    match &parameter.default {
        None => format!("{}={}", parameter.name, parameter.kind),
        Some(_) => format!("[{}={}]", parameter.name, parameter.kind),
    }
}

fn drawn(view: &WorkflowGraphView) -> String {
    view.drawing.clone()
}

fn planned(view: &WorkflowPlanView) -> String {
    let branch = match &view.branch {
        Some(branch) => format!("lands on {}", safe(branch)),
        None => "lands on what is checked out".to_owned(),
    };
    let mut page = format!(
        "{}  {}\n{}\n\n",
        paint(STRONG, &view.workflow.name),
        safe(&view.workflow.summary),
        paint(
            FAINT,
            &format!(
                "{} · {branch} · {} at once · plan {}",
                view.mode,
                view.concurrency,
                short(&view.plan)
            )
        )
    );
    page += &table(&view.tasks);
    page.push('\n');
    let path = view.critical_path.join(" → ");
    for (line, text) in wrap(&path, columns().saturating_sub(15)).iter().enumerate() {
        let title = if line == 0 { "critical path" } else { "" };
        page += &format!("{title:<13}  {text}\n");
    }
    page += &format!("{:<13}  {} at least\n", "takes", span(view.critical_seconds));
    if view.limited_seconds != view.critical_seconds {
        page += &format!(
            "{:<13}  {} with {} at once\n",
            "",
            span(view.limited_seconds),
            view.concurrency
        );
    }
    page += &format!("{:<13}  {} one after the other\n", "", span(view.work_seconds));
    page += &format!("{:<13}  {} at once, at most\n", "width", view.width);
    if view.unknown > 0 {
        let tasks = count(view.unknown as u64, "task");
        page += &format!("{:<13}  {tasks} without an estimate: counted as no time\n", "unknown");
    }
    page
}

/// The tasks in order. A star marks those of the critical path.
fn table(tasks: &[PlannedTaskView]) -> String {
    let agent = |task: &PlannedTaskView| match (&task.agent, task.undoes) {
        (Some(agent), true) => format!("{agent} (undo)"),
        (Some(agent), false) => agent.clone(),
        (None, _) => "-".to_owned(),
    };
    let name_width = tasks.iter().map(|task| task.name.len()).max().unwrap_or(0).max(4);
    let agent_width = tasks.iter().map(|task| agent(task).len()).max().unwrap_or(0).max(5);
    let header = format!(
        "  {:name_width$}  {:agent_width$}  {:>10}  {:>10}  {:>10}",
        "task", "agent", "takes", "starts", "slack"
    );
    let mut page = format!("{}\n", paint(FAINT, &header));
    for task in tasks {
        let mark = if task.critical && task.agent.is_some() {
            "*"
        } else {
            " "
        };
        let (takes, starts, slack) = match (task.seconds, task.undoes || task.agent.is_none()) {
            (_, true) => ("-".to_owned(), "-".to_owned(), "-".to_owned()),
            (Some(seconds), false) => (span(seconds), span(task.start_seconds), span(task.slack_seconds)),
            (None, false) => ("?".to_owned(), span(task.start_seconds), span(task.slack_seconds)),
        };
        page += &format!(
            "{mark} {:name_width$}  {:agent_width$}  {takes:>10}  {starts:>10}  {slack:>10}\n",
            task.name,
            agent(task)
        );
    }
    page
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// A span of time, as people say it: the two largest units of it.
fn span(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, name) in UNITS {
        let whole = left / unit;
        left %= unit;
        if whole > 0 {
            parts.push(format!("{whole} {name}"));
        }
    }
    parts.truncate(2);
    if parts.is_empty() {
        "0".to_owned()
    } else {
        parts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_are_said_in_their_two_largest_units() {
        let said = [0, 59, 60, 3_600, 5_430, 388_800, 86_401].map(span);
        assert_eq!(said, ["0", "59 s", "1 min", "1 h", "1 h 30 min", "4 d 12 h", "1 d 1 s"]);
    }
}
