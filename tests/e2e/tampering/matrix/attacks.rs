//! The attacks, by the numbers of the threat model: who may do it, and what must be found.

use assize_provenance::commit::{Citation, read_any};
use assize_provenance::entry::{Content, Entry, SignedEntry};
use assize_provenance::key::{Role, TrustedKeys};
use assize_provenance::opinion::{Finding, Opinion, Severity, Vote};
use assize_provenance::reader::ObjectKind;
use assize_provenance::report::Claim;
use assize_provenance::root::{End, Pin, PinSource, Reach, Root, SignedRoot};
use assize_provenance::testing::root::{first_root, grant, holding, next_root, sign_root};
use assize_provenance::testing::{MemoryRepository, SigningPair, TestLog, sample_case};
use assize_provenance::time::Time;
use assize_provenance::verdict::{Ground, Heard, Outcome};
use assize_provenance::verify::{Remembered, Seen, SeenRoot};
use assize_tests::forgery::{self, Signing};

/// The numbers of the keys: that of the council, of the log, of the council after a rotation, and of whoever signs the root.
const COUNCIL: u8 = 1;
const LOG: u8 = 2;
const NEXT: u8 = 3;
const SIGNER: u8 = 11;
const STRANGER: u8 = 77;

/// What must be found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    /// Nothing: what looks like an attack is none, and must not be taken for one.
    Proved,
    /// A fault of this code.
    Code(&'static str),
    /// That this claim cannot be checked.
    Doubt(Claim),
}

/// A repository after an attack, and the auditor who looks at it.
pub(super) struct Scheme {
    pub(super) chain: MemoryRepository,
    pub(super) keys: TrustedKeys,
    pub(super) remembered: Remembered,
    pub(super) expected: Expected,
}

/// One row of the threat model.
pub(super) struct Attack {
    pub(super) number: u8,
    pub(super) name: &'static str,
    pub(super) make: fn() -> Vec<Scheme>,
}

pub(super) const ATTACKS: &[Attack] = &[
    attack(1, "truncate the tip", truncate),
    attack(2, "rewrite history", rewrite),
    attack(3, "show two histories", equivocate),
    attack(4, "steal a key", steal),
    attack(5, "break old proofs by a rotation", rotate),
    attack(6, "backdate", backdate),
    attack(7, "insert foreign entries", insert),
    attack(8, "reorder and drop within a case", reorder),
    attack(9, "lose evidence", lose_evidence),
    attack(10, "invent a verdict", invent),
    attack(11, "change the own log without a key", tamper),
    attack(12, "swap a judge", swap),
    attack(13, "feed the verifier what is no entry", malform),
    attack(14, "poison what git believes", poison),
    attack(15, "roll back the root of trust", roll_back),
];

const fn attack(number: u8, name: &'static str, make: fn() -> Vec<Scheme>) -> Attack {
    Attack { number, name, make }
}

fn pair(number: u8) -> SigningPair {
    SigningPair::from_seed(number)
}

fn says(vote: Vote) -> Heard {
    let finding = Finding {
        rule: "technical/placeholder".to_owned(),
        severity: Severity::Error,
        message: "Seen.".to_owned(),
        location: None,
        suggestion: None,
    };
    Ok(Opinion {
        vote,
        findings: (vote == Vote::Reject).then_some(finding).into_iter().collect(),
        rationale: "Because.".to_owned(),
    })
}

fn approve() -> Heard {
    says(Vote::Approve)
}

/// Carol's root: the keys of the log may sign everywhere.
fn first() -> SignedRoot {
    let mut root = first_root(&[(&pair(SIGNER), "carol")], 1);
    for (number, role) in [(COUNCIL, Role::Council), (LOG, Role::Log)] {
        root.keys.push(holding(&pair(number), "host"));
        root.grants.push(grant(&pair(number), role, Reach::All));
    }
    sign(root)
}

fn sign(root: Root) -> SignedRoot {
    sign_root(root, &[&pair(SIGNER)])
}

