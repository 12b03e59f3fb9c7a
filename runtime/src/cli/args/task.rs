//! What may be typed of runs and their tasks.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{DurabilityArgs, Format};

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The workflow: a name (`.assize/workflows/NAME.toml`, else one that comes with Assize), or a file.
    #[arg(value_name = "WORKFLOW", required_unless_present = "go_on")]
    pub(crate) workflow: Option<String>,

    /// The value of a parameter; texts as they stand, everything else as JSON. May be given for each parameter.
    #[arg(long = "input", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) inputs: Vec<(String, String)>,

    /// How much it does by itself; as the workflow says otherwise.
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) mode: Option<ModeArg>,

    /// The branch that results land on; the workflow's, else the one that is checked out. One that does not exist is made.
    #[arg(long, value_name = "BRANCH")]
    pub(crate) branch: Option<String>,

    /// Go on waiting where the run waits for a person, until somebody decides elsewhere.
    #[arg(long)]
    pub(crate) watch: bool,

    /// Only put the run on record; whoever drives runs of this clone next does it.
    #[arg(long, conflicts_with_all = ["watch", "go_on"])]
    pub(crate) submit: bool,

    /// Go on with runs that nobody drives: all of them, or the one that is named.
    #[arg(long = "continue", value_name = "RUN", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["workflow", "inputs", "mode", "branch"])]
    pub(crate) go_on: Option<String>,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) durability: DurabilityArgs,
}

/// How much a run does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeArg {
    /// A person confirms what lands, where the workflow does not say otherwise.
    Strict,
    /// It runs while verdicts approve.
    Auto,
    /// Nothing is kept: the plan and the difference that it would make are shown.
    DryRun,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TaskVerb {
    /// List the runs of this clone, the newest first.
    List {
        /// Only those that have not ended.
        #[arg(long)]
        open: bool,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Show a run, or one task of it.
    Show {
        /// `RUN` or `RUN/TASK`; the first 4 or more digits name a run.
        #[arg(value_name = "RUN[/TASK]")]
        target: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Show the tasks of a run below what they need.
    Tree {
        /// The run.
        #[arg(value_name = "RUN")]
        run: String,
    },
    /// Let nothing new begin, in a run or a task, until it is resumed.
    Pause(WishArgs),
    /// Let a paused run or task go on.
    Resume(WishArgs),
    /// End a run or a task.
    Cancel(WishArgs),
    /// Confirm exactly what was shown of a task that waits for a person.
    Approve(DecideArgs),
    /// Refuse what a task that waits for a person would land.
    Reject(DecideArgs),
    /// Sign a verdict of your own in the place of a council's that did not approve. Whoever submitted the run cannot.
    Override(DecideArgs),
    /// Say something to the next attempt of a task.
    Answer(WishArgs),
    /// Try a task again that failed or was cancelled.
    Retry(WishArgs),
    /// Print what the agent of a task logged and asked of the host.
    Logs {
        /// The task.
        #[arg(value_name = "RUN/TASK")]
        target: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Let the agent of a task do it again from its record, with no outside world, and say whether it does the same.
    Replay {
        /// The task.
        #[arg(value_name = "RUN/TASK")]
        target: String,
        /// Another component, to see where it behaves otherwise.
        #[arg(long, value_name = "FILE")]
        component: Option<PathBuf>,
        /// How to print the result.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(crate) struct WishArgs {
    /// `RUN` or `RUN/TASK`; the first 4 or more digits name a run.
    #[arg(value_name = "RUN[/TASK]")]
    pub(crate) target: String,

    /// Why, or what you say; it stays on record.
    #[arg(long = "reason", short = 'm', value_name = "TEXT", default_value = "")]
    pub(crate) text: String,

    /// The digest of what you decide on, as `assize task show` prints it.
    #[arg(long, value_name = "DIGEST")]
    pub(crate) shown: Option<String>,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) durability: DurabilityArgs,
}

/// What a person decides, and signs where they have a key for it.
#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    #[command(flatten)]
    pub(crate) wish: WishArgs,

    /// Whose key signs, where several people have one here: a holder of the root of trust, or a key's id or fingerprint.
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) person: Option<String>,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}
