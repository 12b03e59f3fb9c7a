//! What one call may use. Every number has its unit in its name and none is unlimited.

use wasmtime::ResourceLimiter;

use super::fault;
use crate::policy::limits::Limits;

/// The largest linear memory the engine can offer at all, in bytes: 4 GiB, what 32-bit addresses reach.
pub(super) const MEMORY_BYTES_CEILING: usize = 4 << 30;
/// How many linear memories the instances of one call may have together.
pub(super) const MEMORIES_MAX: u32 = 8;
/// How many tables the instances of one call may have together.
pub(super) const TABLES_MAX: u32 = 8;
/// How many elements one table may have.
pub(super) const TABLE_ELEMENTS_MAX: usize = 20_000;
/// How many core instances one call may have; a component with its adapters has a handful.
pub(super) const STORE_INSTANCES_MAX: u32 = 32;
/// The guest's stack in bytes. Deep recursion ends in a trap long before the host's stack does.
pub(super) const STACK_BYTES: usize = 512 << 10;
/// How many bytes of strings and lists one crossing from guest to host may carry. It bounds the host's memory for an
/// opinion or for the arguments of a host call before any of our code sees them.
pub(super) const CROSSING_BYTES_MAX: usize = 8 << 20;
/// How large a component may be, in bytes.
pub(super) const COMPONENT_BYTES_MAX: usize = 64 << 20;

/// What one call may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Bytes of linear memory, summed over all memories of the call.
    pub memory_bytes_max: usize,
    /// Units of fuel, about one per WebAssembly instruction.
    pub fuel_max: u64,
    /// Milliseconds of wall time. A backstop: fuel ends a guest first, and only fuel ends it the same way everywhere.
    pub wall_ms_max: u64,
    /// How many host calls it may make.
    pub host_calls_max: u64,
    /// Bytes that the host may answer, summed over all answers.
    pub evidence_bytes_max: u64,
    /// Bytes of log lines that are kept.
    pub log_bytes_max: u64,
    /// Bytes that it may write in its workspace.
    pub write_bytes_max: u64,
    /// Bytes that the agent may remember, over all its calls.
    pub state_bytes_max: u64,
    /// Bytes that it may store as artifacts.
    pub artifact_bytes_max: u64,
    /// Bytes of standard output and standard error that are kept.
    pub output_bytes_max: u64,
    /// How many different uses of powers it may make.
    pub audit_events_max: u64,
}

impl CallLimits {
    /// The limits of a role.
    #[must_use]
    pub fn of(limits: &Limits) -> Self {
        let millis = u64::try_from(limits.wall().as_millis()).unwrap_or(u64::MAX);
        Self {
            memory_bytes_max: usize::try_from(limits.memory_bytes()).unwrap_or(usize::MAX),
            fuel_max: limits.fuel(),
            wall_ms_max: millis,
            host_calls_max: limits.host_calls(),
            evidence_bytes_max: limits.evidence_bytes(),
            log_bytes_max: limits.log_bytes(),
            write_bytes_max: limits.write_bytes(),
            state_bytes_max: limits.state_bytes(),
            artifact_bytes_max: limits.artifact_bytes(),
            output_bytes_max: limits.output_bytes(),
            audit_events_max: limits.audit_events(),
        }
    }
}

/// What `describe` may use, whatever the role says: it runs before any role is known.
pub(super) const DESCRIBE: CallLimits = CallLimits {
    memory_bytes_max: 64 << 20,
    fuel_max: 50_000_000,
    wall_ms_max: 2_000,
    host_calls_max: 16,
    evidence_bytes_max: 0,
    log_bytes_max: 4 << 10,
    write_bytes_max: 0,
    state_bytes_max: 0,
    artifact_bytes_max: 0,
    output_bytes_max: 4 << 10,
    audit_events_max: 64,
};

/// What `describe` may use where a language runtime has to start first.
pub(super) const DESCRIBE_RUNTIME: CallLimits = CallLimits {
    memory_bytes_max: 256 << 20,
    fuel_max: 2_000_000_000,
    wall_ms_max: 10_000,
    ..DESCRIBE
};

/// Growth beyond a memory's own type fails too, and that is the guest's affair.
fn refuse_if_the_machine_failed(error: wasmtime::Error) -> wasmtime::Result<()> {
    match fault::of(&error) {
        Some(_) => Err(error),
        None => Ok(()),
    }
}

/// Counts linear memory over all memories of one store, because the engine's own limits are per memory.
#[derive(Debug)]
pub(super) struct Meter {
    memory_bytes: usize,
    memory_bytes_max: usize,
    /// Whether the guest was ever refused memory; tells a later trap apart from an ordinary one.
    pub(super) memory_refused: bool,
}

impl Meter {
    pub(super) fn new(memory_bytes_max: usize) -> Self {
        Self {
            memory_bytes: 0,
            memory_bytes_max,
            memory_refused: false,
        }
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let sum = self.memory_bytes.saturating_sub(current).saturating_add(desired);
        if sum > self.memory_bytes_max {
            self.memory_refused = true;
            return Ok(false);
        }
        self.memory_bytes = sum;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX && maximum.is_none_or(|maximum| desired <= maximum))
    }

    /// The machine did not give what was allowed. The guest must not notice, for elsewhere it would have been given it: an
    /// error here ends the call.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        refuse_if_the_machine_failed(error)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        refuse_if_the_machine_failed(error)
    }

    fn instances(&self) -> usize {
        STORE_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX as usize
    }
}
