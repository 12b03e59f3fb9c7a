//! `assize run`.

use std::io::{self, IsTerminal as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::args::{Format, ModeArg, RunArgs};
use super::durability::{indented, insisted};
use super::live::Live;
use super::output::{BAD, CAUTION, FAINT, GOOD, STRONG, columns, data, json, paint, safe, tell, wrap};
use super::review::short;
use super::unwritten;
use crate::app::view::runs::{RunView, TaskView};
use crate::app::{App, Exit, Fault, RunRequest, Stage};
use crate::driver::workflow::{Drain, Screen};
use crate::event::{RunId, Step};
use crate::plan::{Mode, Plan};
use crate::schedule::State;

/// How many lines of a difference people see; JSON has all of it.
const DIFF_LINES_MAX: usize = 400;

pub(super) fn run(app: &App, args: &RunArgs) -> Result<Exit, Fault> {
    let mut screen = Watching::of(app, args);
    if let Some(only) = &args.go_on {
        let only = Some(only.as_str()).filter(|run| !run.is_empty());
        let views = app.continue_runs(only, args.watch, args.durability.wanted(), &mut screen, &mut tell)?;
        if views.is_empty() {
            tell("Nobody has to go on: every run has ended, or another process drives it.");
        }
        return shown(&views, args.format, screen.close());
    }
    let request = RunRequest {
        workflow: args.workflow.as_deref().unwrap_or_default(),
        inputs: &args.inputs,
        mode: args.mode.map(mode),
        branch: args.branch.as_deref(),
        wanted: args.durability.wanted(),
    };
    if args.submit {
        let run = app.submit_run(&request)?;
        data(&format!("{run}\n")).map_err(unwritten)?;
        return Ok(Exit::Yes);
    }
    let view = match args.mode {
        Some(ModeArg::DryRun) => app.dry_run(&request, &mut screen)?,
        _ => app.run_workflow(&request, args.watch, &mut screen, &mut tell)?,
    };
    shown(&[view], args.format, screen.close())
}

/// What shows a run: the live view where somebody watches at a terminal, else one line for each step.
enum Watching {
    Live(Live),
    Milestones(Milestones),
}

impl Watching {
    fn of(app: &App, args: &RunArgs) -> Self {
        let is_watched = args.watch && args.format == Format::Human && args.mode != Some(ModeArg::DryRun);
        if is_watched && io::stderr().is_terminal() && io::stdin().is_terminal() {
            let app = app.clone();
            let ask = move |run, request, task, shown: Option<String>| {
                let shown = shown.and_then(|shown| shown.parse().ok());
                if let Err(fault) = app.ask_aside(run, request, task, shown) {
                    tracing::warn!(%fault, "a request was not put on record");
                }
            };
            if let Ok(live) = Live::open(Box::new(ask)) {
                return Self::Live(live);
            }
        }
        Self::Milestones(Milestones::default())
    }

    /// Gives the terminal back, and whether the person stopped the driver.
    fn close(self) -> bool {
        match self {
            Self::Live(live) => live.was_left(),
            Self::Milestones(milestones) => milestones.is_interrupted(),
        }
    }
}

impl Stage for Watching {
    fn opens(&mut self, drain: Drain) {
        match self {
            Self::Live(live) => live.opens(drain),
            Self::Milestones(milestones) => milestones.opens(drain),
        }
    }
}

impl Screen for Watching {
    fn step(&mut self, run: RunId, plan: &Plan, state: &State, step: &Step) {
        match self {
            Self::Live(live) => live.step(run, plan, state, step),
            Self::Milestones(milestones) => milestones.step(run, plan, state, step),
        }
    }
}

fn mode(mode: ModeArg) -> Mode {
    match mode {
        ModeArg::Strict => Mode::Strict,
        // A dry run does what an automatic one would, elsewhere.
        ModeArg::Auto | ModeArg::DryRun => Mode::Auto,
    }
}

fn shown(views: &[RunView], format: Format, is_interrupted: bool) -> Result<Exit, Fault> {
    for view in views {
        match format {
            Format::Human => data(&page(view)),
            Format::Json => json(view),
        }
        .map_err(unwritten)?;
    }
    if is_interrupted {
        return Ok(Exit::Interrupted);
    }
    Ok(views
        .iter()
        .map(|view| insisted(exit(view), view.durability.as_ref()))
        .max_by_key(|exit| *exit as u8)
        .unwrap_or(Exit::Yes))
}

/// How a process ends that brought a run so far.
pub(super) fn exit(view: &RunView) -> Exit {
    match view.outcome.as_str() {
        "success" => Exit::Yes,
        "failed" | "cancelled" => Exit::No,
        _ => Exit::Undecided,
    }
}

/// What people see of a run.
pub(super) fn page(view: &RunView) -> String {
    let style = match view.outcome.as_str() {
        "success" => GOOD,
        "failed" => BAD,
        _ => CAUTION,
    };
    let branch = view.branch.strip_prefix("refs/heads/").unwrap_or(&view.branch);
    let mut page = format!(
        "{} {} {}\n",
        paint(STRONG, &safe(&view.workflow)),
        paint(style, &view.outcome),
        paint(FAINT, &format!("run {}, on {}", short(&view.run), safe(branch)))
    );
    for line in wrap(&safe(&view.detail), columns().saturating_sub(2)) {
        page.push_str(&format!("  {line}\n"));
    }
    let width = view
        .tasks
        .iter()
        .map(|task| task.task.chars().count())
        .max()
        .unwrap_or(0)
        .min(32);
    for task in &view.tasks {
        page.push_str(&line(task, width));
    }
    for request in view.requests.iter().filter(|request| request.accepted == Some(false)) {
        let about = request.task.as_deref().unwrap_or("the run");
        page.push_str(&format!(
            "  {} of {}: {}\n",
            paint(CAUTION, &format!("refused: {}", request.request)),
            safe(about),
            safe(request.reason.as_deref().unwrap_or_default())
        ));
    }
    if let Some(durability) = &view.durability {
        page.push_str(&indented(durability, "  "));
    }
    if let Some(diff) = &view.diff {
        page.push('\n');
        for line in diff.lines().take(DIFF_LINES_MAX) {
            page.push_str(&format!("{}\n", safe(line)));
        }
        let more = diff.lines().count().saturating_sub(DIFF_LINES_MAX);
        if more > 0 {
            page.push_str(&paint(
                FAINT,
                &format!("… {more} more lines; --format json has all of them\n"),
            ));
        }
        page.push_str(&paint(FAINT, "A dry run: nothing of this was kept.\n"));
    }
    page
}

fn line(task: &TaskView, width: usize) -> String {
    let style = match task.state.as_str() {
        "success" => GOOD,
        "failed" | "cancelled" => BAD,
        "waiting" | "paused" | "blocked" => CAUTION,
        _ => FAINT,
    };
    let mut line = format!(
        "  {:<width$}  {}",
        safe(&task.task),
        paint(style, &format!("{:<9}", task.state))
    );
    let verdicts: Vec<String> = task
        .verdicts
        .iter()
        .map(|verdict| {
            let by = if verdict.by_person { " by a person" } else { "" };
            format!("{} {}{by}", safe(&verdict.council), verdict.decision)
        })
        .collect();
    if !verdicts.is_empty() {
        line.push_str(&format!(" {}", paint(FAINT, &verdicts.join(", "))));
    }
    line.push('\n');
    let said = if task.waits.is_empty() {
        &task.detail
    } else {
        &task.waits
    };
    let said = if task.waits.is_empty() {
        safe(said)
    } else {
        format!("waits {}", safe(said))
    };
    for text in wrap(said.lines().next().unwrap_or_default(), columns().saturating_sub(6)) {
        line.push_str(&paint(FAINT, &format!("      {text}")));
        line.push('\n');
    }
    if task.state == "waiting"
        && let Some(shown) = &task.shown
    {
        line.push_str(&format!(
            "      {}\n",
            paint(FAINT, &format!("decide on it with --shown {shown}"))
        ));
    }
    line
}

/// What happens, line by line, on standard error.
#[derive(Default)]
pub(super) struct Milestones {
    interrupted: Arc<AtomicBool>,
    drain: Arc<Mutex<Option<Drain>>>,
    is_listening: bool,
}

impl Milestones {
    /// Whether the person stopped it.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Acquire)
    }

    /// The first signal lets what was begun come to its end; the second one ends the process. Nothing that was acknowledged
    /// is lost either way.
    fn listen(&mut self) {
        if std::mem::replace(&mut self.is_listening, true) {
            return;
        }
        let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
            return;
        };
        let (interrupted, drain) = (Arc::clone(&self.interrupted), Arc::clone(&self.drain));
        let wait = move || {
            for _ in signals.forever() {
                if interrupted.swap(true, Ordering::AcqRel) {
                    std::process::exit(Exit::Interrupted as i32);
                }
                tell(
                    "Nothing new is begun; what was begun comes to its end. Once more ends it at once, and loses nothing.",
                );
                if let Some(drain) = &*drain.lock().unwrap_or_else(PoisonError::into_inner) {
                    drain.drain();
                }
            }
        };
        // Without it a signal ends the process, which loses nothing either.
        drop(thread::Builder::new().name("signals".to_owned()).spawn(wait));
    }
}

