//! What may be typed. Parsing does nothing else.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::app::Subject;

/// Runs councils of sandboxed judges over changes and proves afterwards what was decided.
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
    /// Read and check the chain of verdicts, and the record of what agents did.
    #[command(subcommand)]
    Audit(AuditVerb),
    /// Make and list signing keys.
    #[command(subcommand)]
    Key(KeyVerb),
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
    /// Let git ask before a commit and before a push.
    #[command(subcommand)]
    Hook(HookVerb),
    /// Say whether this machine and this repository are in order, and what to do where they are not.
    Doctor(DoctorArgs),
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

#[derive(Debug, Args)]
pub(crate) struct ReviewArgs {
    /// What to judge: a commit against its first parent, `A..B` (end points) or `A...B` (from the merge base).
    #[arg(value_name = "REV", default_value = "HEAD")]
    pub(crate) revision: String,

    /// Judge what the next commit would hold. It is never recorded.
    #[arg(long, conflicts_with_all = ["revision", "worktree"])]
    pub(crate) staged: bool,

    /// Judge the tracked files as they lie in the work tree. It is never recorded.
    #[arg(long, conflicts_with = "revision")]
    pub(crate) worktree: bool,

    /// Give the judges a document, such as a test report. Its digest becomes part of the case.
    #[arg(long = "document", value_name = "NAME=FILE", value_parser = named_file)]
    pub(crate) documents: Vec<(String, PathBuf)>,

    /// The council that hears the case; the policy's default otherwise.
    #[arg(long, value_name = "NAME")]
    pub(crate) council: Option<String>,

    /// Judge under this policy file instead of the base revision's. Its digest and source are recorded.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t = ReviewFormat::Human)]
    pub(crate) format: ReviewFormat,

    /// Explain a rule instead of judging anything; without RULE, list them all.
    #[arg(long, value_name = "RULE", num_args = 0..=1, conflicts_with_all = ["council", "policy", "no_record"])]
    pub(crate) explain: Option<Option<String>>,

    /// Judge without signing or recording anything.
    #[arg(long)]
    pub(crate) no_record: bool,
}

impl ReviewArgs {
    /// Which change is meant.
    pub(crate) fn subject(&self) -> Subject<'_> {
        match (self.staged, self.worktree) {
            (true, _) => Subject::Staged {
                index: None,
                message: "",
            },
            (_, true) => Subject::WorkTree,
            _ => Subject::Revision(&self.revision),
        }
    }
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

/// Takes `NAME=FILE` apart.
fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), PathBuf::from(file))),
        _ => Err("write NAME=FILE, such as tests=report.xml".to_owned()),
    }
}

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

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Attack this installation as hostile plugins and folders would, and say what stopped each attack.
    #[arg(long)]
    pub(crate) hostile: bool,

    /// How to print the findings.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

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
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyVerb {
    /// Make a new pair of keys, council and log, and sign with it from now on. Old keys stay trusted.
    New,
    /// List your public keys.
    List {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = KeyFormat::Human)]
        format: KeyFormat,
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
    /// List the waivers of the work tree and what each is worth.
    List {
        /// How to print them.
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

#[derive(Debug, Subcommand)]
pub(crate) enum HookVerb {
    /// Put Assize's hooks into this repository. A hook that is there stays as it is.
    Install {
        /// How to print what was done.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Remove the hooks that `install` put there, and no others.
    Remove {
        /// How to print what was done.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Say which hooks are there.
    Status {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// What the installed hooks call.
    #[command(subcommand)]
    Run(HookRun),
}

/// The hooks, with what git gives each.
#[derive(Debug, Subcommand)]
pub(crate) enum HookRun {
    /// Review the commit that git is about to make; git says where its message stands.
    CommitMsg {
        /// The file of the message.
        #[arg(value_name = "FILE")]
        message: PathBuf,
    },
    /// Review everything that a push would add to the remote; git says what on standard input.
    PrePush {
        /// The remote's name, or its place where it has none.
        #[arg(value_name = "REMOTE")]
        remote: String,
        /// The remote's place.
        #[arg(value_name = "URL")]
        url: Option<String>,
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
    /// A DSSE envelope, for in-toto tools; verdicts only.
    Dsse,
}

/// The formats of public keys.
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
}
