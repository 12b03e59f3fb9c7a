//! Scheduling: from what happened in a run to what is done next. Pure.
//!
//! ```text
//! Started ─▶ State::open ─▶ apply(step)… ─▶ next(now) ─▶ actions ─▶ driver ─▶ steps ─▶ apply …
//! ```
//!
//! A run is its steps. [`State`] is what follows from them: it can be dropped at any moment and made again. Time is an
//! argument, chance follows from names, and nothing waits here: [`State::wake_at`] says when time alone changes something.
//!
//! # How a task goes
//!
//! ```text
//! needs met ─▶ attempt ─▶ councils ─▶ a person, if the plan says so ─▶ landing ─▶ success ─▶ dependants
//!                 │           │                                           │
//!                 └───────────┴── came to nothing: wait and try again ◀───┴── joined with the branch: judged again
//! ```
//!
//! - A task is ready when everything it needs has succeeded and the councils of its gates approved. If one of them cannot
//!   come any more, it is blocked, and so is what needs it.
//! - The first council of a task decides. The others are asked when it approved; only gates ask for what they say.
//! - Where the run is strict and the plan asks for a person, that person decides also when the council did not approve and
//!   no attempt is left: by an override, a rejection or a retry.
//! - A pause stops the agent at once. When the task is resumed, the same attempt goes on: what its calls were answered is
//!   in the journal. The same holds for an attempt that a kill interrupted. Neither counts as a new attempt.
//! - Changes land one after the other, in the order in which they were approved. Whoever has to be joined with the branch
//!   keeps its turn while it is judged again.
//! - A run that fails, is cancelled or takes too long is undone: for each task that succeeded and names one that makes good
//!   for it, that one runs, the last success first, one after the other.

mod action;
mod apply;
pub mod breaker;
pub mod bulkhead;
mod check;
mod graph;
mod illegal;
mod next;
mod queue;
mod request;
pub mod retry;
mod state;
mod task;
mod view;

pub use action::Action;
pub use check::{FINISHED, STOPPED};
pub use illegal::{Illegal, Why};
pub use request::{ANSWERS_MAX, Asked, Decision, Request};
pub use state::State;
pub use task::{Confirmation, INTERRUPTIONS_MAX, Judgement};
pub use view::View;

#[cfg(test)]
mod tests;
