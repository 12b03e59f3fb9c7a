//! Everything that is read before a hearing: whose policy, which council, what the judges are told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use assize_provenance::reader::{ObjectId, ReadError};
use assize_provenance::time::Time;
use assize_provenance::verdict::{Seat, Terms};

use super::compose::{Docket, DocketFault};
use super::hearing::{Loaded, Sitting};
use super::roster::{Roster, RosterFault};
use super::told::{self, ToldFault};
use crate::case::evidence::{Evidence, Objects};
use crate::case::message::Authors;
use crate::case::{self, BuildError, Case, Range};
use crate::chain::Reliance;
use crate::council::{Brief, Told};
use crate::diagnostic::Diagnostic;
use crate::policy::source::PolicySource;
use crate::policy::{self, Policy};
use crate::repository::FileError;
use crate::repository::file::file_at;
use crate::sandbox::HostFault;
use crate::waiver::Outlook;

/// Why a hearing cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareFault {
    /// A file of the base revision cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The change cannot be read.
    #[error(transparent)]
    Case(#[from] BuildError),
    /// What the council is told besides the change cannot be read.
    #[error(transparent)]
    Told(#[from] ToldFault),
    /// The policy has mistakes; each is a diagnostic in its text.
    #[error("the policy {file} cannot be used")]
    Policy {
        /// The file.
        file: String,
        /// Its text.
        text: String,
        /// The mistakes.
        problems: Vec<Diagnostic>,
    },
    /// The policy has no such council.
    #[error("the policy {policy} has no council `{council}`; it has {known}")]
    NoCouncil {
        /// The policy's file.
        policy: String,
        /// The council.
        council: String,
        /// Those that it has.
        known: String,
    },
    /// The host could not do its part.
    #[error(transparent)]
    Host(#[from] HostFault),
    /// The evidence of the chain cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Something that cannot happen happened.
    #[error("{0}")]
    Bug(String),
}

impl From<DocketFault> for PrepareFault {
    fn from(fault: DocketFault) -> Self {
        Self::Bug(fault.to_string())
    }
}

impl From<RosterFault> for PrepareFault {
    fn from(fault: RosterFault) -> Self {
        match fault {
            RosterFault::File(error) => Self::File(error),
            RosterFault::Host(fault) => Self::Host(fault),
        }
    }
}

/// The change that is judged, and where its objects are.
pub struct Matter {
    /// The objects.
    pub objects: Arc<Objects>,
    /// What is compared.
    pub range: Range,
}

/// What decides besides the change itself.
pub struct Given {
    /// The policy.
    pub policy: Arc<Policy>,
    /// Where it comes from.
    pub source: PolicySource,
    /// The council.
    pub terms: Terms,
    /// Documents, by their names.
    pub documents: BTreeMap<String, Vec<u8>>,
    /// Whether the documents are the host's own and are kept with the evidence. What somebody else gave stays with whoever
    /// has it: the chain keeps its digest.
    pub keeps_documents: bool,
    /// The time now.
    pub now: Time,
    /// The waivers that people signed, and whether those in files count.
    pub outlook: Outlook,
}

/// Everything a hearing needs.
pub struct Prepared {
    /// Where the objects are.
    pub objects: Arc<Objects>,
    /// The change.
    pub case: Arc<Case>,
    /// What judges may read.
    pub evidence: Arc<Evidence>,
    /// The policy.
    pub policy: Arc<Policy>,
    /// Where it comes from.
    pub source: PolicySource,
    /// What judges are told besides.
    pub told: Told,
    /// The documents that are kept with the evidence.
    pub kept: Vec<Vec<u8>>,
    /// The time at which waivers were weighed.
    pub now: Time,
    /// What must still hold of signed waivers when the case is appended.
    pub reliance: Reliance,
    /// What is sealed before a judge runs.
    pub docket: Docket,
    /// The judges.
    pub sittings: Vec<Sitting>,
}

/// Reads everything that decides: the waivers and the judges from the base, the change from both.
///
/// # Errors
///
/// Every [`PrepareFault`].
pub fn prepare(matter: &Matter, roster: &Roster, given: Given) -> Result<Prepared, PrepareFault> {
    let Matter { objects, range } = matter;
    let Given {
        policy,
        source,
        mut terms,
        documents,
        keeps_documents,
        now,
        outlook,
    } = given;
    let kept = documents.values().filter(|_| keeps_documents).cloned().collect();
    let authors = authors_for(&policy, &terms);
    // Compiling takes longest when nothing is cached, so the change is read meanwhile.
    let (case, loaded) = if roster.knows(*range, &policy, &terms) {
        let case = case::build(objects.as_ref(), *range, authors)?;
        (case, roster.judges(objects.as_ref(), *range, &policy, &terms)?)
    } else {
        let (case, loaded) = thread::scope(|scope| {
            let loading = scope.spawn(|| roster.judges(objects.as_ref(), *range, &policy, &terms));
            let case = case::build(objects.as_ref(), *range, authors);
            (case, loading.join())
        });
        let loaded = loaded.map_err(|_| PrepareFault::Bug("the thread that loads judges failed".into()))?;
        (case?, loaded?)
    };
    let case = Arc::new(case);
    let told = told::gather(objects.as_ref(), *range, &case, &policy, &documents, now, &outlook)?;
    terms.waivers = told.in_force();
    let sittings = sit(&policy, &terms, &case, &told, &loaded);
    let docket = Docket::write(
        &case,
        &policy,
        &source,
        terms,
        &told,
        &sittings.iter().collect::<Vec<_>>(),
    )?;
    let evidence = Arc::new(Evidence::new(Arc::clone(&case), Arc::clone(objects), documents));
    let reliance = Reliance {
        seen: outlook.known,
        waivers: told
            .granted
            .iter()
            .map(|waiver| (waiver.proposal, waiver.until))
            .collect(),
        alone: false,
    };
    Ok(Prepared {
        objects: Arc::clone(objects),
        case,
        evidence,
        policy,
        source,
        told,
        kept,
        now,
        reliance,
        docket,
        sittings,
    })
}

/// Whether a council's judges learn who made the change.
#[must_use]
pub fn authors_for(policy: &Policy, terms: &Terms) -> Authors {
    match policy.council(&terms.council.name) {
        Some(council) if council.show_author => Authors::Shown,
        _ => Authors::Hidden,
    }
}

/// Seats the judges of a council.
fn sit(policy: &Policy, terms: &Terms, case: &Case, told: &Told, loaded: &[Arc<Loaded>]) -> Vec<Sitting> {
    let seats = terms.council.seats.iter().zip(loaded);
    let sitting = |(seat, loaded): (&Seat, &Arc<Loaded>)| {
        let judge = policy.judge(&seat.judge)?;
        let brief = Brief::of(policy, &terms.council.name, judge, case, told);
        Some(Sitting::prepare(policy, judge, brief, loaded))
    };
    seats.filter_map(sitting).collect()
}

/// The policy that stands in a commit, else the default, and which of them it is.
///
/// # Errors
///
/// [`PrepareFault::File`] and [`PrepareFault::Policy`].
pub fn policy_in(objects: &Objects, commit: Option<ObjectId>) -> Result<(Policy, PolicySource), PrepareFault> {
    let committed = match commit {
        Some(commit) => file_at(objects, &commit, policy::PATH, policy::BYTES_MAX as u64)?,
        None => None,
    };
    match committed {
        Some(bytes) => {
            let path = policy::PATH.into();
            Ok((parse_policy(policy::PATH, &bytes)?, PolicySource::Base { path }))
        }
        None => Ok((default_policy()?, PolicySource::Default)),
    }
}

/// Parses a policy; its mistakes come with its text.
///
/// # Errors
///
/// [`PrepareFault::Policy`].
pub fn parse_policy(name: &str, bytes: &[u8]) -> Result<Policy, PrepareFault> {
    Policy::parse_bytes(name, bytes).map_err(|problems| PrepareFault::Policy {
        file: name.to_owned(),
        text: String::from_utf8_lossy(bytes).into_owned(),
        problems,
    })
}

/// The policy that holds where no file says otherwise.
///
/// # Errors
///
/// [`PrepareFault::Policy`]; a bug, for it comes with the binary.
pub fn default_policy() -> Result<Policy, PrepareFault> {
    parse_policy(policy::default::FILE_NAME, policy::default::TEXT.as_bytes())
}

/// The council that was asked for, or the policy's default.
///
/// # Errors
///
/// [`PrepareFault::NoCouncil`].
pub fn terms_of(policy: &Policy, council: Option<&str>) -> Result<Terms, PrepareFault> {
    let name = council.unwrap_or_else(|| policy.default_council());
    policy.terms(name, Vec::new()).ok_or_else(|| {
        let known: Vec<&str> = policy.councils().map(|council| council.terms.name.as_str()).collect();
        PrepareFault::NoCouncil {
            policy: policy.file_name().to_owned(),
            council: name.to_owned(),
            known: known.join(", "),
        }
    })
}
