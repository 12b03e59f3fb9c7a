//! `log`: lines for whoever debugs the guest.

use crate::policy::permission::Permission;
use crate::sandbox::bindings::assize::plugin::log::{Host, Level};
use crate::sandbox::state::CallState;

impl Host for CallState {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.enter(Permission::LogWrite)?;
        // The function answers nothing, so a line that may not be written is dropped and counted. `describe` may log.
        if self.grants().is_some_and(|grants| !grants.allows(Permission::LogWrite)) {
            self.log.dropped = self.log.dropped.saturating_add(1);
            return Ok(());
        }
        let level = match level {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        self.log.write(level, &message);
        Ok(())
    }
}
