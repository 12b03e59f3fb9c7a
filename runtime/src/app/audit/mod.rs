//! Reading and checking the chain.

mod check;
mod read;
mod verify;

pub use read::Shown;
pub(super) use verify::checked;
