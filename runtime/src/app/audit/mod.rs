//! Reading and checking the chain.

mod check;
mod proofs;
mod read;
mod verify;
mod witnesses;

pub use read::Shown;
