//! Placeholder front page.

pub mod cli;
pub mod diagnostic;
pub mod policy;
