use std::os::unix::fs::PermissionsExt;

use super::*;

const PASSPHRASE: &str = "a passphrase of some length";

fn room() -> (tempfile::TempDir, KeyStore) {
    let home = tempfile::tempdir().expect("a folder");
    let store = KeyStore::new(home.path().join("keys")).with_passphrase(PASSPHRASE.to_owned());
    (home, store)
}

fn ids(store: &KeyStore) -> Vec<String> {
    let keys = store.list().expect("lists");
    keys.iter().map(|key| key.public.id().to_string()).collect()
}

fn text_of(store: &KeyStore, id: &str) -> String {
    fs::read_to_string(store.dir.join(format!("{id}.jwk"))).expect("reads")
}

#[test]
fn a_pair_is_made_once_and_found_again() {
    let (_home, store) = room();
    let (first, made) = store.own_signer(Clock::Fixed(0)).expect("made");
    let (second, made_again) = store.own_signer(Clock::Fixed(9)).expect("found");
    assert!(made && !made_again);
    assert_eq!(first.council_key(), second.council_key());
    assert_ne!(first.council_key(), first.log_key());
}

#[test]
fn new_keys_leave_the_old_ones_trusted() {
    let (_home, store) = room();
    let (old, _) = store.own_signer(Clock::Fixed(0)).expect("made");
    let new = store.renew(Clock::Fixed(9)).expect("made");
    assert!(new.iter().all(|key| key.public != old.council_key() && key.current));
    let current: Vec<bool> = store.list().expect("lists").iter().map(|key| key.current).collect();
    assert_eq!(current, [false, false, true, true]);
    let trusted = store.trusted().expect("lists");
    assert!(trusted.council_key(&old.council_key().id()).is_some());
}

#[test]
fn a_persons_key_is_a_third_one_that_signs_no_log() {
    let (_home, store) = room();
    assert!(store.person_pen().expect("reads").is_none());
    let made = store.renew_person(Clock::Fixed(0)).expect("made");
    // A pair is still made where it is missing, and the person's key stays what it is.
    let (pair, made_pair) = store.own_signer(Clock::Fixed(1)).expect("made");
    let pen = store.person_pen().expect("reads").expect("is there");
    assert!(made_pair && made.iter().any(|key| key.public == pen.key()));
    assert!(![pair.council_key(), pair.log_key()].contains(&pen.key()));
    let trusted = store.trusted().expect("lists");
    assert_eq!(trusted.person_key(&pen.key().id()), Some(&pen.key()));
    assert!(trusted.council_key(&pen.key().id()).is_none() && !trusted.is_log_key(&pen.key()));
}

#[test]
fn only_the_owner_can_read_a_key() {
    let (home, store) = room();
    store.own_signer(Clock::Fixed(0)).expect("made");
    for file in fs::read_dir(home.path().join("keys"))
        .expect("a folder")
        .map(|file| file.expect("a file"))
    {
        let mode = file.metadata().expect("readable").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
    }
}

#[test]
fn a_plain_key_is_a_jwk_as_it_always_was() {
    let (_home, store) = room();
    store.own_signer(Clock::Fixed(0)).expect("made");
    for id in ids(&store) {
        let stored: serde_json::Value = serde_json::from_str(&text_of(&store, &id)).expect("JSON");
        let members: Vec<&str> = stored
            .as_object()
            .map(|members| members.keys().map(String::as_str).collect())
            .unwrap_or_default();
        assert_eq!(members, ["created", "crv", "d", "kid", "kty", "role", "x"]);
    }
    let current = fs::read_to_string(store.current_path()).expect("reads");
    assert!(!current.contains("person"), "{current}");
}

