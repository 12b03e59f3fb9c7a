//! Logs that cite each other: what one says of another cannot be taken back by whoever holds the other.

use assize_tests::bed::Bed;
use assize_tests::snapshot::Snapshot;
use git2::{Oid, Repository};

use super::{Stranger, bed_of, logs, review};

/// What the newest commit of a log says of others.
fn cites(repository: &Repository, tip: Oid) -> Vec<String> {
    let commit = repository.find_commit(tip).expect("a commit");
    let message = commit.message().expect("a message");
    let lines = message.lines().filter_map(|line| line.strip_prefix("Assize-Cites: "));
    lines.map(str::to_owned).collect()
}

/// The log that is not in `before`, and its newest commit.
fn other_log(bed: &Bed, before: &str) -> (String, Oid) {
    let found = logs(&bed.repository()).into_iter().find(|(name, _)| name != before);
    found.expect("another log")
}

/// Brings a log's ref from one repository into another, objects and all.
fn bring(from: &Bed, to: &Bed, name: &str) -> Oid {
    let (from, to) = (
        Repository::open(from.repository()).expect("opens"),
        Repository::open(to.repository()).expect("opens"),
    );
    let tip = from.refname_to_id(name).expect("the ref");
    let database = from.odb().expect("objects");
    database
        .foreach(|id| {
            let object = database.read(*id).expect("an object");
            to.odb().expect("objects").write(object.kind(), object.data()).is_ok()
        })
        .expect("objects are read");
    to.reference(name, tip, true, "").expect("the ref moves");
    tip
}

#[test]
fn each_commit_cites_what_became_known_of_other_logs() {
    let first = bed_of(4);
    review(&first, "HEAD~3");
    let (old, _) = logs(&first.repository()).remove(0);
    let id = old.rsplit('/').next().expect("a name").to_owned();
    let second = first.with_repository("copy");
    Snapshot::of(&first.repository()).write_to(&second.repository());
    review(&second, "HEAD~2");
    let opened = Repository::open(second.repository()).expect("opens");
    let (own, tip) = other_log(&second, &old);
    let said = cites(&opened, tip);
    assert!(said.len() == 1 && said[0].starts_with(&id), "{said:?}");
    // Nothing new, nothing said.
    review(&second, "HEAD~1");
    assert_eq!(cites(&opened, other_log(&second, &old).1), [] as [String; 0]);
    // The first log grew: the next commit says so, once.
    review(&first, "HEAD~1");
    bring(&first, &second, &old);
    review(&second, "HEAD");
    let again = cites(&opened, other_log(&second, &old).1);
    assert!(again.len() == 1 && again[0] > said[0], "{said:?} {again:?}");
    let stranger = Stranger::of(&first);
    assert_eq!(stranger.verify(&second.repository(), &[]).0, 0);
    // Whoever cuts the first log is refuted by the second.
    let before = opened
        .find_commit(opened.refname_to_id(&old).expect("the ref"))
        .expect("a commit");
    let before = before.parent_id(0).expect("a commit before");
    opened.reference(&old, before, true, "").expect("the ref moves");
    let (code, report) = stranger.verify(&second.repository(), &[]);
    assert_eq!(code, 1);
    let report = report.to_string();
    assert!(
        report.contains("log-shrunk") && report.contains(own.rsplit('/').next().expect("a name")),
        "{report}"
    );
    // And is not vouched for at its shorter length.
    review(&second, "HEAD~3..HEAD");
    assert_eq!(cites(&opened, other_log(&second, &old).1), [] as [String; 0]);
}

/// Who can write refs but has no key of a log cannot have it cited as they like.
#[test]
fn a_log_is_cited_only_as_its_own_key_signed_it() {
    let first = bed_of(3);
    review(&first, "HEAD~2");
    let (old, tip) = logs(&first.repository()).remove(0);
    let second = first.with_repository("copy");
    Snapshot::of(&first.repository()).write_to(&second.repository());
    let opened = Repository::open(second.repository()).expect("opens");
    let database = opened.odb().expect("objects");
    let commit = database.read(tip).expect("a commit");
    let text = String::from_utf8(commit.data().to_vec()).expect("text");
    let size = text
        .lines()
        .find_map(|line| line.strip_prefix("Assize-Size: "))
        .expect("a size");
    let larger = text
        .replace(&format!("Assize-Size: {size}"), "Assize-Size: 999")
        .replace(
            &format!("Record {size} entries, {size} in all"),
            "Record 999 entries, 999 in all",
        );
    assert_ne!(larger, text);
    let forged = opened.odb().expect("objects");
    let forged = forged
        .write(git2::ObjectType::Commit, larger.as_bytes())
        .expect("is written");
    opened.reference(&old, forged, true, "").expect("the ref moves");
    // And the true commit under the name of another log.
    let stray = format!(
        "{}{}",
        &old[..old.len() - 4],
        if old.ends_with("0000") { "1111" } else { "0000" }
    );
    opened.reference(&stray, tip, true, "").expect("a ref");
    review(&second, "HEAD~1");
    let own = logs(&second.repository());
    let own = own
        .into_iter()
        .find(|(name, _)| *name != old && *name != stray)
        .expect("a log");
    assert_eq!(cites(&opened, own.1), [] as [String; 0]);
}
