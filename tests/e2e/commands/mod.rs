//! Commands of the machine: that they run, within bounds, and that nothing is left of them.

mod ordinary;

/// The program that keeps commands.
pub(crate) const KEEPER: &str = env!("CARGO_BIN_EXE_assize-under-test");
