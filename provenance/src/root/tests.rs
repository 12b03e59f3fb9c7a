//! What makes no sense in a version is refused, and versions follow on each other only as their signers want.

use super::*;
use crate::log_id::LogSeed;
use crate::testing::root::{first_root, grant, holding, next_root, sign_root};
use crate::testing::{MemoryRepository, SigningPair};

mod changes;
mod golden;

fn pair(seed: u8) -> SigningPair {
    SigningPair::from_seed(seed)
}

fn log(seed: u8) -> LogId {
    LogId::derive(&pair(9).public(), &LogSeed::from_bytes([seed; 16]))
}

fn within(from: u64, to: Option<u64>) -> Reach {
    Reach::Within {
        log: log(1),
        from,
        to: to.map(|size| End {
            size,
            root: Digest::of(b"root"),
        }),
    }
}

/// Alice, Bob and Carol, two of whom must agree; a council key and a log key for every log.
fn three() -> Root {
    let (alice, bob, carol) = (pair(1), pair(2), pair(3));
    let mut root = first_root(&[(&alice, "alice"), (&bob, "bob"), (&carol, "carol")], 2);
    root.keys.push(holding(&pair(4), "host"));
    root.keys.push(holding(&pair(5), "host"));
    root.grants.push(grant(&pair(4), Role::Council, Reach::All));
    root.grants.push(grant(&pair(5), Role::Log, Reach::All));
    root.sorted()
}

fn refusal(change: impl FnOnce(&mut Root)) -> RootError {
    let mut root = three();
    change(&mut root);
    root.prepare().expect_err("this makes no sense")
}

