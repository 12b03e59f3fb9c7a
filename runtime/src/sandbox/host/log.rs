//! `log`: lines for whoever debugs the guest.

use crate::policy::permission::Permission;
use crate::sandbox::bindings::log::{Host, Level};
use crate::sandbox::state::CallState;

impl Host for CallState {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        let asked = self.ask(Permission::LogWrite, &[&(level as u64), &message])?;
        // The function answers nothing, so a line that may not be written is dropped and counted. `describe` may log.
        let needs = match self.grants() {
            Some(grants) if !grants.allows(Permission::LogWrite) => Some(grants.needs(Permission::LogWrite)),
            _ => None,
        };
        self.accesses.count(
            Permission::LogWrite,
            needs.is_none(),
            needs.as_deref().unwrap_or_default(),
        );
        self.logged(&asked, needs.as_deref())?;
        if needs.is_some() {
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
