//! What people decide about runs, signed with keys of their own: who may, what it says, and what the chain tells afterwards.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::Stdio;

use assize::chain::keys::KeyStore;
use assize::clock::Clock;
use assize::driver::decide::{Deciding, What, draft};
use assize::driver::standing::standing_in;
use assize::event::{RunId, Step};
use assize::store::Store;
use assize_provenance::digest::Digest;
use assize_provenance::entry::{Content, EntryId, PersonsAnswer, SignedEntry};
use assize_provenance::key::openssh;
use assize_provenance::opinion::Vote;
use assize_provenance::time::Time;
use assize_tests::bed::{Run, ran};
use assize_tests::records;
use serde_json::{Value, json};

use super::{Plant, edit, state, tasks};

/// Somebody with a home and a key of their own beside a plant.
struct Person<'plant> {
    plant: &'plant Plant,
    home: PathBuf,
    name: &'static str,
}

impl<'plant> Person<'plant> {
    fn new(plant: &'plant Plant, name: &'static str) -> Self {
        let home = plant.bed.beside(name);
        fs::DirBuilder::new().mode(0o700).create(&home).expect("a home");
        if let Ok(shared) = fs::read_link(plant.bed.home().join("cache")) {
            std::os::unix::fs::symlink(shared, home.join("cache")).expect("a link");
        }
        Self { plant, home, name }
    }

    /// Writes down the public half of this person's key, which is made where there is none.
    fn key(&self) -> String {
        key_in(self.plant, &self.home, self.name)
    }

    fn assize(&self, arguments: &[&str]) -> Run {
        let mut command = self.plant.bed.command(arguments);
        command.env("ASSIZE_HOME", &self.home).env("ASSIZE_ACTOR", self.name);
        ran(&command.output().expect("it starts"))
    }
}

fn key_in(plant: &Plant, home: &std::path::Path, name: &str) -> String {
    let (key, _) = KeyStore::new(home.join("keys")).person(Clock::System).expect("a key");
    let file = plant.bed.beside(&format!("{name}.pub"));
    fs::write(&file, format!("{}\n", openssh::print(&key))).expect("a file");
    file.to_string_lossy().into_owned()
}

fn plant(vote: Vote) -> Plant {
    let workflow = format!("version = 1\n{}", edit("one", 0, &[], ""));
    Plant::of(1, &[vote], &[("work", &workflow)])
}

/// Publishes and pins a root of trust that lets these keys sign as persons' in every log.
fn govern(plant: &Plant, people: &[(&str, &str)]) {
    let _ = plant.assize(&["root", "init"]).expect(0);
    for (name, file) in people {
        let grant = ["root", "grant", "person", file, "--principal", name];
        let _ = plant.assize(&grant).expect(0);
    }
    let _ = plant.assize(&["root", "sign"]).expect(0);
    let _ = plant.assize(&["root", "pin"]).expect(0);
}

/// A strict run that waits for a person: its task, and the digest of what is shown of it.
fn waiting(plant: &Plant) -> (String, String) {
    let view = plant.run(&["work", "--mode", "strict"], 3);
    let run = view["run"].as_str().expect("a run").to_owned();
    let shown = tasks(&view)["one"]["shown"].as_str().expect("a digest").to_owned();
    (format!("{run}/one"), shown)
}

fn entries(plant: &Plant, kind: &str) -> Vec<SignedEntry> {
    let all = records::entries(&plant.bed.repository());
    let all = all.iter().map(|line| SignedEntry::parse(line).expect("an entry"));
    all.filter(|entry| entry.entry().content.kind() == kind).collect()
}

/// Lets the plant's own host go on with what waits.
fn goes_on(plant: &Plant) -> Value {
    let run = plant.assize(&["run", "--continue", "--format", "json"]);
    run.json()
}

fn request(view: &Value) -> (Value, String) {
    let last = view["requests"]
        .as_array()
        .expect("requests")
        .last()
        .expect("a request")
        .clone();
    let reason = last["reason"].as_str().unwrap_or_default().to_owned();
    (last["accepted"].clone(), reason)
}

