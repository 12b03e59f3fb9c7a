//! Scheduling: from what happened in a run to what is done next. Pure: `apply` takes a step, `next` gives actions.

mod action;

pub use action::Action;
