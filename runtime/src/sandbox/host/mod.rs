//! What the host does for a guest: one file for each interface of the contract, one function for each permission.
//!
//! Every function does the same things in the same order (`serve`): it counts the call, looks at the grant, does what was asked,
//! weighs the answer, notes the use, and records the answer in the transcript. So a function without a permission, without a
//! limit or without a record cannot be written by leaving something out.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects
    )
)]

mod artifacts;
mod board;
mod command;
mod decisions;
mod evidence;
mod http;
mod knowledge;
mod log;
mod messages;
mod process;
mod serve;
mod state;
mod status;
mod tasks;
mod workflows;
mod workspace;

pub(super) use serve::{Answer, Served, answered_out, declined, ruling, told};

use super::bindings::{types, work};
use super::state::CallState;

/// The interface `types` has no functions, so there is nothing to serve.
impl types::Host for CallState {}

/// Nor has `work`.
impl work::Host for CallState {}