#[test]
fn a_strict_run_lands_what_a_person_signed_with_their_own_key() {
    let plant = plant(Vote::Approve);
    let alice = Person::new(&plant, "alice");
    govern(&plant, &[("alice", &alice.key())]);
    let (target, shown) = waiting(&plant);

    // Nobody else does: not the host, who has a key that nobody granted, nor a stranger with one or without.
    let stranger = Person::new(&plant, "mallory");
    for run in [
        plant.assize(&["task", "approve", &target, "--shown", &shown]),
        stranger.assize(&["task", "approve", &target, "--shown", &shown]),
    ] {
        let refused = run.expect(2);
        assert!(refused.stderr.contains("assize root grant person"), "{refused:?}");
    }
    let _ = stranger.key();
    let refused = stranger
        .assize(&["task", "approve", &target, "--shown", &shown])
        .expect(2);
    assert!(refused.stderr.contains("not among theirs"), "{refused:?}");
    assert_eq!(plant.text("src/f0.txt"), "old\n");

    let asked = alice
        .assize(&[
            "task",
            "approve",
            &target,
            "--shown",
            &shown,
            "-m",
            "as agreed",
            "--format",
            "json",
        ])
        .expect(3)
        .json();
    assert_eq!(asked["accepted"], Value::Null, "nobody drives the run: {asked}");
    assert!(entries(&plant, "approval").is_empty(), "whoever drives enters it");
    let done = goes_on(&plant);
    assert_eq!(done["outcome"], "success", "{done}");
    assert_eq!(plant.text("src/f0.txt"), "new\n");

    let entered = entries(&plant, "approval");
    let [approval] = entered.as_slice() else {
        panic!("one approval: {entered:?}")
    };
    let key = KeyStore::new(alice.home.join("keys"))
        .person(Clock::System)
        .expect("a key")
        .0;
    assert_eq!(*approval.key_id(), key.id());
    assert_eq!(approval.entry().actor.name, "alice");
    let Content::Approval(record) = &approval.entry().content else {
        panic!("an approval")
    };
    assert_eq!(record.shown.to_string(), shown);
    let told = &tasks(&done)["one"]["confirmation"];
    assert_eq!(
        *told,
        json!({"person": "alice", "answer": "approved", "entry": approval.id().to_string()})
    );
    let page = plant.assize(&["task", "show", &target]).expect(0).stdout;
    assert!(page.contains("alice approved, entry"), "{page}");
    let _ = plant.assize(&["audit", "verify"]).expect(0);
    let checked = plant
        .assize(&["audit", "check", "HEAD", "--format", "json"])
        .expect(0)
        .json();
    let said = &checked["verdicts"][0]["approvals"][0];
    assert_eq!(
        (&said["by"], &said["reason"]),
        (&json!("alice"), &json!("as agreed")),
        "{checked}"
    );
    assert_eq!(said["key"], json!(key.id().to_string()));
    let page = plant.assize(&["audit", "check", "HEAD"]).expect(0).stdout;
    assert!(page.contains("confirmed by alice: as agreed"), "{page}");
    let logs = plant.assize(&["audit", "log"]).expect(0).stdout;
    assert!(
        logs.lines()
            .next()
            .is_some_and(|line| line.contains("approved by alice")),
        "{logs}"
    );
}

#[test]
fn a_person_who_refuses_signs_that_and_the_chain_says_no() {
    let plant = plant(Vote::Approve);
    let alice = Person::new(&plant, "alice");
    govern(&plant, &[("alice", &alice.key())]);
    let (target, shown) = waiting(&plant);
    let asked = ["task", "reject", &target, "--shown", &shown, "-m", "not now"];
    let _ = alice.assize(&asked).expect(3);
    let done = goes_on(&plant);
    assert_eq!(state(&done, "one"), "failed", "{done}");
    assert_eq!(plant.text("src/f0.txt"), "old\n");
    assert_eq!(tasks(&done)["one"]["confirmation"]["answer"], "rejected");
    let commit = tasks(&done)["one"]["commit"].as_str().expect("a commit").to_owned();
    let checked = plant.assize(&["audit", "check", &commit]).expect(1).stdout;
    assert!(checked.contains("refused by alice: not now"), "{checked}");
    let _ = plant.assize(&["audit", "verify"]).expect(0);
    let summaries = plant.assize(&["audit", "export", "--format", "vsa"]);
    assert!(
        summaries.stdout.is_empty(),
        "nobody vouches for what was refused: {summaries:?}"
    );
}

