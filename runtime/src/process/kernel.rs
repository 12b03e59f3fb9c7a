//! What the kernel of this machine can hold a command to.

use std::path::Path;

use super::groups::Groups;
use super::{filter, landlock};

/// What the kernel can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    /// Which version of Landlock it has, as far as Assize uses them; none where there is none.
    pub landlock: Option<u8>,
    /// Why it takes no filter of system calls; nothing where it takes one.
    pub seccomp: Result<(), String>,
    /// Whether a process can give up ever gaining privileges.
    pub no_new_privileges: bool,
    /// Whether control groups count the processes of a command.
    pub counts_processes: bool,
    /// Whether control groups count the memory of a command.
    pub counts_memory: bool,
    /// Whether a process can take over what others leave.
    pub takes_orphans: bool,
}

impl Kernel {
    /// Asks the kernel, by trying.
    #[must_use]
    pub fn probe() -> Self {
        let groups = Groups::make(&format!("probe-{}", std::process::id()), 16, 64 << 20);
        Self {
            landlock: landlock::version(),
            seccomp: filter::is_there(),
            no_new_privileges: rustix::thread::no_new_privs().is_ok(),
            counts_processes: groups.counts_processes,
            counts_memory: groups.counts_memory,
            takes_orphans: rustix::process::child_subreaper().is_ok() && Path::new("/proc/self/stat").exists(),
        }
    }

    /// Tells whether commands can be confined.
    #[must_use]
    pub fn confines(&self) -> bool {
        self.landlock.is_some_and(landlock::is_enough)
            && self.seccomp.is_ok()
            && self.no_new_privileges
            && self.takes_orphans
    }

    /// Says one sentence of each mechanism, with whether it is there.
    #[must_use]
    pub fn sentences(&self) -> Vec<(bool, String)> {
        let landlock = match self.landlock {
            Some(version) if version >= 6 => (
                true,
                format!("Landlock {version} holds commands to their files and signals"),
            ),
            Some(version) if landlock::is_enough(version) => (
                true,
                format!(
                    "Landlock {version} holds commands to their files; below 6 they may signal nobody but their group"
                ),
            ),
            Some(version) => (
                false,
                format!("Landlock {version} is too old to confine commands; Linux 6.2 brings 3"),
            ),
            None => (
                false,
                "Landlock is missing, so that commands cannot be confined; Linux 6.2 or newer has it".to_owned(),
            ),
        };
        let seccomp = match &self.seccomp {
            Ok(()) => (
                true,
                "seccomp holds commands back from sockets and other processes".to_owned(),
            ),
            Err(reason) => (
                false,
                format!("seccomp is missing, so that commands cannot be confined: {reason}"),
            ),
        };
        let privileges = match self.no_new_privileges {
            true => (true, "no_new_privs keeps commands from gaining privileges".to_owned()),
            false => (
                false,
                "no_new_privs is missing, so that commands cannot be confined".to_owned(),
            ),
        };
        let orphans = match self.takes_orphans {
            true => (true, "a subreaper ends whatever a command leaves behind".to_owned()),
            false => (
                false,
                "the subreaper or /proc is missing, so that commands could leave processes behind".to_owned(),
            ),
        };
        let processes = match self.counts_processes {
            true => (true, "a control group counts the processes of a command".to_owned()),
            false => (
                false,
                "no control group counts the processes of a command; the limit of the user, or counting them, does"
                    .to_owned(),
            ),
        };
        let memory = match self.counts_memory {
            true => (true, "a control group counts the memory of a command".to_owned()),
            false => (
                false,
                "no control group counts the memory of a command; each of its processes has the limit for itself"
                    .to_owned(),
            ),
        };
        vec![landlock, seccomp, privileges, orphans, processes, memory]
    }
}
