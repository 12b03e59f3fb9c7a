//! What happened to one task, and where that leaves it.

use std::collections::BTreeMap;

use assize::plan::{Cause, Mode, Node};

/// Something that happened to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fact {
    Started(String),
    Finished(Option<String>),
    Nothing {
        cause: String,
        late: bool,
    },
    Stopped {
        late: bool,
    },
    Judged {
        council: String,
        decision: String,
        by_person: bool,
        late: bool,
    },
    Joined(String, String),
    Landed,
    Pause,
    Resume,
    Cancel,
    Approve,
    Reject,
    Retry,
    RunEnded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Stand {
    #[default]
    Fresh,
    Delayed,
    Working,
    Stopped,
    Review,
    Confirm,
    Appeal,
    Land,
    Success,
    Failed,
    Cancelled,
}

impl Stand {
    pub(super) const fn is_final(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Cancelled)
    }
}

/// Where the facts leave a task.
#[derive(Debug, Clone, Default)]
pub(super) struct Story {
    pub(super) stand: Stand,
    pub(super) attempt: u64,
    /// How often it was tried since somebody asked for it to be tried again.
    pub(super) tried: u64,
    pub(super) base: String,
    onto: String,
    pub(super) commit: Option<String>,
    pub(super) said: BTreeMap<String, String>,
    pub(super) confirmed: bool,
    pub(super) paused: bool,
    pub(super) cancelling: bool,
}

impl Story {
    pub(super) fn of(node: &Node, mode: Mode, facts: &[Fact]) -> Self {
        let mut story = Self::default();
        for fact in facts {
            story.follow(node, mode, fact);
            if story.stand.is_final() {
                story.paused = false;
                story.cancelling = false;
            }
        }
        story
    }

    pub(super) fn approved(&self, council: &str) -> bool {
        self.said.get(council).is_some_and(|said| said == "approved")
    }

    pub(super) fn turned_down(&self, council: &str) -> bool {
        self.said.get(council).is_some_and(|said| said != "approved")
    }

    fn follow(&mut self, node: &Node, mode: Mode, fact: &Fact) {
        match fact {
            Fact::Started(base) => {
                if !matches!(self.stand, Stand::Working | Stand::Stopped) {
                    self.attempt += 1;
                    self.tried += 1;
                    self.base.clone_from(base);
                    self.onto.clone_from(base);
                    self.commit = None;
                    self.forget_verdicts();
                }
                self.stand = Stand::Working;
            }
            Fact::Finished(commit) => {
                self.commit = Some(commit.clone().unwrap_or_else(|| self.base.clone()));
                self.after_judging(node, mode);
            }
            Fact::Nothing { cause, late } => self.came_to_nothing(node, mode, cause, *late),
            Fact::Stopped { late } => {
                self.stand = match (self.cancelling, *late, self.stand) {
                    (true, _, _) => Stand::Cancelled,
                    (false, true, _) => Stand::Failed,
                    (false, false, Stand::Working) => Stand::Stopped,
                    (false, false, stand) => stand,
                };
            }
            Fact::Judged {
                council,
                decision,
                by_person,
                late,
            } => {
                self.said.insert(council.clone(), decision.clone());
                let decides = node.councils.first() == Some(council);
                if *by_person {
                    if self.stand != Stand::Success {
                        self.confirmed = true;
                        self.after_judging(node, mode);
                    }
                } else if decides && decision != "approved" {
                    self.came_to_nothing(node, mode, decision, *late);
                } else {
                    self.after_judging(node, mode);
                }
            }
            Fact::Joined(onto, commit) => {
                self.onto.clone_from(onto);
                self.commit = Some(commit.clone());
                self.forget_verdicts();
                self.stand = Stand::Review;
            }
            Fact::Landed => self.stand = Stand::Success,
            Fact::Pause => self.paused = true,
            Fact::Resume => self.paused = false,
            Fact::Cancel if matches!(self.stand, Stand::Working | Stand::Review | Stand::Land) => {
                self.cancelling = true;
            }
            Fact::Cancel | Fact::RunEnded => self.stand = Stand::Cancelled,
            Fact::Approve => {
                self.confirmed = true;
                self.stand = Stand::Land;
            }
            Fact::Reject => self.stand = Stand::Failed,
            Fact::Retry => {
                self.tried = 0;
                self.stand = Stand::Fresh;
            }
        }
    }

    fn forget_verdicts(&mut self) {
        self.said.clear();
        self.confirmed = false;
    }

    fn after_judging(&mut self, node: &Node, mode: Mode) {
        let lands = self.commit.as_ref() != Some(&self.onto) && !node.councils.is_empty() && mode != Mode::DryRun;
        let asks = mode == Mode::Strict && node.confirm && !self.confirmed;
        self.stand = if node.councils.iter().any(|council| !self.said.contains_key(council)) {
            Stand::Review
        } else if !lands {
            Stand::Success
        } else if asks && self.cancelling {
            Stand::Cancelled
        } else if asks {
            Stand::Confirm
        } else {
            Stand::Land
        };
    }

    fn came_to_nothing(&mut self, node: &Node, mode: Mode, cause: &str, late: bool) {
        let known = Cause::named(cause).expect("the name of a cause");
        let again = node.retry.on.contains(&known) && self.tried < u64::from(node.retry.attempts);
        let turned_down = matches!(known, Cause::Rejected | Cause::Undecided);
        self.stand = if self.cancelling {
            Stand::Cancelled
        } else if again && !late {
            Stand::Delayed
        } else if mode == Mode::Strict && node.confirm && !node.is_undo && turned_down && !late {
            Stand::Appeal
        } else {
            Stand::Failed
        };
    }
}
