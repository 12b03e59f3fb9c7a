//! Witnesses (C2SP `tlog-witness`): being one, and asking one.
//!
//! A witness is a party of its own, on a machine of its own. It remembers one checkpoint of each log that it knows ([`book`]),
//! cosigns the next one only if that continues it, and writes down what it cosigns before the cosignature leaves. It has no part in
//! any repository.
//!
//! Whoever has a repository submits the newest checkpoint of a log ([`ask`]) and keeps the cosigned one beside it ([`kept`]). From
//! then on the log cannot be cut below that size, nor be another one, before anybody who trusts the witness.

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

pub mod ask;
pub mod book;
mod fault;
pub mod kept;
mod key;
pub mod server;

pub use fault::{KeptFault, WitnessFault};
