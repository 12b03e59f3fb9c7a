//! Logs that became shorter, older or went away, through the binary: whoever saw them before is told, and whoever did not is
//! told that nobody can tell.

use std::fs;

use assize_provenance::commit::read_any;
use assize_provenance::key::allowed_signers;
use assize_provenance::reader::ObjectId;
use assize_provenance::report::Overall;
use assize_tests::bed::{Bed, Run};
use assize_tests::forgery;
use assize_tests::scene::Scene;
use assize_tests::snapshot::Snapshot;

use super::{EXECUTABLE, log_ref, printed_codes, printed_standing, report};

/// Verifies with the home that saw everything.
fn seen(bed: &Bed) -> Run {
    bed.assize(&["audit", "verify", "--format", "json"])
}

/// Verifies as somebody who got the public keys and saw nothing before.
fn first_sight(bed: &Bed) -> Run {
    let signers = bed
        .assize(&["key", "list", "--format", "allowed-signers"])
        .expect(0)
        .stdout;
    assert!(allowed_signers::parse(&signers).is_ok());
    let file = bed.beside("signers");
    fs::write(&file, signers).expect("the file is written");
    let empty = tempfile::tempdir().expect("a folder");
    let mut command = bed.command(&["audit", "verify", "--format", "json", "--allowed-signers"]);
    command.arg(&file).env("ASSIZE_HOME", empty.path().join("home"));
    assize_tests::bed::ran(&command.output().expect("the binary starts"))
}

/// Insists that an older state is refuted by memory with `code`, and sound to everybody else.
fn insist_on_memory(bed: &Bed, code: &str) {
    let run = seen(bed).expect(1);
    assert_eq!(printed_codes(&run.json()), [code], "{}", run.stdout);
    let run = first_sight(bed).expect(0);
    assert_eq!(
        printed_standing(&run.json(), "freshness"),
        "not checkable",
        "{}",
        run.stdout
    );
    assert_eq!(printed_standing(&run.json(), "verdict"), "proved");
}

/// The commits of the only log, newest first.
fn commits(scene: &Scene) -> Vec<ObjectId> {
    let chain = forgery::take(&scene.git_dir());
    let mut commits = vec![chain.refs[&log_ref(&chain)]];
    while let Some(parent) = read_any(&chain.objects[&commits[commits.len() - 1]].bytes)
        .expect("a commit")
        .parents
        .first()
    {
        commits.push(*parent);
    }
    commits
}

fn point_log_to(scene: &Scene, tip: ObjectId) {
    let mut chain = forgery::take(&scene.git_dir());
    chain.refs.insert(log_ref(&chain), tip);
    forgery::lay_down(&chain, &scene.git_dir());
}

#[test]
fn a_log_that_is_cut_short_is_refuted_by_whoever_saw_it() {
    let scene = Scene::of(EXECUTABLE);
    let run = seen(scene.bed()).expect(0);
    assert_eq!(printed_standing(&run.json(), "freshness"), "proved");
    let commits = commits(&scene);
    for older in &commits[1..] {
        point_log_to(&scene, *older);
        insist_on_memory(scene.bed(), "log-shrunk");
    }
    point_log_to(&scene, commits[0]);
    let _ = seen(scene.bed()).expect(0);
}

/// The whole `.git` of an hour ago: every file of it is true.
#[test]
fn an_older_copy_that_is_put_back_is_refuted_by_whoever_saw_more() {
    let mut scene = Scene::empty(EXECUTABLE);
    scene.go_on();
    scene.go_on();
    let _ = seen(scene.bed()).expect(0);
    let older = Snapshot::of(&scene.git_dir());
    scene.go_on();
    let newer = Snapshot::of(&scene.git_dir());
    older.restore();
    insist_on_memory(scene.bed(), "log-shrunk");
    newer.restore();
    let _ = seen(scene.bed()).expect(0);
}