#[test]
fn a_driver_that_runs_elsewhere_enters_what_people_sign() {
    let plant = plant(Vote::Approve);
    let alice = Person::new(&plant, "alice");
    govern(&plant, &[("alice", &alice.key())]);
    let (target, shown) = waiting(&plant);
    let mut command = plant.bed.command(&["run", "--continue", "--watch", "--format", "json"]);
    let driver = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // Whoever asks before the driver is there is answered later.
    let asked = alice.assize(&["task", "approve", &target, "--shown", &shown, "--format", "json"]);
    assert!([0, 3].contains(&asked.code), "{asked:?}");
    let driven = ran(&driver.wait_with_output().expect("it ends")).expect(0);
    assert!(driven.stdout.contains("\"success\""), "{driven:?}");
    assert_eq!(plant.text("src/f0.txt"), "new\n");
    assert_eq!(entries(&plant, "approval").len(), 1);
    let _ = plant.assize(&["audit", "verify"]).expect(0);
}

#[test]
fn an_override_is_signed_by_whoever_overrides() {
    let plant = plant(Vote::Reject);
    let (alice, submitter) = (Person::new(&plant, "alice"), Person::new(&plant, "sam"));
    govern(&plant, &[("alice", &alice.key()), ("sam", &submitter.key())]);
    let mut command = plant
        .bed
        .command(&["run", "work", "--mode", "strict", "--format", "json"]);
    command.env("ASSIZE_ACTOR", "sam");
    let view = ran(&command.output().expect("it starts")).expect(3).json();
    let target = format!("{}/one", view["run"].as_str().expect("a run"));
    let shown = tasks(&view)["one"]["shown"].as_str().expect("a digest").to_owned();
    let arguments = ["task", "override", &target, "--shown", &shown, "-m", "it is right"];
    let refused = plant.assize(&arguments).expect(2);
    assert!(
        refused.stderr.contains("not among theirs"),
        "the host signs for nobody: {refused:?}"
    );
    // Whoever had it made does not override, under that name or another.
    let _ = submitter.assize(&arguments).expect(3);
    let (accepted, reason) = request(&goes_on(&plant));
    assert_eq!(accepted, json!(false));
    assert!(reason.contains("submitted the run"), "{reason}");
    let mut command = plant.bed.command(&arguments);
    command
        .env("ASSIZE_HOME", &submitter.home)
        .env("ASSIZE_ACTOR", "a friend");
    let _ = ran(&command.output().expect("it starts")).expect(3);
    let (accepted, reason) = request(&goes_on(&plant));
    assert_eq!(accepted, json!(false));
    assert!(reason.contains("`sam` had this change made"), "{reason}");
    assert!(entries(&plant, "override").is_empty());

    let _ = alice.assize(&arguments).expect(3);
    let done = goes_on(&plant);
    assert_eq!(done["outcome"], "success", "{done}");
    assert_eq!(plant.text("src/f0.txt"), "new\n");
    let key = KeyStore::new(alice.home.join("keys"))
        .person(Clock::System)
        .expect("a key")
        .0;
    assert_eq!(*entries(&plant, "override")[0].key_id(), key.id());
    let _ = plant.assize(&["audit", "verify"]).expect(0);
    let checked = plant.assize(&["audit", "check", "HEAD"]).expect(0).stdout;
    assert!(checked.contains("overridden by alice: it is right"), "{checked}");
    assert!(checked.contains("with their key"), "{checked}");
}

