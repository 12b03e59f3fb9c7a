//! A root of trust says who may sign what, and where: the stories of stolen, lost, replaced and shared keys.

use super::*;
use crate::key::KeyId;
use crate::log_id::LogId;
use crate::report::RootReport;
use crate::root::{End, Leave, Pin, PinSource, ROOT_REF, Reach, Root, RootChain, SignedRoot};
use crate::testing::root::{first_root, grant, holding, next_root, sign_root};

fn pair(seed: u8) -> SigningPair {
    SigningPair::from_seed(seed)
}

/// The council key of [`sound`], its log key, and the council key that comes next.
const COUNCIL: u8 = 1;
const LOG: u8 = 2;
const NEXT: u8 = 3;

fn signers() -> [SigningPair; 3] {
    [pair(11), pair(12), pair(13)]
}

fn sign(root: Root) -> SignedRoot {
    let all = signers();
    sign_root(root, &all.iter().collect::<Vec<_>>())
}

/// Alice, Bob and Carol let the keys of the log sign, everywhere.
fn first() -> SignedRoot {
    let [alice, bob, carol] = signers();
    let mut root = first_root(&[(&alice, "alice"), (&bob, "bob"), (&carol, "carol")], 2);
    root.keys.push(holding(&pair(COUNCIL), "host"));
    root.keys.push(holding(&pair(LOG), "host"));
    root.grants.push(grant(&pair(COUNCIL), Role::Council, Reach::All));
    root.grants.push(grant(&pair(LOG), Role::Log, Reach::All));
    sign(root)
}

/// What follows: the council key ends where a log stands, and the next one begins there.
fn rotated(before: &SignedRoot, log: &TestLog) -> SignedRoot {
    let end = End {
        size: log.state.size(),
        root: log.state.root(),
    };
    let mut root = next_root(before);
    let old = pair(COUNCIL).public().id();
    root.grants.retain(|grant| grant.key != old);
    root.keys.push(holding(&pair(NEXT), "host"));
    root.grants.push(grant(
        &pair(COUNCIL),
        Role::Council,
        within(log.state.log(), 0, Some(end)),
    ));
    root.grants.push(grant(
        &pair(NEXT),
        Role::Council,
        within(log.state.log(), end.size, None),
    ));
    sign(root)
}

fn within(log: LogId, from: u64, to: Option<End>) -> Reach {
    Reach::Within { log, from, to }
}

fn pinned(first: &SignedRoot) -> TrustedKeys {
    let mut keys = TrustedKeys::new();
    keys.pin(Pin {
        digest: first.digest(),
        least: 1,
        source: PinSource::Flag,
    });
    keys
}

fn check(log: &TestLog, keys: &TrustedKeys) -> Report {
    verify(&log.repository, keys, &Remembered::nothing()).unwrap()
}

fn root_codes(report: &Report) -> Vec<&'static str> {
    match report.root.as_ref().map(|root| &root.standing) {
        Some(Standing::Refuted(faults)) => faults.iter().map(|fault| fault.code.code()).collect(),
        _ => vec![],
    }
}

fn hear(log: &mut TestLog, number: u8) {
    let entries = log.hear(number, &sample_case(), &[approve(), approve(), approve(), approve()]);
    log.record(&entries);
}

#[test]
fn a_pinned_root_is_enough_to_believe_a_log() {
    let mut log = sound();
    let root = first();
    log.repository.publish_root(&root);
    let report = check(&log, &pinned(&root));
    assert_eq!(report.overall(), Overall::Proved, "{report:#?}");
    let said: RootReport = report.root.unwrap();
    assert_eq!(said.standing, Standing::Proved);
    assert_eq!(said.pin.map(|pin| pin.source.word()), Some("flag"));
    assert_eq!(
        said.found.map(|found| (found.version, found.first)),
        Some((1, root.digest()))
    );
}

#[test]
fn a_root_that_nobody_pinned_grants_and_revokes_nothing() {
    let mut log = sound();
    log.repository.publish_root(&first());
    let nobody = check(&log, &TrustedKeys::new());
    assert_eq!(nobody.overall(), Overall::NotCheckable);
    assert_eq!(standing(&nobody, Claim::Authenticity), "not checkable");
    let said = nobody.root.unwrap();
    assert_eq!((said.pin, said.standing.word()), (None, "not checkable"));
    let mut hostile = first_root(&[(&pair(66), "mallory")], 1);
    hostile.keys.push(holding(&pair(COUNCIL), "host"));
    let hostile = sign_root(hostile, &[&pair(66)]);
    log.repository.refs.remove(ROOT_REF);
    log.repository.publish_root(&hostile);
    assert_eq!(check(&log, &log.keys()).overall(), Overall::Proved);
}

