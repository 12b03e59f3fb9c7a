//! What may be typed of reviews and hooks.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DurabilityArgs, Format, ReviewFormat};
use crate::app::Subject;

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

    #[command(flatten)]
    pub(crate) durability: DurabilityArgs,
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

/// Takes `NAME=FILE` apart.
fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), PathBuf::from(file))),
        _ => Err("write NAME=FILE, such as tests=report.xml".to_owned()),
    }
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