#[test]
fn where_several_people_keep_their_keys_in_one_home_they_say_who_decides() {
    let plant = plant(Vote::Approve);
    let store = KeyStore::new(plant.bed.home().join("keys"));
    let alice = key_in(&plant, &plant.bed.home(), "alice");
    let _ = store.renew_person(Clock::System).expect("another key");
    let bob = key_in(&plant, &plant.bed.home(), "bob");
    // The one who signs the root is the holder of one of them.
    let root = plant.bed.beside("carol");
    fs::DirBuilder::new().mode(0o700).create(&root).expect("a home");
    let carol = key_in(&plant, &root, "carol");
    let init = ["root", "init", "--signer", &format!("carol={carol}")];
    let _ = plant.assize(&init).expect(0);
    for (name, file) in [("alice", &alice), ("bob", &bob)] {
        let _ = plant
            .assize(&["root", "grant", "person", file, "--principal", name])
            .expect(0);
    }
    let mut command = plant.bed.command(&["root", "sign"]);
    command.env("ASSIZE_HOME", &root);
    let _ = ran(&command.output().expect("it starts")).expect(0);
    let (target, shown) = waiting(&plant);
    let approve = ["task", "approve", &target, "--shown", &shown, "--format", "json"];
    let refused = plant.assize(&approve).expect(2);
    assert!(
        refused.stderr.contains("alice, bob") && refused.stderr.contains("--as NAME"),
        "{refused:?}"
    );
    let with = |name: &'static str| [&approve[..], &["--as", name]].concat();
    let refused = plant.assize(&with("carol")).expect(2);
    assert!(refused.stderr.contains("no person's key"), "{refused:?}");
    let done = plant.assize(&with("alice")).expect(0).json();
    assert_eq!(done["run"]["outcome"], "success", "{done}");
    let approval = entries(&plant, "approval").remove(0);
    assert_eq!(approval.entry().actor.name, "alice");
    let of_alice = openssh::parse(fs::read_to_string(&alice).expect("a file").trim()).expect("a key");
    assert_eq!(*approval.key_id(), of_alice.id());
}

#[test]
fn a_key_of_ones_own_signs_also_without_a_root_of_trust() {
    let plant = plant(Vote::Approve);
    let _ = plant.assize(&["key", "new", "--role", "person"]).expect(0);
    let (target, shown) = waiting(&plant);
    let done = plant
        .assize(&["task", "approve", &target, "--shown", &shown, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(done["run"]["outcome"], "success", "{done}");
    assert_eq!(entries(&plant, "approval").len(), 1);
    let _ = plant.assize(&["audit", "verify"]).expect(0);
}

/// Puts a request on record with something signed that somebody made up.
struct Forger<'plant> {
    plant: &'plant Plant,
    target: String,
    shown: Digest,
    verdict: EntryId,
    case: Digest,
}

impl<'plant> Forger<'plant> {
    fn at(plant: &'plant Plant) -> Self {
        let (target, shown) = waiting(plant);
        let view = plant
            .assize(&["task", "show", &target, "--format", "json"])
            .expect(0)
            .json();
        let verdict = &view["verdicts"][0];
        let parse = |value: &Value| value.as_str().expect("a digest").parse().expect("a digest");
        Self {
            plant,
            target,
            shown: shown.parse().expect("a digest"),
            verdict: EntryId::from_leaf_hash(parse(&verdict["entry"])),
            case: parse(&verdict["case"]),
        }
    }

    fn wanted(&self) -> Deciding<'_> {
        Deciding {
            what: What::Answer(PersonsAnswer::Approved),
            case: self.case,
            verdict: self.verdict,
            council: "default",
            person: "alice",
            reason: "",
            shown: self.shown,
            submitter: None,
        }
    }

    /// What somebody with the keys in `home` signs.
    fn line(&self, home: &std::path::Path, wanted: &Deciding<'_>) -> Vec<u8> {
        let repository = assize::repository::Repository::open(&self.plant.bed.repository()).expect("it opens");
        let log = entries(self.plant, "verdict").last().expect("a verdict").entry().log;
        let objects = repository.objects().as_ref();
        let standing = standing_in(objects, log, None, self.verdict)
            .expect("it is read")
            .expect("a verdict");
        let now = Time::from_unix_seconds(Clock::System.unix_seconds()).expect("a time");
        let entry = draft(&standing, log, now, wanted).expect("an entry");
        let pen = KeyStore::new(home.join("keys"))
            .person_pen()
            .expect("keys")
            .expect("a key");
        pen.sign_entry(entry).expect("signed").line().to_vec()
    }

    /// Asks for an approval of what is shown, with this line as what was signed; gives the answer.
    fn asks(&self, line: Option<Vec<u8>>) -> (Value, String) {
        let store = Store::open(&self.plant.state()).expect("the store opens");
        let (run, task) = self.target.split_once('/').expect("a task");
        let run: RunId = run.parse().expect("a run");
        let step = Step::Asked {
            run,
            task: Some(task.to_owned()),
            request: "approve".to_owned(),
            author: "alice".to_owned(),
            shown: Some(self.shown),
            text: String::new(),
            signed: line.as_deref().map(Digest::of),
            at_ms: 1,
        };
        let now = Time::from_unix_seconds(Clock::System.unix_seconds()).expect("a time");
        let contents = line.into_iter().collect();
        let _ = store
            .append_steps(now, None, vec![step], contents)
            .expect("written")
            .expect("taken");
        request(&goes_on(self.plant))
    }
}

