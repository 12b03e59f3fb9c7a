//! Waivers that people sign: proposed, approved by somebody else, used, revoked, and every way around that.

use std::fs;
use std::thread;

use assize::app::{App, Extent, NewKeys, ProposeRequest, ReviewRequest, Subject, TrustFiles};
use assize::chain::keys::KeyStore;
use assize::chain::{Append, Chain, Reliance};
use assize::clock::Clock;
use assize::repository::Repository;
use assize::settings::Home;
use assize_provenance::entry::{Actor, ActorKind, Content, Entry, EntryId, Reason, Subject as About, WaiverRecord};
use assize_provenance::key::{Role, openssh};
use assize_provenance::log_reader::LogReader;
use assize_provenance::reader::ObjectReader as _;
use assize_tests::bed::{Bed, Edit, Run, ran};

use super::ASSIZE;

const UNFINISHED: &[u8] = b"pub fn later() {\n    todo!()\n}\n";
const FILE: &str = ".assize/waivers/WV-0001.toml";
/// 2026-11-20T12:00:00Z.
const NOON: i64 = 1_795_176_000;
const WHY: &str = "The importer stays as it is until spring.";

/// A bed whose newest commit is unfinished in `src/legacy`.
fn bed() -> Bed {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("src/lib.rs", b"pub mod legacy;\n")]);
    bed.commit("Import", &[Edit::Write("src/legacy/mod.rs", UNFINISHED)]);
    bed
}

/// Runs the binary as somebody of this name.
fn run(bed: &Bed, who: &str, arguments: &[&str]) -> Run {
    let mut command = bed.command(arguments);
    command.env("ASSIZE_ACTOR", who);
    ran(&command.output().expect("the binary under test starts"))
}

/// Makes a person's key, which is the current one from then on, and returns its id.
fn key(bed: &Bed, who: &str) -> String {
    let _ = run(bed, who, &["key", "new", "--role", "person"]).expect(0);
    person_key(bed).public.id().to_string()
}

fn person_key(bed: &Bed) -> assize::chain::keys::OwnKey {
    let keys = KeyStore::new(bed.home().join("keys")).list().expect("keys");
    let mut current = keys.into_iter().filter(|key| key.role == Role::Person && key.current);
    current.next().expect("a key")
}

fn propose<'a>(rule: &'a str, path: &'a str) -> Vec<&'a str> {
    let mut words = vec!["waiver", "propose", "--rule", rule, "--path", path];
    words.extend(["--reason", WHY, "--expires", "in 14 days"]);
    words
}

fn proposed(bed: &Bed, who: &str) {
    let _ = run(bed, who, &propose("technical/placeholder", "src/legacy/**")).expect(0);
}

fn standing(bed: &Bed) -> i32 {
    bed.assize(&["audit", "verify"]).code
}

/// A bed with a waiver that Alice proposed and Bob approved.
fn waived() -> Bed {
    let bed = bed();
    key(&bed, "alice");
    proposed(&bed, "alice");
    key(&bed, "bob");
    let _ = run(&bed, "bob", &["waiver", "approve", "WV-0001"]).expect(0);
    bed
}

