//! Everything that is read before a hearing: which change, which policy, whose judges, what they are told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use assize_provenance::digest::Digest;
use assize_provenance::reader::ObjectId;
use assize_provenance::time::Time;
use assize_provenance::verdict::{Seat, Terms};

use super::review::{ReviewRequest, Subject};
use super::{Fault, read_named};
use crate::case::evidence::{Evidence, Objects};
use crate::case::message::Authors;
use crate::case::{self, Case, Range};
use crate::catalog::lock::{self, Lock};
use crate::catalog::{self, Reference};
use crate::council::{Brief, Told};
use crate::driver::compose::Docket;
use crate::driver::hearing::{self, Component, Loaded, Sitting};
use crate::driver::told;
use crate::policy::source::PolicySource;
use crate::policy::{self, Policy};
use crate::repository::file::file_at;
use crate::repository::{Repository, progress};
use crate::sandbox::{Allocation, EngineOptions, Sandbox};
use crate::settings::Home;

/// The largest component that is read from a base revision, in bytes.
const COMPONENT_BYTES_MAX: u64 = 64 << 20;
/// The most documents that come with a case, and the largest of them, in bytes.
const DOCUMENTS_MAX: usize = 16;
const DOCUMENT_BYTES_MAX: u64 = 16 << 20;
/// The longest name of a document, in bytes.
const DOCUMENT_NAME_BYTES_MAX: usize = 64;

/// The change that is judged, and where its objects are.
pub(super) struct Matter {
    pub(super) objects: Arc<Objects>,
    pub(super) range: Range,
    /// Whether commits hold it; work in progress is not recorded.
    pub(super) is_committed: bool,
}

impl Matter {
    /// Finds the change that is meant.
    pub(super) fn of(repository: &Repository, subject: Subject<'_>) -> Result<Self, Fault> {
        let work = match subject {
            Subject::Revision(text) => {
                return Ok(Self {
                    range: repository.range(text)?,
                    objects: Arc::<assize_provenance::git::GitObjects>::clone(repository.objects()),
                    is_committed: true,
                });
            }
            Subject::Staged { index, message } => progress::staged(repository, index, message)?,
            Subject::WorkTree => progress::work_tree(repository)?,
        };
        Ok(Self {
            range: work.range,
            objects: Arc::new(work.objects),
            is_committed: false,
        })
    }
}

/// Everything a hearing needs.
pub(super) struct Prepared {
    pub(super) objects: Arc<Objects>,
    pub(super) case: Arc<Case>,
    pub(super) evidence: Arc<Evidence>,
    pub(super) policy: Policy,
    pub(super) source: PolicySource,
    pub(super) told: Told,
    pub(super) docket: Docket,
    pub(super) sittings: Vec<Sitting>,
}

/// The engine with the user's cache of compiled components.
pub(super) fn sandbox(home: &Home) -> Result<Sandbox, Fault> {
    Ok(Sandbox::start(&EngineOptions {
        cache_dir: Some(home.cache()),
        allocation: Allocation::Pooling,
    })?)
}

/// Reads everything that decides: the policy, the waivers and the judges from the base, the change from both.
pub(super) fn prepare(
    matter: &Matter,
    dir: &Path,
    sandbox: &Sandbox,
    request: ReviewRequest<'_>,
    documents: BTreeMap<String, Vec<u8>>,
    now: Time,
) -> Result<Prepared, Fault> {
    let Matter { objects, range, .. } = matter;
    let (policy, source) = policy_for(objects.as_ref(), dir, *range, request.policy)?;
    let mut terms = terms_of(&policy, request.council)?;
    let components = components(objects.as_ref(), *range, &policy, &terms)?;
    // Compiling takes longest when nothing is cached, so the change is read meanwhile.
    let (case, loaded) = thread::scope(|scope| {
        let loading = scope.spawn(|| hearing::load_all(sandbox, &components));
        let case = case::build(objects.as_ref(), *range, authors_for(&policy, &terms));
        (case, loading.join())
    });
    let case = Arc::new(case?);
    let loaded = loaded.map_err(|_| Fault::Bug("the thread that loads judges failed".into()))??;
    let told = told::gather(objects.as_ref(), *range, &case, &policy, &documents, now)?;
    terms.waivers = told.in_force();
    let sittings = sit(&policy, &terms, &case, &told, &loaded);
    let docket = Docket::write(&case, &policy, &source, terms, &told, &sittings)?;
    let evidence = Arc::new(Evidence::new(Arc::clone(&case), Arc::clone(objects), documents));
    Ok(Prepared {
        objects: Arc::clone(objects),
        case,
        evidence,
        policy,
        source,
        told,
        docket,
        sittings,
    })
}

