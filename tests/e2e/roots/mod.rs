//! Roots of trust as people use them: several homes, one repository, and whoever means harm.

mod drafts;
mod kills;
mod pins;
mod stock;
mod stories;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use assize::chain::keys::KeyStore;
use assize::clock::Clock;
use assize_provenance::key::{Role, openssh};
use assize_provenance::opinion::Vote;
use assize_provenance::root::ROOT_REF;
use assize_tests::bed::{Bed, Edit, Run, ran};
use assize_tests::{guests, seats};
use git2::{Oid, Repository};

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// A bed with `changes` commits after the one that appoints an approving judge, none reviewed.
fn bed_of(changes: usize) -> Bed {
    let bed = Bed::new(ASSIZE);
    seats::appoint(&bed, &[("guest", &guests::voting(Vote::Approve))]);
    for change in 1..=changes {
        bed.commit(
            &format!("Change {change}"),
            &[Edit::Write("number", change.to_string().as_bytes())],
        );
    }
    bed
}

/// Somebody with a home of their own beside a bed.
struct Person<'bed> {
    bed: &'bed Bed,
    home: PathBuf,
    name: &'static str,
}

impl<'bed> Person<'bed> {
    fn new(bed: &'bed Bed, name: &'static str) -> Self {
        let home = bed.beside(name);
        fs::DirBuilder::new().mode(0o700).create(&home).expect("a home");
        let cache = bed.home().join("cache");
        if let Ok(shared) = fs::read_link(&cache) {
            std::os::unix::fs::symlink(shared, home.join("cache")).expect("a link");
        }
        Self { bed, home, name }
    }

    /// Runs the binary with this person's home.
    fn assize(&self, arguments: &[&str]) -> Run {
        let mut command = self.bed.command(arguments);
        command.env("ASSIZE_HOME", &self.home).env("ASSIZE_ACTOR", self.name);
        ran(&command.output().expect("the binary under test starts"))
    }

    /// Makes this person's key and writes down its public half; returns `name=file`.
    fn signer(&self) -> String {
        let (key, _) = KeyStore::new(self.home.join("keys"))
            .person(Clock::System)
            .expect("a key");
        let file = self.bed.beside(&format!("{}.pub", self.name));
        fs::write(&file, format!("{}\n", openssh::print(&key))).expect("a file");
        format!("{}={}", self.name, file.display())
    }
}

/// The ids of the keys with which a bed's reviews are signed now.
fn key_of(bed: &Bed, role: Role) -> String {
    let keys = KeyStore::new(bed.home().join("keys")).list().expect("keys");
    let current = keys.into_iter().rfind(|key| key.role == role && key.current);
    current.expect("a key").public.id().to_string()
}

/// Writes down the public half of a bed's key.
fn file_of(bed: &Bed, role: Role) -> String {
    let keys = KeyStore::new(bed.home().join("keys")).list().expect("keys");
    let current = keys.into_iter().rfind(|key| key.role == role && key.current);
    let file = bed.beside(&format!("{}.pub", role.name()));
    let line = openssh::print(&current.expect("a key").public);
    fs::write(&file, format!("{line}\n")).expect("a file");
    file.to_string_lossy().into_owned()
}

fn review(bed: &Bed, revision: &str) {
    let _ = bed.assize(&["review", revision]).expect(0);
}

/// A bed with one reviewed change and a root of trust that its owner made alone.
fn alone() -> Bed {
    let bed = bed_of(4);
    review(&bed, "HEAD~3");
    let _ = bed.assize(&["root", "init"]).expect(0);
    let _ = bed.assize(&["root", "sign"]).expect(0);
    bed
}

/// The digest of version 1.
fn pin_of(bed: &Bed) -> String {
    let shown = bed.assize(&["root", "show", "--format", "json"]).expect(0).json();
    shown["first"].as_str().expect("a digest").to_owned()
}

/// Where the root's ref points.
fn root_tip(repository: &Path) -> Oid {
    let repository = Repository::open(repository).expect("the repository opens");
    let reference = repository.find_reference(ROOT_REF).expect("a root");
    reference.target().expect("a commit")
}

/// Moves the root's ref, as whoever can push may.
fn move_root(repository: &Path, to: Oid) {
    let repository = Repository::open(repository).expect("the repository opens");
    repository.reference(ROOT_REF, to, true, "").expect("the ref moves");
}

/// The codes of what is wrong, of the root first.
fn codes(report: &serde_json::Value) -> Vec<String> {
    let claims = report["logs"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|log| log["claims"].as_array().into_iter().flatten());
    let faults = std::iter::once(&report["root"]).chain(claims);
    let codes = faults.flat_map(|claim| claim["faults"].as_array().into_iter().flatten());
    let mut codes: Vec<String> = codes
        .map(|fault| fault["code"].as_str().expect("a code").to_owned())
        .collect();
    codes.dedup();
    codes
}

/// Verifies as somebody without any key, by this pin.
fn verified(person: &Person<'_>, pin: &str, code: i32) -> serde_json::Value {
    let run = person.assize(&["audit", "verify", "--pin", pin, "--format", "json"]);
    run.expect(code).json()
}
