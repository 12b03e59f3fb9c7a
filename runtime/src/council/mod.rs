//! Councils: who sits, what each judge is shown, and the hearing as a state machine that ends in
//! [`decide`](assize_provenance::verdict::decide).
//!
//! Pure: no clock, no randomness, no I/O. What a hearing wants done comes out as [`Action`]s; what happened goes in as
//! [`Event`]s.

mod brief;
mod hearing;
pub mod told;

pub use brief::{Brief, BriefSetting};
pub use hearing::{Action, Event, Hearing, IllegalEvent};
pub use told::Told;
