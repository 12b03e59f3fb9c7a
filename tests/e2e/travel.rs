//! The chain on its way between clones: one elected remote, verified before anything is taken, and never forced.

use std::fs;
use std::path::{Path, PathBuf};

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit, Run, ran};
use assize_tests::{guests, records, seats, tools};
use git2::Repository;
use serde_json::Value;

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// Runs Assize with the way to git that it needs.
fn travel(bed: &Bed, home: &Path, arguments: &[&str]) -> Run {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let output = bed
        .command(arguments)
        .env("PATH", path)
        .env("ASSIZE_HOME", home)
        .output();
    ran(&output.expect("starts"))
}

/// A clone with a reviewed commit, and an empty server that it has elected.
struct Journey {
    bed: Bed,
    server: PathBuf,
}

impl Journey {
    fn begin() -> Option<Self> {
        tools::program("git", "fetching and pushing the chain")?;
        let bed = Bed::new(ASSIZE);
        seats::appoint(&bed, &[("guest", &guests::voting(Vote::Approve))]);
        let journey = Self {
            server: bed.beside("server.git"),
            bed,
        };
        let server = Repository::init_bare(&journey.server).expect("a server");
        drop(server);
        journey.review();
        let _ = journey.assize(&["audit", "remote", &journey.url()]).expect(0);
        Some(journey)
    }

    fn url(&self) -> String {
        self.server.display().to_string()
    }

    fn assize(&self, arguments: &[&str]) -> Run {
        travel(&self.bed, &self.bed.home(), arguments)
    }

    fn review(&self) {
        self.bed.commit("Go on", &[Edit::Write("number", b"1\n")]);
        let _ = self.bed.assize(&["review"]).expect(0);
    }

    /// Pushes, and says what became of each ref.
    fn push(&self, code: i32) -> Vec<(String, String)> {
        outcomes(&self.assize(&["audit", "push", "--format", "json"]).expect(code).json())
    }

    /// Another person's clone of the code, without any of the chain, who has elected the same server.
    fn auditor(&self) -> Auditor<'_> {
        let place = self.bed.beside("auditor");
        Repository::clone(&self.bed.repository().join(".git").display().to_string(), &place).expect("a clone");
        let signers = self.bed.beside("signers");
        let keys = self
            .bed
            .assize(&["key", "list", "--format", "allowed-signers"])
            .expect(0);
        fs::write(&signers, keys.stdout).expect("a file");
        let auditor = Auditor {
            journey: self,
            place,
            signers: signers.display().to_string(),
        };
        let _ = auditor.assize(&["audit", "remote", &self.url()]).expect(0);
        auditor
    }

    /// The only log's ref, and its tip at the server.
    fn log(&self) -> (String, git2::Oid) {
        let server = Repository::open(&self.server).expect("the server opens");
        let log = records::logs(&self.bed.repository()).into_keys().next().expect("a log");
        let tip = server.refname_to_id(&log).expect("the server has it");
        (log, tip)
    }
}

struct Auditor<'a> {
    journey: &'a Journey,
    place: PathBuf,
    signers: String,
}

impl Auditor<'_> {
    fn assize(&self, arguments: &[&str]) -> Run {
        let place = self.place.display().to_string();
        let home = self.journey.bed.beside("auditors-home");
        travel(&self.journey.bed, &home, &[arguments, &["-C", &place]].concat())
    }

    fn fetch(&self, arguments: &[&str], code: i32) -> Value {
        let trust = ["--allowed-signers", self.signers.as_str(), "--format", "json"];
        self.assize(&[["audit", "fetch"].as_slice(), arguments, &trust].concat())
            .expect(code)
            .json()
    }

    fn verify(&self, code: i32) {
        let _ = self
            .assize(&["audit", "verify", "--allowed-signers", &self.signers])
            .expect(code);
    }

    fn tip(&self, name: &str) -> Option<git2::Oid> {
        Repository::open(&self.place)
            .expect("the clone opens")
            .refname_to_id(name)
            .ok()
    }
}

fn outcomes(view: &Value) -> Vec<(String, String)> {
    let refs = view["refs"].as_array().expect("refs");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    refs.iter()
        .map(|one| (text(&one["name"]), text(&one["outcome"])))
        .collect()
}

