//! The words of the closed sets, as they stand in entries for ever.

use super::text::words;
use crate::entry::{ActorKind, RangeKind};
use crate::opinion::{Absence, Severity, Side, Vote};
use crate::verdict::{Ground, Mode, Outcome};

words!(Vote { Approve = "approve", Reject = "reject", Abstain = "abstain" });

words!(Severity { Note = "note", Warning = "warning", Error = "error", Critical = "critical" });

words!(Side { Base = "base", Head = "head" });

words!(Absence {
    Unusable = "unusable",
    Trapped = "trapped",
    FuelExhausted = "fuel-exhausted",
    TimedOut = "timed-out",
    MemoryExhausted = "memory-exhausted",
    HostLimit = "host-limit",
    Malformed = "malformed",
    Faulted = "faulted",
});

words!(Mode { Block = "block", Warn = "warn", Off = "off" });

words!(Outcome { Approved = "approved", Rejected = "rejected", Undecided = "undecided" });

words!(Ground {
    CriticalFinding = "critical-finding",
    Veto = "veto",
    QuorumMissed = "quorum-missed",
    UnanimityBroken = "unanimity-broken",
    Unanimity = "unanimity",
    NoSideTaken = "no-side-taken",
    Tie = "tie",
    MajorityApproves = "majority-approves",
    MajorityRejects = "majority-rejects",
    ThresholdReached = "threshold-reached",
    ThresholdMissed = "threshold-missed",
});

words!(ActorKind { Person = "person", Agent = "agent", Automation = "automation", Host = "host" });

words!(RangeKind { FirstParent = "first-parent", TwoDot = "two-dot", ThreeDot = "three-dot" });
