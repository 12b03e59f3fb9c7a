//! The limits of a role: how much of the machine one call of a plugin may use.
//!
//! Every limit has a default and a hard maximum, none is unlimited, and its unit is part of its name. The table in
//! `policies/REFERENCE.md` is written from this file.

/// Writes down each limit once: its key, its default, its largest value, and what it means.
macro_rules! limits {
    ($($(#[doc = $doc:literal])* $limit:ident $name:literal $standard:literal $max:literal $meaning:literal)*) => {
        /// One limit of the language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Limit {
            $($(#[doc = $doc])* $limit,)*
        }

        impl Limit {
            /// Every limit, in the order of the reference.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$limit),*];

            /// Every limit's key.
            pub const NAMES: [&'static str; Self::ALL.len()] = [$($name),*];

            /// Returns the limit's key in `[roles.NAME.limits]`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$limit => $name,)*
                }
            }

            /// Returns the value where no role sets one.
            #[must_use]
            pub fn standard(self) -> u64 {
                match self {
                    $(Self::$limit => $standard,)*
                }
            }

            /// Returns the largest value that a policy may set. The smallest is 1.
            #[must_use]
            pub fn max(self) -> u64 {
                match self {
                    $(Self::$limit => $max,)*
                }
            }

            /// Returns what is limited and what happens at the limit.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$limit => $meaning,)*
                }
            }
        }
    };
}

limits! {
    /// Memory of the guest.
    MemoryMib "memory_mib" 256 4_096
    "The sum of all linear memories of one call, in MiB. More is not given; a judge that cannot do without has no opinion."
    /// Instructions of the guest.
    FuelMillions "fuel_millions" 20_000 1_000_000
    "The fuel of one call, in millions of units of about one instruction. It stops endless loops at the same instruction \
     on every machine."
    /// Time on the clock.
    WallSeconds "wall_seconds" 30 3_600
    "The time one call may take, in seconds. It is the backstop behind the fuel, for a slow machine."
    /// Calls of host functions.
    HostCalls "host_calls" 100_000 10_000_000
    "How often one call may ask the host for anything. A judge that asks more often has no opinion, an agent is stopped."
    /// Answers of the host.
    EvidenceMib "evidence_mib" 512 65_536
    "The sum of all answers of the host in one call, in MiB. What goes beyond is refused, and the plugin may go on."
    // As much as the contract promises to keep (`wit/log.wit`).
    /// Log lines.
    LogKib "log_kib" 256 256
    "The log lines of one call, in KiB. Further lines are dropped and counted."
    /// Bytes written in the workspace.
    WriteMib "write_mib" 64 65_536
    "The sum of all that one call writes in its workspace, in MiB. What goes beyond is refused, and the agent may go on."
    /// Everything an agent remembers.
    StateKib "state_kib" 1_024 65_536
    "All that one agent remembers from call to call, in KiB. A value that goes beyond is refused. One call sets at most \
     16 times as much, because the record keeps every value."
    /// Bytes stored as artifacts.
    ArtifactMib "artifact_mib" 64 65_536
    "The sum of all that one call stores as artifacts and puts on the board, in MiB. What goes beyond is refused, and the agent may go on."
    /// Standard output and standard error of a language runtime.
    OutputKib "output_kib" 256 65_536
    "What one call prints on standard output and standard error together, in KiB. What goes beyond is dropped and counted."
    /// Recorded uses of powers.
    AuditEvents "audit_events" 10_000 1_000_000
    "How many different uses of powers are recorded of one call. An agent that comes to the end is stopped, for nothing goes \
     unrecorded."
    /// Time of one command.
    CommandSeconds "command_seconds" 300 86_400
    "The time one command may take, in seconds, and at most what the call has left. Then it and all that it started are ended."
    /// Processes of one command.
    CommandProcesses "command_processes" 256 16_384
    "How many processes and threads one command may have at once. No more are started."
    /// Memory of one command.
    CommandMemoryMib "command_memory_mib" 2_048 1_048_576
    "The memory of each process of a command and, where the machine can count it, of all together, in MiB. More is not given."
    /// Output of one command.
    CommandOutputKib "command_output_kib" 1_024 65_536
    "What one command writes on standard output and standard error together, in KiB. What goes beyond is dropped and counted."
    /// What one command leaves on disk.
    CommandDiskMib "command_disk_mib" 1_024 1_048_576
    "How much one command may add to its workspace and its temporary folder, in MiB, and how large a file it may write. A command \
     that adds more is ended."
    /// Requests of one call.
    Requests "requests" 1_000 1_000_000
    "How many requests one call may send. Further ones are refused, and the agent may go on."
    /// Requests at once.
    RequestsAtOnce "requests_at_once" 8 256
    "How many requests of one call may be under way at once. Further ones are refused, and the agent may go on."
    /// Time of one request.
    RequestSeconds "request_seconds" 60 3_600
    "The time one request may take until its whole answer is there, in seconds, and at most what the call has left."
    /// Body of one request.
    RequestKib "request_kib" 1_024 1_048_576
    "The body of one request, in KiB. A longer one is refused."
    /// Body of one answer.
    ResponseKib "response_kib" 8_192 1_048_576
    "The body of the answer to one request, decoded, in KiB. A longer one is cut off with a refusal."
    /// Tasks held at once.
    ClaimedTasks "claimed_tasks" 3 10_000
    "How many tasks an agent may hold at once. Who holds as many takes no other."
}

