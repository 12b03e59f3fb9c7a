//! What may be typed of keys, and of the process that holds them for others. A passphrase never may: who else is on this machine
//! sees what is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum KeyVerb {
    /// Make new keys and sign with them from now on. Old keys stay trusted.
    New {
        /// Which: the pair, council and log, or a person's own.
        #[arg(long, value_enum, default_value_t = KeyRoleArg::Pair)]
        role: KeyRoleArg,
        /// Protect them; they lie in plain files that only you can read otherwise.
        #[arg(long, value_name = "HOW", value_enum)]
        protect: Option<ProtectionArg>,
    },
    /// List your public keys.
    List {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = KeyFormat::Human)]
        format: KeyFormat,
    },
    /// Print the public half of one key, for those who are to trust it. Private halves are never printed.
    Export {
        /// The key, by its id or fingerprint.
        #[arg(value_name = "KEY")]
        key: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = KeyFormat::Jwk)]
        format: KeyFormat,
    },
    /// Protect private keys with a passphrase or by the system's keyring.
    Protect {
        /// The keys, by id or fingerprint; all that lie in plain files otherwise.
        #[arg(value_name = "KEY")]
        keys: Vec<String>,
        /// What protects them.
        #[arg(long = "by", value_name = "HOW", value_enum, default_value_t = ProtectionArg::Passphrase)]
        protection: ProtectionArg,
    },
    /// Put private keys back into plain files that only you can read.
    Unprotect {
        /// The keys, by id or fingerprint; all that are protected otherwise.
        #[arg(value_name = "KEY")]
        keys: Vec<String>,
    },
    /// Sign from now on with an Ed25519 key that your ssh-agent keeps.
    Use {
        /// Who keeps it.
        #[arg(value_name = "KEEPER", value_enum)]
        keeper: KeeperArg,
        /// The key's fingerprint, as `ssh-add -l` prints it.
        #[arg(value_name = "FINGERPRINT")]
        fingerprint: String,
        /// What it signs.
        #[arg(long, value_enum)]
        role: AgentRoleArg,
    },
}

/// Which keys are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyRoleArg {
    /// The pair that a chain is written with: council and log.
    Pair,
    /// Your own decisions.
    Person,
}

/// What protects a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProtectionArg {
    /// A passphrase, asked for on the terminal, or ASSIZE_KEYS_PASSPHRASE, or the descriptor ASSIZE_KEYS_PASSPHRASE_FD.
    Passphrase,
    /// The system's keyring: the Secret Service of the desktop.
    Keyring,
}

/// Who keeps a key that was made elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeeperArg {
    /// The ssh-agent behind SSH_AUTH_SOCK.
    SshAgent,
}

/// What a key of an ssh-agent signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AgentRoleArg {
    /// Entries of the chain.
    Council,
    /// Checkpoints and commits of the chain.
    Log,
    /// Your own decisions.
    Person,
}

/// How keys are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyFormat {
    /// For people.
    Human,
    /// One JSON object with a `schema`.
    Json,
    /// ssh-keygen's ALLOWED SIGNERS file, for `git verify-commit`.
    AllowedSigners,
    /// A JWK set (RFC 7517, RFC 8037), for JOSE tools.
    Jwk,
    /// One line a key, as OpenSSH writes it.
    Openssh,
}

#[derive(Debug, Args)]
pub(crate) struct SignerArgs {
    /// Where to listen; `signer/socket` in the home otherwise.
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// A user who may ask besides yourself, by number. The socket's folder then must let them in, and nobody else write.
    #[arg(long = "allow-user", value_name = "UID")]
    pub(crate) others: Vec<u32>,
}
