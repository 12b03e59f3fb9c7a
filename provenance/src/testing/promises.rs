//! What every reader of hostile bytes promises: it ends, it does not panic, and what it accepts it writes again byte for byte.
//! Each promise is a function of bytes that asserts it; searches with and without coverage call them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::root::{first_root, next_root, sign_root};
use super::{MemoryRepository, SigningPair, TestLog, sample_case};
use crate::canonical;
use crate::checkpoint::Checkpoint;
use crate::commit::{LogCommit, read_any};
use crate::digest::Digest;
use crate::entry::v1::{self, document::OpinionDocument};
use crate::entry::{EntryError, Salt, SignedEntry};
use crate::key::{PublicKey, Role, TrustedKeys, allowed_signers, jwk, openssh};
use crate::log_id::LogId;
use crate::opinion::{Opinion, Vote};
use crate::pattern::PathPattern;
use crate::reader::{Object, ObjectId, ObjectKind};
use crate::report::Overall;
use crate::root::{SignedRoot, read_chain};
use crate::signature::{jws, note, sshsig};
use crate::tile::parse_bundle;
use crate::tree;
use crate::verify::{Remembered, verify};

mod carried;

/// A reader and what it promises.
#[derive(Debug, Clone, Copy)]
pub struct Promise {
    /// Its name, which is also that of its folder of inputs.
    pub name: &'static str,
    /// Holds the promise against some bytes.
    ///
    /// # Panics
    ///
    /// When it is broken.
    pub hold: fn(&[u8]),
    /// Good inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const PROMISES: &[Promise] = &[
    promise("bundle", bundle, bundles),
    promise("canonical", canonical_json, lines),
    promise("checkpoint", checkpoint, notes),
    promise("commit", commit, commits),
    promise("cosigned", carried::cosigned, carried::cosigned_notes),
    promise("document", document, documents),
    promise("entry", entry, lines),
    promise("fork", carried::fork, carried::forks),
    promise("jws", compact, compacts),
    promise("key", key, keys),
    promise("note", signed_note, notes),
    promise("note-key", carried::note_key, carried::note_keys),
    promise("pattern", pattern, patterns),
    promise("proof", carried::proof, carried::proofs),
    promise("prove", carried::prove, edits),
    promise("repository", repository, edits),
    promise("request", carried::request, carried::requests),
    promise("root", root, roots),
    promise("salted", salted, documents),
    promise("signers", signers, keys),
    promise("sshsig", armor, armors),
    promise("summary", carried::summary, carried::resources),
    promise("tree", folder, folders),
];

const fn promise(name: &'static str, hold: fn(&[u8]), seeds: fn() -> Vec<Vec<u8>>) -> Promise {
    Promise { name, hold, seeds }
}

/// What the promises are held against: a small log with two cases, one of them rejected, in two commits.
struct Known {
    council: PublicKey,
    log_key: PublicKey,
    log: LogId,
    tip: Option<ObjectId>,
    keys: TrustedKeys,
    objects: BTreeMap<ObjectId, Object>,
    refs: BTreeMap<String, ObjectId>,
    /// What the log's ref leads to.
    of_the_log: BTreeSet<ObjectId>,
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let log = log();
        let MemoryRepository { objects, refs, .. } = log.repository.clone();
        let mut of_the_log = BTreeSet::new();
        if let Some(tip) = log.state.tip() {
            reach(&objects, tip, &mut of_the_log);
        }
        Known {
            council: log.council.public(),
            log_key: log.signer.public(),
            log: log.state.log(),
            tip: log.state.tip(),
            keys: log.keys(),
            objects,
            refs,
            of_the_log,
        }
    })
}

fn log() -> TestLog {
    let says = |vote| {
        Ok(Opinion {
            vote,
            findings: vec![],
            rationale: "Because.".to_owned(),
        })
    };
    let mut log = TestLog::start(1, 2, 3, &[]);
    for (number, vote) in [(1, Vote::Approve), (2, Vote::Reject)] {
        let others = || says(Vote::Approve);
        let entries = log.hear(number, &sample_case(), &[others(), says(vote), others(), others()]);
        log.record(&entries);
    }
    log
}

fn objects(wanted: impl Fn(&Object) -> bool) -> Vec<Vec<u8>> {
    let found = known().objects.values().filter(|object| wanted(object));
    found.map(|object| object.bytes.clone()).collect()
}

fn of_kind(kind: ObjectKind) -> Vec<Vec<u8>> {
    objects(|object| object.kind == kind)
}

fn lines() -> Vec<Vec<u8>> {
    let bundles = bundles();
    let first = bundles.iter().max_by_key(|bundle| bundle.len());
    let lines = first.and_then(|bundle| parse_bundle(bundle, 12));
    lines.unwrap_or_default().into_iter().map(<[u8]>::to_vec).collect()
}

fn bundles() -> Vec<Vec<u8>> {
    objects(|object| object.bytes.windows(8).any(|part| part == b"{\"kind\":"))
}