/// Whether a council's judges learn who made the change.
pub(super) fn authors_for(policy: &Policy, terms: &Terms) -> Authors {
    match policy.council(&terms.council.name) {
        Some(council) if council.show_author => Authors::Shown,
        _ => Authors::Hidden,
    }
}

/// Seats the judges of a council.
fn sit(policy: &Policy, terms: &Terms, case: &Case, told: &Told, loaded: &[Loaded]) -> Vec<Sitting> {
    let seats = terms.council.seats.iter().zip(loaded);
    let sitting = |(seat, loaded): (&Seat, &Loaded)| {
        let judge = policy.judge(&seat.judge)?;
        let brief = Brief::of(policy, &terms.council.name, judge, case, told);
        Some(Sitting::prepare(policy, judge, brief, loaded))
    };
    seats.filter_map(sitting).collect()
}

/// Reads the documents that somebody gave, by their names.
pub(super) fn read_documents(dir: &Path, given: &[(String, PathBuf)]) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
    let mut documents = BTreeMap::new();
    for (name, path) in given {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > DOCUMENT_NAME_BYTES_MAX || !name.bytes().all(is_plain) {
            return Err(Fault::wrong(
                format!("`{name}` is no name of a document"),
                "write lower-case letters, digits, `-`, `_` and `.`, such as --document tests=report.xml",
            ));
        }
        let bytes = read_named(&dir.join(path), DOCUMENT_BYTES_MAX)?;
        if documents.insert(name.clone(), bytes).is_some() || documents.len() > DOCUMENTS_MAX {
            return Err(Fault::wrong(
                format!("the document `{name}` is given twice, or there are more than {DOCUMENTS_MAX}"),
                "give each document one name",
            ));
        }
    }
    Ok(documents)
}

/// The policy that holds for a change: a file that was named, from the folder that was, else the base's, else the default.
pub(super) fn policy_for(
    objects: &Objects,
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
        Some(base) => file_at(objects, &base, policy::PATH, policy::BYTES_MAX as u64)?,
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
    objects: &Objects,
    range: Range,
    policy: &Policy,
    terms: &Terms,
) -> Result<Vec<Component>, Fault> {
    let component = |seat: &Seat| match policy.judge(&seat.judge) {
        Some(judge) => component_in(objects, range.base, &judge.plugin),
        None => Err(Fault::Bug(format!("`{}` sits without an appointment", seat.judge))),
    };
    terms.council.seats.iter().map(component).collect()
}

/// The component that a policy's `plugin` names, as it stands in a commit; or why there is none.
pub(super) fn component_in(objects: &Objects, commit: Option<ObjectId>, plugin: &str) -> Result<Component, Fault> {
    Ok(match (catalog::resolve(plugin), commit) {
        (Reference::Embedded(embedded), _) => Ok(embedded.component.to_vec()),
        (Reference::Unknown(name), commit) => pinned_in(objects, commit, name)?,
        (Reference::InBase(path), None) => Err(format!("{path} cannot be read: there is no commit it could stand in")),
        (Reference::InBase(path), Some(commit)) => match file_at(objects, &commit, path, COMPONENT_BYTES_MAX)? {
            Some(bytes) => Ok(bytes),
            None => Err(format!("the commit {commit} has no file {path}")),
        },
    })
}

/// The component that a commit's lock file pins to a name: it is run only if it has the digest that stands there.
fn pinned_in(objects: &Objects, commit: Option<ObjectId>, name: &str) -> Result<Component, Fault> {
    let unknown = || {
        Err(format!(
            "no plugin `{name}` comes with this binary, and no committed {} pins one",
            lock::PATH
        ))
    };
    let Some(commit) = commit else { return Ok(unknown()) };
    let Some(bytes) = file_at(objects, &commit, lock::PATH, lock::BYTES_MAX as u64)? else {
        return Ok(unknown());
    };
    let lock = match Lock::parse(&bytes) {
        Ok(lock) => lock,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let Some(pinned) = lock.plugin(name) else {
        return Ok(unknown());
    };
    let Some(component) = file_at(objects, &commit, &pinned.file, COMPONENT_BYTES_MAX)? else {
        return Ok(Err(format!("the commit {commit} has no file {}", pinned.file)));
    };
    if Digest::of(&component) != pinned.component {
        return Ok(Err(format!(
            "{} of the commit {commit} is not the component that its {} pins to `{name}`",
            pinned.file,
            lock::PATH
        )));
    }
    Ok(Ok(component))
}
