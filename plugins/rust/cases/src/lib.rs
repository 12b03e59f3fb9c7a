//! Judges without a sandbox: the cases of `tests/corpus/judges`, evidence from memory, and the four default judges as
//! ordinary functions.

pub mod comparison;
pub mod format;
pub mod memory;
pub mod slowest;

use assize_judge::{Case, Evidence, Opinion};

/// A judge as a function.
pub type Judge = fn(&Case, &dyn Evidence) -> Opinion;

/// The default judges by name.
pub const JUDGES: [(&str, Judge); 4] = [
    ("constitutional", constitutional::judge),
    ("integration", integration::judge),
    ("quality", quality::judge),
    ("technical", technical::judge),
];
