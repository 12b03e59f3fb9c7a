//! What people ask of a run, and whether it can be done.
//!
//! | request | about | is accepted while | and then |
//! |---|---|---|---|
//! | `pause` | run, task | it is not paused and not over | nothing new begins; an agent at work is stopped, and goes on with the same attempt later |
//! | `resume` | run, task | it is paused | everything goes on |
//! | `cancel` | run, task | it is not over | it is stopped; what depends on it is blocked; a cancelled run is undone |
//! | `approve` | task | it waits for a person's confirmation of exactly what was shown | its change lands |
//! | `reject` | task | it waits for a person | it has failed |
//! | `override` | task | a council did not approve exactly what was shown, and somebody else submitted the run | a person's signed verdict stands for the council's |
//! | `answer` | task | it may still be tried | the text is given to its next attempt |
//! | `retry` | task | it failed, was cancelled, or waits to be tried again | it is tried again, with all its attempts |
//!
//! Requests are answered one after the other, in the order in which they were asked.

use assize_provenance::digest::{Digest, Hasher};

use super::state::State;
use super::task::{Confirmation, Judgement, Phase, Task};
use crate::event::Step;

/// How many answers a task keeps for its attempts.
pub const ANSWERS_MAX: usize = 32;

/// What somebody may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    /// Nothing new begins.
    Pause,
    /// Everything goes on.
    Resume,
    /// It is given up.
    Cancel,
    /// A person confirms what was shown.
    Approve,
    /// A person does not want what was shown.
    Reject,
    /// A person's verdict stands for that of the council.
    Override,
    /// Guidance for the next attempt.
    Answer,
    /// It is tried again.
    Retry,
}

impl Request {
    /// Every request.
    pub const ALL: &[Self] = &[
        Self::Pause,
        Self::Resume,
        Self::Cancel,
        Self::Approve,
        Self::Reject,
        Self::Override,
        Self::Answer,
        Self::Retry,
    ];

    /// The request's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Override => "override",
            Self::Answer => "answer",
            Self::Retry => "retry",
        }
    }

    /// The request of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|request| request.name() == name)
    }
}

/// Something that was asked for and is not answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The task; none for the whole run.
    pub task: Option<String>,
    /// What is asked for.
    pub request: String,
    /// Who asks.
    pub author: String,
    /// The digest of what the person was shown.
    pub shown: Option<Digest>,
    /// A reason, an answer, guidance.
    pub text: String,
    /// What the person signed, by the digest of its contents.
    pub signed: Option<Digest>,
    /// Whether it came about already, and only the answer is missing.
    pub(super) done: bool,
}

impl Asked {
    /// Takes what a step asks for.
    #[must_use]
    pub fn of(step: &Step) -> Option<Self> {
        match step {
            Step::Asked {
                task,
                request,
                author,
                shown,
                text,
                signed,
                ..
            } => Some(Self {
                task: task.clone(),
                request: request.clone(),
                author: author.clone(),
                shown: *shown,
                text: text.clone(),
                signed: *signed,
                done: false,
            }),
            _ => None,
        }
    }

    pub(super) fn confirmation(&self, is_approved: bool) -> Confirmation {
        Confirmation {
            person: self.author.clone(),
            is_approved,
            signed: self.signed,
        }
    }
}

/// What a request decides about a verdict, once it is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision<'a> {
    /// `approve`, `reject` or `override`.
    pub request: Request,
    /// The task.
    pub task: usize,
    /// The council whose verdict that is.
    pub council: &'a str,
    /// The verdict.
    pub judgement: &'a Judgement,
    /// The digest of exactly what the person decides on.
    pub shown: Digest,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Granted {
    PauseRun,
    ResumeRun,
    CancelRun,
    Pause(usize),
    Resume(usize),
    Cancel(usize),
    Approve(usize),
    Reject(usize),
    /// The task, and the position of its council.
    Override(usize, usize),
    /// A person's verdict is recorded.
    Overridden,
    Answer(usize),
    Retry(usize),
}