/// The next version: the council's key ends where the log stands, and another one begins there.
fn rotated(log: &TestLog) -> SignedRoot {
    let within = |from, to| Reach::Within {
        log: log.state.log(),
        from,
        to,
    };
    let end = End {
        size: log.state.size(),
        root: log.state.root(),
    };
    let mut root = next_root(&first());
    let old = pair(COUNCIL).public().id();
    root.grants.retain(|grant| grant.key != old);
    root.keys.push(holding(&pair(NEXT), "host"));
    root.grants
        .push(grant(&pair(COUNCIL), Role::Council, within(0, Some(end))));
    root.grants
        .push(grant(&pair(NEXT), Role::Council, within(end.size, None)));
    sign(root)
}

fn pinned() -> TrustedKeys {
    let mut keys = TrustedKeys::new();
    keys.pin(Pin {
        digest: first().digest(),
        source: PinSource::Flag,
        least: 1,
    });
    keys
}

fn hear(log: &mut TestLog, number: u8) -> Vec<SignedEntry> {
    log.hear(number, &sample_case(), &[approve(), approve(), approve(), approve()])
}

/// A log of two cases under the first root, in two commits.
fn log() -> TestLog {
    let mut log = TestLog::start(COUNCIL, LOG, 3, &[]);
    log.repository.publish_root(&first());
    for number in 1..3 {
        let entries = hear(&mut log, number);
        log.record(&entries);
    }
    log
}

fn scheme(chain: MemoryRepository, expected: Expected) -> Scheme {
    Scheme {
        chain,
        keys: pinned(),
        remembered: Remembered::nothing(),
        expected,
    }
}

/// The same for an auditor who saw `before`.
fn after(before: &TestLog, chain: MemoryRepository, code: &'static str) -> Scheme {
    let mut remembered = Remembered::nothing();
    let seen = Seen {
        size: before.state.size(),
        root: before.state.root(),
        here: true,
    };
    remembered.remember(before.state.log(), seen);
    Scheme {
        remembered,
        ..scheme(chain, Expected::Code(code))
    }
}

pub(super) fn untouched() -> Scheme {
    scheme(log().repository, Expected::Proved)
}

fn truncate() -> Vec<Scheme> {
    let whole = log();
    let name = whole.state.log().log_ref();
    let mut shorter = whole.repository.clone();
    let tip = shorter.refs[&name];
    let parent = read_any(&shorter.objects[&tip].bytes).expect("a commit").parents[0];
    shorter.refs.insert(name.clone(), parent);
    let mut gone = whole.repository.clone();
    gone.refs.remove(&name);
    vec![after(&whole, shorter, "log-shrunk"), after(&whole, gone, "log-missing")]
}

fn rewrite() -> Vec<Scheme> {
    let before = log();
    // Whoever holds all keys writes the same log once more, with another past.
    let mut other = TestLog::start(COUNCIL, LOG, 3, &[]);
    other.repository.publish_root(&first());
    for number in [7, 2, 3] {
        let entries = hear(&mut other, number);
        other.record(&entries);
    }
    vec![after(&before, other.repository, "log-forked")]
}

fn equivocate() -> Vec<Scheme> {
    let common = TestLog::start(COUNCIL, LOG, 3, &[]);
    let fork = |numbers: &[u8]| {
        let mut log = common.clone();
        for number in numbers {
            let entries = hear(&mut log, *number);
            log.record(&entries);
        }
        log
    };
    let (mine, mut yours) = (fork(&[1, 2]), fork(&[1, 3, 4]));
    yours.repository.publish_root(&first());
    // Another log of the same user cites the history that it was shown.
    let citation = Citation {
        log: mine.state.log(),
        size: mine.state.size(),
        root: mine.state.root(),
    };
    let mut witness = TestLog::start(COUNCIL, LOG, 9, &[citation]);
    let entries = hear(&mut witness, 5);
    witness.record(&entries);
    let mut both = yours.repository.clone();
    both.objects.extend(witness.repository.objects.clone());
    both.refs.extend(witness.repository.refs.clone());
    vec![
        after(&mine, yours.repository, "log-forked"),
        scheme(both, Expected::Code("log-forked")),
    ]
}

fn steal() -> Vec<Scheme> {
    // The key is revoked where the log stands, and the thief goes on with it.
    let mut log = log();
    let revoked = rotated(&log);
    log.repository.publish_root(&revoked);
    let entries = hear(&mut log, 5);
    log.record(&entries);
    vec![scheme(log.repository, Expected::Code("key-range"))]
}

