//! What one judge said: a vote with its reasons.

/// A judge's answer to the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vote {
    /// The change may land.
    Approve,
    /// The change may not land.
    Reject,
    /// The judge was heard and takes no side.
    Abstain,
}

/// How much a finding weighs. Later variants weigh more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing. Never a reason to reject.
    Note,
    /// Worth changing. Never a reason to reject.
    Warning,
    /// A reason to reject, unless policy or a waiver excuses it.
    Error,
    /// A veto, unless policy or a waiver excuses it.
    Critical,
}

impl Severity {
    /// Tells whether a finding of this severity can reject a change.
    #[must_use]
    pub fn is_blocking(self) -> bool {
        self >= Self::Error
    }
}

/// Which state of the repository is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Before the change.
    Base,
    /// After the change.
    Head,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The state the place is in.
    pub side: Side,
    /// The file, in the escaped form of the contract (`\xNN` for what is not printable UTF-8).
    pub path: String,
    /// The first line, counted from 1; 0 means the whole file.
    pub start_line: u32,
    /// The last line; 0 means the whole file.
    pub end_line: u32,
}

/// One thing a judge saw.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finding {
    /// The rule's stable id, `judge/rule`.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What was seen. Never a secret.
    pub message: String,
    /// Where, when there is one place.
    pub location: Option<Location>,
    /// What to do about it.
    pub suggestion: Option<String>,
}

/// A vote with its reasons, whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Opinion {
    /// The answer.
    pub vote: Vote,
    /// Everything the judge saw.
    pub findings: Vec<Finding>,
    /// Why the vote is what it is.
    pub rationale: String,
}

/// Why a judge has no opinion. Never counted as approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Absence {
    /// The component could not be loaded or does not fit the contract.
    Unusable,
    /// It trapped: unreachable code, a stack overflow, an access out of bounds.
    Trapped,
    /// It used up its fuel.
    FuelExhausted,
    /// It ran longer than its wall time.
    TimedOut,
    /// It needed more memory than its role allows.
    MemoryExhausted,
    /// It made more host calls, or read more, than its role allows.
    HostLimit,
    /// Its answer breaks the contract: too long, a malformed rule id, an impossible place.
    Malformed,
    /// It answered with a fault of its own.
    Faulted,
}
