//! The limits of a role: how much of the machine one call of a plugin may use.
//!
//! Every limit has a default and a hard maximum, none is unlimited, and its unit is part of its name. The table in
//! `policies/REFERENCE.md` is written from this file.

/// One limit of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// Memory of the guest.
    MemoryMib,
    /// Instructions of the guest.
    FuelMillions,
    /// Time on the clock.
    WallSeconds,
    /// Calls of host functions.
    HostCalls,
    /// Answers of the host.
    EvidenceMib,
    /// Log lines.
    LogKib,
}

impl Limit {
    /// Every limit, in the order of the reference.
    pub const ALL: [Self; 6] = [
        Self::MemoryMib,
        Self::FuelMillions,
        Self::WallSeconds,
        Self::HostCalls,
        Self::EvidenceMib,
        Self::LogKib,
    ];

    /// Every limit's key.
    pub const NAMES: [&'static str; 6] = [
        "memory_mib",
        "fuel_millions",
        "wall_seconds",
        "host_calls",
        "evidence_mib",
        "log_kib",
    ];

    /// Returns the limit's key in `[roles.NAME.limits]`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MemoryMib => "memory_mib",
            Self::FuelMillions => "fuel_millions",
            Self::WallSeconds => "wall_seconds",
            Self::HostCalls => "host_calls",
            Self::EvidenceMib => "evidence_mib",
            Self::LogKib => "log_kib",
        }
    }

    /// Returns the value where no role sets one.
    #[must_use]
    pub fn standard(self) -> u64 {
        match self {
            Self::MemoryMib => 256,
            Self::FuelMillions => 20_000,
            Self::WallSeconds => 30,
            Self::HostCalls => 100_000,
            Self::EvidenceMib => 512,
            Self::LogKib => 256,
        }
    }

    /// Returns the largest value that a policy may set. The smallest is 1.
    #[must_use]
    pub fn max(self) -> u64 {
        match self {
            Self::MemoryMib => 4_096,
            Self::FuelMillions => 1_000_000,
            Self::WallSeconds => 3_600,
            Self::HostCalls => 10_000_000,
            Self::EvidenceMib => 65_536,
            // As much as the contract promises to keep (`wit/log.wit`).
            Self::LogKib => 256,
        }
    }

    /// Returns what is limited and what happens at the limit.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::MemoryMib => {
                "The sum of all linear memories of one call, in MiB. More is not given; a judge that cannot do without has no \
                 opinion."
            }
            Self::FuelMillions => {
                "The fuel of one call, in millions of units of about one instruction. It stops endless loops at the \
                 same instruction on every machine."
            }
            Self::WallSeconds => {
                "The time one call may take, in seconds. It is the backstop behind the fuel, for a slow machine."
            }
            Self::HostCalls => {
                "How often one call may ask the host for anything. A judge that asks more often has no opinion."
            }
            Self::EvidenceMib => {
                "The sum of all answers of the host in one call, in MiB. What goes beyond is refused, and the judge may go on."
            }
            Self::LogKib => "The log lines of one call, in KiB. Further lines are dropped and counted.",
        }
    }
}

/// The value of each limit for one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    memory_mib: u64,
    fuel_millions: u64,
    wall_seconds: u64,
    host_calls: u64,
    evidence_mib: u64,
    log_kib: u64,
}

impl Limits {
    /// Returns the limits of a role that sets none.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            memory_mib: Limit::MemoryMib.standard(),
            fuel_millions: Limit::FuelMillions.standard(),
            wall_seconds: Limit::WallSeconds.standard(),
            host_calls: Limit::HostCalls.standard(),
            evidence_mib: Limit::EvidenceMib.standard(),
            log_kib: Limit::LogKib.standard(),
        }
    }

    /// Returns the value of one limit, in the unit of its name.
    #[must_use]
    pub fn get(&self, limit: Limit) -> u64 {
        match limit {
            Limit::MemoryMib => self.memory_mib,
            Limit::FuelMillions => self.fuel_millions,
            Limit::WallSeconds => self.wall_seconds,
            Limit::HostCalls => self.host_calls,
            Limit::EvidenceMib => self.evidence_mib,
            Limit::LogKib => self.log_kib,
        }
    }

    /// Sets one limit. A value outside of 1 to the limit's maximum becomes the nearer of the two.
    pub fn set(&mut self, limit: Limit, value: u64) {
        let value = value.clamp(1, limit.max());
        match limit {
            Limit::MemoryMib => self.memory_mib = value,
            Limit::FuelMillions => self.fuel_millions = value,
            Limit::WallSeconds => self.wall_seconds = value,
            Limit::HostCalls => self.host_calls = value,
            Limit::EvidenceMib => self.evidence_mib = value,
            Limit::LogKib => self.log_kib = value,
        }
    }

    /// Returns the guest memory in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.memory_mib.saturating_mul(1 << 20)
    }

    /// Returns the fuel in units of the engine.
    #[must_use]
    pub fn fuel(&self) -> u64 {
        self.fuel_millions.saturating_mul(1_000_000)
    }

    /// Returns the time on the clock.
    #[must_use]
    pub fn wall(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.wall_seconds)
    }

    /// Returns the number of host calls.
    #[must_use]
    pub fn host_calls(&self) -> u64 {
        self.host_calls
    }

    /// Returns the sum of all answers in bytes.
    #[must_use]
    pub fn evidence_bytes(&self) -> u64 {
        self.evidence_mib.saturating_mul(1 << 20)
    }

    /// Returns the sum of all log lines in bytes.
    #[must_use]
    pub fn log_bytes(&self) -> u64 {
        self.log_kib.saturating_mul(1 << 10)
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