#[test]
fn a_waiver_counts_from_its_approval_to_its_revocation() {
    let bed = bed();
    let _ = bed.assize(&["review"]).expect(1);
    let alice = key(&bed, "alice");
    proposed(&bed, "alice");
    let _ = bed.assize(&["review"]).expect(1);
    key(&bed, "bob");
    let approve = ["waiver", "approve", "WV-0001", "--format", "json"];
    let approved = run(&bed, "bob", &approve).expect(0).json();
    assert_eq!(approved["schema"], "assize.waiver/1");
    assert_eq!(approved["waiver"]["worth"], "in-force");
    let signed = &approved["waiver"]["signed"];
    assert_eq!(
        (&signed["proposed"]["by"], &signed["proposed"]["key"]),
        (&"alice".into(), &alice.into())
    );
    assert_eq!(
        (&signed["approved"][0]["by"], &signed["reason"]),
        (&"bob".into(), &WHY.into())
    );

    let review = bed.assize(&["review", "--format", "json"]).expect(0).json();
    let findings = review["opinions"].as_array().into_iter().flatten();
    let mut findings = findings.flat_map(|opinion| opinion["findings"].as_array().into_iter().flatten());
    let finding = findings
        .find(|finding| finding["rule"] == "technical/placeholder")
        .expect("a finding");
    assert_eq!(finding["waived"], "WV-0001");
    assert_eq!(finding["waiver_entry"], signed["proposed"]["entry"]);
    let shown = bed.assize(&["review", "--no-record"]).expect(0);
    assert!(
        shown.stdout.contains("waived by WV-0001, which people signed"),
        "{}",
        shown.stdout
    );
    let _ = bed.assize(&["audit", "check"]).expect(0);
    let _ = bed
        .assize(&["audit", "verify", "--replay", "--require", "replay"])
        .expect(0);

    let revoke = ["waiver", "revoke", "WV-0001", "--reason", "It is finished."];
    let _ = run(&bed, "carol", &revoke).expect(0);
    let _ = bed.assize(&["audit", "check"]).expect(1);
    let _ = bed.assize(&["review"]).expect(1);
    let _ = bed
        .assize(&["audit", "verify", "--replay", "--require", "replay"])
        .expect(0);
    let again = run(&bed, "carol", &revoke).expect(2);
    assert!(
        again.stderr.contains("revoked the waiver WV-0001") && again.stderr.contains("propose"),
        "{again:?}"
    );
    let list = bed.assize(&["waiver", "list", "--format", "json"]).expect(0).json();
    assert_eq!(list["waivers"][0]["kind"], "entry");
    assert_eq!(list["waivers"][0]["worth"], "revoked");
    assert_eq!(list["waivers"][0]["signed"]["revoked"]["reason"], "It is finished.");
    let show = bed.assize(&["waiver", "show", "WV-0001"]).expect(0);
    assert!(
        show.stdout.contains("approved by bob") && show.stdout.contains("revoked by carol"),
        "{}",
        show.stdout
    );
}

#[test]
fn nobody_approves_what_they_proposed() {
    let bed = bed();
    let none = run(&bed, "alice", &propose("technical/placeholder", "src/legacy/**")).expect(2);
    assert!(none.stderr.contains("assize key new --role person"), "{none:?}");
    let alice = key(&bed, "alice");
    proposed(&bed, "alice");
    let own = run(&bed, "alice", &["waiver", "approve", "WV-0001"]).expect(2);
    assert!(own.stderr.contains("somebody else has to approve"), "{own:?}");
    // Another name with the same key, and another key with the same name.
    let _ = run(&bed, "zoe", &["waiver", "approve", "WV-0001"]).expect(2);
    key(&bed, "alice");
    let _ = run(&bed, "alice", &["waiver", "approve", "WV-0001"]).expect(2);
    let _ = run(&bed, "zoe", &["waiver", "approve", "WV-0001", "--as", &alice]).expect(2);
    let nobody = run(&bed, "bob", &["waiver", "approve", "WV-0001", "--as", "bob"]).expect(2);
    assert!(nobody.stderr.contains("assize key list"), "{nobody:?}");
    key(&bed, "bob");
    let _ = run(&bed, "bob", &["waiver", "approve", "WV-0001"]).expect(0);
    let twice = run(&bed, "bob", &["waiver", "approve", "WV-0001"]).expect(2);
    assert!(twice.stderr.contains("already"), "{twice:?}");
    let unknown = run(&bed, "bob", &["waiver", "approve", "WV-0007"]).expect(2);
    assert!(unknown.stderr.contains("assize waiver list"), "{unknown:?}");
    let _ = bed.assize(&["review"]).expect(0);
    assert_eq!(standing(&bed), 0);
}

#[test]
fn whoever_made_the_change_did_not_approve_its_waiver() {
    let bed = bed();
    key(&bed, "alice");
    proposed(&bed, "alice");
    key(&bed, "test");
    // The commits of a bed are by Test <test@example.org>.
    let _ = run(&bed, "test", &["waiver", "approve", "WV-0001"]).expect(0);
    let _ = bed.assize(&["review"]).expect(1);
    key(&bed, "bob");
    let _ = run(&bed, "bob", &["waiver", "approve", "WV-0001"]).expect(0);
    let _ = bed.assize(&["review"]).expect(0);
    let _ = bed
        .assize(&["audit", "verify", "--replay", "--require", "replay"])
        .expect(0);
}

