//! Drafts: begun, changed, damaged, late.

use super::*;

const DRAFT: &str = ".git/assize-root-draft.json";

#[test]
fn nothing_is_there_before_it_is_drafted() {
    let bed = bed_of(1);
    let _ = bed.assize(&["root", "show"]).expect(3);
    for arguments in [
        &["root", "sign"][..],
        &["root", "pin"],
        &["root", "revoke", "x"],
        &["root", "pin", "not-a-digest"],
    ] {
        let refused = bed.assize(arguments).expect(2);
        assert!(refused.stderr.contains("hint"), "{arguments:?}: {}", refused.stderr);
    }
    let _ = bed.assize(&["root", "init"]).expect(0);
    let again = bed.assize(&["root", "init"]).expect(2);
    assert!(again.stderr.contains("draft already"), "{}", again.stderr);
    let shown = bed.assize(&["root", "show", "--format", "json"]).expect(0).json();
    assert_eq!(shown["schema"], "assize.root/1");
    assert_eq!(shown["draft"]["version"], 1);
    assert_eq!(shown["draft"]["tallies"][0]["signed"], 0);
    let _ = bed.assize(&["root", "sign"]).expect(0);
    assert!(!bed.repository().join(DRAFT).exists(), "what is published is no draft");
    let again = bed.assize(&["root", "init"]).expect(2);
    assert!(again.stderr.contains("already"), "{}", again.stderr);
}

#[test]
fn a_change_takes_the_signatures_away() {
    let bed = alone();
    let bob = Person::new(&bed, "bob");
    let file = bob.signer().split_once('=').expect("a file").1.to_owned();
    let grant = [
        "root",
        "grant",
        "signer",
        &file,
        "--principal",
        "bob",
        "--threshold",
        "2",
    ];
    let _ = bed.assize(&grant).expect(0);
    let signed = bed.assize(&["root", "sign", "--format", "json"]).expect(0).json();
    assert_eq!(signed["draft"]["tallies"][0]["signed"], 1);
    let person = [
        "root",
        "grant",
        "person",
        &file,
        "--principal",
        "bob",
        "--custody",
        "hardware",
    ];
    let changed = bed
        .assize(&[&person[..], &["--format", "json"]].concat())
        .expect(0)
        .json();
    assert_eq!(changed["draft"]["version"], 2, "one version, changed twice");
    assert_eq!(changed["draft"]["threshold"], 2);
    assert_eq!(changed["draft"]["tallies"][0]["signed"], 0);
    let _ = bed.assize(&["root", "sign"]).expect(0);
    let published = bob.assize(&["root", "sign", "--format", "json"]).expect(0).json();
    assert_eq!(published["published"]["version"], 2);
    let keys = published["published"]["keys"].as_array().expect("keys").clone();
    let bobs = keys.iter().find(|key| key["principal"] == "bob").expect("Bob's key");
    assert_eq!(
        (&bobs["custody"], &bobs["grants"][0]["role"]),
        (&"hardware".into(), &"person".into())
    );
}

#[test]
fn grants_name_logs_and_positions() {
    let bed = alone();
    let report = bed.assize(&["audit", "verify", "--format", "json"]).expect(0).json();
    let log = report["logs"][0]["log"].as_str().expect("a log").to_owned();
    let other = Person::new(&bed, "other");
    let file = other.signer().split_once('=').expect("a file").1.to_owned();
    let with = |more: &[&str]| {
        let grant = [
            "root",
            "grant",
            "council",
            &file,
            "--principal",
            "other",
            "--format",
            "json",
        ];
        bed.assize(&[&grant[..], more].concat())
    };
    let _ = with(&["--from", "6"]).expect(2);
    let _ = with(&["--log", "zz"]).expect(2);
    let drafted = with(&["--log", &log[..8], "--from", "6"]).expect(0).json();
    let keys = drafted["draft"]["keys"].as_array().expect("keys").clone();
    let others = keys.iter().find(|key| key["principal"] == "other").expect("the key");
    assert_eq!(
        (&others["grants"][0]["log"], &others["grants"][0]["from"]),
        (&log.into(), &6.into())
    );
    let overlapping = with(&[]).expect(2);
    assert!(overlapping.stderr.contains("overlap"), "{}", overlapping.stderr);
}