fn bundle(bytes: &[u8]) {
    for width in 0..16 {
        if let Some(lines) = parse_bundle(bytes, width) {
            let mut again = Vec::new();
            for line in lines {
                again.extend_from_slice(&u16::try_from(line.len()).unwrap_or(u16::MAX).to_be_bytes());
                again.extend_from_slice(line);
            }
            assert_eq!(again, bytes, "a bundle has one spelling");
        }
    }
}

fn canonical_json(bytes: &[u8]) {
    if let Ok(value) = canonical::parse(bytes, 65_535) {
        assert_eq!(canonical::to_bytes(&value).as_deref(), Ok(bytes));
    }
}

fn notes() -> Vec<Vec<u8>> {
    objects(|object| object.bytes.starts_with(b"assize/"))
}

fn checkpoint(bytes: &[u8]) {
    if let Ok(found) = Checkpoint::parse(bytes, &known().log_key) {
        let again = String::from_utf8_lossy(bytes);
        assert!(
            again.starts_with(&found.log.origin()),
            "a checkpoint is about the log it names"
        );
        // Only what the log signed verifies.
        assert!(
            notes().iter().any(|note| note == bytes),
            "nobody signed this checkpoint"
        );
    }
}

fn signed_note(bytes: &[u8]) {
    if let Ok(found) = note::parse(bytes) {
        assert!(
            bytes.starts_with(found.text.as_bytes()),
            "the text of a note is its beginning"
        );
    }
}

fn commits() -> Vec<Vec<u8>> {
    of_kind(ObjectKind::Commit)
}

fn commit(bytes: &[u8]) {
    let any = read_any(bytes);
    if let Ok(commit) = LogCommit::parse(bytes) {
        assert_eq!(
            any.map(|any| any.tree),
            Ok(commit.signed.tree),
            "two readers of one commit"
        );
        if commit.verify_signature().is_ok() {
            assert!(
                commits().iter().any(|known| known == bytes),
                "nobody signed this commit"
            );
        }
    }
}

fn documents() -> Vec<Vec<u8>> {
    objects(|object| OpinionDocument::parse_salted(&object.bytes).is_ok())
}

fn document(bytes: &[u8]) {
    if let Ok((salt, document)) = OpinionDocument::parse_salted(bytes) {
        assert_eq!(document.to_salted(&salt).as_deref(), Ok(bytes));
    }
}

fn salted(bytes: &[u8]) {
    let Some((salt, document)) = Salt::split(bytes) else {
        return;
    };
    assert_eq!(salt.before(document), bytes, "a salted document has one spelling");
    if let Ok((read, _)) = OpinionDocument::parse_salted(bytes) {
        assert_eq!(read, salt, "two readers of one salt");
    }
}

fn entry(bytes: &[u8]) {
    let parsed = SignedEntry::parse(bytes);
    let is_line = !matches!(parsed, Err(EntryError::Form(_)));
    if !matches!(parsed, Err(EntryError::TooLarge(_))) {
        assert_eq!(is_line, v1::is_line_by_value(bytes), "two ways to read one line");
    }
    let Ok(entry) = parsed else { return };
    assert_eq!(entry.line(), bytes);
    if entry.verify(&known().council).is_ok() {
        assert!(lines().iter().any(|line| line == bytes), "nobody signed this entry");
    }
}

fn compacts() -> Vec<Vec<u8>> {
    let lines = lines();
    let entries = lines.iter().filter_map(|line| SignedEntry::parse(line).ok());
    entries.map(|entry| entry.compact_jws().into_bytes()).collect()
}

fn compact(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if jws::verify_compact(&text, &known().council).is_ok() {
        let payload = |text: &[u8]| text.split(|byte| *byte == b'.').nth(1).map(<[u8]>::to_vec);
        let signed = compacts();
        assert!(
            signed.iter().any(|known| payload(known) == payload(text.as_bytes())),
            "nobody signed this payload"
        );
    }
}

fn keys() -> Vec<Vec<u8>> {
    let key = known().council;
    vec![
        openssh::print(&key).into_bytes(),
        jwk::print(&key).into_bytes(),
        allowed_signers::print(Role::Council, &key).into_bytes(),
    ]
}

fn key(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = allowed_signers::parse(&text);
    let _ = openssh::parse(&text);
    if let Ok(key) = jwk::parse(&text) {
        assert_eq!(jwk::parse(&jwk::print(&key)), Ok(key), "a key is read as it is written");
    }
}

/// A file of allowed signers says which keys have which role, and nothing else of it counts.
fn signers(bytes: &[u8]) {
    let Ok(keys) = allowed_signers::parse(&String::from_utf8_lossy(bytes)) else {
        return;
    };
    let mut again = String::new();
    for role in [Role::Council, Role::Log, Role::Person] {
        for key in keys.keys(role) {
            again.push_str(&allowed_signers::print(role, key));
            again.push('\n');
        }
    }
    assert_eq!(
        allowed_signers::parse(&again),
        Ok(keys),
        "keys are read as they are written"
    );
}