impl State {
    /// What becomes of a request in this state, or why nothing does.
    pub(super) fn weigh(&self, asked: &Asked) -> Result<Granted, String> {
        let Some(request) = Request::named(&asked.request) else {
            let known: Vec<&str> = Request::ALL.iter().map(|request| request.name()).collect();
            return Err(format!(
                "`{}` is no request; ask for one of {}",
                asked.request,
                known.join(", ")
            ));
        };
        if asked.done {
            return Ok(Granted::Overridden);
        }
        if let Some((outcome, _)) = &self.ended {
            return Err(format!("the run has ended ({outcome}); start another one"));
        }
        let Some(name) = &asked.task else {
            return self.weigh_for_run(request);
        };
        let found = self
            .graph
            .named(name)
            .and_then(|index| Some((index, self.task(index)?)));
        let Some((index, task)) = found else {
            return Err(format!("this run has no task `{name}`"));
        };
        match request {
            Request::Pause | Request::Resume | Request::Cancel => self.weigh_course(request, index, task),
            Request::Approve | Request::Reject | Request::Override => self.weigh_decision(request, index, task, asked),
            Request::Answer if asked.text.is_empty() => Err("the answer is empty; say something".to_owned()),
            Request::Answer if task.guidance.len() >= ANSWERS_MAX => {
                Err(format!("`{name}` has {ANSWERS_MAX} answers already; it takes no more"))
            }
            Request::Answer if matches!(task.phase, Phase::Success | Phase::Cancelled) => {
                Err(self.is_elsewhere(index, "no attempt follows that could be given an answer"))
            }
            Request::Answer => Ok(Granted::Answer(index)),
            Request::Retry => self.weigh_retry(index, task),
        }
    }

    fn weigh_for_run(&self, request: Request) -> Result<Granted, String> {
        match request {
            Request::Pause if self.paused => Err("the run is paused already".to_owned()),
            Request::Pause => Ok(Granted::PauseRun),
            Request::Resume if !self.paused => Err("the run is not paused".to_owned()),
            Request::Resume => Ok(Granted::ResumeRun),
            Request::Cancel if self.cancelled => Err("the run is being cancelled already".to_owned()),
            Request::Cancel if self.winding => Err("the run has failed and is being undone; let it end".to_owned()),
            Request::Cancel => Ok(Granted::CancelRun),
            _ => Err(format!("`{}` is about a task; name one", request.name())),
        }
    }

    fn weigh_course(&self, request: Request, index: usize, task: &Task) -> Result<Granted, String> {
        let is_idle_undo = self.node(index).is_some_and(|node| node.is_undo) && task.attempt == 0;
        match request {
            _ if task.is_final() => Err(self.is_elsewhere(index, "nothing is under way that could be changed")),
            _ if task.cancelling => Err("the task is being cancelled".to_owned()),
            _ if is_idle_undo => Err("the task only starts when the run is undone".to_owned()),
            Request::Pause if task.paused => Err("the task is paused already".to_owned()),
            Request::Pause => Ok(Granted::Pause(index)),
            Request::Resume if task.paused => Ok(Granted::Resume(index)),
            Request::Resume if self.paused => Err("not the task but the run is paused; resume the run".to_owned()),
            Request::Resume => Err("the task is not paused".to_owned()),
            _ => Ok(Granted::Cancel(index)),
        }
    }

