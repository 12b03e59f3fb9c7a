//! What the host does for a guest: one file for each interface of the contract, one function for each permission.

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

mod evidence;
mod log;

use super::bindings::assize::plugin::types as contract;
use super::state::CallState;

/// The interface `types` has no functions, so there is nothing to serve.
impl contract::Host for CallState {}
