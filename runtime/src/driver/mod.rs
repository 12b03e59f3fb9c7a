//! Where decisions meet effects: actions out, effects, events in.

pub mod again;
pub mod calls;
pub mod clerk;
pub mod compose;
pub mod decide;
pub mod hearing;
pub mod overrule;
pub mod prepare;
pub mod recorded;
pub mod roster;
pub mod standing;
pub mod together;
pub mod told;
pub mod workflow;
