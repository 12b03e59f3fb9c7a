//! Councils whose judges are written for the test: a policy, and a base revision that holds policy and components.

use assize_provenance::opinion::Vote;
use git2::Oid;

use crate::bed::{Bed, Edit};
use crate::guests;

/// Limits that a hostile judge reaches within a second: 64 MiB, 50 million units of fuel, 2,000 host calls.
const ROLE: &str = r#"
allow = ["evidence.*", "log.write"]
[roles.judge.limits]
memory_mib = 64
fuel_millions = 50
wall_seconds = 10
host_calls = 2000
evidence_mib = 16
log_kib = 16
"#;

/// A policy with one council of these judges, in this order. The component of `name` is the file `judges/name.wasm`.
#[must_use]
pub fn policy_text(judges: &[&str], quorum: usize, rule: &str) -> String {
    let mut text = format!("version = 1\n[roles.judge]{ROLE}");
    for judge in judges {
        text.push_str(&format!(
            "[judges.{judge}]\nplugin = \"judges/{judge}.wasm\"\nrole = \"judge\"\n"
        ));
    }
    text.push_str(&format!(
        "[councils.default]\njudges = {judges:?}\nquorum = {quorum}\nrule = \"{rule}\"\n"
    ));
    text
}

/// A bed with `changes` commits after the one that appoints a judge who approves of everything, none reviewed, the newest last.
///
/// # Panics
///
/// When git refuses.
#[must_use]
pub fn approving(executable: &str, changes: usize) -> Bed {
    let bed = Bed::new(executable);
    appoint(&bed, &[("guest", &guests::voting(Vote::Approve))]);
    for change in 1..=changes {
        bed.commit(
            &format!("Change {change}"),
            &[Edit::Write("number", change.to_string().as_bytes())],
        );
    }
    bed
}

/// Commits judges and a policy that seats them: all must be heard, nobody may reject. The next change is theirs to judge.
///
/// # Panics
///
/// When git refuses.
pub fn appoint(bed: &Bed, judges: &[(&str, &[u8])]) -> Oid {
    let names: Vec<&str> = judges.iter().map(|(name, _)| *name).collect();
    let policy = policy_text(&names, names.len(), "unanimous");
    let paths: Vec<String> = names.iter().map(|name| format!("judges/{name}.wasm")).collect();
    let mut edits = vec![Edit::Write(".assize/policy.toml", policy.as_bytes())];
    edits.extend(
        paths
            .iter()
            .zip(judges)
            .map(|(path, (_, component))| Edit::Write(path, component)),
    );
    bed.commit("Appoint the judges", &edits)
}