/// The value of each limit for one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits([u64; Limit::ALL.len()]);

impl Limits {
    /// Returns the limits of a role that sets none.
    #[must_use]
    pub fn standard() -> Self {
        Self(Limit::ALL.map(Limit::standard))
    }

    /// Returns the value of one limit, in the unit of its name.
    #[must_use]
    pub fn get(&self, limit: Limit) -> u64 {
        self.0.get(limit as usize).copied().unwrap_or(1)
    }

    /// Sets one limit. A value outside of 1 to the limit's maximum becomes the nearer of the two.
    pub fn set(&mut self, limit: Limit, value: u64) {
        if let Some(slot) = self.0.get_mut(limit as usize) {
            *slot = value.clamp(1, limit.max());
        }
    }

    /// Returns the smaller value of each limit.
    #[must_use]
    pub fn min(mut self, other: &Self) -> Self {
        for limit in Limit::ALL {
            self.set(limit, self.get(limit).min(other.get(limit)));
        }
        self
    }

    /// Returns the guest memory in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.bytes(Limit::MemoryMib, 20)
    }

    /// Returns the fuel in units of the engine.
    #[must_use]
    pub fn fuel(&self) -> u64 {
        self.get(Limit::FuelMillions).saturating_mul(1_000_000)
    }

    /// Returns the time on the clock.
    #[must_use]
    pub fn wall(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.get(Limit::WallSeconds))
    }

    /// Returns the number of host calls.
    #[must_use]
    pub fn host_calls(&self) -> u64 {
        self.get(Limit::HostCalls)
    }

    /// Returns the sum of all answers in bytes.
    #[must_use]
    pub fn evidence_bytes(&self) -> u64 {
        self.bytes(Limit::EvidenceMib, 20)
    }

    /// Returns the sum of all log lines in bytes.
    #[must_use]
    pub fn log_bytes(&self) -> u64 {
        self.bytes(Limit::LogKib, 10)
    }

    /// Returns the sum of all that is written in the workspace, in bytes.
    #[must_use]
    pub fn write_bytes(&self) -> u64 {
        self.bytes(Limit::WriteMib, 20)
    }

    /// Returns the sum of all that an agent remembers, in bytes.
    #[must_use]
    pub fn state_bytes(&self) -> u64 {
        self.bytes(Limit::StateKib, 10)
    }

    /// Returns the sum of all that is stored as artifacts, in bytes.
    #[must_use]
    pub fn artifact_bytes(&self) -> u64 {
        self.bytes(Limit::ArtifactMib, 20)
    }

    /// Returns the sum of what is printed, in bytes.
    #[must_use]
    pub fn output_bytes(&self) -> u64 {
        self.bytes(Limit::OutputKib, 10)
    }

    /// Returns how many uses of powers are recorded.
    #[must_use]
    pub fn audit_events(&self) -> u64 {
        self.get(Limit::AuditEvents)
    }

    /// Returns how many tasks may be held at once.
    #[must_use]
    pub fn claimed_tasks(&self) -> u64 {
        self.get(Limit::ClaimedTasks)
    }

    /// Returns how many requests one call may send.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.get(Limit::Requests)
    }

    /// Returns how many requests may be under way at once.
    #[must_use]
    pub fn requests_at_once(&self) -> u64 {
        self.get(Limit::RequestsAtOnce)
    }

    /// Returns the time of one request.
    #[must_use]
    pub fn request_time(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.get(Limit::RequestSeconds))
    }

    /// Returns the body of one request in bytes.
    #[must_use]
    pub fn request_bytes(&self) -> u64 {
        self.bytes(Limit::RequestKib, 10)
    }

    /// Returns the body of one answer, decoded, in bytes.
    #[must_use]
    pub fn response_bytes(&self) -> u64 {
        self.bytes(Limit::ResponseKib, 10)
    }

    fn bytes(&self, limit: Limit, unit_bits: u32) -> u64 {
        self.get(limit).saturating_mul(1 << unit_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::{Limit, Limits};

    #[test]
    fn the_table_is_consistent() {
        for (limit, name) in Limit::ALL.into_iter().zip(Limit::NAMES) {
            assert_eq!(limit.name(), name);
            assert!((1..=limit.max()).contains(&limit.standard()));
            assert_eq!(Limits::standard().get(limit), limit.standard());
        }
    }

    #[test]
    fn no_value_escapes_its_range() {
        for limit in Limit::ALL {
            let mut limits = Limits::standard();
            limits.set(limit, 0);
            assert_eq!(limits.get(limit), 1);
            limits.set(limit, u64::MAX);
            assert_eq!(limits.get(limit), limit.max());
        }
    }
}
