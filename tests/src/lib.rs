//! The harness: a closed little world for every test, guests written for the tests, and the tools some tests need.

pub mod bad_server;
pub mod bed;
pub mod dice;
pub mod false_host;
pub mod forgery;
pub mod fuzz;
pub mod guests;
pub mod happenings;
pub mod hostile;
pub mod languages;
pub mod person;
pub mod power;
pub mod records;
pub mod room;
pub mod scene;
pub mod script;
pub mod seats;
pub mod simulation;
pub mod snapshot;
pub mod steps;
pub mod tools;
pub mod trace;
pub mod workshop;
pub mod yard;