fn rotate() -> Vec<Scheme> {
    let mut log = log();
    let next = rotated(&log);
    log.repository.publish_root(&next);
    log.council = pair(NEXT);
    let entries = hear(&mut log, 5);
    log.record(&entries);
    vec![scheme(log.repository, Expected::Proved)]
}

fn backdate() -> Vec<Scheme> {
    // An entry of the revoked key says that it is as old as the log.
    let mut log = log();
    let next = rotated(&log);
    log.repository.publish_root(&next);
    let entries = hear(&mut log, 5);
    let old = entries[0].entry().clone();
    let dated = Entry {
        time: Time::from_unix_seconds(1_700_000_000).expect("a time"),
        ..old
    };
    let entry = by(&pair(COUNCIL), dated);
    log.record(&[entry]);
    vec![scheme(log.repository, Expected::Code("key-range"))]
}

/// Signs an entry with some key.
fn by(key: &SigningPair, entry: Entry) -> SignedEntry {
    let unsigned = entry.prepare(&key.public()).expect("it has a stored form");
    let jws = key.sign(unsigned.jws_input().as_bytes());
    let dsse = unsigned.dsse_input().map(|input| key.sign(input.as_bytes()));
    unsigned.seal(&jws, dsse.as_ref()).expect("it was just signed")
}

fn insert() -> Vec<Scheme> {
    // Somebody who gets at the log's key, and not at the council's.
    let mut foreign = log();
    foreign.council = pair(STRANGER);
    let entries = hear(&mut foreign, 5);
    foreign.record(&entries);
    // Entries of another log, rightly signed.
    let mut copied = log();
    let mut elsewhere = TestLog::start(COUNCIL, LOG, 9, &[]);
    let strange = hear(&mut elsewhere, 5);
    copied.record(&strange);
    vec![
        scheme(foreign.repository, Expected::Code("key-unknown")),
        scheme(copied.repository, Expected::Code("entry-log")),
    ]
}

fn reorder() -> Vec<Scheme> {
    let made = |change: fn(&mut Vec<SignedEntry>)| {
        let mut log = log();
        let mut entries = hear(&mut log, 5);
        change(&mut entries);
        log.record(&entries);
        scheme(log.repository, Expected::Code("entry-order"))
    };
    vec![
        made(|entries| entries.swap(2, 3)),
        made(|entries| {
            entries.remove(2);
        }),
        made(|entries| {
            entries.remove(0);
        }),
        made(|entries| entries.push(entries[5].clone())),
    ]
}

fn lose_evidence() -> Vec<Scheme> {
    let whole = log();
    let mut without = whole.repository.clone();
    without.refs.remove(&whole.state.log().evidence_ref());
    // Another document in the place of one.
    let evidence = whole.state.log().evidence_ref();
    let document = forgery::reachable(&whole.repository, whole.repository.refs[&evidence])
        .into_iter()
        .find(|id| {
            let object = &whole.repository.objects[id];
            object.kind == ObjectKind::Blob && object.bytes.len() > 10
        })
        .expect("a document");
    let mut bytes = whole.repository.objects[&document].bytes.clone();
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    let changed = forgery::substitute(&whole.repository, &evidence, document, &bytes, &Signing::Kept);
    vec![
        scheme(without, Expected::Doubt(Claim::Completeness)),
        scheme(changed, Expected::Code("evidence-mismatch")),
    ]
}

fn invent() -> Vec<Scheme> {
    // The host says `approved` where a judge with a veto rejected, with the right key.
    let mut log = log();
    let mut entries = log.hear(
        5,
        &sample_case(),
        &[says(Vote::Reject), approve(), approve(), approve()],
    );
    let verdict = entries.pop().expect("a verdict").entry().clone();
    let Content::Verdict(mut record) = verdict.content.clone() else {
        unreachable!("that is what comes last")
    };
    record.outcome = Outcome::Approved;
    record.ground = Ground::Unanimity;
    let content = Content::Verdict(record);
    entries.push(by(&pair(COUNCIL), Entry { content, ..verdict }));
    log.record(&entries);
    vec![scheme(log.repository, Expected::Code("verdict-rederived"))]
}