#[test]
fn keys_change_at_a_position_and_old_entries_stay_proved() {
    let mut log = sound();
    let first = first();
    log.repository.publish_root(&first);
    log.repository.publish_root(&rotated(&first, &log));
    log.council = pair(NEXT);
    hear(&mut log, 4);
    let report = check(&log, &pinned(&first));
    assert_eq!(report.overall(), Overall::Proved, "{report:#?}");
    assert_eq!(report.decided().count(), 4);
}

#[test]
fn a_stolen_key_that_is_used_after_its_revocation_is_refuted() {
    let mut log = sound();
    let first = first();
    log.repository.publish_root(&first);
    log.repository.publish_root(&rotated(&first, &log));
    hear(&mut log, 4);
    let report = check(&log, &pinned(&first));
    assert_eq!(report.overall(), Overall::Refuted);
    assert!(codes(&report).iter().all(|code| *code == "key-range"), "{report:#?}");
    assert_eq!(report.decided().count(), 0);
    // Whoever holds the key believes it no longer either.
    let mut own = pinned(&first);
    own.extend(log.keys());
    assert_eq!(check(&log, &own).overall(), Overall::Refuted);
}

#[test]
fn a_key_does_not_sign_before_its_range_begins() {
    let mut log = sound();
    let first = first();
    log.repository.publish_root(&first);
    log.repository.publish_root(&rotated(&first, &log));
    let mut early = TestLog::start(NEXT, LOG, 3, &[]);
    early.repository = log.repository.clone();
    hear(&mut early, 1);
    let codes = codes(&check(&early, &pinned(&first)));
    assert!(codes.contains(&"key-range"), "{codes:?}");
}

/// Who stole both keys signs entries with times of last year, in the place of those that are there.
#[test]
fn backdated_entries_have_another_root_than_the_revocation_names() {
    let log = sound();
    let first = first();
    let mut thief = TestLog::start(COUNCIL, LOG, 3, &[]);
    for number in [4, 5, 6] {
        hear(&mut thief, number);
    }
    assert_eq!(
        (thief.state.log(), thief.state.size()),
        (log.state.log(), log.state.size())
    );
    thief.repository.publish_root(&first);
    assert_eq!(
        check(&thief, &pinned(&first)).overall(),
        Overall::Proved,
        "nothing tells yet"
    );
    thief.repository.publish_root(&rotated(&first, &log));
    let report = check(&thief, &pinned(&first));
    assert_eq!(codes(&report), ["log-forked"], "{report:#?}");
    // A shorter past is no better.
    let mut cut = TestLog::start(COUNCIL, LOG, 3, &[]);
    hear(&mut cut, 1);
    cut.repository.publish_root(&first);
    cut.repository.publish_root(&rotated(&first, &log));
    assert_eq!(codes(&check(&cut, &pinned(&first))), ["log-shrunk"]);
}

#[test]
fn a_log_key_ends_at_a_position_too() {
    let mut log = sound();
    let first = first();
    let end = End {
        size: log.state.size(),
        root: log.state.root(),
    };
    let mut second = next_root(&first);
    let key = pair(LOG).public().id();
    second.grants.retain(|grant| grant.key != key);
    second
        .grants
        .push(grant(&pair(LOG), Role::Log, within(log.state.log(), 0, Some(end))));
    let second = sign(second);
    log.repository.publish_root(&first);
    log.repository.publish_root(&second);
    assert_eq!(check(&log, &pinned(&first)).overall(), Overall::Proved);
    hear(&mut log, 4);
    assert_eq!(codes(&check(&log, &pinned(&first))), ["key-range"]);
    // Another log of the same key is no log of anybody, and speaks of nobody.
    let mut other = TestLog::start(COUNCIL, LOG, 7, &[]);
    other.repository = log.repository.clone();
    other.repository.refs.remove(&log.state.log().log_ref());
    hear(&mut other, 5);
    let codes = codes(&check(&other, &pinned(&first)));
    assert!(codes.contains(&"key-range"), "{codes:?}");
}

