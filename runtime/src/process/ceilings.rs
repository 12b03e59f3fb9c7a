//! The limits that each process of a command has, and how many there may be.

use rustix::process::{Resource, Rlimit, geteuid, setrlimit};

use super::processes;
use super::spec::{Failed, Spec};

/// How many files one process may have open.
const OPEN_FILES_MAX: u64 = 4096;

/// Sets them for the calling process, and for all that it will start.
pub(super) fn set(spec: &Spec) -> Result<(), Failed> {
    set_one("core dumps", Resource::Core, 0)?;
    set_one("file sizes", Resource::Fsize, spec.file_bytes)?;
    // Memory that is written, not addresses: some runtimes reserve far more of these than they use.
    set_one("memory", Resource::Data, spec.memory_bytes)?;
    set_one("open files", Resource::Nofile, OPEN_FILES_MAX)?;
    if !spec.counts_processes && !geteuid().is_root() {
        // The kernel counts all that the user runs, so this changes with what else ends and starts: the keeper counts as well.
        let running = processes::threads_of(geteuid());
        set_one("processes", Resource::Nproc, running.saturating_add(spec.processes))?;
    }
    Ok(())
}

/// Nobody is given more than they have.
fn set_one(what: &str, resource: Resource, max: u64) -> Result<(), Failed> {
    let before = rustix::process::getrlimit(resource);
    let max = before.maximum.map_or(max, |known| known.min(max));
    let limit = Rlimit {
        current: Some(max),
        maximum: Some(max),
    };
    setrlimit(resource, limit).map_err(|errno| Failed::Machine(format!("the limit of {what} cannot be set: {errno}")))
}
