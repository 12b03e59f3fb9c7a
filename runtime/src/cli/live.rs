//! The live view of runs on a terminal: every task with its state, and keys to intervene.
//!
//! It is drawn below the last line of the terminal and stays there when it ends. What a key asks for is put on record like any
//! other request; the driver answers it.

use std::io::{self, Stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};

use super::output::{clip, safe};
use super::review::short;
use crate::app::{Exit, Stage};
use crate::driver::workflow::{Drain, Screen};
use crate::event::{RunId, Step};
use crate::plan::{Plan, TaskState};
use crate::schedule::{Request, State};

/// How often the view is drawn where nothing happens, for the durations.
const REFRESH: Duration = Duration::from_secs(1);
/// The most lines of the view.
const LINES_MAX: u16 = 30;

/// Puts a request on record: what is asked for, of which task, and the digest of what was shown.
pub(super) type Ask = Box<dyn Fn(RunId, Request, Option<String>, Option<String>) + Send>;

/// One line of the view.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TaskLine {
    name: String,
    state: TaskState,
    since_ms: u64,
    said: String,
    shown: Option<String>,
}

/// What is known of the run that is shown.
#[derive(Debug, Default)]
struct Picture {
    run: Option<RunId>,
    title: String,
    tasks: Vec<TaskLine>,
    ended: Option<String>,
}

impl Picture {
    fn take(&mut self, run: RunId, plan: &Plan, state: &State) {
        self.run = Some(run);
        self.title = format!("{} {}", safe(&plan.workflow), short(&run.to_string()));
        self.ended = state
            .ended()
            .map(|(outcome, detail)| safe(&format!("{outcome} {detail}")));
        self.tasks = state
            .views()
            .enumerate()
            .map(|(index, view)| TaskLine {
                name: safe(view.name),
                state: view.state,
                since_ms: view.since_ms,
                said: match view.waits.as_str() {
                    "" => safe(view.detail.lines().next().unwrap_or_default()),
                    waits => format!("waits {}", safe(waits)),
                },
                shown: state.shown(index).map(|digest| digest.to_string()),
            })
            .collect();
    }

    /// The lines that fit: what is under way and what waits for a person first.
    fn lines(&self, rows: usize, now_ms: u64, columns: usize) -> Vec<Line<'static>> {
        let mut tasks: Vec<&TaskLine> = self.tasks.iter().collect();
        if tasks.len() > rows {
            tasks.sort_by_key(|task| urgency(task.state));
        }
        let width = tasks
            .iter()
            .map(|task| task.name.chars().count())
            .max()
            .unwrap_or(0)
            .min(30);
        let left_out = tasks.len().saturating_sub(rows);
        let line = |task: &&TaskLine| {
            let seconds = now_ms.saturating_sub(task.since_ms) / 1_000;
            let time = match task.state {
                TaskState::Running | TaskState::Review | TaskState::Waiting => format!("{seconds:>5} s"),
                _ => " ".repeat(7),
            };
            let text = format!(
                " {:<width$} {:<9} {time} ",
                clip(&task.name, width.max(1)),
                task.state.name()
            );
            let room = columns.saturating_sub(text.chars().count().saturating_add(3));
            Line::from(vec![
                Span::styled(sign(task.state), style(task.state)),
                Span::raw(text),
                Span::styled(clip(&task.said, room), Style::new().add_modifier(Modifier::DIM)),
            ])
        };
        let mut lines: Vec<Line<'static>> = tasks.iter().take(rows).map(line).collect();
        if left_out > 0 {
            lines.push(Line::raw(format!("  and {left_out} more tasks")));
        }
        lines
    }
}

/// What a person looks at first.
fn urgency(state: TaskState) -> u8 {
    match state {
        TaskState::Waiting | TaskState::Paused => 0,
        TaskState::Running | TaskState::Review => 1,
        TaskState::Failed => 2,
        TaskState::Ready => 3,
        TaskState::Blocked | TaskState::Pending | TaskState::Cancelled => 4,
        TaskState::Success => 5,
    }
}

fn sign(state: TaskState) -> &'static str {
    match state {
        TaskState::Success => "✓",
        TaskState::Failed | TaskState::Cancelled => "✗",
        TaskState::Running | TaskState::Review => "▶",
        TaskState::Waiting | TaskState::Paused => "?",
        TaskState::Blocked => "–",
        TaskState::Pending | TaskState::Ready => "·",
    }
}

