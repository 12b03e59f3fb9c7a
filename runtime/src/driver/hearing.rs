//! A council at work: every judge in a store and on a thread of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use assize_provenance::digest::Digest;
use assize_provenance::opinion::{Absence, Opinion};
use assize_provenance::verdict::{Heard, Terms, Verdict, VerdictError};

use crate::case::evidence::Evidence;
use crate::council::{Action, Brief, Event, Hearing, IllegalEvent};
use crate::outcome::{LogLine, Outcome};
use crate::policy::Policy;
use crate::policy::grant::{Grants, Request};
use crate::policy::judge::Judge as Appointment;
use crate::sandbox::{Account, HostFault, Judge, Sandbox};

/// A component as it came from the catalog: its bytes, or why there are none.
pub type Component = Result<Vec<u8>, String>;

/// One judge, ready to hear: its component loaded and its grants resolved, or why it has no opinion.
#[derive(Debug)]
pub struct Sitting {
    /// What it will be told.
    pub brief: Brief,
    /// SHA-256 of its component's bytes; of nothing where there are none.
    pub component: Digest,
    /// What the component says of itself: name and version; empty where it could not say.
    pub described: (String, String),
    /// The judge, or why it cannot sit.
    pub judge: Result<(Judge, Grants), String>,
}

/// A component after loading: its digest, and the judge or why it is none.
#[derive(Debug)]
pub struct Loaded {
    /// SHA-256 of the bytes; of nothing where there are none.
    pub component: Digest,
    /// The judge, or why it cannot sit.
    pub judge: Result<Judge, String>,
}

/// Loads components, as many at once as the machine has cores: compiling one takes long where nothing is cached.
///
/// # Errors
///
/// [`HostFault`] when the machine failed.
pub fn load_all(sandbox: &Sandbox, components: &[Component]) -> Result<Vec<Loaded>, HostFault> {
    let load = |component: &Component| {
        Ok(match component {
            Ok(bytes) => Loaded {
                component: Digest::of(bytes),
                judge: sandbox.load(bytes)?.map_err(|unusable| unusable.to_string()),
            },
            Err(reason) => Loaded {
                component: Digest::of(&[]),
                judge: Err(reason.clone()),
            },
        })
    };
    side_by_side(sandbox.calls_max(), components, load)
        .into_iter()
        .collect()
}

impl Sitting {
    /// Seats a loaded judge: resolves what it may do.
    #[must_use]
    pub fn prepare(policy: &Policy, appointment: &Appointment, brief: Brief, loaded: &Loaded) -> Self {
        let described = loaded.judge.as_ref().map_or_else(
            |_| (String::new(), String::new()),
            |judge| (judge.description().name.clone(), judge.description().version.clone()),
        );
        let judge = loaded.judge.clone().and_then(|judge| {
            let description = judge.description();
            let request = Request {
                plugin: &description.name,
                requires: &description.requires,
                wants: &description.wants,
                imports: judge.imports(),
            };
            let grants = Grants::resolve(policy, &appointment.role, request).map_err(|fault| fault.to_string())?;
            Ok((judge, grants))
        });
        Self {
            brief,
            component: loaded.component,
            described,
            judge,
        }
    }

    /// Lets the judge hear the case, once.
    fn hear(&self, sandbox: &Sandbox, evidence: &Arc<Evidence>) -> Result<Account<Opinion>, HostFault> {
        match &self.judge {
            Ok((judge, grants)) => sandbox.hear(judge, &self.brief, Arc::clone(evidence), grants.clone()),
            Err(reason) => Ok(Account::never(Outcome::Ended(Absence::Unusable, reason.clone()))),
        }
    }
}

/// What one judge said, with what it cost.
#[derive(Debug)]
pub struct Testimony {
    /// The opinion, or why there is none.
    pub heard: Heard,
    /// What happened, where there is no opinion.
    pub detail: String,
    /// Units of fuel it used.
    pub fuel_spent: u64,
    /// The digest of every answer the host gave it.
    pub transcript: Digest,
    /// How many host calls it made.
    pub host_calls: u64,
    /// What it logged.
    pub log: Vec<LogLine>,
    /// How many log lines were dropped.
    pub log_dropped: u64,
}

