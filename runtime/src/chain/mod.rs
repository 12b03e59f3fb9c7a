//! The chain: what was decided, signed and durable, in the repository's own refs.
//!
//! What is acknowledged goes first into the write-ahead log ([`wal`]), then as one batch into a pack, and then the log's
//! ref moves. Everything happens under the clone's lock, so several processes may work at once: whoever seals, seals for
//! all that are waiting. A process that is killed anywhere leaves either nothing or what the next one finishes.
//!
//! Which keys there are and what protects them is in [`keys`]; whoever holds them signs typed values only, here or elsewhere
//! ([`signer`]).

pub mod believed;
mod durability;
mod erase;
mod evidence;
pub mod exchange;
mod fault;
mod hold;
pub mod keys;
mod log;
pub mod pins;
mod reliance;
pub mod root;
mod seal;
pub mod seen;
pub mod signer;
mod state;
pub mod waivers;
pub mod wal;
pub mod witnesses;

pub use durability::Durability;
pub use evidence::EvidenceFault;
pub use fault::ChainFault;
pub use log::{Acknowledged, Chain, Sealed, Waiting};
pub use reliance::{Append, Reliance};
pub use state::StateFault;
