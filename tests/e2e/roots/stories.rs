//! Keys are replaced, stolen, lost and shared; what the root of trust says of it counts, wherever the pin comes from.

use super::*;

#[test]
fn whoever_has_the_pin_needs_no_keys() {
    let bed = alone();
    let auditor = Person::new(&bed, "auditor");
    let _ = auditor.assize(&["audit", "verify"]).expect(3);
    let report = verified(&auditor, &pin_of(&bed), 0);
    assert_eq!(report["root"]["standing"], "proved");
    assert_eq!(report["root"]["pin_from"], "flag");
    assert_eq!(report["root"]["version"], 1);
    let _ = auditor
        .assize(&["audit", "check", "HEAD~3", "--pin", &pin_of(&bed)])
        .expect(0);
}

#[test]
fn keys_are_rotated_where_the_log_stands() {
    let bed = alone();
    let pin = pin_of(&bed);
    let (council, log) = (key_of(&bed, Role::Council), key_of(&bed, Role::Log));
    let _ = bed.assize(&["key", "new"]).expect(0);
    let auditor = Person::new(&bed, "auditor");
    for (old, role) in [(&council, Role::Council), (&log, Role::Log)] {
        let file = file_of(&bed, role);
        let _ = bed.assize(&["root", "rotate", old, &file]).expect(0);
    }
    let signed = bed.assize(&["root", "sign", "--format", "json"]).expect(0).json();
    assert_eq!(signed["published"]["version"], 2, "both in one version: {signed}");
    review(&bed, "HEAD~2");
    let report = verified(&auditor, &pin, 0);
    assert_eq!(
        report["logs"].as_array().map(Vec::len),
        Some(2),
        "another log key is another log"
    );
    for change in ["HEAD~3", "HEAD~2"] {
        let _ = auditor.assize(&["audit", "check", change, "--pin", &pin]).expect(0);
    }
}

#[test]
fn a_stolen_key_that_signs_after_its_revocation_convinces_nobody() {
    let bed = alone();
    let pin = pin_of(&bed);
    let _ = bed.assize(&["root", "pin"]).expect(0);
    let _ = bed.assize(&["root", "revoke", &key_of(&bed, Role::Council)]).expect(0);
    let _ = bed.assize(&["root", "sign"]).expect(0);
    let auditor = Person::new(&bed, "auditor");
    let _ = verified(&auditor, &pin, 0);
    // The thief has the same keys, and goes on.
    review(&bed, "HEAD~2");
    let report = verified(&auditor, &pin, 1);
    assert_eq!(codes(&report), ["key-range"], "{report}");
    // Nor is their owner convinced, although the keys are in the own store.
    let own = bed.assize(&["audit", "verify", "--format", "json"]).expect(1).json();
    assert_eq!(codes(&own), ["key-range"]);
    assert_eq!(own["root"]["pin_from"], "memory");
    let _ = auditor.assize(&["audit", "check", "HEAD~2", "--pin", &pin]).expect(3);
}

#[test]
fn what_was_signed_between_the_theft_and_its_discovery_is_cut_off() {
    let bed = alone();
    let pin = pin_of(&bed);
    let before = bed.assize(&["audit", "verify", "--format", "json"]).expect(0).json();
    let (log, size) = (before["logs"][0]["log"].as_str(), before["logs"][0]["entries"].as_u64());
    let at = format!("{}:{}", log.expect("a log"), size.expect("a size"));
    review(&bed, "HEAD~2");
    let auditor = Person::new(&bed, "auditor");
    let _ = verified(&auditor, &pin, 0);
    let council = key_of(&bed, Role::Council);
    let _ = bed.assize(&["root", "revoke", &council, "--at", &at]).expect(0);
    let signed = bed.assize(&["root", "sign", "--format", "json"]).expect(0).json();
    let keys = signed["published"]["keys"].as_array().expect("keys").clone();
    let revoked = keys.iter().find(|key| key["id"] == council.as_str()).expect("the key");
    assert_eq!(revoked["grants"][0]["to_size"].as_u64(), size);
    assert_eq!(revoked["grants"][0]["to_root"], before["logs"][0]["root"]);
    assert_eq!(codes(&verified(&auditor, &pin, 1)), ["key-range"]);
}

/// Somebody with both keys and another clone writes the log anew; entries say whatever time they like.
#[test]
fn backdated_entries_do_not_have_the_root_that_the_revocation_names() {
    let bed = alone();
    let pin = pin_of(&bed);
    review(&bed, "HEAD~2");
    let council = key_of(&bed, Role::Council);
    let _ = bed.assize(&["root", "revoke", &council]).expect(0);
    let _ = bed.assize(&["root", "sign"]).expect(0);
    let auditor = Person::new(&bed, "auditor");
    // The log as it was before its last entries: shorter than the root of trust knows it.
    let repository = Repository::open(bed.repository()).expect("the repository opens");
    let name = repository
        .references_glob("refs/assize/v1/log/*")
        .expect("refs")
        .next()
        .expect("a log")
        .expect("a ref")
        .name()
        .expect("a name")
        .to_owned();
    let tip = repository
        .find_reference(&name)
        .expect("the ref")
        .target()
        .expect("a commit");
    let parent = repository
        .find_commit(tip)
        .expect("a commit")
        .parent_id(0)
        .expect("a parent");
    repository.reference(&name, parent, true, "").expect("the ref moves");
    assert_eq!(codes(&verified(&auditor, &pin, 1)), ["log-shrunk"]);
    repository
        .find_reference(&name)
        .expect("the ref")
        .delete()
        .expect("it goes");
    assert_eq!(codes(&verified(&auditor, &pin, 1)), ["log-missing"]);
}

