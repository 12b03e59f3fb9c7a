//! A review, from what was typed to a verdict in the chain.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use assize_provenance::entry::{Actor, ActorKind, EntryId};
use assize_provenance::time::Time;
use assize_provenance::verdict::{Seat, Terms, Verdict};

use super::view::{EntryView, ReviewView};
use super::{App, Fault, read_named};
use crate::app::view::review::draw;
use crate::case::evidence::Evidence;
use crate::case::message::Authors;
use crate::case::{self, Case, Range};
use crate::catalog::{self, Reference};
use crate::chain::wal::DocumentKind;
use crate::chain::{Chain, Sealed};
use crate::council::Brief;
use crate::driver::compose::{self, Docket, Header};
use crate::driver::hearing::{self, Component, HearingFault, Loaded, Sitting, Testimony};
use crate::policy::source::PolicySource;
use crate::policy::{self, Policy};
use crate::repository::Repository;
use crate::sandbox::{Allocation, EngineOptions, Sandbox};
use crate::settings::Home;

/// The largest component that is read from a base revision, in bytes.
const COMPONENT_BYTES_MAX: u64 = 64 << 20;

/// What a review was asked to do.
#[derive(Debug, Clone, Copy)]
pub struct ReviewRequest<'a> {
    /// The change: a commit, `A..B` or `A...B`.
    pub revision: &'a str,
    /// The council, if not the policy's default.
    pub council: Option<&'a str>,
    /// A policy file that replaces the base's.
    pub policy: Option<&'a Path>,
    /// Whether to sign and record.
    pub record: bool,
}

/// Everything a hearing needs.
struct Prepared {
    case: Arc<Case>,
    evidence: Arc<Evidence>,
    policy: Policy,
    source: PolicySource,
    docket: Docket,
    sittings: Vec<Sitting>,
}

impl App {
    /// Lets a council judge a change and, unless told otherwise, signs and records what it decided. `announce` is told
    /// what a person should know at once: new keys, a new log.
    ///
    /// # Errors
    ///
    /// [`Fault`]; then there is no verdict. What the chain had acknowledged before stays.
    pub fn review(&self, request: ReviewRequest<'_>, announce: &mut dyn FnMut(&str)) -> Result<ReviewView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        let sandbox = sandbox(&home)?;
        let range = repository.range(request.revision)?;
        let prepared = prepare(&repository, &self.dir, &sandbox, range, request)?;
        if request.record {
            let mut chain = Chain::open(&repository, &home, self.clock, announce)?;
            let (verdict, testimonies, entry) = self.recorded(&sandbox, &prepared, &mut chain)?;
            return draw(&repository, &prepared.parts(), &verdict, testimonies, Some(entry));
        }
        let terms = prepared.docket.terms.clone();
        let unsealed = || Ok::<(), Fault>(());
        let (verdict, testimonies) =
            hearing::hear(&sandbox, terms, &prepared.sittings, &prepared.evidence, unsealed).map_err(fault_of)?;
        draw(&repository, &prepared.parts(), &verdict, testimonies, None)
    }

    /// Hears the case between two appends: the case before any judge runs, the opinions and the verdict after.
    fn recorded(
        &self,
        sandbox: &Sandbox,
        prepared: &Prepared,
        chain: &mut Chain,
    ) -> Result<(Verdict, Vec<Testimony>, EntryView), Fault> {
        let docket = &prepared.docket;
        let mut case_id = None;
        let seal = || -> Result<(), Fault> {
            let documents = vec![(DocumentKind::Case, docket.manifest.clone())];
            let header = self.header(chain)?;
            let appended = chain.append(
                vec![compose::case_sealed(&header, docket, chain.draw_hearing()?)],
                documents,
            )?;
            case_id = appended.first().copied();
            Ok(())
        };
        let (verdict, testimonies) = hearing::hear(
            sandbox,
            docket.terms.clone(),
            &prepared.sittings,
            &prepared.evidence,
            seal,
        )
        .map_err(fault_of)?;
        let case_id = case_id.ok_or_else(|| Fault::Bug("a hearing ended without a sealed case".into()))?;
        let sealed = self.record(prepared, chain, case_id, &verdict, &testimonies)?;
        let entry = EntryView {
            id: sealed.entry.to_string(),
            log: chain.log().to_string(),
            index: sealed.index,
            size: sealed.size,
            r#ref: chain.log().log_ref(),
            commit: sealed.commit.to_string(),
            key: chain.council_key().id().to_string(),
        };
        Ok((verdict, testimonies, entry))
    }