#[test]
fn a_broken_key_file_is_named_and_its_secret_is_not() {
    let (_home, store) = room();
    store.own_signer(Clock::Fixed(0)).expect("made");
    for id in ids(&store) {
        let path = store.dir.join(format!("{id}.jwk"));
        let text = text_of(&store, &id);
        let stored: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let secret = stored["d"].as_str().expect("a private half").to_owned();
        let other = secret.replacen(|sign: char| sign.is_ascii_lowercase(), "Z", 1);
        for broken in [
            text.replace("\"crv\"", "crv"),
            text.replace("\"d\"", "\"e\""),
            text.replace(&secret, &other),
            text.replace("\"d\"", "\"keeper\": \"ssh-agent\", \"d\""),
            text.replace("\"d\"", "\"keeper\": \"nobody\", \"d\""),
            text.replace("\"d\"", "\"sealed\": \"x\", \"d\""),
            text.replace("\"role\": \"", "\"role\": \"x"),
            text.replace("OKP", "EC"),
            text.replace(&id, "someone-else"),
        ] {
            fs::write(&path, &broken).expect("writes");
            let fault = store.list().expect_err("is refused").to_string();
            assert!(
                fault.contains(&path.display().to_string()) && !fault.contains(&secret),
                "{broken}: {fault}"
            );
            assert!(store.own_signer(Clock::Fixed(0)).is_err());
        }
        fs::write(&path, &text).expect("writes");
    }
    assert!(store.own_signer(Clock::Fixed(0)).is_ok());
}

#[test]
fn a_protected_key_is_nowhere_in_the_folder_and_comes_back() {
    let (_home, store) = room();
    let (before, _) = store.own_signer(Clock::Fixed(0)).expect("made");
    let secrets: Vec<String> = ids(&store)
        .iter()
        .map(|id| {
            let stored: serde_json::Value = serde_json::from_str(&text_of(&store, id)).expect("JSON");
            stored["d"].as_str().expect("a private half").to_owned()
        })
        .collect();
    let protected = store.protect(&[], Protection::Passphrase).expect("protects");
    assert!(protected.len() == 2 && protected.iter().all(|key| key.keeping == Keeping::Passphrase));
    for file in fs::read_dir(&store.dir).expect("a folder") {
        let text = fs::read_to_string(file.expect("a file").path()).expect("reads");
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{text}");
    }
    // The public halves need no passphrase.
    let stranger = KeyStore::new(store.dir.clone()).with_passphrase("another one".to_owned());
    assert_eq!(stranger.trusted().expect("lists"), store.trusted().expect("lists"));
    let wrong = stranger.own_signer(Clock::Fixed(1)).expect_err("is wrong");
    assert!(matches!(wrong, KeyFault::WrongPassphrase { .. }) && !wrong.is_machine());
    assert!(stranger.unprotect(&[]).is_err());
    let (after, made) = store.own_signer(Clock::Fixed(1)).expect("opens");
    assert!(!made && after.council_key() == before.council_key() && after.log_key() == before.log_key());
    assert!(
        store
            .protect(&[], Protection::Passphrase)
            .expect("nothing is left")
            .is_empty()
    );
    let plain = store.unprotect(&[]).expect("opens");
    assert!(plain.len() == 2 && plain.iter().all(|key| key.keeping == Keeping::File));
    let again: Vec<String> = ids(&store).iter().map(|id| text_of(&store, id)).collect();
    assert!(
        secrets
            .iter()
            .all(|secret| again.iter().any(|text| text.contains(secret)))
    );
}

#[test]
fn one_key_is_protected_by_its_name_alone() {
    let (_home, store) = room();
    let (signer, _) = store.own_signer(Clock::Fixed(0)).expect("made");
    let name = openssh::fingerprint(&signer.log_key());
    let changed = store
        .protect(std::slice::from_ref(&name), Protection::Passphrase)
        .expect("protects");
    assert_eq!(
        changed.iter().map(|key| key.public).collect::<Vec<_>>(),
        [signer.log_key()]
    );
    let twice = store
        .protect(&[name], Protection::Passphrase)
        .expect_err("is protected");
    assert!(matches!(twice, KeyFault::NotOurs { .. }), "{twice}");
    let council = signer.council_key().id().to_string();
    assert!(matches!(store.unprotect(&[council]), Err(KeyFault::NotOurs { .. })));
    let nobody = store.protect(&["nobody".to_owned()], Protection::Passphrase);
    assert!(matches!(nobody, Err(KeyFault::Unknown(_))));
}

