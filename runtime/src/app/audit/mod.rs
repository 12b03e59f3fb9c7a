//! Reading and checking the chain.

mod affected;
mod check;
mod erase;
mod export;
mod proofs;
mod read;
mod replay;
mod travel;
mod verified;
mod verify;
mod witnesses;

pub use affected::Culprit;
pub use export::{ExportFormat, ExportRequest};
pub use read::Shown;
pub use replay::SuppliedFiles;
pub use verify::VerifyRequest;
pub(super) use verify::checked;
