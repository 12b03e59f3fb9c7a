//! Logs before others: cosigned by a witness, cited by other logs, proved by files that are carried elsewhere. Whoever cuts or forks
//! a log afterwards is refuted by what is out of reach.

mod citations;
mod cosigned;
mod elected;
mod hostile;
mod proofs;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit};
use assize_tests::{guests, seats};
use git2::{ObjectType, Repository};

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// A bed with `changes` commits after the one that appoints an approving judge, none of them reviewed.
fn bed_of(changes: usize) -> Bed {
    let bed = Bed::new(ASSIZE);
    seats::appoint(&bed, &[("guest", &guests::voting(Vote::Approve))]);
    for change in 1..=changes {
        let number = change.to_string();
        bed.commit("Go on", &[Edit::Write("number", number.as_bytes())]);
    }
    bed
}

fn review(bed: &Bed, revision: &str) {
    let _ = bed.assize(&["review", revision]).expect(0);
}

/// The refs of all logs, each with its newest commit.
fn logs(repository: &Path) -> Vec<(String, git2::Oid)> {
    let repository = Repository::open(repository).expect("the repository opens");
    let refs = repository.references_glob("refs/assize/v1/log/*").expect("refs");
    let log = |reference: git2::Reference<'_>| {
        let name = reference.name().expect("a name").to_owned();
        (name, reference.target().expect("a commit"))
    };
    refs.map(|reference| log(reference.expect("a ref"))).collect()
}

/// Moves the only log's ref to the commit before.
fn cut(repository: &Path) {
    let (name, tip) = logs(repository).remove(0);
    let opened = Repository::open(repository).expect("the repository opens");
    let before = opened
        .find_commit(tip)
        .expect("a commit")
        .parent_id(0)
        .expect("a commit before");
    opened.reference(&name, before, true, "").expect("the ref moves");
}

/// The checkpoint of the only log, as it lies in its newest commit.
fn checkpoint(repository: &Path) -> Vec<u8> {
    let (_, tip) = logs(repository).remove(0);
    let opened = Repository::open(repository).expect("the repository opens");
    let tree = opened.find_commit(tip).expect("a commit").tree().expect("a tree");
    let entry = tree.get_name("checkpoint").expect("a checkpoint");
    let object = entry.to_object(&opened).expect("an object");
    object
        .peel(ObjectType::Blob)
        .expect("a file")
        .as_blob()
        .expect("a file")
        .content()
        .to_vec()
}

/// Somebody with another home, who has only a file with the signers' keys.
struct Stranger {
    bed: Bed,
    signers: String,
}

impl Stranger {
    fn of(bed: &Bed) -> Self {
        let stranger = Bed::new(ASSIZE);
        let printed = bed
            .assize(&["key", "list", "--format", "allowed-signers"])
            .expect(0)
            .stdout;
        let signers = stranger.beside("signers");
        fs::write(&signers, printed).expect("a file");
        let signers = signers.to_string_lossy().into_owned();
        Self { bed: stranger, signers }
    }

    /// Runs a verb with the signers' keys.
    fn run(&self, arguments: &[&str]) -> assize_tests::bed::Run {
        let trust = ["--allowed-signers", &self.signers, "--format", "json"];
        self.bed.assize(&[arguments, &trust].concat())
    }

    /// What `audit verify` says of a repository, and with which code.
    fn verify(&self, repository: &Path, witnesses: &[&str]) -> (i32, serde_json::Value) {
        let place = repository.to_string_lossy().into_owned();
        let mut arguments = vec!["audit", "verify", "-C", &place];
        for witness in witnesses {
            arguments.extend(["--witness", witness]);
        }
        let run = self.run(&arguments);
        (run.code, run.json())
    }
}

/// A claim of the first log in a report of `audit verify`.
fn standing<'a>(report: &'a serde_json::Value, claim: &str) -> &'a str {
    let claims = report["logs"][0]["claims"].as_array().expect("claims");
    let found = claims.iter().find(|one| one["claim"] == claim).expect("the claim");
    found["standing"].as_str().expect("a word")
}

/// A witness at work, until this is dropped.
struct Witness {
    child: Child,
    key: String,
    url: String,
    folder: PathBuf,
}

impl Witness {
    /// Starts the witness in a folder beside the bed, which knows the bed's logs.
    fn start(bed: &Bed, name: &str) -> Self {
        let list = bed.beside("logs-of-witnesses");
        let known = bed.assize(&["audit", "witness"]).expect(0).stdout;
        fs::write(&list, format!("# those whom we know\n\n{known}")).expect("a file");
        let folder = bed.beside(name);
        let mut command = bed.command(&["witness", "--listen", "127.0.0.1:0", "--logs"]);
        command.arg(&list).arg("--folder").arg(&folder);
        command.args(["--name", &format!("witness.example/{name}")]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the witness starts");
        let mut said = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut line = || said.next().expect("a line").expect("text");
        let (key, url) = (line(), line());
        Self {
            child,
            key,
            url,
            folder,
        }
    }

    /// The address without `http://`.
    fn address(&self) -> &str {
        self.url.strip_prefix("http://").expect("an address")
    }

    /// Has the bed's logs cosigned, and gives what came of the first of them.
    fn cosign(&self, bed: &Bed) -> (i32, serde_json::Value) {
        let arguments = [
            "audit",
            "witness",
            &self.url,
            "--witness",
            &self.key,
            "--format",
            "json",
        ];
        let run = bed.assize(&arguments);
        (run.code, run.json()["logs"][0].clone())
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        // As hard as a machine that loses its power.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
