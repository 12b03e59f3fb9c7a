//! What a person decides of a verdict, signed with the person's own key: an override, a confirmation or refusal, an appeal.
//!
//! The person's process makes the entry and signs it ([`draft`]); whoever writes the log takes it as it is ([`enter`]), or refuses
//! and writes nothing. The host never signs for a person, and looks at everything before: what is signed must be exactly what was
//! asked for, by a key that may sign here, and must not refute the log that it comes to stand in.

use assize_provenance::digest::Digest;
use assize_provenance::entry::{
    Actor, ActorKind, AppealRecord, ApprovalRecord, Content, Entry, EntryId, OverrideRecord, PersonsAnswer, Reason,
    ReasonError, SignedEntry,
};
use assize_provenance::log_id::LogId;
use assize_provenance::time::Time;
use assize_provenance::verdict::Outcome;

use super::clerk::Clerk;
use super::compose::{self, Header};
use super::overrule::{self, OverruleRefusal};
use super::recorded::{RecordFault, Sheaf};
use super::standing::{Said, Standing, StandingFault, standing};
use crate::case::evidence::Objects;
use crate::chain::believed::{Believed, Disbelief};
use crate::waiver::is_same_person;

/// What a person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A verdict in the place of a council's that did not approve.
    Override,
    /// The change that a council approved may land, or may not.
    Answer(PersonsAnswer),
    /// Another hearing is wanted.
    Appeal,
}

/// What a person decides.
#[derive(Debug, Clone, Copy)]
pub struct Deciding<'a> {
    /// What the person says.
    pub what: What,
    /// The digest of the case.
    pub case: Digest,
    /// The verdict's entry, or that of the override that stands for it.
    pub verdict: EntryId,
    /// The council whose verdict that is.
    pub council: &'a str,
    /// Who decides: a name, an address, or `NAME <ADDRESS>`.
    pub person: &'a str,
    /// Why. It stays in the chain for ever, so the caller has masked it. Only a confirmation needs none.
    pub reason: &'a str,
    /// SHA-256 of exactly what the person was shown.
    pub shown: Digest,
    /// Who had the change made, where that is known: whoever that is overrides no verdict about it.
    pub submitter: Option<&'a str>,
}

