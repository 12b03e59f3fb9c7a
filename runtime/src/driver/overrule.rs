//! A person overrides a council: after the council's verdict a verdict of theirs comes to stand in the log.
//!
//! The host refuses before it signs: there must be such a verdict in this clone's own log, it must not approve, nobody else may
//! have overridden it, and the person may not have made any commit of the change.

use assize_provenance::digest::Digest;
use assize_provenance::entry::{
    Actor, ActorKind, Case, Content, Entry, EntryId, OverrideRecord, Reason, ReasonError, SignedEntry, TEXT_BYTES_MAX,
};
use assize_provenance::log_reader::{LogReadError, LogReader};
use assize_provenance::time::Time;
use assize_provenance::verdict::Outcome;

use super::clerk::Clerk;
use super::compose::{self, Header};
use super::recorded::{RecordFault, Sheaf};
use super::told;
use crate::case::evidence::Objects;
use crate::case::history::HistoryError;
use crate::chain::Chain;
use crate::waiver::is_same_person;

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
        "the log of this clone holds no verdict {verdict} of the council `{council}` on that case; override a verdict in the clone that signed it"
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
    /// Nobody says who asks.
    #[error("whoever overrides is named, in 1 to {TEXT_BYTES_MAX} bytes without control characters")]
    Nameless,
    /// The reason is none.
    #[error(transparent)]
    Reason(#[from] ReasonError),
}

/// Why it is not known whether a person may override, or could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum OverruleFault {
    /// The chain cannot be written.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// The own log cannot be read.
    #[error(transparent)]
    Log(#[from] LogReadError),
    /// The commits of the change cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl OverruleFault {
    /// Whether the machine failed, rather than what it was given.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Record(fault) => fault.is_machine(),
            Self::Log(LogReadError::Read(error)) => error.is_machine(),
            Self::Log(_) => false,
            Self::History(error) => error.is_machine(),
        }
    }
}

/// Signs a person's verdict in the place of a council's and seals it into the own log; gives its entry. Asked again for what
/// is done already, it gives the same entry, so that a driver that was killed in between asks again.
///
/// # Errors
///
/// [`OverruleFault`]; when the chain was written last, the entry may be in it, and asking again tells.
pub fn overrule(
    objects: &Objects,
    clerk: &Clerk,
    now: Time,
    wanted: &Overruling<'_>,
) -> Result<Result<EntryId, OverruleRefusal>, OverruleFault> {
    let reason = match Reason::new(wanted.reason) {
        Ok(reason) => reason,
        Err(error) => return Ok(Err(error.into())),
    };
    if !is_name(wanted.person) {
        return Ok(Err(OverruleRefusal::Nameless));
    }
    // A verdict that is overridden twice refutes the whole log: nobody else may look while this one has not signed.
    let _held = clerk.chain().hold_overrides().map_err(RecordFault::from)?;
    let Some(standing) = standing(objects, clerk, wanted)? else {
        return Ok(Err(OverruleRefusal::NoVerdict {
            verdict: wanted.verdict,
            council: wanted.council.to_owned(),
        }));
    };
    if let Some(done) = &standing.overridden {
        return Ok(again(done, wanted, &reason));
    }
    if let Err(refusal) = standing.weigh(objects, wanted)? {
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
    let entry = compose::overridden(&header, standing.verdict.subject, record);
    let signed = clerk.chain().sign(entry).map_err(RecordFault::from)?;
    let id = signed.id();
    clerk.append(Sheaf {
        entries: vec![signed],
        documents: Vec::new(),
    })?;
    clerk.seal()?;
    Ok(Ok(id))
}

/// Whether a name can stand in an entry.
fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control)
}

/// What stands in the own log about one verdict.
struct Standing {
    verdict: Entry,
    outcome: Outcome,
    case: Case,
    overridden: Option<SignedEntry>,
}

impl Standing {
    /// Whether the verdict may be overridden, and by this person.
    fn weigh(&self, objects: &Objects, wanted: &Overruling<'_>) -> Result<Result<(), OverruleRefusal>, HistoryError> {
        if self.outcome == Outcome::Approved {
            return Ok(Err(OverruleRefusal::Approved));
        }
        let base = self.case.base.map(|base| base.commit);
        // Every commit counts, however many they are: one that is not looked at could be the person's.
        let authors = told::authors(objects, base, self.verdict.subject.head.commit, usize::MAX)?;
        let is_author = |name: &str| authors.iter().any(|author| is_same_person(author, name));
        let own = told::names_in(wanted.person).any(is_author);
        Ok(if own {
            Err(OverruleRefusal::Author(wanted.person.to_owned()))
        } else {
            Ok(())
        })
    }
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

/// Looks for the verdict in the own log, newest first, and for what came after it.
fn standing(objects: &Objects, clerk: &Clerk, wanted: &Overruling<'_>) -> Result<Option<Standing>, OverruleFault> {
    // What was acknowledged and not sealed is read where it is sealed.
    clerk.seal()?;
    let chain = clerk.chain();
    let name = chain.log().log_ref();
    let refs = objects.refs(&name).map_err(LogReadError::from)?;
    let Some((_, tip)) = refs.into_iter().find(|(found, _)| *found == name) else {
        return Ok(None);
    };
    let mut log = LogReader::open(objects, tip)?;
    let mut overridden = None;
    for index in (0..log.size()).rev() {
        let entry = log.entry(index)?;
        if entry.id() == wanted.verdict {
            return verdict_of(&mut log, chain, &entry, wanted, overridden);
        }
        if matches!(&entry.entry().content, Content::Override(record) if record.previous == wanted.verdict) {
            overridden = Some(entry);
        }
    }
    Ok(None)
}

/// The verdict that is meant, with its case; none where it is another one or somebody else signed it.
fn verdict_of(
    log: &mut LogReader<'_>,
    chain: &Chain,
    entry: &SignedEntry,
    wanted: &Overruling<'_>,
    overridden: Option<SignedEntry>,
) -> Result<Option<Standing>, OverruleFault> {
    let verdict = entry.entry();
    let Content::Verdict(record) = &verdict.content else {
        return Ok(None);
    };
    // Only what this clone signed itself counts.
    if verdict.subject.case != wanted.case || entry.verify(&chain.council_key()).is_err() {
        return Ok(None);
    }
    let Some((_, opened)) = log.find(&record.case)? else {
        return Ok(None);
    };
    let Content::Case(case) = &opened.entry().content else {
        return Ok(None);
    };
    if case.council != wanted.council {
        return Ok(None);
    }
    Ok(Some(Standing {
        outcome: record.outcome,
        verdict: verdict.clone(),
        case: (**case).clone(),
        overridden,
    }))
}
