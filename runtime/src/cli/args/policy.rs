//! What may be typed of policies.

use std::path::PathBuf;

use clap::Subcommand;

use super::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyVerb {
    /// Check a policy file and say what it means; the work tree's `.assize/policy.toml` if none is named.
    Check {
        /// The file.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Answer whether somebody may do something, and by which line of the policy.
    Explain {
        /// The agent, judge or role.
        #[arg(value_name = "NAME")]
        name: String,
        /// The permission, by any of its names; or `http`, `environment` or `secrets`.
        #[arg(value_name = "PERMISSION")]
        permission: String,
        /// What it is used on: a path, a command, a type of tasks; a method and an address; a variable; a secret.
        #[arg(value_name = "RESOURCE")]
        resource: Vec<String>,
        /// How many tasks the agent holds already.
        #[arg(long, value_name = "N", default_value_t = 0)]
        claimed_tasks: u64,
        /// Another agent holds the task.
        #[arg(long)]
        held_by_another: bool,
        /// Ask this policy file instead of the work tree's own.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// How to print the answer.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Say what authority a change of policy adds and removes; exit 1 where anything widens.
    Diff {
        /// A range such as `main..HEAD`, as `review` takes it; or the older of two files.
        #[arg(value_name = "A..B|FILE")]
        old: String,
        /// The newer file.
        #[arg(value_name = "FILE")]
        new: Option<PathBuf>,
        /// How to print the differences.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// List everything that an agent, a judge or a role may do.
    Grants {
        /// The agent, judge or role.
        #[arg(value_name = "NAME")]
        name: String,
        /// Ask this policy file instead of the work tree's own.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}
