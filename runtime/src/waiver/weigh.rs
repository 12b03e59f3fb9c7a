//! What a waiver is worth, at one moment and for one change.

use assize_provenance::time::Time;

use super::read::{Authored, Status, is_same_person};
use super::{Standing, Waiver, Worth};
use crate::diagnostic::Problem;

/// When and for whom a waiver is weighed.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The time of the case.
    pub now: Time,
    /// Names and mail addresses of those who made the change: they cannot have approved their own leave.
    pub authors: &'a [String],
}

/// Weighs one waiver. Only one of the base can be in force; of one that the change brings it says what it will be worth.
#[must_use]
pub fn weigh(authored: Authored, standing: Standing, moment: Moment<'_>) -> Waiver {
    let mut problems = authored.problems;
    let mut note = |line: u32, message: String| {
        problems.push(Problem {
            path: authored.path.clone(),
            line,
            message,
        });
    };
    if authored.status == Status::Active {
        for approver in &authored.approvers {
            if moment
                .authors
                .iter()
                .any(|author| is_same_person(author, &approver.handle))
            {
                note(
                    approver.line,
                    "The waiver is self-approved: whoever makes the change does not approve its waiver.".to_owned(),
                );
            }
            if approver.approved_at.is_some_and(|time| time > moment.now) {
                note(approver.line, "The approval lies in the future.".to_owned());
            }
        }
    }
    let worth = match authored.status {
        Status::Revoked => Worth::Revoked,
        _ if !problems.is_empty() => Worth::Invalid,
        _ if authored.expires.is_none_or(|end| moment.now > end) => Worth::Expired,
        Status::Proposed => Worth::Proposed,
        Status::Active => Worth::InForce,
    };
    Waiver {
        path: authored.path,
        standing,
        id: authored.id,
        rule: authored.rule,
        paths: authored.paths,
        expires: authored.expires,
        worth,
        problems,
    }
}

/// A file's waiver where people sign with keys of their own: who may land a file under `.assize/` is nobody's signature, so one of
/// the base that would be in force excuses nothing, and says what to do.
#[must_use]
pub fn without_signature(mut waiver: Waiver) -> Waiver {
    if waiver.standing == Standing::Base && waiver.worth == Worth::InForce {
        waiver.worth = Worth::Invalid;
        waiver.problems.push(Problem {
            path: waiver.path.clone(),
            line: 0,
            message: format!(
                "The root of trust lets people sign waivers, and nobody signed this file: \
                 `assize waiver propose --file {}` proposes it for somebody else to approve.",
                waiver.path
            ),
        });
    }
    waiver
}
