//! What makes git see other objects than are there: it is refused, or it changes nothing.

use std::fs;

use assize_provenance::commit::read_any;
use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::report::Overall;
use assize_provenance::testing::MemoryRepository;
use assize_tests::forgery::{self, Signing};
use assize_tests::scene::{Replica, Scene};
use assize_tests::tools;

use super::{insist_on_refutation, log_ref, shared};

/// A log whose newest commit holds one changed file, and that commit.
fn forged(chain: &MemoryRepository) -> (MemoryRepository, ObjectId) {
    let log = log_ref(chain);
    let tip = chain.refs[&log];
    let tree = read_any(&chain.objects[&tip].bytes).expect("a commit").tree;
    let victim = forgery::reachable(chain, tree)
        .into_iter()
        .filter(|id| chain.objects[id].kind == ObjectKind::Blob)
        .max_by_key(|id| chain.objects[id].bytes.len())
        .expect("a file");
    let mut bytes = chain.objects[&victim].bytes.clone();
    bytes[100] ^= 1;
    let forged = forgery::substitute(chain, &log, victim, &bytes, &Signing::Kept);
    let tip = forged.refs[&log];
    (forged, tip)
}

/// Lets `from` stand for `to`, as `git replace` does.
fn replace(replica: &Replica, from: ObjectId, to: ObjectId) {
    let folder = replica.git_dir().join("refs/replace");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(from.to_string()), format!("{to}\n")).expect("a ref");
}

fn exit_code(scene: &Scene, replica: &Replica) -> i32 {
    scene.assize_on(replica, &["audit", "verify"]).code
}

#[test]
fn replacements_change_nothing() {
    let scene = shared();
    let chain = forgery::take(&scene.git_dir());
    let (good, log) = (chain.refs[&log_ref(&chain)], log_ref(&chain));
    let (mut both, bad) = forged(&chain);
    let replica = scene.replica();
    // The bad log is there, and git would show the good one in its place.
    forgery::lay_down(&both, &replica.git_dir());
    replace(&replica, bad, good);
    let found = replica.report(&scene.keys()).expect("readable");
    insist_on_refutation(&found, "a bad log behind a replacement");
    assert_eq!(exit_code(&scene, &replica), 1);
    // The good log is there, and git would show the bad one.
    both.refs.insert(log, good);
    forgery::lay_down(&both, &replica.git_dir());
    fs::remove_dir_all(replica.git_dir().join("refs/replace")).expect("the replacement goes");
    let before = replica.report(&scene.keys()).expect("readable");
    replace(&replica, good, bad);
    assert_eq!(replica.report(&scene.keys()).expect("readable"), before);
    assert_eq!(before.overall(), Overall::Proved);
    assert_eq!(exit_code(&scene, &replica), 0);
}

/// The attack as it is known: stock git takes the bad commit for good, and Assize does not.
#[test]
fn what_git_believes_of_a_replacement_is_not_believed_here() {
    let Some(git) = tools::program("git", "what git believes of a replacement") else {
        return;
    };
    let scene = shared();
    let chain = forgery::take(&scene.git_dir());
    let good = chain.refs[&log_ref(&chain)];
    let (both, bad) = forged(&chain);
    let replica = scene.replica();
    forgery::lay_down(&both, &replica.git_dir());
    replace(&replica, bad, good);
    let signers = replica.path().join("allowed_signers");
    let text = scene
        .bed()
        .assize(&["key", "list", "--format", "allowed-signers"])
        .expect(0);
    fs::write(&signers, text.stdout).expect("the file is written");
    let place = replica.git_dir().to_string_lossy().into_owned();
    let allowed = format!("gpg.ssh.allowedSignersFile={}", signers.display());
    let bad = bad.to_string();
    let run = scene
        .bed()
        .tool(&git, &["--git-dir", &place, "-c", &allowed, "verify-commit", &bad]);
    assert_eq!(
        run.code, 0,
        "git follows the replacement, or this test attacks nothing: {}",
        run.stderr
    );
    assert_eq!(exit_code(&scene, &replica), 1);
}

#[test]
fn shallow_grafted_and_borrowed_repositories_are_refused() {
    let scene = shared();
    let chain = forgery::take(&scene.git_dir());
    let tip = chain.refs[&log_ref(&chain)];
    let elsewhere = scene.git_dir().join("objects");
    let files = [
        ("shallow", format!("{tip}\n"), "shallow"),
        ("info/grafts", format!("{tip}\n"), "grafts"),
        (
            "objects/info/alternates",
            format!("{}\n", elsewhere.display()),
            "alternates",
        ),
        (
            "objects/info/http-alternates",
            "http://127.0.0.1:1/\n".to_owned(),
            "alternates",
        ),
    ];
    for (name, contents, word) in files {
        let replica = scene.replica();
        let path = replica.git_dir().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, contents).expect("the file is written");
        let refused = replica.report(&scene.keys()).expect_err("it is refused").to_string();
        assert!(refused.contains(word), "{name}: {refused}");
        let run = scene.assize_on(&replica, &["audit", "verify"]).expect(2);
        assert!(run.stderr.contains(word), "{name}: {}", run.stderr);
        fs::remove_file(path).expect("the file goes");
        assert_eq!(exit_code(&scene, &replica), 0, "without {name}");
    }
}

/// A log whose objects lie elsewhere is not read from there, however the way is named.
#[test]
fn objects_that_lie_elsewhere_are_not_found() {
    let scene = shared();
    let replica = scene.replica();
    let objects = replica.git_dir().join("objects");
    let away = replica.path().join("away");
    fs::rename(objects.join("pack"), &away).expect("the packs go");
    std::os::unix::fs::symlink(&away, objects.join("pack")).expect("a link");
    let refused = replica.report(&scene.keys()).expect_err("it is refused").to_string();
    assert!(refused.contains("link"), "{refused}");
    let _ = scene.assize_on(&replica, &["audit", "verify"]).expect(2);
    fs::remove_file(objects.join("pack")).expect("the link goes");
    let found = replica.report(&scene.keys()).expect("readable");
    insist_on_refutation(&found, "without its packs");
}
