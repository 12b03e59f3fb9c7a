//! Commands of the machine, confined by its kernel.

/// What runs commands on this machine.
#[derive(Debug, Clone)]
pub struct Commands {}
