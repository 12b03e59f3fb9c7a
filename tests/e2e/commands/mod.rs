//! Commands of the machine: that they run, within bounds, and that nothing is left of them.

mod agents;
mod ended;
mod held;
mod mechanisms;
mod ordinary;
mod users;

use std::path::PathBuf;

use assize_tests::yard::Yard;

/// The program that keeps commands. A test that runs all of these as somebody else names another copy of it.
pub(crate) fn keeper() -> PathBuf {
    std::env::var_os("KEEPER_UNDER_TEST").map_or_else(|| env!("CARGO_BIN_EXE_assize-under-test").into(), PathBuf::from)
}

/// A yard in which everything is open.
pub(crate) fn open_yard() -> Yard {
    Yard::open(&keeper(), &["**"], &["**"])
}
