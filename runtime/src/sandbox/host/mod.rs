//! What the host does for a guest: one file for each interface of the contract, one function for each permission.

mod evidence;
mod log;

use super::bindings::assize::plugin::types as contract;
use super::state::CallState;

/// The interface `types` has no functions, so there is nothing to serve.
impl contract::Host for CallState {}
