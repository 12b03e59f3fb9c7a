//! Whatever is done to a chain that the binary wrote: it is never proved for what was changed, nothing panics, and what is
//! wrong is named.
//!
//! | attack | file |
//! |---|---|
//! | every object changed in turn, as valid objects | `objects.rs` |
//! | entries and whole logs rearranged, other keys | `entries.rs` |
//! | a person's override moved, doubled, put upon another case | `overrides.rs` |
//! | shorter, older, forked and missing logs | `past.rs` |
//! | every attack of the threat model in every form of storage | `matrix.rs` |
//! | what git obeys and `verify` must not | `surroundings.rs` |
//! | spellings of a commit that git takes for good | `malleations.rs` |
//! | bits that rot on disk | `rot.rs` |
//! | documents that are missing or changed | `documents.rs` |
//!
//! Chance comes from a seed that is printed; `ASSIZE_SEED` repeats it.

mod documents;
mod entries;
mod malleations;
mod matrix;
mod objects;
mod overrides;
mod past;
mod rot;
mod surroundings;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use assize_provenance::key::TrustedKeys;
use assize_provenance::log_id::LOG_REF_PREFIX;
use assize_provenance::report::{Fault, FaultCode, Overall, Report, Standing};
use assize_provenance::testing::MemoryRepository;
use assize_provenance::verify::{Remembered, verify};
use assize_tests::scene::Scene;
use serde_json::Value;

/// The binary under test.
const EXECUTABLE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// A chain that tests only copy: made once for those that run at the same time, and gone with the last of them.
fn shared() -> Arc<Scene> {
    static SCENE: Mutex<Weak<Scene>> = Mutex::new(Weak::new());
    let mut scene = SCENE.lock().unwrap_or_else(PoisonError::into_inner);
    scene.upgrade().unwrap_or_else(|| {
        let made = Arc::new(Scene::of(EXECUTABLE));
        *scene = Arc::downgrade(&made);
        made
    })
}

/// The name of the only log's ref.
fn log_ref(chain: &MemoryRepository) -> String {
    let mut logs = chain.refs.keys().filter(|name| name.starts_with(LOG_REF_PREFIX));
    let log = logs.next().expect("a log").clone();
    assert_eq!(logs.next(), None, "there is one log");
    log
}

/// What `verify` says of a chain in memory, to somebody who remembers nothing.
fn report(chain: &MemoryRepository, keys: &TrustedKeys) -> Report {
    verify(chain, keys, &Remembered::nothing()).expect("memory can be read")
}

/// Everything that is wrong, claim after claim.
fn faults(report: &Report) -> Vec<&Fault> {
    let standings = report.logs.iter().flat_map(|log| &log.claims);
    let refuted = standings.filter_map(|(_, standing)| match standing {
        Standing::Refuted(faults) => Some(faults),
        _ => None,
    });
    refuted.flatten().collect()
}

/// The codes of all faults.
fn codes(report: &Report) -> Vec<&'static str> {
    faults(report).iter().map(|fault| fault.code.code()).collect()
}

/// Insists that a chain is refuted, and that some fault says where: in a commit, or of the log as a whole by its length.
fn insist_on_refutation<'a>(report: &'a Report, what: &str) -> Vec<&'a Fault> {
    assert_eq!(report.overall(), Overall::Refuted, "{what}: {report:#?}");
    let faults = faults(report);
    let is_placed = |fault: &&Fault| fault.place.commit.is_some() || fault.code == FaultCode::LogShrunk;
    assert!(
        faults.iter().all(|fault| !fault.sentence.is_empty()) && faults.iter().any(is_placed),
        "{what} is refuted without a place: {faults:#?}"
    );
    faults
}

/// The codes of all faults in what `audit verify --format json` printed.
fn printed_codes(view: &Value) -> Vec<String> {
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let claims = list(view, "logs").into_iter().flat_map(|log| list(&log, "claims"));
    let faults = claims.flat_map(|claim| list(&claim, "faults"));
    faults
        .map(|fault| fault["code"].as_str().expect("a code").to_owned())
        .collect()
}

/// How a claim of the only log stands, by what was printed.
fn printed_standing(view: &Value, claim: &str) -> String {
    let claims = view["logs"][0]["claims"].as_array().expect("claims");
    let found = claims.iter().find(|one| one["claim"] == claim).expect("the claim");
    found["standing"].as_str().expect("a standing").to_owned()
}
