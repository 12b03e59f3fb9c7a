//! What happens in one run of a workflow.

use assize_provenance::digest::Digest;

use super::{DETAIL_BYTES_MAX, NAME_BYTES_MAX, Part, RESOURCE_BYTES_MAX, RunId};

/// One step of a run. All steps of a run, in order, are everything that is known of it: a driver that starts anew reads them
/// and goes on.
///
/// `at_ms` is when it happened, in milliseconds since 1970-01-01T00:00:00Z. Commits are written as 40 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The run was submitted.
    Started {
        /// The run.
        run: RunId,
        /// The workflow.
        workflow: String,
        /// The plan, in stored form, by the digest of its contents.
        plan: Digest,
        /// How much it does by itself: `strict` or `auto`.
        mode: String,
        /// The commit that it starts from: what policy is read from.
        base: String,
        /// The full name of the branch that results land on.
        branch: String,
        /// The digest of the policy.
        policy: Digest,
        /// Who submitted it.
        actor: String,
        /// When.
        at_ms: u64,
    },
    /// A task is tried.
    AttemptStarted {
        /// The run.
        run: RunId,
        /// The task.
        task: String,
        /// The number of the attempt, from 1. The same number again goes on with an attempt that a kill or a
        /// pause interrupted, under the same call and base.
        attempt: u64,
        /// The run of the agent that does it; no run (all zeros) where there is no agent.
        call: RunId,
        /// The commit that its worktree shows.
        base: String,
        /// When.
        at_ms: u64,
    },
    /// An attempt has ended. Where it finished and the task has councils, they look at it next.
    AttemptEnded {
        /// The run.
        run: RunId,
        /// The task.
        task: String,
        /// The number of the attempt.
        attempt: u64,
        /// `finished`, `stopped`, or the name of a cause.
        outcome: String,
        /// What the agent said of it, or why it came to nothing.
        detail: String,
        /// The output, JSON, by the digest of its contents.
        output: Option<Digest>,
        /// The commit that holds its change; the base itself where it changed nothing.
        commit: Option<String>,
        /// When.
        at_ms: u64,
    },
    /// A council has looked at the change of a task.
    Judged {
        /// The run.
        run: RunId,
        /// The task.
        task: String,
        /// The number of the attempt.
        attempt: u64,
        /// The council.
        council: String,
        /// `approved`, `rejected` or `undecided`.
        decision: String,
        /// The commit that it looked at.
        commit: String,
        /// The digest of the case.
        case: Digest,
        /// The verdict's entry in the chain.
        entry: Digest,
        /// When.
        at_ms: u64,
    },
    /// The branch had moved: the change was joined with it, which is a new case. Without a commit they do not go together.
    Joined {
        /// The run.
        run: RunId,
        /// The task.
        task: String,
        /// The number of the attempt.
        attempt: u64,
        /// Where the branch is.
        onto: String,
        /// The change on top of that.
        commit: Option<String>,
        /// Why they do not go together; empty where they do.
        detail: String,
        /// When.
        at_ms: u64,
    },
    /// The change of a task is on the branch.
    Landed {
        /// The run.
        run: RunId,
        /// The task.
        task: String,
        /// The branch.
        branch: String,
        /// The commit.
        commit: String,
        /// When.
        at_ms: u64,
    },
    /// Somebody asks for something: to pause, to go on, to approve. It is answered by the driver.
    Asked {
        /// The run.
        run: RunId,
        /// The task; none for the whole run.
        task: Option<String>,
        /// What is asked for: the name of a request.
        request: String,
        /// Who asks.
        author: String,
        /// The digest of what the person was shown, where the request is about something that was shown.
        shown: Option<Digest>,
        /// A reason, an answer, guidance.
        text: String,
        /// What the person signed, by the digest of its contents: an entry for the chain that says the same.
        signed: Option<Digest>,
        /// When.
        at_ms: u64,
    },
    /// The answer to what somebody asked for.
    Answered {
        /// The run.
        run: RunId,
        /// The number of the event that asked.
        asked: u64,
        /// Whether it is done.
        accepted: bool,
        /// Why not; empty where it is.
        reason: String,
        /// When.
        at_ms: u64,
    },
    /// Nothing happens in this run any more.
    Ended {
        /// The run.
        run: RunId,
        /// `success`, `failed` or `cancelled`.
        outcome: String,
        /// More about it.
        detail: String,
        /// When.
        at_ms: u64,
    },
}

impl Step {
    /// The run that it is a step of.
    #[must_use]
    pub fn run(&self) -> RunId {
        match self {
            Self::Started { run, .. }
            | Self::AttemptStarted { run, .. }
            | Self::AttemptEnded { run, .. }
            | Self::Judged { run, .. }
            | Self::Joined { run, .. }
            | Self::Landed { run, .. }
            | Self::Asked { run, .. }
            | Self::Answered { run, .. }
            | Self::Ended { run, .. } => *run,
        }
    }

