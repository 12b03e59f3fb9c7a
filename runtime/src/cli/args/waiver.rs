//! What may be typed of waivers: files that people fill in, and entries that they sign.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum WaiverVerb {
    /// Write a new waiver for you to fill in.
    New {
        /// The rule it excuses.
        #[arg(value_name = "RULE")]
        rule: String,
        /// Where: a path pattern. Several may be given; the rules of budgets take none.
        #[arg(value_name = "PATTERN")]
        paths: Vec<String>,
        /// How many days it lasts, at most 90.
        #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=90))]
        days: u16,
    },
    /// Propose a waiver with your signature, in the log of this clone. Somebody else approves it.
    Propose(ProposeArgs),
    /// Approve with your signature a waiver that somebody else proposed.
    Approve {
        /// Its id, or the start of its proposal's entry.
        #[arg(value_name = "WAIVER")]
        waiver: String,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Take a waiver back with your signature, whoever gave it.
    Revoke {
        /// Its id, or the start of its proposal's entry.
        #[arg(value_name = "WAIVER")]
        waiver: String,
        /// Why. It stays in the log for ever.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// List the waivers of the work tree and those that people signed, and what each is worth.
    List {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Show a waiver that people signed, with everybody who did.
    Show {
        /// Its id, or the start of its proposal's entry.
        #[arg(value_name = "WAIVER")]
        waiver: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Say what is wrong with the waivers of the work tree.
    Check,
    /// Write waivers from a file of CAWS.
    Import {
        /// The file, in YAML.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ProposeArgs {
    /// The rule it excuses.
    #[arg(long, value_name = "RULE", required_unless_present = "file", requires_all = ["reason", "expires"])]
    pub(crate) rule: Option<String>,
    /// Where: a path pattern. Several may be given; the rules of budgets take none.
    #[arg(long = "path", value_name = "PATTERN", requires = "rule")]
    pub(crate) paths: Vec<String>,
    /// Why. It stays in the log for ever.
    #[arg(long, value_name = "TEXT", requires = "rule")]
    pub(crate) reason: Option<String>,
    /// Until when, at most 90 days from now: `2027-01-31`, or `in 14 days`.
    #[arg(long, value_name = "WHEN", requires = "rule")]
    pub(crate) expires: Option<String>,
    /// The file of a waiver that says all this.
    #[arg(long, value_name = "FILE", conflicts_with = "rule")]
    pub(crate) file: Option<PathBuf>,
    /// The last position of a case in the log that it excuses anything in.
    #[arg(long, value_name = "POSITION", conflicts_with = "cases")]
    pub(crate) until: Option<u64>,
    /// About how many cases it is for; 1000 otherwise.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) cases: Option<u64>,
    #[command(flatten)]
    pub(crate) who: WhoArgs,
}

/// Who signs, and how it is told.
#[derive(Debug, Args)]
pub(crate) struct WhoArgs {
    /// Who signs: a holder's name in the root of trust, or the id or fingerprint of a person's key; your newest one otherwise.
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) signatory: Option<String>,
    /// How to print the waiver.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}
