//! A hearing on record: the case stands in the chain before any judge runs, the opinions and the verdict after.

use std::sync::Arc;

use assize_provenance::entry::{Actor, EntryId, SignedEntry};
use assize_provenance::evidence::DocumentKind;
use assize_provenance::time::Time;
use assize_provenance::verdict::Verdict;

use super::compose::{self, DocketFault, Header};
use super::hearing::{self, HearingFault, Testimony};
use super::prepare::Prepared;
use crate::chain::{Chain, ChainFault, Reliance};
use crate::sandbox::{HostFault, Sandbox};

/// Why a hearing did not come on record.
#[derive(Debug, thiserror::Error)]
pub enum RecordFault {
    /// The chain cannot be written.
    #[error(transparent)]
    Chain(#[from] ChainFault),
    /// The chain could not be written for several hearings at once.
    #[error(transparent)]
    Shared(Arc<ChainFault>),
    /// The host could not do its part.
    #[error(transparent)]
    Host(#[from] HostFault),
    /// The clock shows a time that no calendar holds.
    #[error("the machine's clock is set to an impossible time; set it and run again")]
    Clock,
    /// Something that cannot happen happened.
    #[error("{0}")]
    Bug(String),
}

impl RecordFault {
    /// Whether the machine failed, rather than what it was given.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Chain(fault) => fault.is_machine(),
            Self::Shared(fault) => fault.is_machine(),
            Self::Host(fault) => !matches!(fault, HostFault::Evidence(_)),
            Self::Clock | Self::Bug(_) => false,
        }
    }
}

impl RecordFault {
    /// Whether waivers that a case relies on were revoked, or ran out, before it was sealed: prepared anew it is another case.
    #[must_use]
    pub fn is_overtaken(&self) -> bool {
        matches!(self, Self::Chain(ChainFault::Overtaken))
    }
}

impl From<DocketFault> for RecordFault {
    fn from(fault: DocketFault) -> Self {
        Self::Bug(fault.to_string())
    }
}

/// Signed entries and the documents that belong to them, to be appended together.
#[derive(Debug)]
pub struct Sheaf {
    /// The entries, in the order of the log.
    pub entries: Vec<SignedEntry>,
    /// The documents.
    pub documents: Vec<(DocumentKind, Vec<u8>)>,
}

/// What was heard, and what is to be appended for it. There is no verdict until that is done.
#[derive(Debug)]
pub struct Concluded {
    /// The verdict.
    pub verdict: Verdict,
    /// What each judge said, in seat order.
    pub testimonies: Vec<Testimony>,
    /// The verdict's entry.
    pub entry: EntryId,
    /// The opinions and the verdict.
    pub sheaf: Sheaf,
}

/// Hears a case. `append` puts the sealed case into the chain, before any judge runs, if what the case relies on still holds; the
/// conclusion is for the caller to append.
///
/// # Errors
///
/// Every [`RecordFault`]; there is no verdict then. [`RecordFault::is_overtaken`] tells whether the case has to be prepared anew.
pub fn hear(
    sandbox: &Sandbox,
    prepared: &Prepared,
    chain: &Chain,
    actor: &Actor,
    now: &dyn Fn() -> Result<Time, RecordFault>,
    append: &dyn Fn(Sheaf, &Reliance) -> Result<(), RecordFault>,
) -> Result<Concluded, RecordFault> {
    let header = || {
        Ok::<_, RecordFault>(Header {
            log: chain.log(),
            time: now()?,
            actor: actor.clone(),
        })
    };
    let docket = &prepared.docket;
    let mut case = None;
    let seal = || -> Result<(), RecordFault> {
        // The case's time is the one at which its waivers were weighed, so that whoever weighs them again knows it.
        let header = Header {
            time: prepared.now,
            ..header()?
        };
        let entry = chain.sign(compose::case_sealed(&header, docket, chain.draw_hearing()?))?;
        case = Some(entry.id());
        let kept = prepared.kept.iter().map(|bytes| (DocumentKind::Given, bytes.clone()));
        let manifest = (DocumentKind::Case, docket.manifest.clone());
        let sheaf = Sheaf {
            entries: vec![entry],
            documents: kept.chain([manifest]).collect(),
        };
        append(sheaf, &prepared.reliance)
    };
    let heard = hearing::hear(
        sandbox,
        docket.terms.clone(),
        &prepared.sittings,
        &prepared.evidence,
        seal,
    );
    let (verdict, testimonies) = heard.map_err(|fault| match fault {
        HearingFault::Seal(fault) => fault,
        HearingFault::Host(fault) => fault.into(),
        other => RecordFault::Bug(other.to_string()),
    })?;
    let case = case.ok_or_else(|| RecordFault::Bug("a hearing ended without a sealed case".into()))?;
    let (entry, sheaf) = conclude(&header()?, prepared, chain, case, &verdict, &testimonies)?;
    Ok(Concluded {
        verdict,
        testimonies,
        entry,
        sheaf,
    })
}

/// Signs the opinions and the verdict.
fn conclude(
    header: &Header,
    prepared: &Prepared,
    chain: &Chain,
    case: EntryId,
    verdict: &Verdict,
    testimonies: &[Testimony],
) -> Result<(EntryId, Sheaf), RecordFault> {
    let (mut previous, mut opinions) = (case, Vec::new());
    let (mut entries, mut documents) = (Vec::new(), Vec::new());
    for (sitting, testimony) in prepared.sittings.iter().zip(testimonies) {
        let salt = chain.draw_salt()?;
        let (entry, document) = compose::seat_heard(header, &prepared.docket, previous, sitting, testimony, &salt)?;
        let signed = chain.sign(entry)?;
        previous = signed.id();
        opinions.push(previous);
        entries.push(signed);
        documents.extend(document.map(|document| (DocumentKind::Opinion, document)));
    }
    let decided = compose::decided(header, &prepared.docket, verdict, case, &opinions);
    let decided = chain.sign(decided.ok_or_else(|| RecordFault::Bug("a seat has no entry".into()))?)?;
    let entry = decided.id();
    entries.push(decided);
    Ok((entry, Sheaf { entries, documents }))
}
