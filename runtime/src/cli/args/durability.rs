//! What may be typed of how safe something is to be.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::app::Wanted;
use crate::chain::Durability;

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct DurabilityArgs {
    /// How safe what is recorded is to be at least. Where witnesses do not vouch in time for what is to be witnessed, it stays
    /// recorded and the exit code is 75.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = LevelArg::Sealed)]
    pub(crate) durability: LevelArg,

    /// How many seconds may be waited for witnesses, with `--durability witnessed`.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) witness_wait: u64,
}

/// How safe something is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelArg {
    /// On disk: it survives a kill, and the next seal puts it into the log.
    Durable,
    /// In a signed commit of the log.
    Sealed,
    /// Vouched for by as many of the elected witnesses as must.
    Witnessed,
}

impl DurabilityArgs {
    /// What is wanted.
    pub(crate) fn wanted(self) -> Wanted {
        Wanted {
            level: match self.durability {
                LevelArg::Durable => Durability::Durable,
                LevelArg::Sealed => Durability::Sealed,
                LevelArg::Witnessed => Durability::Witnessed,
            },
            wait: Duration::from_secs(self.witness_wait),
        }
    }
}