    fn weigh_decision(&self, request: Request, index: usize, task: &Task, asked: &Asked) -> Result<Granted, String> {
        let waits = matches!(task.phase, Phase::Confirming | Phase::Appealing);
        let reason_missing = asked.text.trim().is_empty();
        let is_undo = self.node(index).is_some_and(|node| node.is_undo);
        match request {
            Request::Approve | Request::Override if (self.cancelled || self.winding) && !is_undo => {
                Err("the run is being undone; nothing of it lands any more".to_owned())
            }
            Request::Override if is_undo && task.phase == Phase::Failed => {
                Err("the run goes on without the task; undo by hand what it was for".to_owned())
            }
            Request::Approve if task.phase == Phase::Appealing => {
                Err("the council did not approve; override it, reject the change, or retry the task".to_owned())
            }
            Request::Approve if task.phase != Phase::Confirming => {
                Err(self.is_elsewhere(index, "it does not wait for a confirmation"))
            }
            Request::Approve => self
                .was_shown(index, asked.shown, true)
                .map(|()| Granted::Approve(index)),
            Request::Reject if !waits => Err(self.is_elsewhere(index, "it does not wait for a person")),
            Request::Reject if reason_missing => Err("say why; the reason is kept with the task".to_owned()),
            Request::Reject => self
                .was_shown(index, asked.shown, false)
                .map(|()| Granted::Reject(index)),
            _ if reason_missing => Err("say why; the reason stands in the signed verdict".to_owned()),
            _ if asked.author == self.actor => {
                Err("whoever submitted the run is the author of its changes; somebody else has to override".to_owned())
            }
            _ => {
                let Some(seat) = task.overridable() else {
                    return Err(self.is_elsewhere(index, "no verdict stands against it"));
                };
                self.was_shown(index, asked.shown, true)
                    .map(|()| Granted::Override(index, seat))
            }
        }
    }

    fn weigh_retry(&self, index: usize, task: &Task) -> Result<Granted, String> {
        let again = matches!(
            task.phase,
            Phase::Failed | Phase::Cancelled | Phase::Appealing | Phase::Delayed { .. }
        );
        if self.cancelled || self.winding {
            Err("the run is being undone; start another one".to_owned())
        } else if self.node(index).is_some_and(|node| node.is_undo) {
            Err("the task only starts when the run is undone".to_owned())
        } else if again {
            Ok(Granted::Retry(index))
        } else {
            Err(self.is_elsewhere(index, "only what failed or was cancelled is tried again"))
        }
    }

    fn is_elsewhere(&self, index: usize, therefore: &str) -> String {
        format!("the task is {}: {therefore}", self.task_state(index))
    }

    fn was_shown(&self, index: usize, shown: Option<Digest>, needed: bool) -> Result<(), String> {
        match shown {
            None if needed => Err("it does not say what was shown; look at the task and decide on that".to_owned()),
            None => Ok(()),
            shown if shown == self.shown(index) => Ok(()),
            Some(_) => Err("what was shown is not what waits now; look at the task again".to_owned()),
        }
    }

    /// The digest of what a person decides on: exactly this change of this attempt, with exactly this verdict, under this
    /// plan. None while there is no verdict.
    #[must_use]
    pub fn shown(&self, task: usize) -> Option<Digest> {
        let (node, state) = (self.node(task)?, self.task(task)?);
        let commit = state.commit.as_ref()?;
        let turned_down = state.overridable();
        let seat = state.seats.get(turned_down.unwrap_or(0))?;
        let judgement = seat.judgement.as_ref()?;
        let mut hasher = Hasher::new();
        hasher.update(b"assize-shown-v1\n");
        hasher.update(self.run.as_bytes());
        hasher.update(self.plan_digest.as_bytes());
        hasher.update(&state.attempt.to_be_bytes());
        for text in [&node.name, commit] {
            let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
            hasher.update(&bytes.to_be_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.update(judgement.case.as_bytes());
        hasher.update(judgement.entry.as_bytes());
        Some(hasher.finish())
    }

    /// What a request decides about a verdict, as things stand; none where it is not granted, or decides about none: whoever
    /// rejects what no council approved decides about the task alone.
    #[must_use]
    pub fn decided_by(&self, asked: &Asked) -> Option<Decision<'_>> {
        let (request, task, seat) = match self.weigh(asked).ok()? {
            Granted::Approve(task) => (Request::Approve, task, 0),
            Granted::Reject(task) if self.task(task)?.phase == Phase::Confirming => (Request::Reject, task, 0),
            Granted::Override(task, seat) => (Request::Override, task, seat),
            _ => return None,
        };
        Some(Decision {
            request,
            task,
            council: self.node(task)?.councils.get(seat)?,
            judgement: self.task(task)?.seats.get(seat)?.judgement.as_ref()?,
            shown: self.shown(task)?,
        })
    }

    /// What was asked for under that number and is not answered yet.
    #[must_use]
    pub fn asked(&self, number: u64) -> Option<&Asked> {
        self.asked.get(&number)
    }
}