    /// Records opinions and verdict as one append, and seals everything into a commit.
    fn record(
        &self,
        prepared: &Prepared,
        chain: &mut Chain,
        case: EntryId,
        verdict: &Verdict,
        testimonies: &[Testimony],
    ) -> Result<Sealed, Fault> {
        let header = self.header(chain)?;
        let (mut previous, mut opinions) = (case, Vec::new());
        let (mut entries, mut documents) = (Vec::new(), Vec::new());
        for (sitting, testimony) in prepared.sittings.iter().zip(testimonies) {
            let (entry, document) = compose::seat_heard(&header, &prepared.docket, previous, sitting, testimony)?;
            let signed = chain.sign(entry)?;
            previous = signed.id();
            opinions.push(previous);
            entries.push(signed);
            documents.extend(document.map(|document| (DocumentKind::Opinion, document)));
        }
        let decided = compose::decided(&header, &prepared.docket, verdict, case, &opinions);
        entries.push(chain.sign(decided.ok_or_else(|| Fault::Bug("a seat has no entry".into()))?)?);
        Ok(chain.append_and_seal(entries, documents)?)
    }

    fn header(&self, chain: &Chain) -> Result<Header, Fault> {
        let time = Time::from_unix_seconds(self.clock.unix_seconds())
            .map_err(|_| Fault::wrong("the machine's clock is set to an impossible time", "set the clock"))?;
        let actor = Actor {
            kind: ActorKind::Person,
            name: self.actor.clone(),
        };
        Ok(Header {
            log: chain.log(),
            time,
            actor,
        })
    }
}

/// What the picture of a review is drawn from.
pub(super) struct Parts<'a> {
    pub(super) case: &'a Case,
    pub(super) evidence: &'a Evidence,
    pub(super) policy: &'a Policy,
    pub(super) source: &'a PolicySource,
    pub(super) docket: &'a Docket,
    pub(super) sittings: &'a [Sitting],
}

impl Prepared {
    fn parts(&self) -> Parts<'_> {
        let Self {
            case,
            evidence,
            policy,
            source,
            docket,
            sittings,
        } = self;
        Parts {
            case,
            evidence,
            policy,
            source,
            docket,
            sittings,
        }
    }
}

fn fault_of(fault: HearingFault<Fault>) -> Fault {
    match fault {
        HearingFault::Seal(fault) => fault,
        HearingFault::Host(fault) => fault.into(),
        other => Fault::Bug(other.to_string()),
    }
}

/// The engine with the user's cache of compiled components.
pub(super) fn sandbox(home: &Home) -> Result<Sandbox, Fault> {
    Ok(Sandbox::start(&EngineOptions {
        cache_dir: Some(home.cache()),
        allocation: Allocation::Pooling,
    })?)
}

/// Reads everything that decides: the policy and the judges from the base, the change from both.
fn prepare(
    repository: &Repository,
    dir: &Path,
    sandbox: &Sandbox,
    range: Range,
    request: ReviewRequest<'_>,
) -> Result<Prepared, Fault> {
    let (policy, source) = policy_for(repository, dir, range, request.policy)?;
    let terms = terms_of(&policy, request.council)?;
    let authors = match policy.council(&terms.council.name) {
        Some(council) if council.show_author => Authors::Shown,
        _ => Authors::Hidden,
    };
    let components = components(repository, range, &policy, &terms)?;
    // Compiling takes longest when nothing is cached, so the change is read meanwhile.
    let (case, loaded) = thread::scope(|scope| {
        let loading = scope.spawn(|| hearing::load_all(sandbox, &components));
        let case = case::build(repository.objects().as_ref(), range, authors);
        (case, loading.join())
    });
    let case = Arc::new(case?);
    let loaded = loaded.map_err(|_| Fault::Bug("the thread that loads judges failed".into()))??;
    let sittings = sit(&policy, &terms, &case, &loaded);
    let docket = Docket::write(&case, &policy, &source, terms, &sittings)?;
    let objects = Arc::clone(repository.objects());
    let evidence = Arc::new(Evidence::new(Arc::clone(&case), objects, BTreeMap::new()));
    Ok(Prepared {
        case,
        evidence,
        policy,
        source,
        docket,
        sittings,
    })
}