/// Why what a person signed is not entered. The log is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecideRefusal {
    /// There is no such verdict, it may not be overridden, or nobody may say so.
    #[error(transparent)]
    Overrule(#[from] OverruleRefusal),
    /// What was signed is no entry, or says something else than what was asked for.
    #[error("what was signed is not what is asked for; look at it again and decide on that")]
    Other,
    /// It is for another log.
    #[error("it was signed for log {signed}, and this clone writes log {own} now; decide again")]
    OtherLog {
        /// The log it was signed for.
        signed: LogId,
        /// The log of this clone.
        own: LogId,
    },
    /// The signature does not count.
    #[error("the signature does not count: {0}")]
    Disbelief(#[from] Disbelief),
    /// There is nothing to confirm.
    #[error("nothing is approved that could be confirmed or refused")]
    NotApproved,
    /// The same person has said something of this verdict.
    #[error("{by} has spoken of this verdict already, with the same key or another one of theirs, in entry {entry}")]
    Spoken {
        /// What was said.
        entry: EntryId,
        /// By whom.
        by: String,
    },
    /// Somebody was there first.
    #[error("{by} appealed against this verdict already, in entry {entry}")]
    Appealed {
        /// The appeal.
        entry: EntryId,
        /// By whom.
        by: String,
    },
    /// The person had the change made.
    #[error("`{0}` had this change made; somebody else has to override")]
    Submitter(String),
}

impl From<ReasonError> for DecideRefusal {
    fn from(error: ReasonError) -> Self {
        Self::Overrule(error.into())
    }
}

/// Makes the entry that says what a person decides of a verdict. It is for the person to sign.
///
/// # Errors
///
/// [`DecideRefusal`] where that is another verdict, the person has no name, or the reason is none.
pub fn draft(standing: &Standing, log: LogId, time: Time, wanted: &Deciding<'_>) -> Result<Entry, DecideRefusal> {
    let subject = standing.verdict.subject;
    if subject.case != wanted.case || standing.case.council != wanted.council {
        return Err(no_verdict(wanted).into());
    }
    if !overrule::is_name(wanted.person) {
        return Err(OverruleRefusal::Nameless.into());
    }
    let (previous, council, shown) = (standing.id, wanted.council.to_owned(), wanted.shown);
    let content = match wanted.what {
        What::Override => Content::Override(Box::new(OverrideRecord {
            previous,
            council,
            reason: Reason::new(wanted.reason)?,
            shown,
        })),
        What::Answer(answer) => {
            let is_needed = answer == PersonsAnswer::Rejected || !wanted.reason.trim().is_empty();
            Content::Approval(Box::new(ApprovalRecord {
                previous,
                council,
                answer,
                shown,
                reason: is_needed.then(|| Reason::new(wanted.reason)).transpose()?,
            }))
        }
        What::Appeal => Content::Appeal(Box::new(AppealRecord {
            previous,
            council,
            reason: Reason::new(wanted.reason)?,
            shown,
        })),
    };
    let header = Header {
        log,
        time,
        actor: Actor {
            kind: ActorKind::Person,
            name: wanted.person.to_owned(),
        },
    };
    Ok(compose::about(&header, subject, content))
}

/// Enters what a person signed into the own log and seals it; gives the entry. Asked again for what is done already, it gives the
/// same entry, so that a driver that was killed in between asks again.
///
/// # Errors
///
/// [`StandingFault`]; when the chain was written last, the entry may be in it, and asking again tells.
pub fn enter(
    objects: &Objects,
    clerk: &Clerk,
    believed: &Believed,
    wanted: &Deciding<'_>,
    line: &[u8],
) -> Result<Result<EntryId, DecideRefusal>, StandingFault> {
    let Ok(signed) = SignedEntry::parse(line) else {
        return Ok(Err(DecideRefusal::Other));
    };
    // Whoever speaks twice refutes the whole log: nobody else may look while this one has not been entered.
    let _held = clerk.chain().hold_overrides().map_err(RecordFault::from)?;
    let Some(standing) = standing(objects, clerk, wanted.verdict)? else {
        return Ok(Err(no_verdict(wanted).into()));
    };
    let said = signed.entry();
    let own = clerk.chain().log();
    match draft(&standing, own, said.time, wanted) {
        Ok(asked) if asked == *said => {}
        Ok(_) if said.log != own => {
            return Ok(Err(DecideRefusal::OtherLog { signed: said.log, own }));
        }
        Ok(_) => return Ok(Err(DecideRefusal::Other)),
        Err(refusal) => return Ok(Err(refusal)),
    }
    let known = standing.overridden.iter().chain(&standing.approvals);
    let mut known = known.chain(&standing.appealed);
    if known.any(|known| known.entry.id() == signed.id()) {
        return Ok(Ok(signed.id()));
    }
    if let Err(disbelief) = believed.insist(&signed, own, standing.size) {
        return Ok(Err(disbelief.into()));
    }
    if let Err(refusal) = weigh(objects, believed, &standing, wanted, &signed)? {
        return Ok(Err(refusal));
    }
    let id = signed.id();
    clerk.append(Sheaf {
        entries: vec![signed],
        documents: Vec::new(),
    })?;
    clerk.seal()?;
    Ok(Ok(id))
}

/// Whether what a person signed may come to stand behind the verdict.
fn weigh(
    objects: &Objects,
    believed: &Believed,
    standing: &Standing,
    wanted: &Deciding<'_>,
    signed: &SignedEntry,
) -> Result<Result<(), DecideRefusal>, StandingFault> {
    let by = |said: &Said| said.entry.entry().actor.name.clone();
    let key = signed.key_id();
    Ok(match wanted.what {
        What::Override => {
            if let Some(done) = &standing.overridden {
                let (entry, by) = (done.entry.id(), by(done));
                return Ok(Err(OverruleRefusal::Already { entry, by }.into()));
            }
            // What the person calls themselves is one thing, and whose key it is another.
            let holder = believed.holder(key).map(|holder| holder.to_string());
            if let Some((holder, submitter)) = holder.as_deref().zip(wanted.submitter)
                && is_same_person(holder, submitter)
            {
                return Ok(Err(DecideRefusal::Submitter(holder.to_owned())));
            }
            let weighed = overrule::weigh(objects, standing, wanted.person, holder.as_deref())?;
            weighed.map_err(DecideRefusal::from)
        }
        What::Answer(_) if standing.answer() != Outcome::Approved => Err(DecideRefusal::NotApproved),
        What::Answer(_) => {
            let mut spoken = standing.approvals.iter();
            match spoken.find(|said| believed.is_one_person(said.entry.key_id(), key)) {
                Some(said) => Err(DecideRefusal::Spoken {
                    entry: said.entry.id(),
                    by: by(said),
                }),
                None => Ok(()),
            }
        }
        What::Appeal => match &standing.appealed {
            Some(said) => Err(DecideRefusal::Appealed {
                entry: said.entry.id(),
                by: by(said),
            }),
            None => Ok(()),
        },
    })
}

/// Whether a person says there that a change may not land.
pub(super) fn is_refusal(entry: &SignedEntry) -> bool {
    matches!(&entry.entry().content, Content::Approval(record) if record.answer == PersonsAnswer::Rejected)
}

fn no_verdict(wanted: &Deciding<'_>) -> OverruleRefusal {
    OverruleRefusal::NoVerdict {
        verdict: wanted.verdict,
        council: wanted.council.to_owned(),
    }
}