fn patterns() -> Vec<Vec<u8>> {
    [&b"src/**/*.r?/x*y"[..], b"**", b"a/b", b"*.md"]
        .iter()
        .map(|text| text.to_vec())
        .collect()
}

fn pattern(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(pattern) = PathPattern::parse(&text) {
        assert_eq!(pattern.as_str(), text);
        assert!(!pattern.matches_granting(&text) || pattern.matches(&text));
    }
}

fn roots() -> Vec<Vec<u8>> {
    let alice = SigningPair::from_seed(11);
    let first = sign_root(first_root(&[(&alice, "alice")], 1), &[&alice]);
    let second = sign_root(next_root(&first), &[&alice]);
    [first, second].iter().filter_map(|root| root.to_bytes().ok()).collect()
}

fn root(bytes: &[u8]) {
    let Ok(version) = SignedRoot::parse(bytes) else { return };
    assert_eq!(version.to_bytes().as_deref(), Ok(bytes));
    if version.check_first().is_ok() {
        // Anybody may sign a root of their own; that of Alice only she can.
        let digest: Digest = version.digest();
        let alice = SigningPair::from_seed(11).public().id();
        if version.root().signers == [alice] {
            let known = roots()
                .iter()
                .filter_map(|root| SignedRoot::parse(root).ok())
                .any(|root| root.digest() == digest);
            assert!(known, "nobody signed this root");
        }
    }
}

fn armors() -> Vec<Vec<u8>> {
    let commits = commits();
    let armors = commits.iter().filter_map(|commit| {
        let text = String::from_utf8_lossy(commit).into_owned();
        let start = text.find("-----BEGIN")?;
        let end = text.find("-----END SSH SIGNATURE-----")?;
        let armor = text.get(start..end)?.replace("\n ", "\n");
        Some(format!("{armor}-----END SSH SIGNATURE-----\n").into_bytes())
    });
    armors.collect()
}

fn armor(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok((key, signature)) = sshsig::parse(&text) {
        assert_eq!(sshsig::armor(&key, &signature), text, "a signature has one spelling");
    }
}

fn folders() -> Vec<Vec<u8>> {
    of_kind(ObjectKind::Tree)
}

fn folder(bytes: &[u8]) {
    if let Ok(entries) = tree::parse(bytes) {
        assert_eq!(tree::to_bytes(&entries), bytes);
    }
}

fn edits() -> Vec<Vec<u8>> {
    vec![vec![], vec![0, 0, 0, 1], vec![7, 0, 40, 0x80, 9, 1, 0, 2]]
}

/// The repository with some bytes of its objects changed in place: every four bytes say which object, where in it, and how. Ids
/// stay as they were, as on a disk that rots.
fn rotten(bytes: &[u8]) -> MemoryRepository {
    let known = known();
    let mut chain = MemoryRepository {
        objects: known.objects.clone(),
        refs: known.refs.clone(),
        ..MemoryRepository::default()
    };
    let ids: Vec<ObjectId> = known.objects.keys().copied().collect();
    for edit in bytes.chunks_exact(4).take(16) {
        let [which, high, low, how] = *edit else { continue };
        let id = usize::from(which)
            .checked_rem(ids.len())
            .and_then(|which| ids.get(which));
        let Some(object) = id.and_then(|id| chain.objects.get_mut(id)) else {
            continue;
        };
        let place = usize::from(u16::from_be_bytes([high, low])).checked_rem(object.bytes.len());
        if let Some(byte) = place.and_then(|place| object.bytes.get_mut(place)) {
            *byte ^= how;
        }
    }
    chain
}

/// A whole repository that rots. What was changed and is part of the log is never proved.
fn repository(bytes: &[u8]) {
    let (known, chain) = (known(), rotten(bytes));
    let _ = read_chain(&chain);
    let Ok(report) = verify(&chain, &known.keys, &Remembered::nothing()) else {
        return;
    };
    let is_changed = |id: &ObjectId| chain.objects.get(id) != known.objects.get(id);
    if known.of_the_log.iter().any(is_changed) {
        assert_ne!(
            report.overall(),
            Overall::Proved,
            "a changed log {} is proved",
            known.log
        );
    }
}

/// Collects everything that an object leads to.
fn reach(objects: &BTreeMap<ObjectId, Object>, id: ObjectId, reached: &mut BTreeSet<ObjectId>) {
    let Some(object) = objects.get(&id).filter(|_| reached.insert(id)) else {
        return;
    };
    let below: Vec<ObjectId> = match object.kind {
        ObjectKind::Commit => read_any(&object.bytes)
            .map(|commit| [vec![commit.tree], commit.parents].concat())
            .unwrap_or_default(),
        ObjectKind::Tree => tree::parse(&object.bytes)
            .map(|entries| entries.iter().map(|entry| entry.id).collect())
            .unwrap_or_default(),
        ObjectKind::Blob | ObjectKind::Tag => Vec::new(),
    };
    below.into_iter().for_each(|id| reach(objects, id, reached));
}
