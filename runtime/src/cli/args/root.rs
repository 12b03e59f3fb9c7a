//! What may be typed of the root of trust.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum RootVerb {
    /// Draft version 1: who signs versions of the root. Your own keys may sign in every log.
    Init {
        /// A signer and the file of their public key; yourself alone without any.
        #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
        signer: Vec<(String, PathBuf)>,
        /// How many of them must agree; more than half of them otherwise.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=32))]
        threshold: Option<u64>,
        #[command(flatten)]
        draft: DraftArgs,
    },
    /// Show the root of trust that is here, and the draft of its next version.
    Show {
        #[command(flatten)]
        draft: DraftArgs,
    },
    /// Draft the next version: let a key sign.
    Grant {
        /// What the key is for.
        #[arg(value_enum)]
        role: RootRoleArg,
        /// The file of its public key: JWK, OpenSSH or allowed signers.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Who holds it: lower-case letters, digits and `.`, `_`, `-`, `+`, `@`. Two keys of one holder are one voice.
        #[arg(long, value_name = "NAME")]
        principal: String,
        /// How it is kept, such as file, agent or hardware.
        #[arg(long, value_name = "WORD", default_value = "file")]
        custody: String,
        /// Only in the log whose id begins like this; in every log otherwise.
        #[arg(long, value_name = "LOG")]
        log: Option<String>,
        /// Only from this position of that log on.
        #[arg(long, value_name = "N", default_value_t = 0, requires = "log")]
        from: u64,
        #[command(flatten)]
        threshold: ThresholdArgs,
        #[command(flatten)]
        draft: DraftArgs,
    },
    /// Draft the next version: end everything that a key may sign. What it signed before stays believed.
    Revoke {
        /// The start of its id or fingerprint.
        #[arg(value_name = "KEY", allow_hyphen_values = true)]
        key: String,
        #[command(flatten)]
        at: AtArgs,
        #[command(flatten)]
        threshold: ThresholdArgs,
        #[command(flatten)]
        draft: DraftArgs,
    },
    /// Draft the next version: put a new key of the same holder in the place of an old one.
    Rotate {
        /// The start of the old key's id or fingerprint.
        #[arg(value_name = "KEY", allow_hyphen_values = true)]
        old: String,
        /// The file of the new public key.
        #[arg(value_name = "FILE")]
        new: PathBuf,
        /// How the new key is kept, such as file, agent or hardware.
        #[arg(long, value_name = "WORD", default_value = "file")]
        custody: String,
        #[command(flatten)]
        at: AtArgs,
        #[command(flatten)]
        threshold: ThresholdArgs,
        #[command(flatten)]
        draft: DraftArgs,
    },
    /// Sign the draft. Once enough people have signed, it is published here, and `git push` shares it.
    Sign {
        #[command(flatten)]
        draft: DraftArgs,
    },
    /// Go by the root of trust that is here from now on, in this clone.
    Pin {
        /// SHA-256 of its version 1, from somebody you trust. Without it the root that is here is believed as it is.
        #[arg(value_name = "DIGEST")]
        digest: Option<String>,
        /// Give up the pin that this clone went by.
        #[arg(long)]
        replace: bool,
        /// How to print what is pinned.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DraftArgs {
    /// The file of the draft, which goes from signer to signer; one inside `.git` otherwise, where no commit can put another.
    #[arg(long, value_name = "FILE")]
    pub(crate) draft: Option<PathBuf>,
    /// How to print the root.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ThresholdArgs {
    /// How many signers must agree from this version on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=32))]
    pub(crate) threshold: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct AtArgs {
    /// How many entries of a log are believed still: the start of its id, and a size. Where the log stands now otherwise.
    #[arg(long, value_name = "LOG:SIZE", value_parser = log_size)]
    pub(crate) at: Vec<(String, u64)>,
}

/// What a key can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RootRoleArg {
    /// Signs versions of the root of trust.
    Signer,
    /// Signs entries.
    Council,
    /// Signs checkpoints and commits.
    Log,
    /// Signs what a person decides.
    Person,
}

/// Reads `alice=alice.pub`.
fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), PathBuf::from(file))),
        _ => Err("write a name, `=` and a file, such as alice=alice.pub".to_owned()),
    }
}

/// Reads `d3b0:120`.
fn log_size(text: &str) -> Result<(String, u64), String> {
    let parsed = text
        .split_once(':')
        .and_then(|(log, size)| Some((log.to_owned(), size.parse().ok()?)));
    parsed
        .filter(|(log, _)| !log.is_empty())
        .ok_or_else(|| "write the start of a log's id, `:` and a size, such as d3b0:120".to_owned())
}