impl From<Account<Opinion>> for Testimony {
    fn from(account: Account<Opinion>) -> Self {
        let Account {
            outcome,
            fuel_spent,
            transcript,
            host_calls,
            log,
            log_dropped,
            ..
        } = account;
        let (heard, detail) = match outcome {
            Outcome::Finished(opinion) => (Ok(opinion), String::new()),
            Outcome::Ended(absence, detail) => (Err(absence), detail),
        };
        Self {
            heard,
            detail,
            fuel_spent,
            transcript,
            host_calls,
            log,
            log_dropped,
        }
    }
}

/// Why a hearing came to no end. The first two are bugs of ours.
#[derive(Debug, thiserror::Error)]
pub enum HearingFault<E> {
    /// The hearing was told something impossible.
    #[error("the hearing went wrong: {0}")]
    Illegal(#[from] IllegalEvent),
    /// The council itself is impossible.
    #[error("the council cannot decide: {0}")]
    Council(#[from] VerdictError),
    /// The host could not do its part of a call.
    #[error(transparent)]
    Host(#[from] HostFault),
    /// The case could not be sealed.
    #[error(transparent)]
    Seal(E),
}

/// Hears a case: seals it with `seal`, asks every judge, and gives the verdict with the testimonies in seat order.
///
/// # Errors
///
/// [`HearingFault::Seal`] when `seal` failed; then no judge ran. [`HearingFault::Host`] when a judge could not be heard
/// through no fault of its own.
pub fn hear<E>(
    sandbox: &Sandbox,
    terms: Terms,
    sittings: &[Sitting],
    evidence: &Arc<Evidence>,
    mut seal: impl FnMut() -> Result<(), E>,
) -> Result<(Verdict, Vec<Testimony>), HearingFault<E>> {
    let mut hearing = Hearing::open(terms);
    let mut testimonies: Vec<(String, Testimony)> = Vec::new();
    loop {
        let mut asked = Vec::new();
        for action in hearing.next()? {
            match action {
                Action::Seal => {
                    seal().map_err(HearingFault::Seal)?;
                    hearing.apply(Event::Sealed)?;
                }
                Action::Ask { judge } => asked.extend(sittings.iter().find(|sitting| sitting.brief.judge == judge)),
                Action::Close(verdict) => {
                    let in_order = hearing.in_seat_order();
                    testimonies.sort_by_key(|(judge, _)| in_order.iter().position(|(seat, _)| seat == judge));
                    return Ok((
                        verdict,
                        testimonies.into_iter().map(|(_, testimony)| testimony).collect(),
                    ));
                }
            }
        }
        for (judge, testimony) in ask_all(sandbox, &asked, evidence)? {
            hearing.apply(Event::Heard {
                judge: judge.clone(),
                heard: testimony.heard.clone(),
            })?;
            testimonies.push((judge, testimony));
        }
    }
}

/// Asks judges side by side, as many at once as the sandbox has room for.
pub(super) fn ask_all(
    sandbox: &Sandbox,
    sittings: &[&Sitting],
    evidence: &Arc<Evidence>,
) -> Result<Vec<(String, Testimony)>, HostFault> {
    let ask = |sitting: &&Sitting| {
        let account = sitting.hear(sandbox, evidence)?;
        Ok((sitting.brief.judge.clone(), Testimony::from(account)))
    };
    side_by_side(sandbox.calls_max(), sittings, ask).into_iter().collect()
}

/// Does the same to every item on up to `threads_max` threads; the results stand in the items' order.
fn side_by_side<T: Sync, R: Send>(threads_max: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| {
        for _ in 0..threads_max.min(items.len()) {
            scope.spawn(|| {
                loop {
                    let position = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(position) else { break };
                    let result = work(item);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((position, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(position, _)| *position);
    done.into_iter().map(|(_, result)| result).collect()
}
