//! What happened since the newest tag.

use super::Bed;
use crate::repository::history::{COMMITS_MAX, History, since_newest_tag};

fn since(bed: &Bed, revision: &str) -> History {
    let repository = bed.open("work").unwrap();
    let head = repository.commit(revision).unwrap();
    since_newest_tag(repository.objects(), head).unwrap()
}

fn titles(history: &History) -> Vec<&str> {
    history
        .commits
        .iter()
        .map(|told| told.message.lines().next().unwrap_or_default())
        .collect()
}

#[test]
fn commits_since_the_newest_version_are_told_newest_first() {
    let Some(bed) = Bed::new() else { return };
    bed.commit("a", "1\n");
    let all = since(&bed, "HEAD");
    assert_eq!((all.tag.as_deref(), titles(&all)), (None, vec!["Write a"]));
    bed.git("work", &["tag", "v1.9.0"]);
    bed.git("work", &["tag", "-a", "-m", "x", "v1.10.0"]);
    bed.git("work", &["tag", "nightly"]);
    bed.commit("b", "1\n");
    bed.git("work", &["tag", "nightly-2"]);
    bed.git("work", &["tag", "-a", "-m", "x", "of-a-blob", "HEAD:b"]);
    bed.commit("c", "1\n");
    let history = since(&bed, "HEAD");
    assert_eq!(history.tag.as_deref(), Some("v1.10.0"));
    assert_eq!(titles(&history), ["Write c", "Write b"]);
    assert_eq!(history.commits[0].unix_seconds, 1_700_000_000);
    let json = history.to_json();
    assert_eq!(json["commits"][1]["message"], "Write b\n");
    assert_eq!(json["commits"][1]["id"], bed.id("HEAD~1").to_string());
    assert_eq!((&json["tag"], &json["cut"]), (&"v1.10.0".into(), &false.into()));
    // A version on another branch does not count; without one behind it, any tag does.
    bed.git("work", &["tag", "-d", "v1.9.0", "v1.10.0"]);
    bed.git("work", &["checkout", "-q", "-b", "other", "HEAD~1"]);
    bed.commit("d", "1\n");
    bed.git("work", &["tag", "v2.0.0"]);
    let history = since(&bed, "main");
    assert_eq!(
        (history.tag.as_deref(), titles(&history)),
        (Some("nightly-2"), vec!["Write c"])
    );
    bed.git("work", &["merge", "-q", "-m", "Merge", "main"]);
    let history = since(&bed, "HEAD");
    assert_eq!(
        (history.tag.as_deref(), titles(&history)),
        (Some("v2.0.0"), vec!["Merge", "Write c"])
    );
}

#[test]
fn messages_of_any_bytes_and_any_length_are_told_in_part() {
    let Some(bed) = Bed::new() else { return };
    bed.commit("a", "1\n");
    std::fs::write(
        bed.path("message"),
        [b"caf\xe9 ".as_slice(), &"\u{20ac}".repeat(20_000).into_bytes()].concat(),
    )
    .unwrap();
    let file = bed.path("message");
    let tree = bed.git("work", &["rev-parse", "HEAD^{tree}"]);
    let commit = bed.git("work", &["commit-tree", "-F", file.to_str().unwrap(), &tree]);
    let history = since(&bed, &commit);
    assert!(history.is_cut && history.commits[0].message.contains(" \u{20ac}"));
    assert!(history.commits[0].message.len() <= 16 << 10);
    assert!(history.commits.len() < COMMITS_MAX);
}
