//! What may be typed of secrets. A value never may: who else is on this machine sees what is typed.

use clap::{Subcommand, ValueEnum};

use super::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum SecretVerb {
    /// Keep a secret. Its value is asked for on a terminal without being shown, or comes on standard input.
    Set {
        /// Its name in policies: lower-case letters, digits and hyphens.
        #[arg(value_name = "NAME")]
        name: String,
        /// Where to keep it; the system's keyring where there is one otherwise, else the encrypted file.
        #[arg(long = "in", value_name = "PLACE", value_enum)]
        place: Option<SecretPlaceArg>,
        /// How to print what was done.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// List the names of secrets, where each is kept, and which roles send it where. Values are never shown.
    List {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Forget a secret.
    Remove {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        /// Where to forget it; wherever it is kept otherwise.
        #[arg(long = "in", value_name = "PLACE", value_enum)]
        place: Option<SecretPlaceArg>,
        /// How to print what was done.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

/// Where a secret can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SecretPlaceArg {
    /// The system's keyring: the Secret Service of the desktop.
    Keyring,
    /// The encrypted file in the home of Assize.
    File,
}