#[test]
fn an_entry_of_a_stranger_in_a_governed_log_is_refuted() {
    let mut log = sound();
    let first = first();
    log.repository.publish_root(&first);
    log.council = pair(77);
    hear(&mut log, 4);
    let report = check(&log, &pinned(&first));
    assert!(codes(&report).iter().all(|code| *code == "key-unknown"), "{report:#?}");
    // A log of strangers is no log that the root governs: nothing is said of it.
    let mut strangers = TestLog::start(77, 78, 5, &[]);
    strangers.repository.publish_root(&first);
    hear(&mut strangers, 1);
    assert_eq!(check(&strangers, &pinned(&first)).overall(), Overall::NotCheckable);
}

#[test]
fn a_key_signs_in_its_role_only() {
    let mut log = sound();
    let [alice, bob, _] = signers();
    let mut root = first_root(&[(&alice, "alice"), (&bob, "bob")], 1);
    root.keys.push(holding(&pair(COUNCIL), "host"));
    root.keys.push(holding(&pair(LOG), "host"));
    root.grants.push(grant(&pair(COUNCIL), Role::Person, Reach::All));
    root.grants.push(grant(&pair(LOG), Role::Log, Reach::All));
    let root = sign_root(root, &[&alice]);
    log.repository.publish_root(&root);
    let report = check(&log, &pinned(&root));
    assert!(codes(&report).iter().all(|code| *code == "key-range"), "{report:#?}");
}

#[test]
fn an_old_root_replayed_is_refuted_by_whoever_saw_the_new_one() {
    let mut log = sound();
    let first = first();
    let second = rotated(&first, &log);
    let mut remembered = Remembered::nothing();
    remembered.remember_root(SeenRoot {
        version: 2,
        digest: second.digest(),
    });
    log.repository.publish_root(&first);
    hear(&mut log, 4);
    let keys = pinned(&first);
    assert_eq!(
        check(&log, &keys).overall(),
        Overall::Proved,
        "who saw nothing cannot know"
    );
    let report = verify(&log.repository, &keys, &remembered).unwrap();
    assert_eq!(
        (report.overall(), root_codes(&report)),
        (Overall::Refuted, vec!["root-rolled-back"])
    );
    assert_eq!(report.decided().count(), 0, "while the root is refuted nobody decides");
    let mut other = next_root(&first);
    other.threshold = 1;
    log.repository.publish_root(&sign(other));
    let report = verify(&log.repository, &keys, &remembered).unwrap();
    assert_eq!(root_codes(&report), ["root-forked"]);
    log.repository.refs.remove(ROOT_REF);
    log.repository.publish_root(&first);
    log.repository.publish_root(&second);
    log.repository.publish_root(&sign(next_root(&second)));
    let report = verify(&log.repository, &keys, &remembered).unwrap();
    assert_eq!(root_codes(&report), Vec::<&str>::new(), "a newer one is no going back");
}

#[test]
fn a_pin_with_a_version_needs_no_memory() {
    let mut log = sound();
    let first = first();
    let second = rotated(&first, &log);
    let pinned = |text: String| {
        let mut keys = TrustedKeys::new();
        keys.pin(Pin::read(&text, PinSource::Variable).unwrap());
        keys
    };
    let keys = pinned(format!("{}@2", first.digest()));
    log.repository.publish_root(&first);
    let report = check(&log, &keys);
    assert_eq!(
        (report.overall(), root_codes(&report)),
        (Overall::Refuted, vec!["root-rolled-back"])
    );
    log.repository.publish_root(&second);
    assert_eq!(check(&log, &keys).overall(), Overall::Proved);
    for least in ["", "@1", "@2"] {
        let keys = pinned(format!("{}{least}", first.digest()));
        assert_eq!(check(&log, &keys).overall(), Overall::Proved);
    }
    for text in [
        "",
        "@",
        "0",
        "@2",
        &format!("{}@", first.digest()),
        &format!("{}@0", first.digest()),
    ] {
        assert!(Pin::read(text, PinSource::Flag).is_err(), "{text}");
    }
}

#[test]
fn another_root_or_none_is_refuted_against_the_pin() {
    let mut log = sound();
    let first = first();
    let mut keys = pinned(&first);
    keys.extend(log.keys());
    let report = check(&log, &keys);
    assert_eq!(
        (report.overall(), root_codes(&report)),
        (Overall::Refuted, vec!["root-missing"])
    );
    assert_eq!(standing(&report, Claim::Authenticity), "not checkable");
    let hostile = sign_root(first_root(&[(&pair(66), "mallory")], 1), &[&pair(66)]);
    log.repository.publish_root(&hostile);
    let report = check(&log, &keys);
    assert_eq!(
        (report.overall(), root_codes(&report)),
        (Overall::Refuted, vec!["root-pin"])
    );
    assert_eq!(report.decided().count(), 0);
}