    /// When it happened, in milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn at_ms(&self) -> u64 {
        match self {
            Self::Started { at_ms, .. }
            | Self::AttemptStarted { at_ms, .. }
            | Self::AttemptEnded { at_ms, .. }
            | Self::Judged { at_ms, .. }
            | Self::Joined { at_ms, .. }
            | Self::Landed { at_ms, .. }
            | Self::Asked { at_ms, .. }
            | Self::Answered { at_ms, .. }
            | Self::Ended { at_ms, .. } => *at_ms,
        }
    }

    /// The task that it is about.
    #[must_use]
    pub fn task(&self) -> Option<&str> {
        match self {
            Self::AttemptStarted { task, .. }
            | Self::AttemptEnded { task, .. }
            | Self::Judged { task, .. }
            | Self::Joined { task, .. }
            | Self::Landed { task, .. } => Some(task),
            Self::Asked { task, .. } => task.as_deref(),
            Self::Started { .. } | Self::Answered { .. } | Self::Ended { .. } => None,
        }
    }

    pub(super) fn each_text(&mut self, each: &mut dyn FnMut(&mut String, usize, Part)) {
        match self {
            Self::Started {
                workflow,
                mode,
                base,
                branch,
                actor,
                ..
            } => {
                for name in [workflow, mode, base] {
                    each(name, NAME_BYTES_MAX, Part::Name);
                }
                each(branch, RESOURCE_BYTES_MAX, Part::Name);
                each(actor, NAME_BYTES_MAX, Part::Told);
            }
            Self::Asked {
                task,
                request,
                author,
                text,
                ..
            } => {
                for name in task.iter_mut() {
                    each(name, RESOURCE_BYTES_MAX, Part::Name);
                }
                each(request, NAME_BYTES_MAX, Part::Name);
                each(author, NAME_BYTES_MAX, Part::Told);
                each(text, DETAIL_BYTES_MAX, Part::Told);
            }
            Self::Answered { reason, .. } => each(reason, DETAIL_BYTES_MAX, Part::Told),
            Self::Ended { outcome, detail, .. } => {
                each(outcome, NAME_BYTES_MAX, Part::Name);
                each(detail, DETAIL_BYTES_MAX, Part::Told);
            }
            Self::AttemptStarted { .. }
            | Self::AttemptEnded { .. }
            | Self::Judged { .. }
            | Self::Joined { .. }
            | Self::Landed { .. } => self.each_text_of_task(each),
        }
    }

    fn each_text_of_task(&mut self, each: &mut dyn FnMut(&mut String, usize, Part)) {
        match self {
            Self::AttemptStarted { task, base, .. } => {
                each(task, RESOURCE_BYTES_MAX, Part::Name);
                each(base, NAME_BYTES_MAX, Part::Name);
            }
            Self::AttemptEnded {
                task,
                outcome,
                detail,
                commit,
                ..
            } => {
                each(task, RESOURCE_BYTES_MAX, Part::Name);
                for name in std::iter::once(outcome).chain(commit) {
                    each(name, NAME_BYTES_MAX, Part::Name);
                }
                each(detail, DETAIL_BYTES_MAX, Part::Told);
            }
            Self::Judged {
                task,
                council,
                decision,
                commit,
                ..
            } => {
                each(task, RESOURCE_BYTES_MAX, Part::Name);
                for name in [council, decision, commit] {
                    each(name, NAME_BYTES_MAX, Part::Name);
                }
            }
            Self::Joined {
                task,
                onto,
                commit,
                detail,
                ..
            } => {
                each(task, RESOURCE_BYTES_MAX, Part::Name);
                for name in std::iter::once(onto).chain(commit) {
                    each(name, NAME_BYTES_MAX, Part::Name);
                }
                each(detail, DETAIL_BYTES_MAX, Part::Told);
            }
            Self::Landed {
                task, branch, commit, ..
            } => {
                each(task, RESOURCE_BYTES_MAX, Part::Name);
                each(branch, RESOURCE_BYTES_MAX, Part::Name);
                each(commit, NAME_BYTES_MAX, Part::Name);
            }
            Self::Started { .. } | Self::Asked { .. } | Self::Answered { .. } | Self::Ended { .. } => {}
        }
    }

    pub(super) fn each_count(&mut self, each: &mut dyn FnMut(&mut u64)) {
        match self {
            Self::AttemptStarted { attempt, at_ms, .. }
            | Self::AttemptEnded { attempt, at_ms, .. }
            | Self::Judged { attempt, at_ms, .. }
            | Self::Joined { attempt, at_ms, .. } => {
                each(attempt);
                each(at_ms);
            }
            Self::Answered { asked, at_ms, .. } => {
                each(asked);
                each(at_ms);
            }
            Self::Started { at_ms, .. }
            | Self::Landed { at_ms, .. }
            | Self::Asked { at_ms, .. }
            | Self::Ended { at_ms, .. } => each(at_ms),
        }
    }
}
