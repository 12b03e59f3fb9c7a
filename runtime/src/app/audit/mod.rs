//! Reading and checking the chain.

mod affected;
mod appeal;
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
pub use appeal::AppealRequest;
pub use export::{ExportFormat, ExportRequest};
pub use read::Shown;
pub use replay::SuppliedFiles;
pub use travel::Luggage;
pub use verify::VerifyRequest;
pub(super) use verify::{checked, place};
pub use witnesses::Elect;
