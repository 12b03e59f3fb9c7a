//! What may be typed of the chain and of the record.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{EntryFormat, Format};

#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// List what agents used and what they were refused, newest first.
    Access {
        /// Only what was refused.
        #[arg(long)]
        denied: bool,
        /// Only what happened within this time: a number and `s`, `m`, `h` or `d`.
        #[arg(long, value_name = "TIME", value_parser = duration)]
        since: Option<std::time::Duration>,
        /// Only what this agent did.
        #[arg(long, value_name = "AGENT")]
        agent: Option<String>,
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        max: u32,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// List the entries of every log in this repository, as they are, unchecked.
    Log {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Print one entry.
    Show {
        /// The entry: the start of its id, or LOG:INDEX with the start of a log id and a position from 0.
        #[arg(value_name = "ENTRY")]
        entry: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = EntryFormat::Human)]
        format: EntryFormat,
    },
    /// Check every log of this repository: proved, refuted or not checkable, claim by claim.
    Verify {
        #[command(flatten)]
        trust: TrustArgs,
        /// How to print the report.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Answer whether a change is approved, from the chain alone.
    Check {
        /// The change, as `review` takes it.
        #[arg(value_name = "REV", default_value = "HEAD")]
        revision: String,
        /// The council whose verdict is asked for; the policy's default otherwise.
        #[arg(long, value_name = "NAME")]
        council: Option<String>,
        #[command(flatten)]
        trust: TrustArgs,
        /// How to print the answer.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// Trust the public keys in this file besides your own (`key list` prints such files in every format).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,

    /// Trust the keys in this file, in ssh-keygen's ALLOWED SIGNERS format.
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Vec<PathBuf>,

    /// Go by the root of trust whose version 1 has this SHA-256 digest; DIGEST@VERSION takes no older version. Without it `ASSIZE_PIN` counts, else what `root pin`
    /// remembered for this clone.
    #[arg(long, value_name = "DIGEST")]
    pub(crate) pin: Option<String>,
}

/// Reads a time such as `60m`.
fn duration(text: &str) -> Result<std::time::Duration, String> {
    let seconds_of = |unit| match unit {
        's' => Some(1_u64),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        _ => None,
    };
    let parsed = text.chars().next_back().and_then(|unit| {
        let number: u64 = text.get(..text.len() - unit.len_utf8())?.parse().ok()?;
        number.checked_mul(seconds_of(unit)?)
    });
    let seconds = parsed.filter(|seconds| (1..=3_155_760_000).contains(seconds));
    seconds
        .map(std::time::Duration::from_secs)
        .ok_or_else(|| "write a number and `s`, `m`, `h` or `d`, such as 60m; at most 100 years".to_owned())
}
