//! What may be typed. Parsing does nothing else.

mod agents;
mod audit;
mod durability;
mod key;
mod policy;
mod review;
mod root;
mod secret;
mod task;
mod waiver;
mod workflow;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use agents::{CallArgs, DoctorArgs, PluginVerb};
pub(crate) use audit::{
    AffectedArgs, AppealArgs, AuditVerb, ElectVerb, ExportArgs, ExportForm, SubmitArgs, SuppliedArgs, TrustArgs,
    VerifyArgs, WitnessArgs,
};
pub(crate) use durability::DurabilityArgs;
pub(crate) use key::{AgentRoleArg, KeyFormat, KeyRoleArg, KeyVerb, ProtectionArg, SignerArgs};
pub(crate) use policy::PolicyVerb;
pub(crate) use review::{HookRun, HookVerb, ReviewArgs};
pub(crate) use root::{RootRoleArg, RootVerb};
pub(crate) use secret::{SecretPlaceArg, SecretVerb};
pub(crate) use task::{ModeArg, RunArgs, TaskVerb, WishArgs};
pub(crate) use waiver::{ProposeArgs, WaiverVerb};
pub(crate) use workflow::{DrawingArg, WorkflowVerb};

/// Runs agents and judges that nobody has to trust, and proves afterwards what was decided.
#[derive(Debug, Parser)]
#[command(name = "assize", version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Work in this folder's repository instead of the current one's.
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) dir: Option<PathBuf>,

    /// Say more on standard error; twice for debugging.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,

    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Put a policy file into this repository and make signing keys where there are none.
    Init,
    /// Let a council judge a change, and sign what it decided.
    Review(ReviewArgs),
    /// Let an agent do one task in a folder, with the powers of its role and no others.
    Call(CallArgs),
    /// Run a workflow: agents in worktrees of their own, judged by councils, landed with a signed verdict.
    Run(RunArgs),
    /// Look at runs and their tasks, and decide what happens with them.
    #[command(subcommand)]
    Task(TaskVerb),
    /// Read and check the chain of verdicts, and the record of what agents did.
    #[command(subcommand)]
    Audit(AuditVerb),
    /// Make, list and protect signing keys.
    #[command(subcommand)]
    Key(KeyVerb),
    /// Hold the signing keys in a process of their own, and sign for the hosts that ask over its socket.
    Signer(SignerArgs),
    /// Say together who may sign what, and pin the root of trust that says so.
    #[command(subcommand)]
    Root(RootVerb),
    /// Keep, list and forget the secrets that roles may send. There is no way to read one.
    #[command(subcommand)]
    Secret(SecretVerb),
    /// Look at plugins' components, and pin those of your own.
    #[command(subcommand)]
    Plugin(PluginVerb),
    /// Check policy files, and ask what they grant.
    #[command(subcommand)]
    Policy(PolicyVerb),
    /// Hold judges against labelled cases.
    #[command(subcommand)]
    Judge(JudgeVerb),
    /// Write and check waivers.
    #[command(subcommand)]
    Waiver(WaiverVerb),
    /// Check workflow files, and look at their plans.
    #[command(subcommand)]
    Workflow(WorkflowVerb),
    /// Be a witness: cosign the checkpoints of logs that you know, over HTTP, and never two that contradict each other.
    Witness(WitnessArgs),
    /// Let git ask before a commit and before a push.
    #[command(subcommand)]
    Hook(HookVerb),
    /// Say whether this machine and this repository are in order, and what to do where they are not.
    Doctor(DoctorArgs),
    /// What commands of the hostile kit do: see `doctor --hostile`.
    #[command(hide = true)]
    Misdeed {
        /// Which misdeed.
        name: String,
        /// On what.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Print a script that lets a shell complete what is typed.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual's page, or write one page for each verb into a folder.
    Man {
        /// The folder, which is there already.
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum JudgeVerb {
    /// Let judges hear the labelled cases of a folder and count hits, misses and false alarms.
    Test {
        /// The folder of cases.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The judge: a plugin's name or a component's file. Each case's own embedded judge otherwise.
        #[arg(long, value_name = "NAME|FILE")]
        judge: Option<String>,
        /// How to print the result.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Let two judges hear the same cases and show where they differ.
    Compare {
        /// The first: a plugin's name or a component's file.
        #[arg(value_name = "A")]
        one: String,
        /// The second.
        #[arg(value_name = "B")]
        other: String,
        /// The folder of cases.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// How to print the result.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

/// The two formats every verb has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// One JSON object with a `schema`.
    Json,
}

/// The formats of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReviewFormat {
    /// For people.
    Human,
    /// One JSON object with a `schema`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for test reports of a CI.
    Junit,
    /// A summary for a pull request.
    Markdown,
    /// Workflow commands of GitHub Actions, which become annotations.
    Github,
}

/// The formats of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EntryFormat {
    /// For people.
    Human,
    /// The entry itself, as it is stored.
    Json,
    /// A compact JWS (RFC 7515), for any JOSE tool.
    Jws,
    /// A DSSE envelope, for in-toto tools; verdicts and overrides only.
    Dsse,
}