fn style(state: TaskState) -> Style {
    match state {
        TaskState::Success => Style::new().fg(Color::Green),
        TaskState::Failed | TaskState::Cancelled => Style::new().fg(Color::Red),
        TaskState::Waiting | TaskState::Paused | TaskState::Blocked => Style::new().fg(Color::Yellow),
        TaskState::Pending | TaskState::Ready | TaskState::Running | TaskState::Review => Style::new(),
    }
}

fn draw(picture: &Picture, now_ms: u64, frame: &mut Frame<'_>) {
    let area = frame.area();
    let rows = usize::from(area.height.saturating_sub(3));
    let mut lines = vec![Line::styled(
        picture.title.clone(),
        Style::new().add_modifier(Modifier::BOLD),
    )];
    lines.extend(picture.lines(rows, now_ms, usize::from(area.width)));
    lines.push(match &picture.ended {
        Some(ended) => Line::raw(ended.clone()),
        None => Line::styled(KEYS, Style::new().add_modifier(Modifier::DIM)),
    });
    frame.render_widget(ratatui::widgets::Paragraph::new(lines), area);
}

const KEYS: &str = "p pause · r resume · a approve · x reject · c cancel · q leave (the run goes on with --continue)";

/// What a key means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    Ask(Request, Option<String>, Option<String>),
    Leave,
    Nothing,
}

fn meaning(key: KeyEvent, picture: &Picture) -> Meaning {
    if key.kind == KeyEventKind::Release || picture.ended.is_some() {
        return Meaning::Nothing;
    }
    let waiting = || {
        picture
            .tasks
            .iter()
            .find(|task| task.state == TaskState::Waiting && task.shown.is_some())
    };
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Meaning::Leave,
        KeyCode::Char('q') => Meaning::Leave,
        KeyCode::Char('p') => Meaning::Ask(Request::Pause, None, None),
        KeyCode::Char('r') => Meaning::Ask(Request::Resume, None, None),
        KeyCode::Char('c') => Meaning::Ask(Request::Cancel, None, None),
        // Exactly what is shown of the first task that waits.
        KeyCode::Char('a') => waiting().map_or(Meaning::Nothing, |task| {
            Meaning::Ask(Request::Approve, Some(task.name.clone()), task.shown.clone())
        }),
        KeyCode::Char('x') => waiting().map_or(Meaning::Nothing, |task| {
            Meaning::Ask(Request::Reject, Some(task.name.clone()), task.shown.clone())
        }),
        _ => Meaning::Nothing,
    }
}

/// The view and the thread that reads keys.
pub(super) struct Live {
    inner: Arc<Mutex<Inner>>,
    is_over: Arc<AtomicBool>,
    left: Arc<AtomicBool>,
    drain: Arc<Mutex<Option<Drain>>>,
}

struct Inner {
    terminal: Terminal<CrosstermBackend<Stderr>>,
    picture: Picture,
}

impl Inner {
    fn draw(&mut self) {
        let (picture, now_ms) = (&self.picture, crate::clock::Clock::System.unix_millis());
        // A terminal that is gone shows nothing.
        let _ = self.terminal.draw(|frame| draw(picture, now_ms, frame));
    }
}

impl Live {
    /// Takes the terminal, if it can be.
    pub(super) fn open(ask: Ask) -> io::Result<Self> {
        let backend = CrosstermBackend::new(io::stderr());
        let height = backend.size()?.height.saturating_sub(1).clamp(6, LINES_MAX);
        enable_raw_mode()?;
        let options = TerminalOptions {
            viewport: Viewport::Inline(height),
        };
        let terminal = match Terminal::with_options(backend, options) {
            Ok(terminal) => terminal,
            Err(error) => {
                disable_raw_mode()?;
                return Err(error);
            }
        };
        let live = Self {
            inner: Arc::new(Mutex::new(Inner {
                terminal,
                picture: Picture::default(),
            })),
            is_over: Arc::default(),
            left: Arc::default(),
            drain: Arc::default(),
        };
        live.listen(ask)?;
        Ok(live)
    }

    /// Whether the person left.
    pub(super) fn was_left(&self) -> bool {
        self.left.load(Ordering::Acquire)
    }