#[test]
fn what_was_signed_must_be_exactly_what_is_asked_for_by_whoever_may() {
    let plant = plant(Vote::Approve);
    let (alice, mallory) = (Person::new(&plant, "alice"), Person::new(&plant, "mallory"));
    govern(&plant, &[("alice", &alice.key())]);
    let _ = mallory.key();
    let forger = Forger::at(&plant);
    let wanted = forger.wanted();
    let sound = forger.line(&alice.home, &wanted);
    let others = [
        Deciding {
            shown: Digest::of(b"something else"),
            ..wanted
        },
        Deciding {
            what: What::Answer(PersonsAnswer::Rejected),
            reason: "no",
            ..wanted
        },
        Deciding {
            person: "bob",
            ..wanted
        },
        Deciding {
            what: What::Override,
            reason: "no",
            ..wanted
        },
    ];
    for other in others {
        let (accepted, reason) = forger.asks(Some(forger.line(&alice.home, &other)));
        assert_eq!(accepted, json!(false));
        assert!(reason.contains("is not what is asked for"), "{reason}");
    }
    let (accepted, reason) = forger.asks(Some(forger.line(&mallory.home, &wanted)));
    assert_eq!(accepted, json!(false));
    assert!(reason.contains("does not count"), "{reason}");
    let (accepted, reason) = forger.asks(Some(forger.line(&plant.bed.home(), &wanted)));
    assert_eq!(accepted, json!(false), "the host's own person: {reason}");
    let mut torn = sound.clone();
    torn.pop();
    let mut bent = String::from_utf8(sound.clone()).expect("text");
    let at = bent.find("\"jws\":\"").expect("a signature") + 8;
    let other = if bent.as_bytes()[at] == b'A' { "B" } else { "A" };
    bent.replace_range(at..=at, other);
    for line in [torn, bent.into_bytes(), b"nothing".to_vec()] {
        let (accepted, reason) = forger.asks(Some(line));
        assert_eq!(accepted, json!(false), "{reason}");
    }
    let (accepted, reason) = forger.asks(None);
    assert_eq!(accepted, json!(false));
    assert!(reason.contains("is not signed by one"), "{reason}");
    assert!(entries(&plant, "approval").is_empty());
    assert_eq!(plant.text("src/f0.txt"), "old\n");
    let (accepted, reason) = forger.asks(Some(sound));
    assert_eq!(accepted, json!(true), "{reason}");
    assert_eq!(plant.text("src/f0.txt"), "new\n");
    let _ = plant.assize(&["audit", "verify"]).expect(0);
}
