//! The harness: a closed little world for every test, guests written for the tests, and the tools some tests need.

pub mod bed;
pub mod guests;
pub mod hostile;
pub mod room;
pub mod tools;