#[test]
fn a_waiver_excuses_its_rule_in_its_place_alone() {
    let bed = waived();
    let _ = bed.assize(&["review"]).expect(0);
    bed.commit("Elsewhere", &[Edit::Write("src/new.rs", UNFINISHED)]);
    let _ = bed.assize(&["review"]).expect(1);
    let _ = run(&bed, "alice", &propose("technical/conflict-marker", "src/new.rs")).expect(0);
    key(&bed, "carol");
    let _ = run(&bed, "carol", &["waiver", "approve", "WV-0002"]).expect(0);
    let _ = bed.assize(&["review"]).expect(1);
    assert_eq!(standing(&bed), 0);
    for (words, said) in [
        (propose("technical/nothing", "src/**"), "has the rule"),
        (propose("technical/placeholder", "**"), "is everywhere"),
        (propose("technical/placeholder", "../src/**"), "no path pattern"),
        (propose("constitutional/budget-files", "src/**"), "leave out the paths"),
    ] {
        let wrong = run(&bed, "alice", &words).expect(2);
        assert!(wrong.stderr.contains(said), "{words:?}: {}", wrong.stderr);
    }
    for expires in ["2020-01-01", "in 91 years", "in 1000 days", "soon"] {
        let mut words = propose("technical/placeholder", "src/legacy/**");
        words.pop();
        words.push(expires);
        let _ = run(&bed, "alice", &words).expect(2);
    }
}

fn app(bed: &Bed, who: &str, seconds: i64) -> App {
    App::at(bed.repository(), bed.home(), Clock::Fixed(seconds), who.to_owned())
}

fn review(bed: &Bed, seconds: i64) -> &'static str {
    let request = ReviewRequest {
        subject: Subject::Revision("HEAD"),
        council: None,
        policy: None,
        documents: &[],
        record: true,
        wanted: assize::app::Wanted::default(),
    };
    let view = app(bed, "tester", seconds).review(request, &mut |_| ());
    view.expect("reviewed").verdict
}

fn check(bed: &Bed, seconds: i64) -> &'static str {
    let checked = app(bed, "tester", seconds).audit_check("HEAD", None, TrustFiles::default());
    checked.expect("checked").answer
}

/// A waiver from noon to the end of the day that Alice proposed and Bob approved.
fn waived_at_noon(until: Option<Extent>) -> Bed {
    let bed = bed();
    let paths = ["src/legacy/**".to_owned()];
    let request = ProposeRequest {
        file: None,
        rule: Some("technical/placeholder"),
        paths: &paths,
        reason: Some(WHY),
        expires: Some("2026-11-20"),
        until,
        signatory: None,
    };
    let (alice, bob) = (app(&bed, "alice", NOON), app(&bed, "bob", NOON));
    alice.new_keys(NewKeys::Person, None).expect("a key");
    alice.propose_waiver(&request, &mut |_| ()).expect("proposed");
    bob.new_keys(NewKeys::Person, None).expect("a key");
    bob.approve_waiver("WV-0001", None, &mut |_| ()).expect("approved");
    bed
}

#[test]
fn a_waiver_ends_with_its_last_second() {
    let bed = waived_at_noon(None);
    let last = NOON + 12 * 3600 - 1;
    assert_eq!(review(&bed, last), "approved");
    assert_eq!(check(&bed, last), "approved");
    assert_eq!(check(&bed, last + 1), "no verdict");
    assert_eq!(review(&bed, last + 1), "rejected");
    assert_eq!(check(&bed, last + 1), "rejected");
    assert_eq!(standing(&bed), 0);
}

