//! Placeholder front page.

#[cfg(feature = "git")]
pub mod git;
pub mod reader;

mod hex;
