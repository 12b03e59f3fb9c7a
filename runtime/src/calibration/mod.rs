//! Calibration: what a judge says of labelled cases, held against what it should say.
//!
//! A case is a small repository before and after a change with the findings that must come and no others; its format stands
//! in `tests/corpus/judges/README.md`. Cases are laid down in memory and heard in the sandbox, like any other.

mod case;
mod contents;
mod told;
mod trial;

pub use case::{CaseFault, Labelled, Sighting, find};
pub use trial::{Score, Tally, Trial, TrialFault, tallies, try_case};
