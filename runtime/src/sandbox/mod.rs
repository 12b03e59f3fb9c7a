//! The sandbox: judges run here as WebAssembly components, each call in a store of its own.
//!
//! What a guest holds is what `host` gives it and nothing else: no clock, no randomness, no network, no files. Every way
//! in which a guest can fail (trap, exhaustion, timeout, a malformed answer) is an [`Outcome`](crate::outcome::Outcome).

mod answer;
mod bindings;
mod component;
mod engine;
mod fault;
mod host;
mod judge;
mod limits;
mod question;
mod state;
mod transcript;

pub use component::{Description, Judge, Unusable};
pub use engine::{Allocation, EngineOptions, PROFILE, Sandbox, StartFault};
pub use fault::HostFault;
pub use judge::Account;
pub use limits::CallLimits;