#[test]
fn without_an_elected_remote_nothing_travels() {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("a", b"a\n")]);
    let repository = Repository::open(bed.repository()).expect("the repository opens");
    repository
        .remote("origin", "/srv/somewhere")
        .expect("a remote of the repository");
    for verb in ["fetch", "push"] {
        let refused = bed.assize(&["audit", verb]).expect(2);
        assert!(refused.stderr.contains("assize audit remote URL"), "{refused:?}");
    }
    let _ = bed.assize(&["audit", "remote"]).expect(3);
    for wrong in ["origin", "ext::sh -c true", "http://example.org/a", "--upload-pack=x"] {
        let _ = bed.assize(&["audit", "remote", "--", wrong]).expect(2);
    }
    let _ = bed.assize(&["audit", "remote"]).expect(3);
}

#[test]
fn a_log_travels_and_is_verified_elsewhere() {
    let Some(journey) = Journey::begin() else { return };
    let pushed = journey.push(0);
    assert_eq!(pushed.len(), 1, "no evidence goes unasked: {pushed:?}");
    assert_eq!(pushed[0].1, "new");
    assert_eq!(journey.push(0)[0].1, "same");
    let auditor = journey.auditor();
    auditor.verify(3);
    assert_eq!(outcomes(&auditor.fetch(&[], 0))[0].1, "new");
    auditor.verify(0);
    assert_eq!(outcomes(&auditor.fetch(&[], 0))[0].1, "same");
    journey.review();
    // The remote lacks what was written here since, which is nobody's fault.
    let own = journey.assize(&["audit", "fetch", "--format", "json"]).expect(0).json();
    assert_eq!(outcomes(&own)[0].1, "behind");
    assert_eq!(journey.push(0)[0].1, "moved");
    assert_eq!(outcomes(&auditor.fetch(&[], 0))[0].1, "moved");
    auditor.verify(0);
    // The documents travel where both ask for them; then everything can be run again.
    let _ = auditor.assize(&["audit", "replay"]).expect(3);
    let _ = journey.assize(&["audit", "push", "--evidence"]).expect(0);
    let _ = auditor.fetch(&["--evidence"], 0);
    // The code travels by its own way.
    let clone = Repository::open(&auditor.place).expect("the clone opens");
    let mut origin = clone.find_remote("origin").expect("where it was cloned from");
    let fetched = origin.fetch(&["refs/heads/*:refs/remotes/origin/*"], None, None);
    fetched.expect("the code is fetched");
    let _ = auditor.assize(&["audit", "replay"]).expect(0);
}

#[test]
fn a_log_that_goes_back_is_refused_and_stays() {
    let Some(journey) = Journey::begin() else { return };
    let _ = journey.push(0);
    let (log, old) = journey.log();
    journey.review();
    let _ = journey.push(0);
    let auditor = journey.auditor();
    let _ = auditor.fetch(&[], 0);
    let newest = auditor.tip(&log);
    let server = Repository::open(&journey.server).expect("the server opens");
    server.reference(&log, old, true, "back").expect("the ref moves");
    let view = auditor.fetch(&[], 1);
    assert_eq!(view["refs"][0]["outcome"], "refused");
    assert!(
        view["refs"][0]["why"].as_str().expect("why").contains("log-shrunk"),
        "{view}"
    );
    assert_eq!(auditor.tip(&log), newest);
}

/// Another log under the name of this one: nothing of it is taken, and nothing of ours is lost by it.
#[test]
fn a_fork_is_refused_in_both_directions() {
    let Some(journey) = Journey::begin() else { return };
    let _ = journey.push(0);
    let (log, _) = journey.log();
    let auditor = journey.auditor();
    let _ = auditor.fetch(&[], 0);
    journey.review();
    let ours = Repository::open(journey.bed.repository())
        .expect("opens")
        .refname_to_id(&log)
        .expect("a log");
    // The server is given a commit that nobody of the log made.
    let server = Repository::open(&journey.server).expect("the server opens");
    let who = git2::Signature::new("X", "x@example.org", &git2::Time::new(0, 0)).expect("a signature");
    let tip = server
        .find_reference(&log)
        .and_then(|log| log.peel_to_commit())
        .expect("a commit");
    let tree = tip.tree().expect("a tree");
    server
        .commit(Some(&log), &who, &who, "More", &tree, &[&tip])
        .expect("a commit");
    let view = auditor.fetch(&[], 1);
    assert_eq!(view["refs"][0]["outcome"], "refused", "{view}");
    auditor.verify(0);
    // Ours does not go over it either.
    let refused = journey.push(1);
    assert_eq!(refused[0].1, "refused", "{refused:?}");
    assert_ne!(journey.log().1, ours, "nothing was forced");
}