impl Stage for Milestones {
    fn opens(&mut self, drain: Drain) {
        *self.drain.lock().unwrap_or_else(PoisonError::into_inner) = Some(drain);
        self.listen();
    }
}

impl Screen for Milestones {
    fn step(&mut self, run: RunId, _plan: &Plan, state: &State, step: &Step) {
        if let Some(line) = milestone(state, step) {
            tell(&format!("{} {line}", paint(FAINT, short(&run.to_string()))));
        }
    }
}

/// One line about a step; none for what nobody has to know.
fn milestone(state: &State, step: &Step) -> Option<String> {
    let task = |task: &str| safe(task);
    Some(match step {
        Step::Started { workflow, .. } => format!("{} was submitted", safe(workflow)),
        Step::AttemptStarted {
            task: name, attempt, ..
        } => format!("{} attempt {attempt}", task(name)),
        Step::AttemptEnded {
            task: name,
            outcome,
            detail,
            ..
        } => {
            let said = detail.lines().next().unwrap_or_default();
            format!("{} {}: {}", task(name), safe(outcome), safe(said))
        }
        Step::Judged {
            task: name,
            council,
            decision,
            ..
        } => format!("{} {} by {}", task(name), safe(decision), safe(council)),
        Step::Joined {
            task: name,
            commit,
            detail,
            ..
        } => match commit {
            Some(_) => format!("{} is judged again on top of what landed meanwhile", task(name)),
            None => format!("{} does not land: {}", task(name), safe(detail)),
        },
        Step::Landed {
            task: name,
            branch,
            commit,
            ..
        } => {
            let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
            format!("{} landed on {} as {}", task(name), safe(branch), short(commit))
        }
        Step::Asked {
            task: name,
            request,
            author,
            ..
        } => {
            let about = name.as_deref().unwrap_or("the run");
            format!("{} asks to {} {}", safe(author), safe(request), safe(about))
        }
        Step::Answered { accepted: true, .. } => return None,
        Step::Answered { reason, .. } => format!("refused: {}", safe(reason)),
        Step::Ended { outcome, detail, .. } => {
            debug_assert!(state.ended().is_some(), "the state has taken the step in");
            format!("the run has ended: {} {}", safe(outcome), safe(detail))
        }
    })
}
