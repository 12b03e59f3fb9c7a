//! The process that becomes the command: it gives up everything that the command may not have, then starts it in its place.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use rustix::thread::{
    CapabilitiesSecureBits, CapabilitySet, CapabilitySets, capability_is_in_bounding_set, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_capabilities_secure_bits, set_no_new_privs,
};

use super::keeper::socket;
use super::spec::{self, Failed, Spec};
use super::{ceilings, filter, groups, landlock};

/// Does it. What comes back only comes back where the command did not start.
pub(super) fn become_command() -> ExitCode {
    let Some(keeper) = socket() else {
        return ExitCode::from(2);
    };
    if !is_tied() {
        return ExitCode::from(2);
    }
    let failed = match spec::receive::<Spec>(&keeper) {
        Ok(Some(spec)) => match prepare(&spec) {
            Ok(command) => start(&spec, command),
            Err(failed) => failed,
        },
        Ok(None) => return ExitCode::from(2),
        Err(error) => Failed::Machine(error.to_string()),
    };
    let _ = spec::send(&keeper, &failed);
    ExitCode::FAILURE
}

/// Ties this process to its keeper: where the keeper is killed, so is the command. `false`: the keeper is gone already.
fn is_tied() -> bool {
    let is_set = set_parent_process_death_signal(Some(Signal::KILL)).is_ok();
    let keeper = std::env::args().nth(2).and_then(|word| word.parse().ok());
    is_set && keeper.is_some() && getppid().map(|parent| parent.as_raw_nonzero().get()) == keeper
}

/// Gives up everything, in the order in which each step is still possible.
fn prepare(spec: &Spec) -> Result<Command, Failed> {
    groups::enter(&spec.groups)
        .map_err(|error| Failed::Machine(format!("the command's control group cannot be entered: {error}")))?;
    let dir = landlock::open_beneath(&spec.dir)?
        .ok_or_else(|| Failed::Program(format!("there is no folder `{}` to start in", spec.dir)))?;
    // Opened before the rules hold: what a command reads on its input is nothing.
    let null = std::fs::File::open("/dev/null").map_err(|error| Failed::Machine(format!("/dev/null: {error}")))?;
    let mut command = Command::new(program(spec)?);
    command
        .arg0(spec.arguments.first().map_or("", String::as_str))
        .args(spec.arguments.iter().skip(1))
        .env_clear()
        .envs(spec.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::from(OwnedFd::from(null)));
    ceilings::set(spec)?;
    let held = match &spec.confined {
        Some(bounds) => {
            set_no_new_privs(true).map_err(|errno| {
                Failed::Mechanism(format!(
                    "this kernel cannot keep a command from gaining privileges: {errno}"
                ))
            })?;
            drop_capabilities().map_err(|errno| {
                Failed::Mechanism(format!("the privileges of this process cannot be given up: {errno}"))
            })?;
            Some((landlock::restrict(bounds, &spec.temporary)?, bounds.network))
        }
        None => None,
    };
    enter(&dir, &spec.dir)?;
    if let Some((held, network)) = held {
        let terms = filter::Terms {
            network,
            signals_are_scoped: held.signals,
        };
        filter::install(terms).map_err(|reason| Failed::Mechanism(missing_filter(&reason)))?;
    }
    Ok(command)
}

/// The program's file. One of the workspace is named from there, wherever the command starts.
fn program(spec: &Spec) -> Result<PathBuf, Failed> {
    if spec.program.is_absolute() {
        return Ok(spec.program.clone());
    }
    let workspace = std::env::current_dir()
        .map_err(|error| Failed::Machine(format!("the path of the workspace is not known: {error}")))?;
    Ok(workspace.join(&spec.program))
}

/// What is said where the kernel takes no filter.
pub(super) fn missing_filter(reason: &str) -> String {
    format!(
        "this kernel cannot keep a command from sockets and other processes: seccomp filters must be there ({reason})"
    )
}

fn enter(dir: &OwnedFd, path: &str) -> Result<(), Failed> {
    rustix::process::fchdir(dir).map_err(|errno| Failed::Program(format!("nothing can start in `{path}`: {errno}")))
}

/// Root without capabilities is a user like others, who owns much.
fn drop_capabilities() -> rustix::io::Result<()> {
    let may = rustix::thread::capabilities(None)?.effective;
    if may.contains(CapabilitySet::SETPCAP) {
        for capability in CapabilitySet::all().iter() {
            // Those that the kernel does not know are refused, and nobody has them.
            if capability_is_in_bounding_set(capability).unwrap_or(false) {
                remove_capability_from_bounding_set(capability)?;
            }
        }
        let root_is_nobody = CapabilitiesSecureBits::NO_ROOT
            | CapabilitiesSecureBits::NO_ROOT_LOCKED
            | CapabilitiesSecureBits::NO_SETUID_FIXUP
            | CapabilitiesSecureBits::NO_SETUID_FIXUP_LOCKED
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED;
        set_capabilities_secure_bits(root_is_nobody)?;
    }
    clear_ambient_capability_set()?;
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, none)
}

fn start(spec: &Spec, mut command: Command) -> Failed {
    let error = command.exec();
    let name = spec.arguments.first().map_or("", String::as_str);
    Failed::Program(match error.kind() {
        io::ErrorKind::NotFound => format!("`{name}` is not there, or what it starts with is not"),
        io::ErrorKind::PermissionDenied => {
            format!("`{name}` may not be started: it lies outside of what is open to commands, or is no program")
        }
        _ => format!("`{name}` does not start: {error}"),
    })
}
