//! What an agent's requests have in common, whichever way they leave: one is cleared, put on record, and sent; what came of it is
//! put on record too.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::bindings::types as contract;
use super::host::{Served, answered_out, ruling};
use super::state::{CallState, Errand};
use crate::egress::{Bounds, Egress, Prepared, Refused, Request, Rules};
use crate::outcome::{Outing, RequestUse};
use crate::policy::access::Context;
use crate::policy::limits::Limits;
use crate::policy::permission::Permission;

/// What one call may still send, and what came of what it sent.
pub(super) struct Requests {
    began: Instant,
    left: u64,
    at_once_max: u64,
    under_way: Arc<AtomicU64>,
    rules: Option<Rules>,
    over: Arc<Mutex<Vec<Over>>>,
}

/// A request that is over.
struct Over {
    subject: String,
    done: RequestUse,
    refused: Option<Refused>,
    /// How much of its answer was given to the guest without being weighed, in bytes.
    passed_on: u64,
}

/// A request that may be sent now, and is not on record yet.
pub(super) struct Cleared {
    pub(super) egress: Egress,
    pub(super) prepared: Prepared,
    pub(super) going: Going,
}

/// A request that is under way. When it is dropped, what came of it is told.
pub(super) struct Going {
    pub(super) done: RequestUse,
    /// Why there is no answer, or no more of it.
    pub(super) refused: Option<Refused>,
    subject: String,
    passed_on: u64,
    under_way: Arc<AtomicU64>,
    over: Arc<Mutex<Vec<Over>>>,
}

impl Going {
    /// The guest was given so many bytes of the answer.
    pub(super) fn passed_on(&mut self, bytes: u64) {
        self.passed_on = self.passed_on.saturating_add(bytes);
    }

    /// It is over, for this reason.
    pub(super) fn refuse(mut self, refused: Refused) {
        self.refused = Some(refused);
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        if let Some(refused) = &self.refused {
            self.done.outcome = refused.outcome();
        } else if self.done.outcome.is_empty() {
            self.done.outcome = "given up".to_owned();
        }
        let over = Over {
            subject: std::mem::take(&mut self.subject),
            done: self.done.clone(),
            refused: self.refused.take(),
            passed_on: self.passed_on,
        };
        self.over.lock().unwrap_or_else(PoisonError::into_inner).push(over);
    }
}

impl Requests {
    /// The requests of one call, which begins now. `limits` are those of its role; without, it sends none.
    pub(super) fn new(limits: Option<&Limits>) -> Self {
        Self {
            began: Instant::now(),
            left: limits.map_or(0, Limits::requests),
            at_once_max: limits.map_or(0, Limits::requests_at_once),
            under_way: Arc::new(AtomicU64::new(0)),
            rules: None,
            over: Arc::new(Mutex::new(Vec::new())),
        }
    }

    /// How many are under way.
    pub(super) fn under_way(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.under_way)
    }

    /// Counts a request that was sent before a kill.
    pub(super) fn count_known(&mut self) {
        self.left = self.left.saturating_sub(1);
    }
}

impl CallState {
    /// Checks everything that can be checked before a request is sent, and counts it.
    pub(super) fn clear_request(&mut self, subject: &str, request: Request) -> Served<Cleared> {
        self.granted(Permission::HttpSend)?;
        let Errand::Task(powers) = &self.errand else {
            return Err(contract::Refusal::Unavailable("there is no task before it".into()));
        };
        if self.is_answered_out() {
            return Err(answered_out());
        }
        let requests = &mut self.requests;
        let rules = requests.rules.get_or_insert_with(|| Rules::of(&powers.grants));
        let bounds = Bounds::of(powers.grants.limits());
        let prepared = Prepared::check(rules, bounds, &powers.outside.secrets, request).map_err(refusal)?;
        let Some(egress) = powers.outside.egress.clone() else {
            return Err(contract::Refusal::Unavailable("no requests can be sent here".into()));
        };
        let Some(left) = requests.left.checked_sub(1) else {
            return Err(contract::Refusal::Limit(
                "the role's `requests` is used up: no more are sent in this call".into(),
            ));
        };
        if requests.under_way.load(Ordering::Relaxed) >= requests.at_once_max {
            return Err(contract::Refusal::Limit(format!(
                "as many requests are under way as the role's `requests_at_once` of {} allows",
                requests.at_once_max
            )));
        }
        requests.left = left;
        requests.under_way.fetch_add(1, Ordering::Relaxed);
        let going = Going {
            done: prepared.as_use(),
            refused: None,
            subject: subject.to_owned(),
            passed_on: 0,
            under_way: Arc::clone(&requests.under_way),
            over: Arc::clone(&requests.over),
        };
        Ok(Cleared {
            egress,
            prepared,
            going,
        })
    }

    /// Puts a request on record, as what the policy said to it.
    pub(super) fn note_request(&mut self, subject: &str, answer: Result<&Cleared, &contract::Refusal>) {
        let (granted, told) = ruling(answer);
        if let Errand::Task(powers) = &self.errand {
            let why = || {
                let reason = powers.grants.check(Permission::HttpSend, &Context::default()).reason;
                match answer.map(|cleared| cleared.prepared.opened_by()) {
                    Ok(place) => format!(
                        "{reason}, and [[roles.{}.http]] (line {}) opens it",
                        place.role, place.line
                    ),
                    Err(_) => reason.to_string(),
                }
            };
            self.accesses.note(Permission::HttpSend, subject, granted, &told, why);
        }
    }

    /// Puts on record what came of the requests that are over. What shows only on the way, such as where a name leads, is a refusal
    /// of its own.
    pub(super) fn note_requests(&mut self) {
        let over = std::mem::take(&mut *self.requests.over.lock().unwrap_or_else(PoisonError::into_inner));
        for Over {
            subject,
            done,
            refused,
            passed_on,
        } in over
        {
            self.spend_all_answer(passed_on);
            self.note_outing(Outing::Request(done));
            if let Some(refused @ (Refused::Denied(_) | Refused::Limit(..))) = refused {
                self.note_request(&subject, Err(&refusal(refused)));
            }
        }
    }

    /// How long a request may take at most: what the call has left, or what the guest asks for where that is less.
    pub(super) fn request_time(&self, seconds: Option<u32>) -> Duration {
        let left = Duration::from_millis(self.limits.wall_ms_max).saturating_sub(self.requests.began.elapsed());
        seconds.map_or(left, |seconds| left.min(Duration::from_secs(seconds.into())))
    }
}

/// How a request stands in the record: without its query, which may say what is nobody's to read.
pub(super) fn subject(method: &str, url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    format!("{method} {}", url.get(..end).unwrap_or_default())
}

/// What the guest is told.
pub(super) fn refusal(refused: Refused) -> contract::Refusal {
    match refused {
        Refused::Denied(needs) => contract::Refusal::Denied(contract::Denial {
            permission: Permission::HttpSend.name().into(),
            needs,
        }),
        Refused::Limit(_, text) => contract::Refusal::Limit(text),
        Refused::Invalid(text) => contract::Refusal::Invalid(text),
        Refused::Unavailable(text) => contract::Refusal::Unavailable(text),
    }
}

/// Whether a request with this method may be sent again when nobody knows whether it arrived: twice is as good as once.
pub(super) fn may_be_repeated(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE")
}

/// What the guest is told of a request that must not be repeated.
pub(super) fn may_have_arrived() -> contract::Refusal {
    contract::Refusal::Unavailable(
        "the host was stopped while this request was under way; it may have arrived, so it is not sent again".into(),
    )
}