#[test]
fn an_old_root_replayed_is_refuted_and_nobody_signs_on_top_of_it() {
    let bed = alone();
    let pin = pin_of(&bed);
    let old = root_tip(&bed.repository());
    let council = key_of(&bed, Role::Council);
    let _ = bed.assize(&["root", "revoke", &council]).expect(0);
    let _ = bed.assize(&["root", "sign"]).expect(0);
    let auditor = Person::new(&bed, "auditor");
    let _ = verified(&auditor, &pin, 0);
    let new = root_tip(&bed.repository());
    move_root(&bed.repository(), old);
    assert_eq!(codes(&verified(&auditor, &pin, 1)), ["root-rolled-back"]);
    let stranger = Person::new(&bed, "stranger");
    let _ = verified(&stranger, &pin, 0);
    assert_eq!(
        codes(&verified(&stranger, &format!("{pin}@2"), 1)),
        ["root-rolled-back"]
    );
    let _ = bed.assize(&["root", "pin"]).expect(0);
    move_root(&bed.repository(), new);
    let _ = bed.assize(&["audit", "verify"]).expect(0);
    move_root(&bed.repository(), old);
    let refused = bed.assize(&["root", "revoke", &council]).expect(2);
    assert!(refused.stderr.contains("seen before"), "{}", refused.stderr);
}

#[test]
fn it_takes_as_many_people_as_the_threshold_says() {
    let bed = bed_of(1);
    review(&bed, "HEAD");
    let people = ["alice", "bob", "carol"].map(|name| Person::new(&bed, name));
    let [alice, bob, carol] = &people;
    let names: Vec<String> = people.iter().map(Person::signer).collect();
    let _ = bed
        .assize(&[
            "root",
            "init",
            "--signer",
            &names[0],
            "--signer",
            &names[1],
            "--signer",
            &names[2],
            "--threshold",
            "2",
        ])
        .expect(0);
    let refused = bed.assize(&["root", "sign"]).expect(2);
    assert!(refused.stderr.contains("none of your keys"), "{}", refused.stderr);
    for _ in 0..2 {
        let signed = alice.assize(&["root", "sign", "--format", "json"]).expect(0).json();
        assert!(
            signed["published"].is_null(),
            "one signer twice is one signer: {signed}"
        );
        assert_eq!(signed["draft"]["tallies"][0]["signed"], 1);
    }
    let signed = bob.assize(&["root", "sign", "--format", "json"]).expect(0).json();
    assert_eq!(
        (&signed["published"]["version"], &signed["draft"]),
        (&1.into(), &serde_json::Value::Null)
    );
    let pin = pin_of(&bed);
    let auditor = Person::new(&bed, "auditor");
    let _ = verified(&auditor, &pin, 0);
    // Carol loses her key. Alice and Bob let her in with a new one; with her old key she signs nothing.
    let old = KeyStore::new(carol.home.join("keys")).list().expect("keys")[0]
        .public
        .id()
        .to_string();
    let again = Person::new(&bed, "carol-again");
    let (_, file) = again
        .signer()
        .split_once('=')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("a file");
    let rotate = ["root", "rotate", &old, &file];
    let _ = alice.assize(&rotate).expect(0);
    let _ = alice.assize(&["root", "sign"]).expect(0);
    let short = again.assize(&["root", "sign", "--format", "json"]).expect(0).json();
    assert_eq!(
        short["published"]["version"], 1,
        "two of the new, and one of the old: {short}"
    );
    let tallies = short["draft"]["tallies"].as_array().expect("tallies").clone();
    assert_eq!((&tallies[0]["signed"], &tallies[1]["signed"]), (&2.into(), &1.into()));
    let signed = bob.assize(&["root", "sign", "--format", "json"]).expect(0).json();
    assert_eq!(signed["published"]["version"], 2);
    let _ = verified(&auditor, &pin, 0);
    let council = key_of(&bed, Role::Council);
    let _ = bob.assize(&["root", "revoke", &council]).expect(0);
    let _ = carol.assize(&["root", "sign"]).expect(2);
    let _ = again.assize(&["root", "sign"]).expect(0);
    let signed = bob.assize(&["root", "sign", "--format", "json"]).expect(0).json();
    assert_eq!(signed["published"]["version"], 3);
}

#[test]
fn two_names_for_one_key_and_two_keys_of_one_name_are_one() {
    let bed = bed_of(1);
    let (alice, bob) = (Person::new(&bed, "alice"), Person::new(&bed, "bob"));
    let file = alice.signer().split_once('=').expect("a file").1.to_owned();
    let (one, other) = (format!("alice={file}"), format!("mallory={file}"));
    let refused = bed
        .assize(&["root", "init", "--signer", &one, "--signer", &other])
        .expect(2);
    assert!(refused.stderr.contains("another holder"), "{}", refused.stderr);
    let second = bob.signer().split_once('=').expect("a file").1.to_owned();
    let second = format!("alice={second}");
    let refused = bed
        .assize(&[
            "root",
            "init",
            "--signer",
            &one,
            "--signer",
            &second,
            "--threshold",
            "2",
        ])
        .expect(2);
    assert!(refused.stderr.contains("threshold 2"), "{}", refused.stderr);
}