#[test]
fn a_short_passphrase_protects_nothing() {
    let (_home, store) = room();
    store.own_signer(Clock::Fixed(0)).expect("made");
    let before: Vec<String> = ids(&store).iter().map(|id| text_of(&store, id)).collect();
    for short in ["", "1234567"] {
        let store = KeyStore::new(store.dir.clone()).with_passphrase(short.to_owned());
        let fault = store.protect(&[], Protection::Passphrase).expect_err("is too short");
        assert!(
            fault.to_string().contains("at least 8") || fault.to_string().contains("less than 8"),
            "{fault}"
        );
    }
    let after: Vec<String> = ids(&store).iter().map(|id| text_of(&store, id)).collect();
    assert_eq!(before, after);
}

#[test]
fn a_damaged_protected_key_is_no_key_of_another() {
    let (_home, store) = room();
    store.own_signer(Clock::Fixed(0)).expect("made");
    store.protect(&[], Protection::Passphrase).expect("protects");
    let ids = ids(&store);
    let texts: Vec<serde_json::Value> = ids
        .iter()
        .map(|id| serde_json::from_str(&text_of(&store, id)).expect("JSON"))
        .collect();
    let (mut one, other) = (texts[0].clone(), texts[1].clone());
    let path = store.dir.join(format!("{}.jwk", ids[0]));
    // What is sealed for one key is put into the file of the other.
    one["sealed"] = other["sealed"].clone();
    fs::write(&path, one.to_string()).expect("writes");
    let swapped = store.own_signer(Clock::Fixed(0)).expect_err("is another key");
    assert!(swapped.to_string().contains("belongs to another key"), "{swapped}");
    for sealed in ["", "-----BEGIN AGE ENCRYPTED FILE-----", "AAAA"] {
        one["sealed"] = sealed.into();
        fs::write(&path, one.to_string()).expect("writes");
        let fault = store.own_signer(Clock::Fixed(0)).expect_err("is damaged");
        assert!(matches!(fault, KeyFault::Unreadable { .. }), "{fault}");
    }
}

#[test]
fn what_a_killed_process_was_writing_is_taken_away() {
    let (_home, store) = room();
    store.own_signer(Clock::Fixed(0)).expect("made");
    let left = store.dir.join(format!("{}.new", ids(&store)[0]));
    fs::write(&left, "{\"d\":\"a private half\"}").expect("writes");
    // Another program's, which is at work beside this one.
    let other = store.dir.join("secrets.new");
    fs::write(&other, "an identity").expect("writes");
    store.own_signer(Clock::Fixed(0)).expect("opens");
    assert!(!left.exists() && other.exists());
}

#[test]
fn threads_that_make_and_protect_keys_at_once_lose_none() {
    let (_home, store) = room();
    let (first, _) = store.own_signer(Clock::Fixed(0)).expect("made");
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| store.renew(Clock::Fixed(1)).expect("made"));
            scope.spawn(|| store.renew_person(Clock::Fixed(1)).expect("made"));
        }
        scope.spawn(|| {
            let name = first.council_key().id().to_string();
            store.protect(&[name], Protection::Passphrase).expect("protects")
        });
    });
    let keys = store.list().expect("lists");
    assert_eq!(keys.len(), 2 + 3 * 3);
    assert_eq!(keys.iter().filter(|key| key.current).count(), 3);
    assert_eq!(keys.iter().filter(|key| key.keeping == Keeping::Passphrase).count(), 1);
}
