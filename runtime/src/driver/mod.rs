//! Where decisions meet effects: actions out, effects, events in.

pub mod compose;
pub mod hearing;
pub mod told;