/// Seats the judges of a council.
fn sit(policy: &Policy, terms: &Terms, case: &Case, loaded: &[Loaded]) -> Vec<Sitting> {
    let seats = terms.council.seats.iter().zip(loaded);
    let sitting = |(seat, loaded): (&Seat, &Loaded)| {
        let judge = policy.judge(&seat.judge)?;
        Some(Sitting::prepare(
            policy,
            judge,
            Brief::of(policy, &terms.council.name, judge, case),
            loaded,
        ))
    };
    seats.filter_map(sitting).collect()
}

/// The policy that holds for a change: a file that was named, from the folder that was, else the base's, else the default.
pub(super) fn policy_for(
    repository: &Repository,
    dir: &Path,
    range: Range,
    named: Option<&Path>,
) -> Result<(Policy, PolicySource), Fault> {
    if let Some(path) = named {
        let bytes = read_named(&dir.join(path), policy::BYTES_MAX as u64)?;
        let name = path.display().to_string();
        return Ok((parse_policy(&name, &bytes)?, PolicySource::File { path: name }));
    }
    let in_base = match range.base {
        Some(base) => repository.file_at(&base, policy::PATH, policy::BYTES_MAX as u64)?,
        None => None,
    };
    match in_base {
        Some(bytes) => Ok((
            parse_policy(policy::PATH, &bytes)?,
            PolicySource::Base {
                path: policy::PATH.into(),
            },
        )),
        None => Ok((default_policy()?, PolicySource::Default)),
    }
}

/// Parses a policy; its mistakes come with its text.
pub(super) fn parse_policy(name: &str, bytes: &[u8]) -> Result<Policy, Fault> {
    Policy::parse_bytes(name, bytes).map_err(|problems| Fault::Policy {
        file: name.to_owned(),
        text: String::from_utf8_lossy(bytes).into_owned(),
        problems,
    })
}

pub(super) fn default_policy() -> Result<Policy, Fault> {
    parse_policy(policy::default::FILE_NAME, policy::default::TEXT.as_bytes())
}

/// The council that was asked for, or the policy's default.
pub(super) fn terms_of(policy: &Policy, council: Option<&str>) -> Result<Terms, Fault> {
    let name = council.unwrap_or_else(|| policy.default_council());
    policy.terms(name, Vec::new()).ok_or_else(|| {
        let known: Vec<&str> = policy.councils().map(|council| council.terms.name.as_str()).collect();
        Fault::wrong(
            format!("the policy {} has no council `{name}`", policy.file_name()),
            format!("it has {}", known.join(", ")),
        )
    })
}

/// The components of a council's judges, in seat order. One that is missing costs its judge, not the review.
pub(super) fn components(
    repository: &Repository,
    range: Range,
    policy: &Policy,
    terms: &Terms,
) -> Result<Vec<Component>, Fault> {
    let component = |seat: &Seat| {
        let Some(judge) = policy.judge(&seat.judge) else {
            return Err(Fault::Bug(format!("`{}` sits without an appointment", seat.judge)));
        };
        Ok(match (catalog::resolve(&judge.plugin), range.base) {
            (Reference::Embedded(embedded), _) => Ok(embedded.component.to_vec()),
            (Reference::Unknown(name), _) => Err(format!("no plugin `{name}` comes with this binary")),
            (Reference::InBase(path), None) => Err(format!("{path} cannot be read: a root commit has no base")),
            (Reference::InBase(path), Some(base)) => match repository.file_at(&base, path, COMPONENT_BYTES_MAX)? {
                Some(bytes) => Ok(bytes),
                None => Err(format!("the base revision has no file {path}")),
            },
        })
    };
    terms.council.seats.iter().map(component).collect()
}
