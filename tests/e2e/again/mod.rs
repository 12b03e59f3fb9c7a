//! Judges that are run again: what was really said is reproduced byte for byte, and a host that lies is found out, although its
//! chain is in order and signed with the right keys.
//!
//! | what | file |
//! |---|---|
//! | verdicts that reproduce, of reviews and of workflows | `same.rs` |
//! | a false host, lie by lie | `lies.rs` |
//! | which verdicts depended on what, only what is new, and which claims must hold | `asked.rs` |
//! | what is not here any more: erased, missing, of another version | `missing.rs` |

mod asked;
mod lies;
mod missing;
mod same;

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit};
use assize_tests::{guests, seats};
use serde_json::Value;

/// The program that every test here runs.
const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// A repository whose council of judges votes so, and a change that nobody has judged.
fn waiting(votes: &[(&str, Vote)]) -> Bed {
    let bed = Bed::new(ASSIZE);
    let components: Vec<Vec<u8>> = votes.iter().map(|(_, vote)| guests::voting(*vote)).collect();
    let judges: Vec<(&str, &[u8])> = votes
        .iter()
        .zip(&components)
        .map(|((name, _), component)| (*name, component.as_slice()))
        .collect();
    seats::appoint(&bed, &judges);
    bed.commit("Go on", &[Edit::Write("number", b"1\n")]);
    bed
}

/// What `audit replay` prints.
fn replayed(bed: &Bed, arguments: &[&str], code: i32) -> Value {
    let all = [["audit", "replay", "--format", "json"].as_slice(), arguments].concat();
    bed.assize(&all).expect(code).json()
}

/// What `audit verify --replay` prints.
fn verified(bed: &Bed, code: i32) -> Value {
    bed.assize(&["audit", "verify", "--replay", "--format", "json"])
        .expect(code)
        .json()
}

/// A claim of the first log.
fn claim(view: &Value, name: &str) -> Value {
    let claims = view["logs"][0]["claims"].as_array().expect("claims");
    claims
        .iter()
        .find(|claim| claim["claim"] == name)
        .expect("the claim")
        .clone()
}