/// The proposal is entry 0 and the approval entry 1. A verdict outlives the position up to which its waiver holds.
#[test]
fn a_waiver_ends_with_its_last_position() {
    let bed = waived_at_noon(Some(Extent::Position(2)));
    assert_eq!(review(&bed, NOON), "approved");
    assert_eq!(check(&bed, NOON), "approved");
    assert_eq!(review(&bed, NOON), "rejected");
    assert_eq!(standing(&bed), 0);
    let _ = bed
        .assize(&["audit", "verify", "--replay", "--require", "replay"])
        .expect(0);
    let early = waived_at_noon(Some(Extent::Cases(2)));
    assert_eq!([review(&early, NOON), review(&early, NOON)], ["approved", "approved"]);
    assert_eq!(review(&early, NOON), "rejected");
}

/// Puts a revocation into the log as a process leaves it that is killed before it seals.
fn revoke_unsealed(bed: &Bed) {
    let repository = Repository::open(&bed.repository()).expect("the repository opens");
    let home = Home::open(&bed.home()).expect("the home opens");
    let chain = Chain::open(&repository, &home, Clock::System, &mut |_| ()).expect("the chain opens");
    let objects = repository.objects().as_ref();
    let name = chain.log().log_ref();
    let tip = objects.refs(&name).expect("refs").remove(0).1;
    let mut log = LogReader::open(objects, tip).expect("the log opens");
    let proposal = log.entry(0).expect("the proposal");
    let previous: EntryId = proposal.id();
    let About { case, head } = proposal.entry().subject;
    let entry = Entry {
        log: chain.log(),
        time: proposal.entry().time,
        actor: Actor {
            kind: ActorKind::Person,
            name: "bob".to_owned(),
        },
        subject: About { case, head },
        content: Content::Waiver(Box::new(WaiverRecord::Revoked {
            previous,
            reason: Reason::new("Enough.").expect("a reason"),
        })),
    };
    let pen = KeyStore::new(home.keys())
        .person_pen()
        .expect("a key")
        .expect("is there");
    let append = Append {
        entries: vec![pen.sign_entry(entry).expect("signed")],
        documents: Vec::new(),
        reliance: Reliance::default(),
    };
    chain.append_relying(append).expect("acknowledged");
}

#[test]
fn a_revocation_that_waits_to_be_sealed_counts_for_the_next_case() {
    let bed = waived();
    let _ = bed.assize(&["review"]).expect(0);
    revoke_unsealed(&bed);
    let _ = bed.assize(&["review"]).expect(1);
    assert_eq!(standing(&bed), 0);
    let _ = run(&bed, "bob", &["waiver", "approve", "WV-0001"]).expect(2);
}

#[test]
fn people_who_speak_at_once_are_heard_one_after_the_other() {
    let bed = bed();
    key(&bed, "alice");
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| proposed(&bed, "alice"));
        }
    });
    let list = bed.assize(&["waiver", "list", "--format", "json"]).expect(0).json();
    let ids: Vec<&str> = list["waivers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert_eq!(ids, ["WV-0001", "WV-0002", "WV-0003"]);
    key(&bed, "bob");
    let codes: Vec<i32> = thread::scope(|scope| {
        let approve = || run(&bed, "bob", &["waiver", "approve", "WV-0001"]).code;
        let threads = [scope.spawn(approve), scope.spawn(approve)];
        threads.map(|thread| thread.join().expect("ends")).to_vec()
    });
    assert_eq!(
        codes.iter().sum::<i32>(),
        2,
        "one approves, the other is told so: {codes:?}"
    );
    let _ = bed.assize(&["review"]).expect(0);
    assert_eq!(standing(&bed), 0);
}

fn file() -> String {
    let day = |later: i64| {
        let seconds = Clock::System.unix_seconds() + later * 86_400;
        let time = assize_provenance::time::Time::from_unix_seconds(seconds).expect("a time");
        time.to_string()[..10].to_owned()
    };
    format!(
        "id = \"WV-0001\"\nrule = \"technical/placeholder\"\npaths = [\"src/legacy/**\"]\nreason = \"legacy_integration\"\n\
         description = \"The old importer stays as it is until the new one has replaced it everywhere.\"\n\
         mitigation = \"It runs behind a switch.\"\nowner = \"dana\"\ncreated = {}\nexpires = {}\n\
         [[approvers]]\nhandle = \"bob\"\napproved_at = {}\n",
        day(-2),
        day(20),
        day(-1)
    )
}

