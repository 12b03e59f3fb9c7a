//! Repositories on disk, built byte by byte, so that hostile ones can be built too.

use std::fs;
use std::path::{Path, PathBuf};

use super::{GitObjects, RefTarget, is_ref_name};
use crate::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};

/// A repository with one blob, one tree and one commit, all loose, and a branch.
struct Fixture {
    folder: tempfile::TempDir,
    blob: ObjectId,
    commit: ObjectId,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["objects/pack", "objects/info", "refs/heads", "refs/tags", "info"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let repository = git2::Repository::init_bare(folder.path()).unwrap();
        let odb = repository.odb().unwrap();
        let own = |id: git2::Oid| ObjectId::from_bytes(id.as_bytes().try_into().unwrap());
        let blob = odb.write(git2::ObjectType::Blob, b"contents\n").unwrap();
        let mut tree = b"100644 a\0".to_vec();
        tree.extend_from_slice(blob.as_bytes());
        let tree = odb.write(git2::ObjectType::Tree, &tree).unwrap();
        let by = "A <a@b.example> 1 +0000";
        let text = format!("tree {tree}\nauthor {by}\ncommitter {by}\n\nStart\n");
        let commit = odb.write(git2::ObjectType::Commit, text.as_bytes()).unwrap();
        fs::remove_file(folder.path().join("config")).unwrap();
        fs::write(folder.path().join("refs/heads/main"), format!("{commit}\n")).unwrap();
        Self {
            folder,
            blob: own(blob),
            commit: own(commit),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), contents).unwrap();
    }

    fn open(&self) -> Result<GitObjects, ReadError> {
        GitObjects::open(self.folder.path())
    }

    fn refusal(&self) -> String {
        match self.open() {
            Err(ReadError::Refused { reason }) => reason,
            other => panic!("{other:?}"),
        }
    }

    fn loose(&self, id: &ObjectId) -> PathBuf {
        let hex = id.to_string();
        self.path("objects").join(&hex[..2]).join(&hex[2..])
    }

    /// Puts something else in the place of a loose object, which is read-only.
    fn replace(&self, id: &ObjectId, contents: &[u8]) {
        fs::remove_file(self.loose(id)).unwrap();
        fs::write(self.loose(id), contents).unwrap();
    }
}

fn swap_for_link(path: &Path, target: &Path) {
    if path.is_dir() {
        fs::remove_dir_all(path).unwrap();
    } else if path.exists() {
        fs::remove_file(path).unwrap();
    }
    std::os::unix::fs::symlink(target, path).unwrap();
}

#[test]
fn objects_are_read_with_their_kind() {
    let fixture = Fixture::new();
    let objects = fixture.open().unwrap();
    let blob = objects.object(&fixture.blob, 9).unwrap().unwrap();
    assert_eq!(
        (blob.kind, blob.bytes.as_slice()),
        (ObjectKind::Blob, &b"contents\n"[..])
    );
    assert_eq!(
        objects.object(&fixture.commit, 1000).unwrap().unwrap().kind,
        ObjectKind::Commit
    );
    let missing = ObjectId::from_bytes([7; 20]);
    assert_eq!(objects.object(&missing, 1000), Ok(None));
    // Git knows the empty tree without storing it.
    let empty: ObjectId = "4b825dc642cb6eb9a060e54bf8d69288fbee4904".parse().unwrap();
    assert_eq!(objects.object(&empty, 1000).unwrap().unwrap().bytes, b"");
}

#[test]
fn objects_above_the_limit_are_not_read() {
    let fixture = Fixture::new();
    let objects = fixture.open().unwrap();
    let expected = ReadError::TooLarge {
        id: fixture.blob,
        bytes: 9,
        bytes_max: 8,
    };
    assert_eq!(objects.object(&fixture.blob, 8), Err(expected));
}

#[test]
fn an_object_with_other_bytes_is_damaged() {
    let fixture = Fixture::new();
    let objects = fixture.open().unwrap();
    let commit = fs::read(fixture.loose(&fixture.commit)).unwrap();
    let mut flipped = fs::read(fixture.loose(&fixture.blob)).unwrap();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x10;
    for contents in [
        &commit[..],
        &flipped,
        b"",
        b"\x78",
        b"\x78\x9c",
        b"junk and no zlib",
        b"\x31\x78\x9c\x03\0",
    ] {
        fixture.replace(&fixture.blob, contents);
        let read = objects.object(&fixture.blob, 1000);
        assert!(matches!(read, Err(ReadError::Damaged { .. })), "{contents:?}: {read:?}");
    }
}

