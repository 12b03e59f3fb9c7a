//! What keeps values in memory from others: no core dump holds them, and no process of the same user looks into this one.

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit, set_dumpable_behavior, setrlimit,
};

use super::VaultFault;

/// Gives up being dumped and looked into, for the rest of this process's life. Done before a value is in memory. Programs
/// that it starts cannot be dumped either; whether they can be looked into is theirs.
///
/// # Errors
///
/// [`VaultFault::Memory`] when the system refuses; then no secret may be loaded.
pub fn withhold() -> Result<(), VaultFault> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).map_err(|error| VaultFault::Memory(error.into()))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| VaultFault::Memory(error.into()))
}

/// Whether this process gave up being dumped and looked into.
#[must_use]
pub fn is_withheld() -> bool {
    getrlimit(Resource::Core).current == Some(0) && dumpable_behavior() == Ok(DumpableBehavior::NotDumpable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_holds_secrets_is_not_dumped() {
        withhold().expect("the system lets it");
        assert!(is_withheld());
    }
}