#[test]
fn a_root_that_its_signers_did_not_sign_is_refuted_with_and_without_pin() {
    let [alice, bob, _] = signers();
    let first = first();
    let mut lonely = next_root(&first);
    lonely.threshold = 1;
    let mut jumped = next_root(&first);
    jumped.version = 3;
    for (version, code) in [
        (sign_root(lonely, &[&alice]), "root-signature"),
        (sign_root(next_root(&first), &[&bob]), "root-signature"),
        (sign(jumped), "root-order"),
    ] {
        let mut log = sound();
        log.repository.publish_root(&first);
        log.repository.publish_root(&version);
        for keys in [pinned(&first), log.keys()] {
            let report = check(&log, &keys);
            assert_eq!((report.overall(), root_codes(&report)), (Overall::Refuted, vec![code]));
        }
    }
}

#[test]
fn a_lost_signer_is_replaced_by_the_others_and_verification_goes_on() {
    let mut log = sound();
    let [alice, bob, carol] = signers();
    let first = first();
    log.repository.publish_root(&first);
    let lost = carol.public().id();
    let mut second = next_root(&first);
    second.keys.retain(|holding| holding.key.id() != lost);
    second.signers.retain(|key| *key != lost);
    second.keys.push(holding(&pair(14), "carol"));
    second.signers.push(pair(14).public().id());
    let second = sign_root(second, &[&alice, &bob]);
    log.repository.publish_root(&second);
    // Carol signs again, with her new key; the lost one is worth nothing.
    let third = sign_root(next_root(&second), &[&bob, &pair(14)]);
    log.repository.publish_root(&third);
    assert_eq!(check(&log, &pinned(&first)).overall(), Overall::Proved);
    log.repository
        .publish_root(&sign_root(next_root(&third), &[&bob, &carol]));
    assert_eq!(root_codes(&check(&log, &pinned(&first))), ["root-signature"]);
}

fn chain_of(root: Root, signers: &[&SigningPair]) -> RootChain {
    let mut repository = MemoryRepository::default();
    repository.publish_root(&sign_root(root, signers));
    match crate::root::read_chain(&repository) {
        Ok(crate::root::Found::Chain(chain)) => *chain,
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_people_with_one_key_and_one_person_with_two_keys_are_one() {
    let [alice, bob, _] = signers();
    let mut root = first_root(&[(&alice, "alice"), (&bob, "bob")], 2);
    root.keys.push(holding(&pair(21), "alice"));
    for key in [&alice, &bob, &pair(21)] {
        root.grants.push(grant(key, Role::Person, Reach::All));
    }
    let chain = chain_of(root, &[&alice, &bob]);
    let keys = TrustedKeys::new();
    let trust = Trust::in_root(&keys, &chain);
    let id = |pair: &SigningPair| pair.public().id();
    let people = |keys: &[KeyId]| trust.people(keys);
    assert_eq!(people(&[]), 0);
    assert_eq!(people(&[id(&alice), id(&alice)]), 1, "one key twice");
    assert_eq!(people(&[id(&alice), id(&pair(21))]), 1, "two keys of Alice");
    assert_eq!(people(&[id(&alice), id(&bob)]), 2);
    assert_eq!(people(&[id(&alice), id(&pair(99))]), 2, "a key of nobody known");
    let log = TestLog::start(1, 2, 3, &[]).state.log();
    assert!(matches!(
        trust.leave(Role::Person, &id(&bob), log, 0..1),
        Leave::Given(..)
    ));
    assert!(matches!(
        trust.leave(Role::Council, &id(&bob), log, 0..1),
        Leave::Outside(_)
    ));
    assert_eq!(trust.leave(Role::Person, &id(&pair(99)), log, 0..1), Leave::Unknown);
}

#[test]
fn every_prefix_and_position_of_a_range_is_exact() {
    let log = TestLog::start(1, 2, 3, &[]).state.log();
    let end = End {
        size: 9,
        root: Digest::of(b""),
    };
    let reach = within(log, 4, Some(end));
    for from in 0..12_u64 {
        for to in from + 1..13 {
            assert_eq!(reach.covers(log, from..to), from >= 4 && to <= 9, "{from}..{to}");
        }
    }
    let other = TestLog::start(1, 2, 4, &[]).state.log();
    assert!(!reach.covers(other, 5..6) && Reach::All.covers(other, 5..6));
}
