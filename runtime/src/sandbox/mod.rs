//! The sandbox: judges and agents run here as WebAssembly components, each call in a store of its own.
//!
//! What a guest holds is what `host` gives it and nothing else. A judge has no clock, no randomness, no network and no files; an
//! agent has what its role grants. Every way in which a guest can fail (trap, exhaustion, timeout, a malformed answer) is an
//! [`Outcome`](crate::outcome::Outcome).

mod access;
mod agent;
mod answer;
mod bindings;
mod board;
mod call;
mod component;
mod desk;
mod engine;
mod fault;
mod host;
mod journal;
mod judge;
mod limits;
mod question;
mod replay;
mod requests;
mod state;
mod surroundings;
mod ticker;
mod transcript;
mod wasi;
mod wasi_http;
mod world;

pub use agent::{Agent, Done, JSON_BYTES_MAX, Task, TaskError};
pub use board::Board;
pub use call::Account;
pub use component::{Description, Unusable};
pub use desk::{Declined, Desk, Record, StoreDesk};
pub use engine::{Allocation, EngineOptions, PROFILE, Sandbox, StartFault};
pub use fault::HostFault;
pub use journal::{Departure, Noting};
pub use judge::Judge;
pub use limits::CallLimits;
pub use replay::Replayed;
pub use surroundings::{Outside, Surroundings};
pub use wasi::Moment;
pub use world::World;