/// What a repository configures for itself is not obeyed on the way: hooks, remotes, rewritten places.
#[test]
fn the_repositorys_configuration_has_no_say() {
    let Some(journey) = Journey::begin() else { return };
    let config = journey.bed.repository().join(".git/config");
    let mark = journey.bed.beside("mark");
    let mut text = fs::read_to_string(&config).expect("a file");
    let (elsewhere, server) = (journey.bed.beside("elsewhere.git"), journey.url());
    drop(Repository::init_bare(&elsewhere).expect("another server"));
    text.push_str(&format!(
        "[core]\n\tfsmonitor = touch {0}\n\tsshCommand = touch {0}\n\thooksPath = hooks\n[url \"{1}\"]\n\tinsteadOf = {2}\n\tpushInsteadOf = {2}\n",
        mark.display(),
        elsewhere.display(),
        server
    ));
    fs::write(&config, text).expect("a file");
    let hook = journey.bed.repository().join(".git/hooks/pre-push");
    fs::create_dir_all(hook.parent().expect("a folder")).expect("a folder");
    fs::write(&hook, format!("#!/bin/sh\ntouch {}\n", mark.display())).expect("a hook");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&hook, mode).expect("executable");
    assert_eq!(journey.push(0)[0].1, "new");
    assert!(!mark.exists(), "something of the repository was started");
    let other = Repository::open(&elsewhere).expect("opens");
    assert_eq!(other.references().expect("refs").count(), 0, "the chain went elsewhere");
}

/// A place that is not there changes nothing and says what to do.
#[test]
fn a_remote_that_cannot_be_reached_is_said_so() {
    let Some(journey) = Journey::begin() else { return };
    fs::remove_dir_all(&journey.server).expect("gone");
    for verb in ["fetch", "push"] {
        let failed = journey.assize(&["audit", verb]).expect(2);
        assert!(failed.stderr.contains("git could not"), "{failed:?}");
    }
    let _ = journey.bed.assize(&["audit", "verify"]).expect(0);
}

/// What runs made goes only where it is asked for, and with the history that it stands on.
#[test]
fn what_runs_made_travels_where_it_is_asked_for() {
    let Some(journey) = Journey::begin() else { return };
    let repository = Repository::open(journey.bed.repository()).expect("opens");
    let made = repository
        .head()
        .and_then(|head| head.peel_to_commit())
        .expect("a commit")
        .id();
    let name = format!("refs/assize/v1/work/{}", "a".repeat(32));
    repository.reference(&name, made, false, "made").expect("a ref");
    assert_eq!(journey.push(0).len(), 1);
    let pushed = journey
        .assize(&["audit", "push", "--work", "--format", "json"])
        .expect(0)
        .json();
    assert!(
        outcomes(&pushed).contains(&(name.clone(), "new".to_owned())),
        "{pushed}"
    );
    let auditor = journey.auditor();
    let _ = auditor.fetch(&[], 0);
    assert_eq!(auditor.tip(&name), None);
    let _ = auditor.fetch(&["--work"], 0);
    assert_eq!(auditor.tip(&name), Some(made));
    // It is never forced either.
    let server = Repository::open(&journey.server).expect("opens");
    let parent = server
        .find_commit(made)
        .and_then(|made| made.parent_id(0))
        .expect("the one before");
    server.reference(&name, parent, true, "back").expect("the ref moves");
    let view = auditor.fetch(&["--work"], 1);
    assert!(
        outcomes(&view).contains(&(name.clone(), "refused".to_owned())),
        "{view}"
    );
    assert_eq!(auditor.tip(&name), Some(made));
}
