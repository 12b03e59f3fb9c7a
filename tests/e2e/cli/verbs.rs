//! The small verbs: `init`, `key`, `plugin`, `policy`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit};
use assize_tests::guests;
use assize_tests::snapshot::Snapshot;

use super::{ASSIZE, bed_with};

#[test]
fn init_puts_the_default_policy_there_once() {
    let bed = Bed::new(ASSIZE);
    let first = bed.assize(&["init"]).expect(0);
    let policy = bed.repository().join(".assize/policy.toml");
    assert_eq!(
        fs::read_to_string(&policy).expect("the policy"),
        assize::policy::default::TEXT
    );
    assert!(first.stdout.contains("SHA256:"), "{}", first.stdout);
    let _ = bed.assize(&["policy", "check"]).expect(0);
    fs::write(&policy, "# mine\n").expect("a policy of one's own");
    let before = (Snapshot::of(&bed.repository()), Snapshot::of(&bed.home()));
    let again = bed.assize(&["init"]).expect(0);
    assert!(again.stdout.contains("was there"), "{}", again.stdout);
    assert!(
        before == (Snapshot::of(&bed.repository()), Snapshot::of(&bed.home())),
        "init overwrote something"
    );
}

/// A work tree from somebody else must not choose where files are written.
#[test]
fn init_writes_through_no_link() {
    for link in [".assize", ".assize/policy.toml"] {
        let bed = Bed::new(ASSIZE);
        let outside = bed.beside("outside");
        fs::create_dir(&outside).expect("a folder");
        let place = bed.repository().join(link);
        fs::create_dir_all(place.parent().expect("a folder")).expect("folders");
        let target = if link == ".assize" {
            outside.clone()
        } else {
            outside.join("made")
        };
        std::os::unix::fs::symlink(target, place).expect("a link");
        let run = bed.assize(&["init"]);
        assert_eq!(
            fs::read_dir(&outside).expect("a folder").count(),
            0,
            "written through {link}: {run:?}"
        );
    }
}

#[test]
fn keys_are_private_and_old_ones_stay() {
    let bed = Bed::new(ASSIZE);
    let list = || bed.assize(&["key", "list", "--format", "json"]).expect(0).json()["keys"].clone();
    assert_eq!(list().as_array().map(Vec::len), Some(0));
    for pairs in 1..=3 {
        let _ = bed.assize(&["key", "new"]).expect(0);
        let keys = list().as_array().expect("keys").clone();
        assert_eq!(keys.len(), 2 * pairs);
        let current: Vec<&str> = keys
            .iter()
            .filter(|key| key["current"] == true)
            .filter_map(|key| key["role"].as_str())
            .collect();
        assert_eq!(current, ["council", "log"]);
    }
    for file in fs::read_dir(bed.home().join("keys"))
        .expect("a folder")
        .map(|file| file.expect("a file"))
    {
        let mode = file.metadata().expect("readable").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} can be read by others", file.path().display());
    }
}

#[test]
fn keys_are_listed_in_every_format_without_their_secrets() {
    let bed = Bed::new(ASSIZE);
    let _ = bed.assize(&["key", "new"]).expect(0);
    let list = |format: &str| bed.assize(&["key", "list", "--format", format]).expect(0);
    let keys = list("json").json()["keys"].clone();
    let keys = keys.as_array().expect("keys");

    let human = list("human").stdout;
    for key in keys {
        assert!(
            human.contains(key["fingerprint"].as_str().expect("a fingerprint")),
            "{human}"
        );
    }
    let signers = list("allowed-signers").stdout;
    assert_eq!(signers.lines().count(), 2, "{signers}");
    assert!(
        signers
            .lines()
            .all(|line| line.contains(" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5")),
        "{signers}"
    );
    assert!(
        signers.lines().all(|line| line.contains("namespaces=\"")),
        "a key signs anything: {signers}"
    );

    let set = list("jwk").json();
    for (jwk, key) in set["keys"].as_array().expect("a JWK set").iter().zip(keys) {
        assert_eq!((&jwk["kty"], &jwk["crv"]), (&"OKP".into(), &"Ed25519".into()));
        assert_eq!((&jwk["kid"], &jwk["x"]), (&key["id"], &key["jwk"]["x"]));
    }
    // The private half stands in the files of the store and nowhere else.
    for file in fs::read_dir(bed.home().join("keys"))
        .expect("a folder")
        .map(|file| file.expect("a file").path())
    {
        let text = fs::read_to_string(&file).expect("text");
        let Some(secret) = serde_json::from_str::<serde_json::Value>(&text)
            .ok()
            .and_then(|key| key.get("d").cloned())
        else {
            continue;
        };
        let secret = secret.as_str().expect("a secret");
        for format in ["human", "json", "allowed-signers", "jwk"] {
            assert!(!list(format).stdout.contains(secret), "{format} shows a secret");
        }
    }
}

