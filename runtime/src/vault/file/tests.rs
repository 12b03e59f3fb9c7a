use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::*;

struct Room {
    dir: tempfile::TempDir,
    home: Home,
}

fn room() -> Room {
    let dir = tempfile::tempdir().expect("a folder");
    let home = Home::open(&dir.path().join("home")).expect("a home");
    Room { dir, home }
}

impl Room {
    fn file(&self) -> SecretsFile {
        SecretsFile::new(&self.home, None)
    }

    fn identity(&self) -> PathBuf {
        self.home.keys().join("secrets.identity")
    }
}

fn value(text: &str) -> Value {
    Value::new(text.to_owned())
}

fn values(file: &SecretsFile) -> Vec<(String, String)> {
    let secrets = file.read().expect("reads");
    secrets
        .into_iter()
        .map(|(name, value)| (name, value.expose().to_owned()))
        .collect()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("there").permissions().mode() & 0o777
}

#[test]
fn what_is_set_is_found_until_it_is_removed() {
    let room = room();
    let file = room.file();
    assert!(values(&file).is_empty());
    assert!(!file.set("one", &value("first value")).expect("sets"));
    assert!(!file.set("two", &value("second value\nof two lines")).expect("sets"));
    assert!(file.set("one", &value("a newer value")).expect("sets"));
    assert_eq!(
        values(&file),
        [
            ("one".to_owned(), "a newer value".to_owned()),
            ("two".to_owned(), "second value\nof two lines".to_owned())
        ]
    );
    assert!(file.remove("one").expect("removes"));
    assert!(!file.remove("one").expect("is gone"));
    assert_eq!(values(&file).len(), 1);
}

#[test]
fn the_file_is_encrypted_and_only_the_owner_reads_its_identity() {
    let room = room();
    room.file().set("one", &value("first value")).expect("sets");
    let sealed = std::fs::read(room.home.secrets()).expect("reads");
    assert!(sealed.starts_with(b"age-encryption.org/v1"));
    assert!(memchr::memmem::find(&sealed, b"first value").is_none());
    assert!(memchr::memmem::find(&sealed, b"one").is_none());
    assert_eq!((mode(&room.home.secrets()), mode(&room.identity())), (0o600, 0o600));
    assert_eq!(mode(&room.home.keys()), 0o700);
}

#[test]
fn an_identity_that_others_can_read_is_refused() {
    let room = room();
    let file = room.file();
    file.set("one", &value("first value")).expect("sets");
    for mode in [0o644, 0o640, 0o604, 0o620] {
        std::fs::set_permissions(room.identity(), std::fs::Permissions::from_mode(mode)).expect("is ours");
        let fault = file.read().expect_err("is refused").to_string();
        assert!(fault.contains("chmod 600"), "{fault}");
        assert!(file.set("two", &value("second value")).is_err());
    }
    std::fs::set_permissions(room.identity(), std::fs::Permissions::from_mode(0o400)).expect("is ours");
    assert_eq!(values(&file).len(), 1);
}

#[test]
fn a_wrong_or_missing_identity_opens_nothing_and_loses_nothing() {
    let room = room();
    let file = room.file();
    file.set("one", &value("first value")).expect("sets");
    let identity = std::fs::read(room.identity()).expect("reads");
    std::fs::remove_file(room.identity()).expect("is ours");
    assert!(matches!(file.read(), Err(VaultFault::NoIdentity { .. })));
    assert!(file.set("two", &value("second value")).is_err() && !room.identity().exists());
    let other = room.dir.path().join("other");
    let key = age::x25519::Identity::generate().to_string();
    durable::replace(&other, age::secrecy::ExposeSecret::expose_secret(&key).as_bytes()).expect("writes");
    let with_other = SecretsFile::new(&room.home, Some(other));
    assert!(matches!(with_other.read(), Err(VaultFault::WrongIdentity { .. })));
    assert!(with_other.set("two", &value("second value")).is_err());
    durable::replace(&room.identity(), &identity).expect("writes");
    assert_eq!(values(&file).len(), 1);
}

#[test]
fn a_damaged_file_is_named_and_never_replaced() {
    let room = room();
    let file = room.file();
    file.set("one", &value("first value")).expect("sets");
    let sealed = std::fs::read(room.home.secrets()).expect("reads");
    let mut flipped = sealed.clone();
    if let Some(last) = flipped.last_mut() {
        *last ^= 1;
    }
    for damaged in [Vec::new(), b"{}".to_vec(), sealed[..sealed.len() / 2].to_vec(), flipped] {
        std::fs::write(room.home.secrets(), &damaged).expect("writes");
        let fault = file.read().expect_err("is damaged").to_string();
        assert!(fault.contains("secrets.age is damaged"), "{fault}");
        assert!(file.set("two", &value("second value")).is_err());
        assert!(file.remove("one").is_err());
        assert_eq!(std::fs::read(room.home.secrets()).expect("reads"), damaged);
    }
    std::fs::remove_file(room.home.secrets()).expect("is ours");
    let elsewhere = room.dir.path().join("elsewhere");
    std::fs::write(&elsewhere, &sealed).expect("writes");
    symlink(&elsewhere, room.home.secrets()).expect("links");
    let fault = file.read().expect_err("is a link").to_string();
    assert!(fault.contains("not a regular file"), "{fault}");
    assert!(file.set("two", &value("second value")).is_err());
}

#[test]
fn an_identity_that_is_a_link_or_no_key_is_refused() {
    let room = room();
    let file = room.file();
    file.set("one", &value("first value")).expect("sets");
    let moved = room.dir.path().join("moved");
    std::fs::rename(room.identity(), &moved).expect("moves");
    symlink(&moved, room.identity()).expect("links");
    assert!(file.read().is_err());
    // One that the user names may be a link: that is how secrets are mounted.
    let named = SecretsFile::new(&room.home, Some(room.identity()));
    assert_eq!(values(&named).len(), 1);
    for text in ["", "AGE-SECRET-KEY-1QQQ", "# only a comment\n", "\u{0}\u{ff}"] {
        durable::replace(&moved, text.as_bytes()).expect("writes");
        let fault = named.read().expect_err("is none").to_string();
        assert!(
            fault.contains("is no age identity") && !fault.contains("QQQ"),
            "{fault}"
        );
    }
}

#[test]
fn one_file_holds_only_so_many() {
    let room = room();
    let file = room.file();
    let many = (0..SECRETS_MAX).map(|index| (format!("name-{index}"), value("some value")));
    file.write(&many.collect()).expect("writes");
    assert!(matches!(
        file.set("one-more", &value("some value")),
        Err(VaultFault::Full { .. })
    ));
    assert!(file.set("name-7", &value("another value")).expect("replaces"));
}

#[test]
fn two_that_set_at_once_lose_nothing() {
    let room = room();
    std::thread::scope(|scope| {
        for who in ["left", "right"] {
            let file = room.file();
            scope.spawn(move || {
                for index in 0..10 {
                    file.set(&format!("{who}-{index}"), &value("some value")).expect("sets");
                }
            });
        }
    });
    assert_eq!(values(&room.file()).len(), 20);
}
