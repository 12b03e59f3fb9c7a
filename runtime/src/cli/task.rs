//! `assize task`.

use super::args::{Format, TaskVerb, WishArgs};
use super::durability::insisted;
use super::output::{BAD, CAUTION, FAINT, GOOD, STRONG, data, json, paint, safe, tell};
use super::review::short;
use super::run::{Milestones, exit as ended, page};
use super::unwritten;
use crate::app::view::runs::{AnswerView, RunListView, RunView, TaskView};
use crate::app::{App, Exit, Fault, Wish};
use crate::schedule::Request;

pub(super) fn run(app: &App, verb: &TaskVerb) -> Result<Exit, Fault> {
    match verb {
        TaskVerb::List { open, format } => list(&app.list_runs(*open)?, *format),
        TaskVerb::Show { target, format } => show(app, target, *format),
        TaskVerb::Tree { run } => {
            let drawn = app.draw_run(run)?;
            data(&drawn.lines().map(|line| safe(line) + "\n").collect::<String>()).map_err(unwritten)?;
            Ok(Exit::Yes)
        }
        TaskVerb::Pause(args) => ask(app, Request::Pause, args, None),
        TaskVerb::Resume(args) => ask(app, Request::Resume, args, None),
        TaskVerb::Cancel(args) => ask(app, Request::Cancel, args, None),
        TaskVerb::Approve(args) => ask(app, Request::Approve, &args.wish, args.person.as_deref()),
        TaskVerb::Reject(args) => ask(app, Request::Reject, &args.wish, args.person.as_deref()),
        TaskVerb::Override(args) => ask(app, Request::Override, &args.wish, args.person.as_deref()),
        TaskVerb::Answer(args) => ask(app, Request::Answer, args, None),
        TaskVerb::Retry(args) => ask(app, Request::Retry, args, None),
        TaskVerb::Logs { target, format } => super::records::logs(app, target, *format),
        TaskVerb::Replay {
            target,
            component,
            format,
        } => super::records::replay(app, target, component.as_deref(), *format),
    }
}

fn list(view: &RunListView, format: Format) -> Result<Exit, Fault> {
    match format {
        Format::Json => json(view),
        Format::Human => {
            let mut page = String::new();
            for run in &view.runs {
                let style = match run.outcome.as_str() {
                    "success" => GOOD,
                    "failed" | "cancelled" => BAD,
                    _ => CAUTION,
                };
                page.push_str(&format!(
                    "{}  {}  {}  {}\n",
                    paint(STRONG, short(&run.run)),
                    run.started,
                    paint(style, &format!("{:<9}", run.outcome)),
                    safe(&run.workflow)
                ));
            }
            data(&page)
        }
    }
    .map_err(unwritten)?;
    Ok(Exit::Yes)
}

fn show(app: &App, target: &str, format: Format) -> Result<Exit, Fault> {
    let view = app.show_run(target)?;
    let Some((_, name)) = target.split_once('/') else {
        shown_run(&view, format)?;
        return Ok(Exit::Yes);
    };
    let task = task_of(&view, name)?;
    match format {
        Format::Json => json(task),
        Format::Human => data(&task_page(task)),
    }
    .map_err(unwritten)?;
    Ok(Exit::Yes)
}

fn task_of<'a>(view: &'a RunView, name: &str) -> Result<&'a TaskView, Fault> {
    view.tasks.iter().find(|task| task.task == name).ok_or_else(|| {
        let known: Vec<&str> = view.tasks.iter().map(|task| task.task.as_str()).take(20).collect();
        Fault::wrong(
            format!("the run {} has no task `{name}`", short(&view.run)),
            format!("it has {}", known.join(", ")),
        )
    })
}

fn shown_run(view: &RunView, format: Format) -> Result<(), Fault> {
    match format {
        Format::Json => json(view),
        Format::Human => data(&page(view)),
    }
    .map_err(unwritten)
}

fn task_page(task: &TaskView) -> String {
    let mut page = format!("{} {}\n", paint(STRONG, &safe(&task.task)), task.state);
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            page.push_str(&format!("  {} {}\n", paint(FAINT, &format!("{name:<9}")), safe(value)));
        }
    };
    fact("is for", &task.summary);
    fact("agent", task.agent.as_deref().unwrap_or_default());
    fact("attempt", &task.attempt.to_string());
    fact("said", &task.detail);
    fact("waits", &task.waits);
    fact("cause", task.cause.unwrap_or_default());
    fact("base", task.base.as_deref().unwrap_or_default());
    fact("commit", task.commit.as_deref().unwrap_or_default());
    fact("call", task.call.as_deref().unwrap_or_default());
    for verdict in &task.verdicts {
        let by = if verdict.by_person {
            " by a person's override"
        } else {
            ""
        };
        let text = format!("{} {}{by}, entry {}", verdict.council, verdict.decision, verdict.entry);
        fact("verdict", &text);
    }
    if let Some(said) = &task.confirmation {
        let entry = said.entry.as_deref();
        let entry = entry.map_or_else(|| ", unsigned".to_owned(), |entry| format!(", entry {entry}"));
        fact("person", &format!("{} {}{entry}", said.person, said.answer));
    }
    fact("shown", task.shown.as_deref().unwrap_or_default());
    page
}

fn ask(app: &App, request: Request, args: &WishArgs, person: Option<&str>) -> Result<Exit, Fault> {
    let wish = Wish {
        target: &args.target,
        request,
        text: &args.text,
        shown: args.shown.as_deref(),
        person,
        wanted: args.durability.wanted(),
    };
    let mut milestones = Milestones::default();
    let view = app.ask_run(&wish, &mut milestones, &mut tell)?;
    match args.format {
        Format::Json => json(&view).map_err(unwritten)?,
        Format::Human => answered(&view)?,
    }
    let exit = match view.accepted {
        _ if milestones.is_interrupted() => Exit::Interrupted,
        Some(true) if ended(&view.run) == Exit::No && request != Request::Cancel && request != Request::Reject => {
            Exit::No
        }
        Some(true) => Exit::Yes,
        Some(false) => Exit::No,
        None => Exit::Undecided,
    };
    Ok(insisted(exit, view.run.durability.as_ref()))
}

fn answered(view: &AnswerView) -> Result<(), Fault> {
    match view.accepted {
        Some(true) => data(&page(&view.run)).map_err(unwritten),
        Some(false) => {
            tell(&format!("{}: {}", paint(BAD, "refused"), safe(&view.reason)));
            Ok(())
        }
        None => {
            tell(
                "It is on record, and the driver of the run has not answered yet; `assize task show` tells when it has.",
            );
            Ok(())
        }
    }
}