#[test]
fn plugins_are_listed_and_inspected() {
    let bed = bed_with(Vote::Approve);
    let listed = bed.assize(&["plugin", "list", "--format", "json"]).expect(0).json()["plugins"].clone();
    let names: Vec<&str> = listed
        .as_array()
        .expect("plugins")
        .iter()
        .filter_map(|plugin| plugin["name"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "codemod",
            "constitutional",
            "dependency-report",
            "fix-loop",
            "integration",
            "quality",
            "release-notes",
            "technical"
        ]
    );
    for plugin in listed.as_array().expect("plugins") {
        let name = plugin["name"].as_str().expect("a name");
        let inspected = bed
            .assize(&["plugin", "inspect", name, "--format", "json"])
            .expect(0)
            .json();
        assert_eq!(*plugin, inspected);
        let imports = inspected["imports"].as_array().expect("imports");
        let interfaces: &[&str] = match plugin["world"].as_str() {
            Some("judge") => &["evidence.", "log."],
            _ => &["workspace.", "state.", "artifacts.", "process.", "log."],
        };
        let allowed = |import: &serde_json::Value| {
            let is_of = |name: &str| interfaces.iter().any(|interface| name.starts_with(interface));
            import.as_str().is_some_and(is_of)
        };
        assert!(imports.iter().all(allowed), "{inspected}");
    }
    let file = bed
        .assize(&["plugin", "inspect", "judges/guest.wasm", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!((&file["name"], &file["version"]), (&"guest".into(), &"1.0.0".into()));
}

#[test]
fn a_component_that_cannot_judge_is_refused_with_the_reason() {
    let bed = bed_with(Vote::Approve);
    let foreign = guests::component(r#"(component (import "acme:disk/files@1.0.0" (instance)))"#);
    for (name, bytes, reason) in [
        ("foreign.wasm", foreign.as_slice(), "acme:disk/files@1.0.0"),
        ("module.wasm", b"\0asm\x01\0\0\0".as_slice(), "component"),
        ("empty.wasm", b"".as_slice(), "component"),
    ] {
        fs::write(bed.repository().join(name), bytes).expect("a file");
        let run = bed.assize(&["plugin", "inspect", name]).expect(2);
        assert!(run.stderr.contains(reason), "{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_policy_is_checked_where_it_lies() {
    let bed = bed_with(Vote::Approve);
    let summary = bed.assize(&["policy", "check"]).expect(0).stdout;
    for part in [".assize/policy.toml", "sha256", "guest", "judges/guest.wasm"] {
        assert!(summary.contains(part), "no {part:?} in\n{summary}");
    }
    // The work tree's file is checked, not the one that was committed.
    fs::write(bed.repository().join(".assize/policy.toml"), "version = 7\n").expect("a file");
    let run = bed.assize(&["policy", "check"]).expect(2);
    assert!(
        run.stderr.contains("P004") && run.stderr.contains(".assize/policy.toml:1:11"),
        "{}",
        run.stderr
    );
    bed.commit("Drop it", &[Edit::Remove(".assize/policy.toml")]);
    let _ = bed.assize(&["policy", "check"]).expect(2);
}
