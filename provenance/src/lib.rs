//! Placeholder front page.

pub mod reader;

mod hex;
