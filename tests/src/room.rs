//! A court room without a binary: a case from a small repository, a sandbox, and judges given as bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use assize::case::evidence::Evidence;
use assize::case::message::Authors;
use assize::case::{self, Case, Range, RangeKind};
use assize::council::{Brief, Told};
use assize::driver::hearing::{self, Loaded, Sitting, Testimony};
use assize::policy::Policy;
use assize::sandbox::{Allocation, EngineOptions, Sandbox};
use assize_provenance::git::GitObjects;
use assize_provenance::verdict::{Seat, Verdict};

use crate::bed::{Bed, Edit};
use crate::seats;

/// A sandbox without a cache.
///
/// # Panics
///
/// When the engine does not start.
#[must_use]
pub fn sandbox(allocation: Allocation) -> Sandbox {
    Sandbox::start(&EngineOptions {
        cache_dir: None,
        allocation,
    })
    .expect("the engine starts")
}

/// A policy whose judges have small limits: one judge a name, in this order, decided by `rule`.
///
/// # Panics
///
/// When the policy is refused.
#[must_use]
pub fn policy(judges: &[&str], quorum: usize, rule: &str) -> Policy {
    let text = seats::policy_text(judges, quorum, rule);
    Policy::parse("test.toml", &text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

/// A case of two small commits, and what judges may read of it.
///
/// # Panics
///
/// When the repository cannot be made or read.
#[must_use]
pub fn case(bed: &Bed) -> (Arc<Case>, Arc<Evidence>) {
    let files: Vec<(String, String)> = (0..40)
        .map(|number| {
            (
                format!("src/file{number}.rs"),
                format!("fn f{number}() {{}}\n").repeat(50),
            )
        })
        .collect();
    let edits: Vec<Edit<'_>> = files
        .iter()
        .map(|(path, text)| Edit::Write(path, text.as_bytes()))
        .collect();
    let base = bed.commit("Begin", &[Edit::Write("README.md", b"Hello\n")]);
    let head = bed.commit("Go on", &edits);
    between(bed, base, head, RangeKind::FirstParent)
}

/// The case of two commits, and what judges may read of it.
///
/// # Panics
///
/// When the repository cannot be read.
#[must_use]
pub fn between(bed: &Bed, base: git2::Oid, head: git2::Oid, kind: RangeKind) -> (Arc<Case>, Arc<Evidence>) {
    let id = |oid: git2::Oid| oid.to_string().parse().expect("an object id");
    let range = Range {
        kind,
        base: Some(id(base)),
        head: id(head),
    };
    let case = case::build(objects(bed).as_ref(), range, Authors::Hidden).expect("the case is built");
    let case = Arc::new(case);
    let evidence = evidence(bed, &case);
    (case, evidence)
}

/// What judges may read of a case, with nothing read yet. One document comes with it: `notes`.
///
/// # Panics
///
/// When the repository cannot be opened.
#[must_use]
pub fn evidence(bed: &Bed, case: &Arc<Case>) -> Arc<Evidence> {
    let documents = BTreeMap::from([("notes".to_owned(), b"Noted.\n".to_vec())]);
    Arc::new(Evidence::new(Arc::clone(case), objects(bed), documents))
}

/// What a judge that sits alone is asked about a case.
///
/// # Panics
///
/// When the policy of [`policy`] seats no judge.
#[must_use]
pub fn brief(case: &Case) -> Brief {
    let policy = policy(&["guest"], 1, "unanimous");
    let judge = policy.judge("guest").expect("the judge is appointed");
    Brief::of(&policy, "default", judge, case, &Told::nothing(&policy))
}

fn objects(bed: &Bed) -> Arc<GitObjects> {
    Arc::new(GitObjects::open(&bed.repository().join(".git")).expect("the repository opens"))
}

/// Hears a case with the judges of a policy, given as components in its order.
///
/// # Panics
///
/// When the hearing comes to no end.
#[must_use]
pub fn hear(
    sandbox: &Sandbox,
    policy: &Policy,
    components: &[&[u8]],
    case: &Case,
    evidence: &Arc<Evidence>,
) -> (Verdict, Vec<Testimony>) {
    hear_loaded(sandbox, policy, &load(sandbox, components), case, evidence)
}

/// Loads components, for several hearings in one sandbox.
///
/// # Panics
///
/// When the machine fails.
#[must_use]
pub fn load(sandbox: &Sandbox, components: &[&[u8]]) -> Vec<Loaded> {
    let components: Vec<hearing::Component> = components.iter().map(|bytes| Ok(bytes.to_vec())).collect();
    hearing::load_all(sandbox, &components).expect("the machine holds")
}

/// Like [`hear`], with judges that were loaded before.
///
/// # Panics
///
/// When the hearing comes to no end.
#[must_use]
pub fn hear_loaded(
    sandbox: &Sandbox,
    policy: &Policy,
    loaded: &[Loaded],
    case: &Case,
    evidence: &Arc<Evidence>,
) -> (Verdict, Vec<Testimony>) {
    let terms = policy.terms("default", Vec::new()).expect("the council is there");
    let sitting = |(seat, loaded): (&Seat, &Loaded)| {
        let judge = policy.judge(&seat.judge).expect("the judge is appointed");
        Sitting::prepare(
            policy,
            judge,
            Brief::of(policy, "default", judge, case, &Told::nothing(policy)),
            loaded,
        )
    };
    let sittings: Vec<Sitting> = terms.council.seats.iter().zip(loaded).map(sitting).collect();
    hearing::hear(sandbox, terms, &sittings, evidence, || {
        Ok::<(), std::convert::Infallible>(())
    })
    .expect("it ends")
}