fn tamper() -> Vec<Scheme> {
    // Somebody who can write objects and refs, and sign nothing.
    let whole = log();
    let name = whole.state.log().log_ref();
    let tip = whole.repository.refs[&name];
    let bundle = forgery::reachable(&whole.repository, tip)
        .into_iter()
        .filter(|id| whole.repository.objects[id].kind == ObjectKind::Blob)
        .max_by_key(|id| whole.repository.objects[id].bytes.len())
        .expect("a file");
    let bytes = whole.repository.objects[&bundle].bytes.clone();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.contains("\"approve\""));
    let at = bytes
        .windows(9)
        .position(|part| part == b"\"approve\"")
        .expect("a vote");
    let mut changed = bytes;
    changed[at + 1] ^= 1;
    let forged = forgery::substitute(&whole.repository, &name, bundle, &changed, &Signing::Kept);
    vec![scheme(forged, Expected::Code("commit-signature"))]
}

fn swap() -> Vec<Scheme> {
    let mut log = log();
    let mut entries = hear(&mut log, 5);
    let opinion = entries[4].entry().clone();
    let Content::Opinion(mut record) = opinion.content.clone() else {
        unreachable!("the fourth opinion")
    };
    record.component = assize_provenance::digest::Digest::of(b"a kinder judge");
    let content = Content::Opinion(record);
    entries.truncate(4);
    entries.push(by(&pair(COUNCIL), Entry { content, ..opinion }));
    log.record(&entries);
    vec![scheme(log.repository, Expected::Code("opinion-component"))]
}

fn malform() -> Vec<Scheme> {
    let whole = log();
    let entry = hear(&mut whole.clone(), 5).remove(0);
    let spaced = String::from_utf8_lossy(entry.line())
        .replacen("\":", "\": ", 1)
        .into_bytes();
    let doubled = String::from_utf8_lossy(entry.line())
        .replacen("{\"", "{\"v\":1,\"", 1)
        .into_bytes();
    let deep = [b"[".repeat(60_000), b"]".repeat(5_000)].concat();
    let lines: [&[u8]; 6] = [&spaced, &doubled, &deep, b"", b"{}", &[0xff; 65_535]];
    let made = |line: &&[u8]| {
        let mut log = whole.clone();
        log.record_lines(&[line]);
        scheme(log.repository, Expected::Code("entry-form"))
    };
    lines.iter().map(made).collect()
}

fn poison() -> Vec<Scheme> {
    // What git would see of the bad log is the good one, and the other way around.
    let good = log();
    let name = good.state.log().log_ref();
    let bad = tamper().remove(0).chain;
    let (good_tip, bad_tip) = (good.repository.refs[&name], bad.refs[&name]);
    let mut hidden = bad.clone();
    hidden.refs.insert(format!("refs/replace/{bad_tip}"), good_tip);
    let mut accused = bad;
    accused.refs.insert(name, good_tip);
    accused.refs.insert(format!("refs/replace/{good_tip}"), bad_tip);
    vec![
        scheme(hidden, Expected::Code("commit-signature")),
        scheme(accused, Expected::Proved),
    ]
}

fn roll_back() -> Vec<Scheme> {
    // The version that revokes the key is taken away again.
    let log = log();
    let next = rotated(&log);
    let mut seen = Remembered::nothing();
    seen.remember_root(SeenRoot {
        version: next.root().version,
        digest: next.digest(),
    });
    let rolled = Scheme {
        remembered: seen,
        ..scheme(log.repository.clone(), Expected::Code("root-rolled-back"))
    };
    // Another root of trust, rightly signed by somebody else, in the place of the pinned one.
    let mut other = log.repository;
    let mut mine = first_root(&[(&pair(STRANGER), "mallory")], 1);
    for (number, role) in [(COUNCIL, Role::Council), (LOG, Role::Log)] {
        mine.keys.push(holding(&pair(number), "host"));
        mine.grants.push(grant(&pair(number), role, Reach::All));
    }
    other.refs.retain(|name, _| name != assize_provenance::root::ROOT_REF);
    other.publish_root(&sign_root(mine, &[&pair(STRANGER)]));
    vec![rolled, scheme(other, Expected::Code("root-pin"))]
}
