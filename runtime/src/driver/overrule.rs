//! A person overrides a council: after the council's verdict a verdict of theirs comes to stand in the log.
//!
//! Here the host signs on the person's behalf, as long as no root of trust lets people sign for themselves. The host refuses
//! before it signs: there must be such a verdict in this clone's own log, it must not approve, nobody else may
//! have overridden it, and the person may not have made any commit of the change.

use assize_provenance::digest::Digest;
use assize_provenance::entry::{
    Actor, ActorKind, Content, EntryId, OverrideRecord, Reason, ReasonError, SignedEntry, TEXT_BYTES_MAX,
};
use assize_provenance::time::Time;
use assize_provenance::verdict::Outcome;

use super::clerk::Clerk;
use super::compose::{self, Header};
use super::recorded::{RecordFault, Sheaf};
use super::standing::{Standing, StandingFault, standing};
use crate::case::evidence::Objects;
use crate::case::history::HistoryError;
use crate::chain::believed::Believed;

/// What a person asks for.
#[derive(Debug, Clone, Copy)]
pub struct Overruling<'a> {
    /// The digest of the case.
    pub case: Digest,
    /// The verdict's entry.
    pub verdict: EntryId,
    /// The council whose verdict that is.
    pub council: &'a str,
    /// Who asks: a name, an address, or `NAME <ADDRESS>`.
    pub person: &'a str,
    /// Why. It stays in the chain for ever, so the caller has masked it.
    pub reason: &'a str,
    /// SHA-256 of exactly what the person was shown.
    pub shown: Digest,
}

/// Why a person may not override. Nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverruleRefusal {
    /// There is no such verdict here.
    #[error(
        "the log of this clone holds no verdict {verdict} of the council `{council}` on that case; decide about a verdict in the clone that signed it"
    )]
    NoVerdict {
        /// The entry.
        verdict: EntryId,
        /// The council.
        council: String,
    },
    /// There is nothing to override.
    #[error("the council approved; there is nothing to override")]
    Approved,
    /// Somebody was there first.
    #[error("{by} overrode this verdict already, in entry {entry}")]
    Already {
        /// The override.
        entry: EntryId,
        /// Who made it.
        by: String,
    },
    /// The person made the change.
    #[error("`{0}` made a commit of this change; somebody else has to override")]
    Author(String),
    /// The host's word for a person counts no more.
    #[error(
        "the root of trust lets people sign for themselves in this log, and this is not signed by one; `assize key new --role person` makes you a key, and `assize root grant` lets it sign"
    )]
    Unsigned,
    /// Nobody says who asks.
    #[error("whoever overrides is named, in 1 to {TEXT_BYTES_MAX} bytes without control characters")]
    Nameless,
    /// The reason is none.
    #[error(transparent)]
    Reason(#[from] ReasonError),
}

/// Signs a person's verdict in the place of a council's with the host's key and seals it into the own log; gives its entry. Asked
/// again for what is done already, it gives the same entry, so that a driver that was killed in between asks again. Where people
/// sign for themselves, nobody calls this: see [`decide`](super::decide).
///
/// # Errors
///
/// [`StandingFault`]; when the chain was written last, the entry may be in it, and asking again tells.
pub fn overrule(
    objects: &Objects,
    clerk: &Clerk,
    believed: &Believed,
    now: Time,
    wanted: &Overruling<'_>,
) -> Result<Result<EntryId, OverruleRefusal>, StandingFault> {
    if believed.asks_people(clerk.chain().log()) {
        return Ok(Err(OverruleRefusal::Unsigned));
    }
    let reason = match Reason::new(wanted.reason) {
        Ok(reason) => reason,
        Err(error) => return Ok(Err(error.into())),
    };
    if !is_name(wanted.person) {
        return Ok(Err(OverruleRefusal::Nameless));
    }
    // A verdict that is overridden twice refutes the whole log: nobody else may look while this one has not signed.
    let _held = clerk.chain().hold_overrides().map_err(RecordFault::from)?;
    let found = standing(objects, clerk, wanted.verdict)?.filter(|standing| is_meant(standing, wanted));
    let Some(standing) = found else {
        return Ok(Err(OverruleRefusal::NoVerdict {
            verdict: wanted.verdict,
            council: wanted.council.to_owned(),
        }));
    };
    if let Some(done) = &standing.overridden {
        return Ok(again(&done.entry, wanted, &reason));
    }
    if let Err(refusal) = weigh(objects, &standing, wanted.person, None)? {
        return Ok(Err(refusal));
    }
    let record = OverrideRecord {
        previous: wanted.verdict,
        council: wanted.council.to_owned(),
        reason,
        shown: wanted.shown,
    };
    let header = Header {
        log: clerk.chain().log(),
        time: now,
        actor: Actor {
            kind: ActorKind::Person,
            name: wanted.person.to_owned(),
        },
    };
    let content = Content::Override(Box::new(record));
    let entry = compose::about(&header, standing.verdict.subject, content);
    let signed = clerk.chain().sign(entry).map_err(RecordFault::from)?;
    let id = signed.id();
    clerk.append(Sheaf {
        entries: vec![signed],
        documents: Vec::new(),
    })?;
    clerk.seal()?;
    Ok(Ok(id))
}

/// Whether a verdict is the one that somebody speaks of.
fn is_meant(standing: &Standing, wanted: &Overruling<'_>) -> bool {
    let subject = standing.verdict.subject;
    (standing.id, subject.case, standing.case.council.as_str()) == (wanted.verdict, wanted.case, wanted.council)
}

/// Whether a name can stand in an entry.
pub(super) fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control)
}

/// Whether the verdict may be overridden, and by this person.
pub(super) fn weigh(
    objects: &Objects,
    standing: &Standing,
    person: &str,
    holder: Option<&str>,
) -> Result<Result<(), OverruleRefusal>, HistoryError> {
    if standing.outcome == Outcome::Approved {
        return Ok(Err(OverruleRefusal::Approved));
    }
    let names: Vec<&str> = [Some(person), holder].into_iter().flatten().collect();
    let own = standing.is_author(objects, &names)?;
    Ok(if own {
        Err(OverruleRefusal::Author(person.to_owned()))
    } else {
        Ok(())
    })
}

/// What an override that stands already means for who asks: it is theirs, or somebody was there first.
fn again(done: &SignedEntry, wanted: &Overruling<'_>, reason: &Reason) -> Result<EntryId, OverruleRefusal> {
    let said = done.entry();
    let is_theirs = matches!(&said.content, Content::Override(record)
        if said.actor.name == wanted.person && record.reason == *reason && record.shown == wanted.shown);
    if is_theirs {
        Ok(done.id())
    } else {
        Err(OverruleRefusal::Already {
            entry: done.id(),
            by: said.actor.name.clone(),
        })
    }
}