/// A bed with a waiver in a file of its base and a change that needs it.
fn bed_with_file() -> Bed {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("src/lib.rs", b"pub mod legacy;\n")]);
    bed.commit("Excuse the importer", &[Edit::Write(FILE, file().as_bytes())]);
    bed.commit("Import", &[Edit::Write("src/legacy/mod.rs", UNFINISHED)]);
    bed
}

/// Lets Alice and Bob sign as persons by a root of trust that this clone goes by, with these words of where.
fn root(bed: &Bed, place: &[&str]) {
    key(bed, "alice");
    let _ = run(bed, "alice", &["root", "init"]).expect(0);
    let _ = run(bed, "alice", &["root", "sign"]).expect(0);
    let _ = run(bed, "alice", &["root", "pin"]).expect(0);
    for who in ["alice", "bob"] {
        if who == "bob" {
            key(bed, "bob");
        }
        let public = bed.beside(&format!("{who}.pub"));
        fs::write(&public, format!("{}\n", openssh::print(&person_key(bed).public))).expect("a file");
        let public = public.to_string_lossy().into_owned();
        let words = ["root", "grant", "person", &public, "--principal", who];
        let _ = run(bed, "alice", &[&words[..], place].concat()).expect(0);
    }
    let _ = run(bed, "alice", &["root", "sign"]).expect(0);
}

#[test]
fn where_the_root_lets_people_sign_files_excuse_nothing_and_what_they_sign_does() {
    let bed = bed_with_file();
    root(&bed, &[]);
    let refused = bed.assize(&["review", "--no-record"]).expect(1);
    let remedy = "assize waiver propose --file";
    assert!(refused.stdout.contains(remedy), "{}", refused.stdout);
    let _ = bed.assize(&["review"]).expect(1);
    let list = bed.assize(&["waiver", "list", "--format", "json"]).expect(0).json();
    assert_eq!(
        (&list["waivers"][0]["kind"], &list["waivers"][0]["worth"]),
        (&"file".into(), &"invalid".into())
    );
    let propose = ["waiver", "propose", "--file", FILE, "--as", "alice"];
    let _ = bed.assize(&propose).expect(0);
    let twice = bed.assize(&propose).expect(2);
    assert!(twice.stderr.contains("WV-0001 is proposed already"), "{twice:?}");
    let own = bed.assize(&["waiver", "approve", "WV-0001", "--as", "alice"]).expect(2);
    assert!(own.stderr.contains("alice proposed"), "{own:?}");
    // A key that the root does not know would take the whole log's proof with it.
    let stranger = key(&bed, "carol");
    let carol = run(&bed, "carol", &["waiver", "approve", "WV-0001", "--as", &stranger]).expect(2);
    assert!(carol.stderr.contains("assize root grant person"), "{carol:?}");
    let _ = bed.assize(&["waiver", "approve", "WV-0001", "--as", "bob"]).expect(0);
    let _ = bed.assize(&["review"]).expect(0);
    let _ = bed.assize(&["audit", "check"]).expect(0);
    let _ = bed
        .assize(&["audit", "verify", "--replay", "--require", "replay"])
        .expect(0);
}

#[test]
fn a_file_that_excused_something_where_people_sign_refutes_the_log() {
    let bed = bed_with_file();
    let _ = bed.assize(&["review"]).expect(0);
    let log = bed.assize(&["audit", "log", "--format", "json"]).expect(0).json();
    let log = log["entries"][0]["log"].as_str().expect("a log").to_owned();
    // What came before people could sign stays what it was.
    root(&bed, &["--log", &log, "--from", "6"]);
    let _ = bed
        .assize(&["audit", "verify", "--replay", "--require", "replay"])
        .expect(0);
    let _ = bed.assize(&["audit", "check"]).expect(0);
    let _ = bed.assize(&["review"]).expect(1);
    let _ = bed
        .assize(&["audit", "verify", "--replay", "--require", "replay"])
        .expect(0);

    let bed = bed_with_file();
    let _ = bed.assize(&["review"]).expect(0);
    root(&bed, &[]);
    let refuted = bed.assize(&["audit", "verify"]).expect(1);
    assert!(refuted.stdout.contains("waiver-unsigned"), "{}", refuted.stdout);
}