/// What was only written and never verified is remembered too.
#[test]
fn the_writer_remembers_without_ever_verifying() {
    let mut scene = Scene::empty(EXECUTABLE);
    scene.go_on();
    let older = Snapshot::of(&scene.git_dir());
    scene.go_on();
    older.restore();
    insist_on_memory(scene.bed(), "log-shrunk");
}

/// A review after an older copy was put back does not write a second history of the same log.
#[test]
fn a_log_that_went_back_is_not_continued() {
    let mut scene = Scene::empty(EXECUTABLE);
    scene.go_on();
    let older = Snapshot::of(&scene.git_dir());
    let first = report(&forgery::take(&scene.git_dir()), &scene.keys()).logs[0].clone();
    scene.go_on();
    older.restore();
    // `HEAD` of the older copy; its index and the work tree do not matter.
    let _ = scene.bed().assize(&["review"]).expect(0);
    let chain = forgery::take(&scene.git_dir());
    let found = report(&chain, &scene.keys());
    assert_eq!(found.overall(), Overall::Proved, "{found:#?}");
    assert_eq!(found.logs.len(), 2, "the review began a log of its own");
    let old = found
        .logs
        .iter()
        .find(|log| log.log == first.log)
        .expect("the old log stays");
    assert_eq!((old.size, old.root), (first.size, first.root), "and was not continued");
    let run = seen(scene.bed()).expect(1);
    assert!(
        printed_codes(&run.json()).contains(&"log-shrunk".to_owned()),
        "{}",
        run.stdout
    );
}

#[test]
fn a_log_that_is_gone_is_missed_by_whoever_saw_it() {
    let mut scene = Scene::empty(EXECUTABLE);
    scene.go_on();
    let _ = seen(scene.bed()).expect(0);
    let mut chain = forgery::take(&scene.git_dir());
    let evidence = chain.refs.clone();
    chain.refs.clear();
    forgery::lay_down(&chain, &scene.git_dir());
    let run = seen(scene.bed()).expect(1);
    assert_eq!(printed_codes(&run.json()), ["log-missing"], "{}", run.stdout);
    let _ = first_sight(scene.bed()).expect(3);
    chain.refs = evidence;
    forgery::lay_down(&chain, &scene.git_dir());
    let _ = seen(scene.bed()).expect(0);
}

/// Private keys of a home in each other's place, or of somebody else.
#[test]
fn other_keys_in_the_home_prove_nothing() {
    let mut scene = Scene::empty(EXECUTABLE);
    scene.go_on();
    let _ = seen(scene.bed()).expect(0);
    let keys = Snapshot::of(&scene.bed().home().join("keys"));
    for file in fs::read_dir(scene.bed().home().join("keys")).expect("keys") {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("a text");
        let swapped = text
            .replace("\"role\": \"council\"", "\"role\": \"?\"")
            .replace("\"role\": \"log\"", "\"role\": \"council\"")
            .replace("\"role\": \"?\"", "\"role\": \"log\"");
        if swapped != text {
            fs::write(&path, swapped).expect("the key is written");
        }
    }
    assert_ne!(
        Snapshot::of(&scene.bed().home().join("keys")),
        keys,
        "the roles were swapped"
    );
    let run = seen(scene.bed());
    assert!(matches!(run.code, 2 | 3), "{run:?}");
    keys.restore();
    let _ = seen(scene.bed()).expect(0);
    let other = Bed::new(EXECUTABLE);
    let _ = other.assize(&["key", "new"]).expect(0);
    fs::remove_dir_all(scene.bed().home().join("keys")).expect("the keys go");
    fs::rename(other.home().join("keys"), scene.bed().home().join("keys")).expect("other keys come");
    let run = seen(scene.bed()).expect(3);
    assert_eq!(
        printed_standing(&run.json(), "authenticity"),
        "not checkable",
        "{}",
        run.stdout
    );
}