    fn listen(&self, ask: Ask) -> io::Result<()> {
        let (inner, is_over) = (Arc::clone(&self.inner), Arc::clone(&self.is_over));
        let (left, drain) = (Arc::clone(&self.left), Arc::clone(&self.drain));
        let read = move || {
            while !is_over.load(Ordering::Acquire) {
                let key = match event::poll(REFRESH) {
                    Ok(true) => event::read().ok(),
                    Ok(false) => None,
                    Err(_) => return,
                };
                let mut inner = inner.lock().unwrap_or_else(PoisonError::into_inner);
                let meaning = match key {
                    Some(Event::Key(key)) => meaning(key, &inner.picture),
                    _ => Meaning::Nothing,
                };
                match (meaning, inner.picture.run) {
                    (Meaning::Ask(request, task, shown), Some(run)) => ask(run, request, task, shown),
                    (Meaning::Leave, _) => {
                        if left.swap(true, Ordering::AcqRel) {
                            let _ = disable_raw_mode();
                            std::process::exit(Exit::Interrupted as i32);
                        }
                        if let Some(drain) = &*drain.lock().unwrap_or_else(PoisonError::into_inner) {
                            drain.drain();
                        }
                    }
                    _ => {}
                }
                inner.draw();
            }
        };
        thread::Builder::new().name("keys".to_owned()).spawn(read).map(drop)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.draw();
        let _ = disable_raw_mode();
        let _ = inner.terminal.show_cursor();
        // What comes next stands below.
        drop(io::Write::write_all(&mut io::stderr(), b"\n"));
    }
}

impl Stage for Live {
    fn opens(&mut self, drain: Drain) {
        *self.drain.lock().unwrap_or_else(PoisonError::into_inner) = Some(drain);
    }
}

impl Screen for Live {
    fn step(&mut self, run: RunId, plan: &Plan, state: &State, _step: &Step) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.picture.take(run, plan, state);
        inner.draw();
    }
}

#[cfg(test)]
mod tests {
    use ratatui::backend::TestBackend;

    use super::*;

    fn line(name: &str, state: TaskState, shown: Option<&str>) -> TaskLine {
        TaskLine {
            name: name.to_owned(),
            state,
            since_ms: 1_000,
            said: "said \u{2026}".to_owned(),
            shown: shown.map(ToOwned::to_owned),
        }
    }

    fn picture(count: usize) -> Picture {
        let mut tasks: Vec<TaskLine> = (0..count)
            .map(|number| line(&format!("t{number}"), TaskState::Success, None))
            .collect();
        tasks.push(line("last", TaskState::Waiting, Some("digest")));
        Picture {
            run: Some(RunId::from_bytes([1; 16])),
            title: "work 0101".to_owned(),
            tasks,
            ended: None,
        }
    }

    fn drawn(picture: &Picture) -> String {
        let mut terminal = Terminal::new(TestBackend::new(60, 8)).expect("a terminal");
        terminal.draw(|frame| draw(picture, 4_000, frame)).expect("it draws");
        terminal.backend().to_string()
    }

    #[test]
    fn a_few_tasks_stand_in_the_order_of_the_plan_with_their_times() {
        let shown = drawn(&picture(2));
        let (first, last) = (shown.find("t0").expect("a task"), shown.find("last").expect("a task"));
        assert!(first < last && shown.contains("3 s"), "{shown}");
        assert!(shown.contains("p pause"), "{shown}");
    }

    #[test]
    fn of_many_tasks_those_that_need_somebody_are_shown() {
        let shown = drawn(&picture(40));
        assert!(shown.contains("last") && shown.contains("and 36 more tasks"), "{shown}");
    }

    #[test]
    fn keys_ask_for_exactly_what_is_shown() {
        let key = |code| KeyEvent::new(KeyCode::Char(code), KeyModifiers::NONE);
        let picture = picture(1);
        let approve = Meaning::Ask(Request::Approve, Some("last".to_owned()), Some("digest".to_owned()));
        assert_eq!(meaning(key('a'), &picture), approve);
        assert_eq!(meaning(key('p'), &picture), Meaning::Ask(Request::Pause, None, None));
        let leave = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(meaning(leave, &picture), Meaning::Leave);
        assert_eq!(meaning(key('z'), &picture), Meaning::Nothing);
        let over = Picture {
            ended: Some("success".to_owned()),
            ..picture
        };
        assert_eq!(meaning(key('c'), &over), Meaning::Nothing);
    }
}