#[test]
fn an_object_in_a_pack_with_other_bytes_is_damaged() {
    let fixture = Fixture::new();
    let repository = git2::Repository::open_bare(fixture.folder.path()).unwrap();
    let mut builder = repository.packbuilder().unwrap();
    let oid = git2::Oid::from_bytes(fixture.blob.as_bytes()).unwrap();
    builder.insert_object(oid, None).unwrap();
    builder.write(&fixture.path("objects/pack"), 0o644).unwrap();
    fs::remove_file(fixture.loose(&fixture.blob)).unwrap();
    assert!(fixture.open().unwrap().object(&fixture.blob, 1000).unwrap().is_some());
    let pack = fs::read_dir(fixture.path("objects/pack"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let pack = pack
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "pack"))
        .unwrap();
    let sound = fs::read(&pack).unwrap();
    // 12 bytes of header and one of the entry; the object's 17 bytes of zlib follow.
    for place in 13..sound.len() - 20 {
        let mut bytes = sound.clone();
        bytes[place] ^= 0x04;
        fs::write(&pack, &bytes).unwrap();
        let read = fixture.open().unwrap().object(&fixture.blob, 1000);
        // A bit of the zlib header may change nothing; anything else must be noticed.
        let is_same = matches!(&read, Ok(Some(object)) if object.bytes == b"contents\n");
        assert!(
            is_same || matches!(read, Err(ReadError::Damaged { .. } | ReadError::TooLarge { .. })),
            "{place}: {read:?}"
        );
    }
}

#[test]
fn an_object_that_is_no_file_is_not_waited_for() {
    let fixture = Fixture::new();
    let objects = fixture.open().unwrap();
    swap_for_link(&fixture.loose(&fixture.blob), Path::new("/dev/zero"));
    assert!(matches!(
        objects.object(&fixture.blob, 1000),
        Err(ReadError::Damaged { .. })
    ));
    fs::remove_file(fixture.loose(&fixture.blob)).unwrap();
    fs::create_dir(fixture.loose(&fixture.blob)).unwrap();
    assert!(matches!(
        objects.object(&fixture.blob, 1000),
        Err(ReadError::Damaged { .. })
    ));
}

#[test]
fn repositories_that_mean_something_else_are_refused() {
    let cases: [(&str, &str, &str); 9] = [
        (
            "shallow",
            "0123456789abcdef0123456789abcdef01234567\n",
            "git fetch --unshallow",
        ),
        ("info/grafts", "0123456789abcdef0123456789abcdef01234567\n", "grafts"),
        ("objects/info/alternates", "/somewhere/else/objects\n", "alternates"),
        ("objects/info/http-alternates", "http://x.example\n", "alternates"),
        (
            "config",
            "[core]\n\tbare = false\n[extensions]\n\tobjectFormat = sha256\n",
            "sha256",
        ),
        ("config", "[Extensions] objectformat=\"sha256\"\n", "sha256"),
        ("config", "[extensions]\n\trefStorage = reftable\n", "reftable"),
        ("config", "[extensions]\n\tbrandNew = true\n", "brandnew"),
        ("objects/pack/multi-pack-index", "MIDXjunk", "multi-pack-index write"),
    ];
    for (name, contents, expected) in cases {
        let fixture = Fixture::new();
        fixture.write(name, contents);
        let reason = fixture.refusal();
        assert!(reason.contains(expected), "{name}: {reason}");
    }
}

#[test]
fn harmless_configuration_is_passed_over() {
    let fixture = Fixture::new();
    let config = "[include]\n\tpath = /nonexistent\n[core]\n\tfsmonitor = touch /tmp/x\n[extensions]\n\tworktreeConfig\n\
                  \tpartialClone = origin ; comment\n[broken\n[extensions \"x\"]\n\tobjectformat = sha256\n";
    fixture.write("config", config);
    fixture.write("shallow", "");
    assert!(fixture.open().is_ok());
}

#[test]
fn links_out_of_the_repository_are_refused() {
    let elsewhere = Fixture::new();
    for name in ["objects", "refs", "objects/pack", "objects/info", "refs/heads", "info"] {
        let fixture = Fixture::new();
        swap_for_link(&fixture.path(name), &elsewhere.path(name));
        assert!(fixture.refusal().contains("link"), "{name}");
    }
    let fixture = Fixture::new();
    let fan_out = fixture.blob.to_string()[..2].to_owned();
    swap_for_link(
        &fixture.path("objects").join(&fan_out),
        &elsewhere.path("objects").join(&fan_out),
    );
    assert!(fixture.refusal().contains("link"));
    let fixture = Fixture::new();
    swap_for_link(&fixture.path("objects/pack/pack-1.pack"), Path::new("/etc/hostname"));
    assert!(fixture.refusal().contains("pack-1.pack"));
}

#[test]
fn a_multi_pack_index_is_looked_over() {
    let fixture = Fixture::new();
    fixture.write("objects/pack/multi-pack-index", "junk that leads anywhere");
    assert!(fixture.refusal().contains("multi-pack-index"));
}