#[test]
fn a_version_reads_back_with_its_signatures() {
    let signed = sign_root(three(), &[&pair(1), &pair(3)]);
    let bytes = signed.to_bytes().unwrap();
    let read = SignedRoot::parse(&bytes).unwrap();
    assert_eq!(read, signed);
    assert_eq!(read.check_first(), Ok(()));
    assert_eq!(read.digest(), three().prepare().unwrap().digest());
    for length in 0..bytes.len() {
        assert!(SignedRoot::parse(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn versions_that_contradict_themselves_are_refused() {
    assert_eq!(refusal(|root| root.version = 0), RootError::Previous(0));
    assert_eq!(refusal(|root| root.version = 2), RootError::Previous(2));
    assert_eq!(
        refusal(|root| root.previous = Some(Digest::of(b""))),
        RootError::Previous(1)
    );
    let threshold = |threshold| RootError::Threshold { threshold, holders: 3 };
    assert_eq!(refusal(|root| root.threshold = 0), threshold(0));
    assert_eq!(refusal(|root| root.threshold = 4), threshold(4));
    assert_eq!(refusal(|root| root.keys.reverse()), RootError::Order("keys"));
    assert_eq!(
        refusal(|root| root.signers.push(root.signers[2])),
        RootError::Order("signers")
    );
    assert_eq!(refusal(|root| root.grants.reverse()), RootError::Order("grants"));
    let stranger = pair(7).public().id();
    assert_eq!(
        refusal(|root| {
            root.signers.push(stranger);
            root.signers.sort_unstable();
        }),
        RootError::UnlistedKey(stranger)
    );
    let many = |what| matches!(what, RootError::TooMany { .. });
    assert!(many(refusal(|root| root.grants = vec![root.grants[0]; GRANTS_MAX + 1])));
    assert!(many(refusal(
        |root| root.keys = vec![root.keys[0].clone(); KEYS_MAX + 1]
    )));
    assert!(many(refusal(
        |root| root.signers = vec![root.signers[0]; SIGNERS_MAX + 1]
    )));
}

#[test]
fn a_key_has_one_role_and_holds_nowhere_twice() {
    let with = |grants: Vec<Grant>| {
        refusal(|root| {
            root.grants = grants;
            root.grants.sort_unstable();
        })
    };
    let key = pair(4);
    let id = key.public().id();
    let two_roles = vec![
        grant(&key, Role::Council, within(0, Some(5))),
        grant(&key, Role::Log, Reach::All),
    ];
    assert_eq!(with(two_roles), RootError::TwoRoles(id));
    let signer = pair(1);
    assert_eq!(
        with(vec![grant(&signer, Role::Council, Reach::All)]),
        RootError::TwoRoles(signer.public().id())
    );
    for (one, other) in [
        (Reach::All, within(0, None)),
        (within(0, None), within(7, None)),
        (within(0, Some(8)), within(7, None)),
        (within(3, Some(8)), within(3, Some(9))),
    ] {
        let both = vec![grant(&key, Role::Council, one), grant(&key, Role::Council, other)];
        assert_eq!(with(both), RootError::Overlap(id), "{one} and {other}");
    }
    for reach in [within(5, Some(5)), within(5, Some(4)), within(INTEGER_MAX + 1, None)] {
        assert_eq!(
            with(vec![grant(&key, Role::Council, reach)]),
            RootError::NoRange(id),
            "{reach}"
        );
    }
    let mut root = three();
    root.grants = vec![
        grant(&key, Role::Council, within(0, Some(5))),
        grant(&key, Role::Council, within(5, None)),
        grant(&signer, Role::Person, Reach::All),
    ];
    assert!(root.sorted().prepare().is_ok());
}

#[test]
fn one_signer_short_is_refused() {
    let one = sign_root(three(), &[&pair(2)]);
    let too_few = RootError::TooFew {
        version: 1,
        rule: 1,
        signed: 1,
        needed: 2,
    };
    assert_eq!(one.check_first(), Err(too_few));
    let first = sign_root(three(), &[&pair(2), &pair(3)]);
    assert_eq!(first.check_first(), Ok(()));
    let second = sign_root(next_root(&first), &[&pair(1)]);
    assert!(matches!(
        second.check_after(&first),
        Err(RootError::TooFew { version: 2, .. })
    ));
}

#[test]
fn two_keys_of_one_holder_are_one_voice() {
    let mut root = three();
    root.keys.push(holding(&pair(6), "alice"));
    root.signers.push(pair(6).public().id());
    let signed = sign_root(root.clone(), &[&pair(1), &pair(6)]);
    assert!(matches!(
        signed.check_first(),
        Err(RootError::TooFew {
            signed: 1,
            needed: 2,
            ..
        })
    ));
    assert_eq!(sign_root(root, &[&pair(6), &pair(2)]).check_first(), Ok(()));
}

#[test]
fn one_key_under_two_names_is_refused() {
    let mut root = three();
    root.keys.push(holding(&pair(1), "mallory"));
    assert_eq!(root.sorted().prepare(), Err(RootError::Order("keys")));
}

#[test]
fn signatures_that_are_wrong_or_of_strangers_are_refused() {
    let mut stranger = sign_root(three(), &[&pair(1), &pair(2)]);
    let input = stranger.unsigned().to_sign();
    stranger
        .add(&pair(7).public(), &pair(7).sign(input.as_bytes()))
        .unwrap();
    assert!(matches!(stranger.check_first(), Err(RootError::Stranger { .. })));
    let signed = sign_root(three(), &[&pair(1), &pair(2)]);
    assert!(matches!(
        signed.clone().add(&pair(3).public(), &pair(2).sign(input.as_bytes())),
        Err(RootError::Signature { .. })
    ));
    // One that was put into the file: the signature of another version.
    let mut other = three();
    other.threshold = 1;
    let other = sign_root(other, &[&pair(1)]).to_bytes().unwrap();
    let signature = |bytes: &[u8]| {
        let value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        value["signatures"][0].clone()
    };
    let mut value: serde_json::Value = serde_json::from_slice(&signed.to_bytes().unwrap()).unwrap();
    let foreign = signature(&other);
    for one in value["signatures"].as_array_mut().unwrap() {
        if one["keyid"] == foreign["keyid"] {
            *one = foreign.clone();
        }
    }
    let bent = SignedRoot::parse(&crate::canonical::to_bytes(&value).unwrap()).unwrap();
    assert!(matches!(bent.check_first(), Err(RootError::Signature { .. })));
}

#[test]
fn a_version_follows_only_on_the_one_it_names() {
    let all = [&pair(1), &pair(2), &pair(3)];
    let first = sign_root(three(), &all);
    let second = sign_root(next_root(&first), &all);
    assert_eq!(second.check_after(&first), Ok(()));
    let third = sign_root(next_root(&second), &all);
    let version = |expected, found| Err(RootError::Version { expected, found });
    assert_eq!(third.check_after(&first), version(2, 3));
    assert_eq!(first.check_after(&second), version(3, 1));
    assert_eq!(second.check_first(), version(1, 2));
    let mut other = three();
    other.threshold = 1;
    let other = sign_root(other, &all);
    assert_eq!(second.check_after(&other), Err(RootError::Previous(2)));
}

#[test]
fn signers_change_only_when_enough_of_the_old_and_of_the_new_agree() {
    let first = sign_root(three(), &[&pair(1), &pair(2)]);
    // Carol's key is lost. Alice and Bob let Dave in instead of her.
    let mut recovered = next_root(&first);
    let lost = pair(3).public().id();
    recovered.keys.retain(|holding| holding.key.id() != lost);
    recovered.signers.retain(|key| *key != lost);
    recovered.keys.push(holding(&pair(8), "dave"));
    recovered.signers.push(pair(8).public().id());
    let check = |signers: &[&SigningPair]| sign_root(recovered.clone(), signers).check_after(&first);
    assert_eq!(check(&[&pair(1), &pair(2)]), Ok(()));
    assert_eq!(
        check(&[&pair(1), &pair(8)]),
        Err(RootError::TooFew {
            version: 2,
            rule: 1,
            signed: 1,
            needed: 2
        })
    );
    assert!(
        check(&[&pair(2), &pair(3)]).is_err(),
        "Carol signs no more for the new version"
    );
    assert_eq!(
        check(&[&pair(2), &pair(3), &pair(8)]),
        Ok(()),
        "but she counts for the old"
    );
    // The old ones cannot hand over to somebody who does not sign.
    let mut alone = next_root(&first);
    alone.keys.push(holding(&pair(8), "dave"));
    alone.signers = vec![pair(8).public().id()];
    alone.threshold = 1;
    assert!(matches!(
        sign_root(alone.clone(), &[&pair(1), &pair(2)]).check_after(&first),
        Err(RootError::TooFew { rule: 2, .. })
    ));
    assert_eq!(
        sign_root(alone, &[&pair(1), &pair(2), &pair(8)]).check_after(&first),
        Ok(())
    );
}

#[test]
fn only_one_spelling_is_read() {
    let bytes = sign_root(three(), &[&pair(1), &pair(2)]).to_bytes().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(SignedRoot::parse(format!("{text}\n").as_bytes()).is_err());
    assert!(SignedRoot::parse(text.replace(':', ": ").as_bytes()).is_err());
    value["signatures"].as_array_mut().unwrap().reverse();
    assert!(SignedRoot::parse(&crate::canonical::to_bytes(&value).unwrap()).is_err());
    value["signatures"].as_array_mut().unwrap().reverse();
    let twice = value["signatures"][0].clone();
    value["signatures"].as_array_mut().unwrap().insert(0, twice);
    assert!(SignedRoot::parse(&crate::canonical::to_bytes(&value).unwrap()).is_err());
    let other_type = text.replace("assize.root", "assize.boot");
    assert!(SignedRoot::parse(other_type.as_bytes()).is_err());
}

#[test]
fn unknown_roles_and_fields_are_refused() {
    let payload = v1::payload_bytes(&three()).unwrap();
    let text = String::from_utf8(payload).unwrap();
    assert!(v1::parse_payload(text.as_bytes()).is_ok());
    for (from, to) in [
        ("\"role\":\"log\"", "\"role\":\"root\""),
        ("\"v\":1,", "\"v\":2,"),
        ("\"v\":1,", "\"u\":0,\"v\":1,"),
        ("\"log\":\"all\"", "\"log\":\"any\""),
        ("{\"key\"", "{\"from\":0,\"key\""),
        ("\"principal\":\"alice\"", "\"principal\":\"Alice\""),
        ("\"custody\":\"file\"", "\"custody\":\"\""),
        ("\"crv\":\"Ed25519\"", "\"crv\":\"X25519\""),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(
            v1::parse_payload(text.replacen(from, to, 1).as_bytes()).is_err(),
            "{to}"
        );
    }
}

#[test]
fn the_chain_is_read_from_its_ref() {
    let mut repository = MemoryRepository::default();
    assert_eq!(read_chain(&repository), Ok(Found::Nothing));
    let all = [&pair(1), &pair(2), &pair(3)];
    let mut newest = sign_root(three(), &all);
    let first = newest.digest();
    repository.publish_root(&newest);
    for _ in 0..20 {
        newest = sign_root(next_root(&newest), &all);
        repository.publish_root(&newest);
    }
    let Ok(Found::Chain(chain)) = read_chain(&repository) else {
        panic!("a chain");
    };
    assert_eq!((chain.first(), chain.newest.root().version), (first, 21));
    assert_eq!(chain.digest_of(21), Some(newest.digest()));
    assert_eq!((chain.digest_of(0), chain.digest_of(22)), (None, None));
}

#[test]
fn every_bent_bit_of_the_chain_is_found() {
    let mut sound = MemoryRepository::default();
    let all = [&pair(1), &pair(2), &pair(3)];
    let first = sign_root(three(), &all);
    sound.publish_root(&first);
    sound.publish_root(&sign_root(next_root(&first), &all));
    let objects: Vec<_> = sound
        .objects
        .iter()
        .map(|(id, object)| (*id, object.bytes.len()))
        .collect();
    for (id, length) in objects {
        for at in 0..length {
            let mut rotten = sound.clone();
            rotten.objects.get_mut(&id).unwrap().bytes[at] ^= 1;
            let found = read_chain(&rotten).unwrap();
            // The seconds of a commit are signed by nobody, and decide nothing.
            let is_seconds = sound.objects[&id].bytes[at].is_ascii_digit()
                && matches!(&found, Found::Chain(chain) if chain.newest.root().version == 2);
            assert!(matches!(found, Found::Broken(_)) || is_seconds, "{id} at {at}");
        }
        let mut holed = sound.clone();
        holed.objects.remove(&id);
        assert!(matches!(read_chain(&holed).unwrap(), Found::Broken(_)), "{id}");
    }
}

#[test]
fn a_commit_that_carries_more_than_a_version_is_refused() {
    use crate::reader::ObjectKind;
    let signed = sign_root(three(), &[&pair(1), &pair(2)]);
    let mut repository = MemoryRepository::default();
    let tip = repository.publish_root(&signed);
    let commit = String::from_utf8(repository.objects[&tip].bytes.clone()).unwrap();
    let tree = commit[5..45].to_owned();
    let with = |commit: String| {
        let mut bent = repository.clone();
        let id = bent.put(ObjectKind::Commit, commit.as_bytes());
        bent.refs.insert(ROOT_REF.to_owned(), id);
        read_chain(&bent).unwrap()
    };
    assert!(matches!(with(commit.clone()), Found::Chain(_)));
    for odd in [
        commit.replace("version 1", "version 01"),
        commit.replace("\n\n", "\nencoding UTF-8\n\n"),
        commit.replace("author", &format!("parent {tip}\nparent {tip}\nauthor")),
        commit.replace("root@assize", "boot@assize"),
        format!("{commit}And more.\n"),
    ] {
        assert!(matches!(with(odd.clone()), Found::Broken(_)), "{odd}");
    }
    let files = [
        (ROOT_FILE.to_owned(), signed.to_bytes().unwrap()),
        ("more".to_owned(), vec![]),
    ];
    let folder = repository.put_folder(&files.into_iter().collect());
    let bent = commit.replace(&tree, &folder.to_string());
    let id = repository.put(ObjectKind::Commit, bent.as_bytes());
    repository.refs.insert(ROOT_REF.to_owned(), id);
    assert!(matches!(read_chain(&repository).unwrap(), Found::Broken(_)));
}