#[test]
fn damaged_and_foreign_drafts_are_refused() {
    let bed = alone();
    let council = key_of(&bed, Role::Council);
    let _ = bed.assize(&["root", "revoke", &council]).expect(0);
    let file = bed.repository().join(DRAFT);
    let sound = fs::read(&file).expect("the draft");
    let tip = root_tip(&bed.repository());
    let long = vec![b' '; 1 << 20];
    fs::write(&file, long).expect("written");
    assert_ne!(bed.assize(&["root", "sign"]).code, 0);
    // A draft that somebody made for another root.
    let stranger = Bed::new(ASSIZE);
    let _ = stranger.assize(&["root", "init"]).expect(0);
    fs::copy(stranger.repository().join(DRAFT), &file).expect("copied");
    let refused = bed.assize(&["root", "sign"]).expect(2);
    assert!(refused.stderr.contains("not here"), "{}", refused.stderr);
    assert_eq!(root_tip(&bed.repository()), tip);
    // A sound one that comes too late.
    fs::write(&file, &sound).expect("written");
    let _ = bed.assize(&["root", "sign"]).expect(0);
    fs::write(&file, &sound).expect("written");
    let late = bed.assize(&["root", "sign", "--format", "json"]).expect(0).json();
    assert_eq!(late["published"]["version"], 2, "it is published already");
    assert!(!file.exists());
    let mut other = sound.clone();
    other.truncate(sound.len() / 2);
    fs::write(&file, &other).expect("written");
    let _ = bed.assize(&["root", "sign"]).expect(2);
}

#[test]
fn a_draft_that_was_changed_after_somebody_signed_it_is_refused() {
    let bed = alone();
    let bob = Person::new(&bed, "bob");
    let key = bob.signer().split_once('=').expect("a file").1.to_owned();
    let grant = [
        "root",
        "grant",
        "signer",
        &key,
        "--principal",
        "bob",
        "--threshold",
        "2",
    ];
    let _ = bed.assize(&grant).expect(0);
    let _ = bed.assize(&["root", "sign"]).expect(0);
    let file = bed.repository().join(DRAFT);
    let sound = fs::read(&file).expect("the draft");
    let tip = root_tip(&bed.repository());
    for at in (0..sound.len()).step_by(41) {
        let mut bent = sound.clone();
        bent[at] ^= 1;
        fs::write(&file, &bent).expect("written");
        let refused = bob.assize(&["root", "sign"]);
        assert_eq!(refused.code, 2, "byte {at}: {refused:?}");
        assert_eq!(
            fs::read(&file).expect("the draft"),
            bent,
            "nothing is signed that is refused"
        );
    }
    assert_eq!(root_tip(&bed.repository()), tip);
    fs::write(&file, &sound).expect("written");
    let signed = bob.assize(&["root", "sign", "--format", "json"]).expect(0).json();
    assert_eq!(signed["published"]["version"], 2);
}

#[test]
fn unsound_logs_say_nothing_of_where_a_key_ends() {
    let bed = alone();
    let council = key_of(&bed, Role::Council);
    let far = ["root", "revoke", &council, "--at", "zz:1"];
    let _ = bed.assize(&far).expect(2);
    let report = bed.assize(&["audit", "verify", "--format", "json"]).expect(0).json();
    let log = report["logs"][0]["log"].as_str().expect("a log").to_owned();
    let beyond = format!("{log}:100000");
    let refused = bed.assize(&["root", "revoke", &council, "--at", &beyond]).expect(2);
    assert!(refused.stderr.contains("fewer than"), "{}", refused.stderr);
    let repository = Repository::open(bed.repository()).expect("the repository opens");
    let head = repository.head().expect("a head").target().expect("a commit");
    repository
        .reference(&format!("refs/assize/v1/log/{log}"), head, true, "")
        .expect("the ref moves");
    let refused = bed.assize(&["root", "revoke", &council]).expect(2);
    assert!(refused.stderr.contains("not sound"), "{}", refused.stderr);
}

#[test]
fn stock_git_carries_the_root_to_another_clone() {
    let bed = alone();
    let Some(git) = assize_tests::tools::program("git", "whether stock git carries a root of trust") else {
        return;
    };
    let bare = bed.beside("shared.git").to_string_lossy().into_owned();
    let clone = bed.beside("clone").to_string_lossy().into_owned();
    let _ = bed.tool(&git, &["init", "-q", "--bare", "-b", "main", &bare]).expect(0);
    let _ = bed
        .tool(&git, &["push", "-q", &bare, "main", "refs/assize/*:refs/assize/*"])
        .expect(0);
    let _ = bed.tool(&git, &["clone", "-q", &bare, &clone]).expect(0);
    let _ = bed
        .tool(
            &git,
            &["-C", &clone, "fetch", "-q", "origin", "refs/assize/*:refs/assize/*"],
        )
        .expect(0);
    let auditor = Person::new(&bed, "auditor");
    let pin = pin_of(&bed);
    let _ = auditor
        .assize(&["-C", &clone, "audit", "verify", "--pin", &pin])
        .expect(0);
    let _ = auditor.assize(&["-C", &clone, "root", "pin", &pin]).expect(0);
    let _ = auditor.assize(&["-C", &clone, "audit", "verify"]).expect(0);
}
