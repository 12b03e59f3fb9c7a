//! What may be typed of agents, plugins and the state of an installation.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Format;

#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// The agent: a name of the policy, a plugin that comes with Assize or is pinned in `.assize/plugins.lock`, or a
    /// component's file.
    #[arg(value_name = "PLUGIN")]
    pub(crate) plugin: String,

    /// The role it acts under; what the policy says of an agent of that name otherwise.
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,

    /// Act on behalf of this agent or role: the call then holds at most its grants too.
    #[arg(long, value_name = "AGENT|ROLE")]
    pub(crate) on_behalf_of: Option<String>,

    /// Its input: JSON text, `@FILE`, or `@-` for standard input; `null` otherwise.
    #[arg(long, value_name = "JSON|@FILE")]
    pub(crate) input: Option<String>,

    /// The folder it works in; the current one (or that of -C) otherwise.
    #[arg(long = "dir", value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,

    /// Take roles from this policy file instead of the committed one.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginVerb {
    /// List the plugins that come with this binary and those that `.assize/plugins.lock` pins.
    List {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Show what a component says of itself and what it imports.
    Inspect {
        /// A plugin's name, or a component's file.
        #[arg(value_name = "NAME|FILE")]
        plugin: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Put a component into the work tree's `.assize/plugins` and pin its name to its digest.
    Add {
        /// The component's file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Its name in policies; the name it gives itself otherwise.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// How to print what was done.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Forget a pinned plugin and remove its component.
    Remove {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        /// How to print what was done.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Say what a component would hold under a role, and what it would be refused.
    Check {
        /// A plugin's name, or a component's file.
        #[arg(value_name = "NAME|FILE")]
        plugin: String,
        /// The role.
        #[arg(long, value_name = "ROLE")]
        role: String,
        /// Take the role from this policy file instead of the committed one.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Attack this installation as hostile plugins and folders would, and say what stopped each attack.
    #[arg(long)]
    pub(crate) hostile: bool,

    /// How to print the findings.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}
