//! A person who overrides a council, by way of the library, as a driver does it for whoever asks.

use assize::chain::Chain;
use assize::chain::believed::Believed;
use assize::chain::keys::KeyStore;
use assize::clock::Clock;
use assize::driver::clerk::Clerk;
use assize::driver::overrule::{OverruleRefusal, Overruling, overrule};
use assize::repository::Repository;
use assize::settings::Home;
use assize_provenance::digest::Digest;
use assize_provenance::entry::EntryId;
use assize_provenance::report::DecidedCase;
use assize_provenance::time::Time;
use assize_provenance::verdict::Outcome;
use assize_provenance::verify::{Remembered, verify};

use crate::bed::Bed;

/// Everything that was decided in a bed, in the order of its log.
///
/// # Panics
///
/// When its chain cannot be read.
#[must_use]
pub fn decided(bed: &Bed) -> Vec<DecidedCase> {
    let repository = Repository::open(&bed.repository()).expect("the repository opens");
    let keys = KeyStore::new(bed.home().join("keys")).trusted().expect("keys");
    let report = verify(repository.objects().as_ref(), &keys, &Remembered::nothing()).expect("the chain is read");
    report.decided().map(|(_, decided)| decided.clone()).collect()
}

/// The first case that a council of a bed rejected.
///
/// # Panics
///
/// When there is none.
#[must_use]
pub fn rejected(bed: &Bed) -> DecidedCase {
    let mut all = decided(bed).into_iter();
    all.find(|decided| decided.outcome == Outcome::Rejected)
        .expect("a case that was rejected")
}

/// What `person` asks for who overrides `decided` because of `reason`.
#[must_use]
pub fn overruling<'a>(decided: &'a DecidedCase, person: &'a str, reason: &'a str) -> Overruling<'a> {
    Overruling {
        case: decided.subject.case,
        verdict: decided.verdict,
        council: &decided.council,
        person,
        reason,
        shown: Digest::of(b"what the person was shown"),
    }
}

/// Asks the host of a bed to override.
///
/// # Errors
///
/// The host's refusal.
///
/// # Panics
///
/// When the chain cannot be written.
pub fn ask(bed: &Bed, wanted: &Overruling<'_>) -> Result<EntryId, OverruleRefusal> {
    let repository = Repository::open(&bed.repository()).expect("the repository opens");
    let home = Home::open(&bed.home()).expect("the home opens");
    let chain = Chain::open(&repository, &home, Clock::System, &mut |_| ()).expect("the chain opens");
    let now = Time::from_unix_seconds(Clock::System.unix_seconds()).expect("a time");
    let believed = Believed::read(&repository, &home, None).expect("it is known whom to believe");
    let objects = repository.objects().as_ref();
    overrule(objects, &Clerk::new(chain), &believed, now, wanted).expect("the chain is written")
}