#[test]
fn refs_are_read_from_their_files_and_from_packed_refs() {
    let fixture = Fixture::new();
    let (one, two) = (ObjectId::from_bytes([1; 20]), ObjectId::from_bytes([2; 20]));
    let packed = format!(
        "# pack-refs with: peeled fully-peeled sorted \n{one} refs/heads/main\n{one} refs/heads/old\n{two} refs/tags/v1\n\
         ^{one}\n{one} refs/heads/linked\n"
    );
    fixture.write("packed-refs", packed);
    fixture.write("refs/heads/linked", "ref: refs/heads/old\n");
    fixture.write("refs/heads/deep/er", format!("{two}\n"));
    fixture.write("refs/heads/main.lock", "");
    fixture.write("refs/heads/bad..name", "junk");
    let objects = fixture.open().unwrap();
    let named = |name: &str, id| (format!("refs/heads/{name}"), id);
    let heads = [named("deep/er", two), named("main", fixture.commit), named("old", one)];
    assert_eq!(objects.refs("refs/heads/").unwrap(), heads);
    assert_eq!(objects.refs("refs/heads/de").unwrap(), heads[..1]);
    assert_eq!(objects.refs("refs/heads/deep/er").unwrap(), heads[..1]);
    assert_eq!(objects.refs("refs/assize/").unwrap(), []);
    assert_eq!(objects.refs("refs/").unwrap().len(), 4);
    let refs = objects.ref_files();
    assert_eq!(refs.read("refs/tags/v1").unwrap(), Some(RefTarget::Object(two)));
    assert_eq!(refs.read("refs/tags/v2").unwrap(), None);
    assert_eq!(refs.read("refs/heads/deep").unwrap(), None);
    let linked = refs.read("refs/heads/linked").unwrap().unwrap();
    assert_eq!(refs.resolve(linked).unwrap(), Some(one));
}

#[test]
fn hostile_refs_are_refused() {
    let fixture = Fixture::new();
    let objects = fixture.open().unwrap();
    let refs = objects.ref_files();
    for contents in [
        "",
        "junk",
        "ref: ../../etc/passwd",
        "ref: HEAD",
        "0123",
        "ref: refs/heads/a b",
    ] {
        fixture.write("refs/heads/bad", contents);
        assert!(
            matches!(refs.read("refs/heads/bad"), Err(ReadError::Refused { .. })),
            "{contents}"
        );
    }
    fixture.write("refs/heads/bad", "ref: refs/heads/bad\n");
    let target = refs.read("refs/heads/bad").unwrap().unwrap();
    assert!(matches!(refs.resolve(target), Err(ReadError::Refused { .. })));
    swap_for_link(&fixture.path("refs/heads/bad"), &fixture.path("refs/heads/main"));
    assert!(matches!(refs.read("refs/heads/bad"), Err(ReadError::Refused { .. })));
    assert!(matches!(objects.refs("refs/heads/"), Err(ReadError::Refused { .. })));
    swap_for_link(&fixture.path("refs/assize"), &fixture.path("refs/heads"));
    assert!(matches!(refs.read("refs/assize/main"), Err(ReadError::Refused { .. })));
    assert!(matches!(
        objects.refs("refs/assize/v1/"),
        Err(ReadError::Refused { .. })
    ));
    for name in [
        "main",
        "refs/../HEAD",
        "refs/heads/../../config",
        "/etc/passwd",
        "refs/heads/a\0b",
    ] {
        assert!(matches!(refs.read(name), Err(ReadError::Refused { .. })), "{name}");
    }
    fixture.write("packed-refs", "junk\n");
    assert!(matches!(refs.read("refs/tags/x"), Err(ReadError::Refused { .. })));
}

#[test]
fn replace_refs_change_nothing() {
    let fixture = Fixture::new();
    fixture.write(
        &format!("refs/replace/{}", fixture.blob),
        format!("{}\n", fixture.commit),
    );
    let objects = fixture.open().unwrap();
    assert_eq!(
        objects.object(&fixture.blob, 1000).unwrap().unwrap().bytes,
        b"contents\n"
    );
}

#[test]
fn short_ids_are_found() {
    let fixture = Fixture::new();
    let objects = fixture.open().unwrap();
    let hex = fixture.commit.to_string();
    assert_eq!(objects.ids_with_prefix(&hex[..4], 10).unwrap(), [fixture.commit]);
    assert_eq!(objects.ids_with_prefix(&hex, 10).unwrap(), [fixture.commit]);
    for prefix in ["", "abc", "ABCD", "xyz1"] {
        assert!(
            matches!(objects.ids_with_prefix(prefix, 10), Err(ReadError::Refused { .. })),
            "{prefix}"
        );
    }
}

#[test]
fn names_follow_the_rules_of_git() {
    for name in [
        "refs/heads/main",
        "refs/assize/v1/log/0a",
        "refs/heads/f\u{fc}r",
        "HEAD",
    ] {
        assert!(is_ref_name(name), "{name}");
    }
    for name in [
        "",
        "@",
        "a//b",
        "/a",
        "a/",
        ".a",
        "a/.b",
        "a..b",
        "a.lock",
        "a/b.lock/c",
        "a b",
        "a~",
        "a^",
        "a:",
        "a?",
        "a*",
    ] {
        assert!(!is_ref_name(name), "{name}");
    }
    for name in ["a[", "a\\", "a@{b", "a.", "a\n", "a\u{7f}"] {
        assert!(!is_ref_name(name), "{name:?}");
    }
}
