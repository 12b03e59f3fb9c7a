//! Placeholder front page.

pub mod case;
pub mod repository;
